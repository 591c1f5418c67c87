// The incoming half of a node:net socket as a byte stream that takes nothing before it is asked.
//
//   kernel ──► node's buffer (≤ its highWaterMark + one read) ──► one chunk per pull ──► reader
//
// The bytes stay in node's own buffer until a reader asks: there they survive an error of the connection, which would
// throw away whatever is queued in a web stream. So an error, like the end, takes effect once they have been read.
//
// A reader that waits gets its bytes straight from a 'data' event, without that buffer: it asks again before the next one.
// What comes while nobody waits is put back, and the flow of events stopped until the buffer is empty again.

import type { Socket as NodeNetSocket } from 'node:net'
import { type DirectSource, offerSource } from '../streams/direct.ts'
import { pipingClass } from '../streams/piping.ts'
import { TakenReadable } from './node-taken.ts'
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
const Readable = pipingClass(globalThis)

export class NodeReadable implements DirectSource {
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined
  #socket: NodeNetSocket
  readonly #onReadable = (): void => this.#pump()
  readonly #onData = (chunk: Buffer): void => {
    if (!this.#isTaking) this.#arrived(chunk)
  }
  readonly #events: NodeReadableEvents
  /** Who has taken it without the stream. */
  #takenBy: TakenReadable | undefined
  /** Of the stream, which is made when somebody asks for it. */
  #controller: ReadableByteStreamController | undefined
  #state: 'open' | 'discarding' | 'done' = 'open'
  #wanted = false
  /** Who gets the next chunk past the stream. */
  #take: ((chunk: Uint8Array) => void) | undefined
  /** While we take from node's buffer ourselves. */
  #isTaking = false
  #canFlow = true
  #ended = false
  #failure: SocketError | undefined
  /** What the stream has failed with. */
  // oxlint-disable-next-line no-unused-private-class-members -- used in the class within this one
  #error: SocketError | undefined
  #discarded = 0
  #progressAt: number = performance.now()

  constructor(socket: NodeNetSocket, events: NodeReadableEvents) {
    this.#socket = socket
    this.#events = events
    this.#listen()
  }

  get stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (this.#stream === undefined) {
      this.#stream = new Readable(new NodeReadable.#Pulled(this), { highWaterMark: 0 })
      offerSource(this.#stream, this)
      this.#takenBy?.hold(this.#stream)
    }
    return this.#stream
  }

  /** Whether somebody reads from the stream. */
  get isLocked(): boolean {
    return this.#takenBy !== undefined || this.#stream?.locked === true
  }

  /** Whether it can be taken without its stream: nobody has asked for that, and it is not over. */
  get canBeTaken(): boolean {
    return this.#stream === undefined && this.#takenBy === undefined && this.#state === 'open'
  }

