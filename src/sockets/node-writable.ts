// The outgoing half of a node:net socket as a byte-counted WritableStream.
//
//   writer ──► the stream's queue (≤ highWaterMark, if the writer heeds `ready`) ──► one write at a time ──► kernel
//
// A write is over when the kernel has the bytes: mostly at once, as node tries first and queues only what was not taken; else
// node's callback says when. 'drain' is not used: node never emits it once a socket is ending. Nor are failures taken from the callbacks, as some versions report success for a write that was cut
// off: a failure is the connection's, and comes through `fail`.

import type { Socket as NodeNetSocket } from 'node:net'
import { isAnyArrayBuffer } from 'node:util/types'
import { type DirectSink, offerSink } from '../streams/direct.ts'
import { deferred, type Deferred } from './deferred.ts'
import { SocketError } from './socket-error.ts'

/** What the two halves' owner provides and is told. */
export interface NodeWritableEvents {
  /** Writes wait for it; undefined: the connection is open. */
  readonly opened: Promise<unknown> | undefined
  /** Asked just before a FIN is sent; if it fails the writable, no FIN is sent. */
  finishing(): void
  /** The FIN is handed over. */
  finished(): void
  /** The writer gave up, or wrote what cannot be sent: the peer must not take what it has for the whole. */
  aborted(error: SocketError): void
}

/** A write that the kernel has not taken yet. */
interface Sending {
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: SocketError) => void
}

type Chunk = ArrayBufferView | ArrayBufferLike

/** The writable of a socket and the handles that its owner needs. */
export class NodeWritable implements DirectSink {
  readonly stream: WritableStream<Chunk>
  #socket: NodeNetSocket
  readonly #events: NodeWritableEvents
  #controller!: WritableStreamDefaultController
  #failure: SocketError | undefined
  /** Writes under way: one, or more where they came past the stream. */
  readonly #sending: Sending[] = []
  #isOpen = false
  /** Callbacks to come for writes that are over already. */
  #callbacks = 0
  #finish: Deferred<void> | undefined
  #flushed: Deferred<void> | undefined
  #finishedBy: string | undefined
  #finSent = false
  /** Chunks in the stream's queue, and how many of those may be sent: after `finish` only what was written before it. */
  #queued = 0
  #allowed = Infinity
  #waiting = 0
  #bytes = 0
  #progressAt: number = performance.now()

  readonly highWaterMark: number

