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
import { TakenWritable } from './node-taken.ts'
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
  #stream: WritableStream<Chunk> | undefined
  #socket: NodeNetSocket
  readonly #events: NodeWritableEvents
  /** Who has taken it without the stream. */
  #takenBy: TakenWritable | undefined
  /** Of the stream, which is made when somebody asks for it. */
  #controller: WritableStreamDefaultController | undefined
  #watchesAbort = false
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

  /** `isPending`: the connection is not open yet. */
  constructor(socket: NodeNetSocket, highWaterMark: number, events: NodeWritableEvents, isPending: boolean) {
    this.#socket = socket
    this.highWaterMark = highWaterMark
    this.#events = events
    if (isPending) events.opened?.then(() => (this.#isOpen = true)).catch(() => {})
    else this.#isOpen = true
  }

  get stream(): WritableStream<Chunk> {
    if (this.#stream === undefined) {
      const sink = new NodeWritable.#Written(this)
      const size = (chunk: Chunk): number => this.#enqueued(chunk)
      this.#stream = new WritableStream(sink, { highWaterMark: this.highWaterMark, size })
      offerSink(this.#stream, this)
      this.#takenBy?.hold(this.#stream)
    }
    return this.#stream
  }

  /** Whether somebody writes to the stream. */
  get isLocked(): boolean {
    return this.#takenBy !== undefined || this.#stream?.locked === true
  }

  /** Whether it can be taken without its stream: nobody has asked for that, and it is not over. */
  get canBeTaken(): boolean {
    return this.#stream === undefined && this.#takenBy === undefined && this.isOpen
  }

  /** Locks it without making the stream. */
  takeOver(): TakenWritable {
    return (this.#takenBy = new TakenWritable(this))
  }

  /** What the stream hands on. */
  static readonly #Written = class implements UnderlyingSink<Chunk> {
    readonly #owner: NodeWritable

    constructor(owner: NodeWritable) {
      this.#owner = owner
    }

    start(controller: WritableStreamDefaultController): Promise<unknown> | undefined {
      const owner = this.#owner
      owner.#controller = controller
      if (owner.#failure) {
        controller.error(owner.#failure)
        return undefined
      }
      if (owner.#isOpen) return undefined
      owner.#watchAbort()
      return owner.#events.opened
    }

    write(chunk: Chunk): Promise<void> | undefined {
      return this.#owner.#send(chunk)
    }

    close(): Promise<void> {
      const owner = this.#owner
      owner.#queued = 0
      owner.#watchAbort()
      return owner.finish()
    }

    abort(reason: unknown): void {
      this.#owner.#events.aborted(abortError(reason))
    }
  }

  #enqueued(chunk: Chunk): number {
    const bytes = isBytes(chunk) ? chunk.byteLength : 0
    this.#queued++
    this.#waiting += bytes
    return bytes
  }

  /** The sink's abort() comes only after what is under way, be it the opening, a write or the end: with a peer that never reads, never. */
  #watchAbort(): void {
    if (this.#watchesAbort || this.#controller === undefined) return
    this.#watchesAbort = true
    const { signal } = this.#controller
    signal.addEventListener('abort', () => this.#events.aborted(abortError(signal.reason)), { once: true })
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
    if (this.#controller?.signal.aborted === false) this.#controller.error(error)
    else if (this.#controller === undefined) this.#takenBy?.failed(error)
  }

  // oxlint-disable-next-line no-unused-private-class-members -- used in the class within this one
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
    this.#watchAbort()
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