  /** Locks it without making the stream. */
  takeOver(): TakenReadable {
    return (this.#takenBy = new TakenReadable(this))
  }

  /** Who has taken it needs it no more. */
  giveBack(): void {
    this.#takenBy = undefined
  }

  /** What the stream asks for. */
  static readonly #Pulled = class implements UnderlyingByteSource {
    readonly #owner: NodeReadable

    constructor(owner: NodeReadable) {
      this.#owner = owner
    }

    get type(): 'bytes' {
      return 'bytes'
    }

    start(controller: ReadableByteStreamController): void {
      const owner = this.#owner
      owner.#controller = controller
      // What happened before anybody asked for the stream.
      if (owner.#state === 'open') return
      if (owner.#error === undefined) controller.close()
      else controller.error(owner.#error)
    }

    pull(): void {
      const owner = this.#owner
      owner.#take = undefined
      owner.#want()
    }

    cancel(): void {
      this.#owner.#discard()
    }
  }

  /** Reads past the stream: see DirectSource. */
  read(take: (chunk: Uint8Array) => void): void {
    this.#take = take
    this.#want()
  }

  forget(): void {
    this.#take = undefined
  }

  #want(): void {
    this.#wanted = true
    if (this.#isFlowing) return
    this.#pump()
    this.#flow()
  }

  /** Goes on with the connection for which another socket stood. */
  attach(socket: NodeNetSocket): void {
    this.#socket = socket
    this.#listen()
    this.#pump()
    this.#flow()
  }

  #listen(): void {
    const socket = this.#socket
    // Deno keeps what TLS has deciphered while a socket is paused, and does not give it when it is resumed.
    this.#canFlow = !('encrypted' in socket)
    if (!this.#canFlow) return void socket.prependListener('readable', this.#onReadable).read(0)
    socket.pause()
    socket.on('data', this.#onData)
    // on('readable') would end the flow of 'data'.
    socket.prependListener('readable', this.#onReadable)
    // Fills node's buffer, so that an end is noticed while nobody reads.
    socket.read(0)
  }

  /** Lets bytes come as 'data' for the reader that waits for them. */
  #flow(): void {
    if (this.#canFlow && this.#wanted && this.#state === 'open') this.#socket.resume()
  }

  /** Ends the stream; what the socket has not given yet is for its next owner. */
  release(): void {
    if (this.#canFlow) this.#socket.pause()
    this.#socket.off('data', this.#onData)
    this.#socket.off('readable', this.#onReadable)
    this.#state = 'done'
    this.#closeStream()
  }

  /** Bytes that have arrived and were not read. A read that was abandoned may have left some in the stream's queue. */
  get waiting(): number {
    return this.#state === 'open' ? this.#socket.readableLength + this.queued : 0
  }

  get progressAt(): number {
    return this.#progressAt
  }

  /** Whether a read waits for bytes. One whose reader has left does not. */
  get isReading(): boolean {
    return this.#state === 'open' && this.#wanted && this.isLocked
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
    const view = this.#view
    const chunk = this.#takeBuffered(view ? this.#room(view) : undefined)
    if (chunk !== null) this.#answer(chunk, view)
    else if (this.#ended || this.#failure) this.#finish()
  }

  /** Nothing is there, and what comes next will be told. */
  get #isFlowing(): boolean {
    const { readableFlowing, readableLength } = this.#socket
    return readableFlowing === true && readableLength === 0 && !this.#ended && !this.#failure
  }

  /** Bytes of node's buffer; it tells them as 'data', too. */
  #takeBuffered(size?: number): Buffer | null {
    this.#isTaking = true
    try {
      return this.#socket.read(size) as Buffer | null
    } finally {
      this.#isTaking = false
    }
  }

  #arrived(chunk: Buffer): void {
    if (this.#state === 'discarding') return this.#dropped(chunk)
    if (this.#state !== 'open' || !this.#wanted) return this.#putBack(chunk)
    const view = this.#view
    const size = view ? Math.min(view.byteLength, chunk.byteLength) : chunk.byteLength
    if (size < chunk.byteLength) this.#putBack(chunk.subarray(size))
    this.#answer(size < chunk.byteLength ? chunk.subarray(0, size) : chunk, view)
  }

  /** For later: node reads on only until its buffer is full. */
  #putBack(chunk: Buffer): void {
    this.#socket.pause()
    this.#socket.unshift(chunk)
    // Bun pauses the connection itself, and would not notice its end.
    this.#socket.read(0)
  }

  #answer(chunk: Buffer, view: ArrayBufferView | null | undefined): void {
    this.#wanted = false
    this.#progressAt = performance.now()
    const take = this.#take
    if (take) {
      this.#take = undefined
      take(ownBytes(chunk))
    } else if (view) {
      new Uint8Array(view.buffer, view.byteOffset, chunk.byteLength).set(chunk)
      this.#controller!.byobRequest?.respond(chunk.byteLength)
    } else {
      this.#controller!.enqueue(ownBytes(chunk))
    }
  }

  /** Where the stream's reader wants its bytes. */
  get #view(): ArrayBufferView | null | undefined {
    return this.#take ? undefined : this.#controller?.byobRequest?.view
  }

  /** How much to take for a reader's view. A read beyond node's highWaterMark would raise it, a little each time. */
  #room(view: ArrayBufferView): number {
    return Math.min(view.byteLength, this.#socket.readableLength, this.#socket.readableHighWaterMark)
  }

  /** Bytes in the stream's own queue. */
  get queued(): number {
    return -(this.#controller?.desiredSize ?? 0)
  }

  #finish(): void {
    this.#state = 'done'
    if (this.#failure && !this.#ended) {
      this.#error = this.#failure
      this.#controller?.error(this.#failure)
      return this.#takenBy?.failed(this.#failure)
    }
    this.#closeStream()
    this.#events.ended()
  }

  #closeStream(): void {
    try {
      this.#controller?.close()
      // A pending read of a BYOB reader is not settled by close(), but by an empty answer after it.
      this.#controller?.byobRequest?.respond(0)
    } catch {
      // The stream has errored itself: the end has come in the middle of an element of the reader's typed array.
    }
    this.#takenBy?.ended()
  }

  #discard(): void {
    if (this.#state !== 'open') return
    this.#state = 'discarding'
    this.#events.discarding()
    this.#drop()
  }

  #drop(): void {
    for (let chunk: Buffer | null; (chunk = this.#takeBuffered()) !== null;) this.#dropped(chunk)
    if (this.#canFlow) this.#socket.resume()
  }

  #dropped(chunk: Buffer): void {
    this.#discarded += chunk.byteLength
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