  constructor(socket: NodeNetSocket, highWaterMark: number, events: NodeWritableEvents) {
    this.#socket = socket
    this.highWaterMark = highWaterMark
    this.#events = events
    const sink: UnderlyingSink<Chunk> = {
      start: (controller) => {
        this.#controller = controller
        // The sink's abort() would come only after the write under way: with a peer that never reads, never.
        const { signal } = controller
        signal.addEventListener('abort', () => events.aborted(abortError(signal.reason)), { once: true })
        return events.opened
      },
      write: (chunk) => this.#send(chunk),
      close: () => {
        this.#queued = 0
        return this.finish()
      },
    }
    const size = (chunk: Chunk): number => {
      const bytes = isBytes(chunk) ? chunk.byteLength : 0
      this.#queued++
      this.#waiting += bytes
      return bytes
    }
    this.stream = new WritableStream(sink, { highWaterMark, size })
    if (events.opened) events.opened.then(() => (this.#isOpen = true)).catch(() => {})
    else this.#isOpen = true
    offerSink(this.stream, this)
  }

  /** Writes past the stream: see DirectSink. */
  write(chunk: Uint8Array): Promise<void> | undefined | false {
    const isFree = this.#isOpen && this.#queued === 0 && this.#allowed === Infinity && !this.#failure
    if (!isFree || !(chunk instanceof Uint8Array) || chunk.byteLength === 0) return false
    this.#waiting += chunk.byteLength
    return this.#hand(chunk)
  }

  readonly letsGo = true

  get isOpen(): boolean {
    return !this.#failure && !this.isEnding
  }

  get room(): number {
    return this.#failure ? 0 : this.highWaterMark - this.#waiting
  }

  /** Bytes written and not yet taken by the kernel. */
  get waiting(): number {
    return this.#failure || this.#finSent ? 0 : this.#waiting
  }

  /** Bytes that the kernel has taken. */
  get bytes(): number {
    return this.#bytes
  }

  get progressAt(): number {
    return this.#progressAt
  }

  /** Goes on with the connection for which another socket stood. */
  attach(socket: NodeNetSocket): void {
    this.#socket = socket
    if (!this.#finSent) return
    this.#finSent = false
    this.#sendFin()
  }

  /** Whether the end of this direction is on its way. */
  get isEnding(): boolean {
    return this.#finish !== undefined
  }

  /** Resolves when what has been written until now is sent. Nothing is sent after it, nor a FIN. */
  flush(why: string): Promise<void> {
    this.#finishedBy ??= why
    this.#allowed = Math.min(this.#allowed, this.#queued)
    this.#flushed ??= deferred()
    if (this.#failure) this.#flushed.reject(this.#failure)
    else this.#sendFin()
    return this.#flushed.promise
  }

  /** Sends a FIN after what has been written until now, also while the stream is locked. `why`: for those who write later. */
  finish(why = 'this direction has ended'): Promise<void> {
    this.#finishedBy ??= why
    this.#allowed = Math.min(this.#allowed, this.#queued)
    this.#finish ??= deferred()
    if (this.#failure) this.#finish.reject(this.#failure)
    else this.#sendFin()
    return this.#finish.promise
  }

  /** The connection has failed: errors the stream and what is under way. Only the first failure counts. */
  fail(error: SocketError): void {
    if (this.#failure) return
    this.#failure = error
    for (const { reject } of this.#sending) reject(error)
    this.#finish?.reject(error)
    this.#flushed?.reject(error)
    // An abort errors the stream by itself; in the midst of it, some versions of node break if the sink does.
    if (!this.#controller.signal.aborted) this.#controller.error(error)
  }

  #send(chunk: Chunk): Promise<void> | undefined {
    this.#queued--
    if (!isBytes(chunk)) {
      const error = new SocketError(`a chunk must be an ArrayBuffer or a view of one, not ${typeof chunk}`, {
        code: 'ERR_INVALID_ARG_TYPE',
        phase: 'write',
      })
      this.#events.aborted(error)
      throw error
    }
    if (this.#allowed === 0) {
      throw new SocketError(`written too late: ${this.#finishedBy}`, { code: 'EPIPE', phase: 'write' })
    }
    this.#allowed--
    if (chunk.byteLength === 0) return this.#sendFin()
    return this.#hand(toUint8Array(chunk))
  }

  /** Hands bytes to node; undefined: the kernel has them already. */
  #hand(chunk: Uint8Array): Promise<void> | undefined {
    const socket = this.#socket
    const bytes = chunk.byteLength
    socket.write(chunk, this.#onWritten)
    if (this.#sending.length === 0 && socket.writableLength === 0 && !socket.errored && !socket.destroyed) {
      this.#callbacks++
      return this.#taken(bytes)
    }
    return new Promise((resolve, reject) => this.#sending.push({ bytes, resolve, reject }))
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (this.#callbacks > 0) this.#callbacks--
    else if (!error && !this.#socket.destroyed) {
      const sent = this.#sending.shift()
      sent?.resolve()
      this.#taken(sent?.bytes ?? 0)
    }
  }

  #taken(bytes: number): undefined {
    this.#waiting -= bytes
    this.#bytes += bytes
    this.#progressAt = performance.now()
    this.#sendFin()
  }

  #sendFin(): undefined {
    if (this.#allowed > 0 || this.#sending.length > 0) return
    this.#flushed?.resolve()
    if (!this.#finish || this.#flushed || this.#finSent) return
    this.#events.finishing()
    if (this.#failure) return
    this.#finSent = true
    this.#socket.end(() => {
      if (!this.#socket.writableFinished) return
      this.#finish?.resolve()
      this.#events.finished()
    })
  }
}

function isBytes(chunk: unknown): chunk is Chunk {
  return ArrayBuffer.isView(chunk) || isAnyArrayBuffer(chunk)
}

function toUint8Array(chunk: Chunk): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk)
}

function abortError(reason: unknown): SocketError {
  return new SocketError('the writable was aborted', { code: 'ABORT_ERR', phase: 'write', cause: reason })
}
