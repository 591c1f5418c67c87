// The incoming half of a node:net socket as a byte stream that takes nothing before it is asked.
//
//   kernel ──► node's buffer (≤ its highWaterMark + one read) ──► one chunk per pull ──► reader
//
// The bytes stay in node's own buffer until a reader asks: there they survive an error of the connection, which would
// throw away whatever is queued in a web stream. So an error, like the end, takes effect once they have been read.

import type { Socket as NodeNetSocket } from 'node:net'
import type { SocketError } from './socket-error.ts'

/** Bytes that are read and dropped, once nobody wants them, before the connection is given up. */
const discardLimit = 16 * 1024 * 1024

/** What the two halves' owner is told. */
export interface NodeReadableEvents {
  /** The reader has reached the end of the peer. */
  ended(): void
  /** Nobody reads any more: what arrives from now on is discarded. */
  discarding(): void
  /** More was discarded than is reasonable. */
  discardedTooMuch(): void
}

/** The readable of a socket and the handles that its owner needs. */
export class NodeReadable {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly #socket: NodeNetSocket
  readonly #events: NodeReadableEvents
  #controller!: ReadableByteStreamController
  #state: 'open' | 'discarding' | 'done' = 'open'
  #wanted = false
  #ended = false
  #failure: SocketError | undefined
  #discarded = 0
  #progressAt: number = performance.now()

  constructor(socket: NodeNetSocket, events: NodeReadableEvents) {
    this.#socket = socket
    this.#events = events
    this.stream = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#wanted = true
          this.#pump()
        },
        cancel: () => this.#discard(),
      },
      { highWaterMark: 0 },
    )
    socket.on('readable', () => this.#pump())
  }

  /** Bytes that have arrived and were not read. A read that was abandoned may have left some in the stream's queue. */
  get waiting(): number {
    return this.#state === 'open' ? this.#socket.readableLength + this.#queued : 0
  }

  get progressAt(): number {
    return this.#progressAt
  }

  /** Whether there is nothing more to read, or nobody to read it. */
  get over(): boolean {
    return this.#ended || this.#state === 'discarding'
  }

  get discarding(): boolean {
    return this.#state === 'discarding'
  }

  /** The peer has ended. node says so when its buffer is empty; the reader learns it with its next read. */
  end(): void {
    this.#ended = true
    this.#pump()
  }

  /** The connection has failed: errors the stream as soon as what arrived before has been read. */
  fail(error: SocketError): void {
    this.#failure = error
    if (this.#state === 'open' && this.waiting === 0) this.#finish()
  }

  /** The connection is gone: there will be no more events. */
  close(): void {
    if (this.#state === 'open' && this.#ended) this.#finish()
  }

  /** Ends the stream and drops what arrives from now on. Does nothing if it is over already. */
  discard(): void {
    if (this.#state !== 'open') return
    this.#closeStream()
    this.#discard()
  }

  /** Our FIN is sent: from now on, what arrives is only waited out. */
  forgetDiscarded(): void {
    this.#discarded = 0
  }

  /** Answers one read, if there is one and something to answer it with. Each answer lets the stream ask again. */
  #pump(): void {
    if (this.#state === 'discarding') this.#drop()
    if (this.#state !== 'open' || !this.#wanted) return
    const view = this.#controller.byobRequest?.view
    const chunk: Buffer | null = this.#socket.read(view ? this.#room(view) : undefined)
    if (chunk === null) {
      if (this.#ended || this.#failure) this.#finish()
      return
    }
    this.#wanted = false
    this.#progressAt = performance.now()
    if (view) {
      new Uint8Array(view.buffer, view.byteOffset, chunk.byteLength).set(chunk)
      this.#controller.byobRequest?.respond(chunk.byteLength)
    } else {
      this.#controller.enqueue(ownBytes(chunk))
    }
  }

  /** How much to take for a reader's view. A read beyond node's highWaterMark would raise it, a little each time. */
  #room(view: ArrayBufferView): number {
    return Math.min(view.byteLength, this.#socket.readableLength, this.#socket.readableHighWaterMark)
  }

  get #queued(): number {
    return -(this.#controller.desiredSize ?? 0)
  }

  #finish(): void {
    this.#state = 'done'
    if (this.#failure && !this.#ended) return this.#controller.error(this.#failure)
    this.#closeStream()
    this.#events.ended()
  }

  #closeStream(): void {
    try {
      this.#controller.close()
      // A pending read of a BYOB reader is not settled by close(), but by an empty answer after it.
      this.#controller.byobRequest?.respond(0)
    } catch {
      // The stream has errored itself: the end has come in the middle of an element of the reader's typed array.
    }
  }

  #discard(): void {
    if (this.#state !== 'open') return
    this.#state = 'discarding'
    this.#events.discarding()
    this.#drop()
  }

  #drop(): void {
    for (let chunk: Buffer | null; (chunk = this.#socket.read()) !== null;) this.#discarded += chunk.byteLength
    if (this.#discarded > discardLimit) this.#events.discardedTooMuch()
  }
}

// A byte stream takes the buffer of what it is given, so that must be ours alone. A read of node has a buffer of its own;
// what node joined or cut may lie in a pool.
function ownBytes(chunk: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = chunk
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(chunk)
}
