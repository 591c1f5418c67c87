// The outgoing half of a conversation over somebody else's WritableStream, with bytes counted.
//
//   writer ──► the stream's queue (≤ highWaterMark, if the writer heeds `ready`) ──► one write at a time ──► transport
//
// A write is over when the transport's own write is. Nothing here waits for the transport once the connection has failed:
// a stream does not pass an abort on while a write is under way, and that write may be the one that is stuck.

import { type DirectSink, offerSink } from '../streams/direct.ts'
import { deferred, handled, type Deferred } from './deferred.ts'
import { SocketError, toSocketError } from './socket-error.ts'

/** What the two halves' owner provides and is told. */
export interface DuplexWritableEvents {
  /** Writes wait for it; undefined: the connection is open. */
  readonly opened: Promise<unknown> | undefined
  /** The transport has taken the end. */
  finished(): void
  /** The transport's writable has failed. */
  failed(error: SocketError): void
  /** The writer gave up, or wrote what cannot be sent: the peer must not take what it has for the whole. */
  aborted(error: SocketError): void
}

type Chunk = ArrayBufferView | ArrayBufferLike

/** The writable of a conversation and the handles that its owner needs. */
export class DuplexWritable implements DirectSink {
  readonly stream: WritableStream<Chunk>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>
  readonly #events: DuplexWritableEvents
  #controller!: WritableStreamDefaultController
  #isOpen: boolean
  #failure: SocketError | undefined
  /** Writes under way: one, or more where they came past the stream. */
  readonly #writes: Deferred<void>[] = []
  #finish: Deferred<void> | undefined
  #finishedBy: string | undefined
  #endSent = false
  #isFinished = false
  /** Chunks in the stream's queue, and how many of those may be sent: after `finish` only what was written before it. */
  #queued = 0
  #allowed = Infinity
  #waiting = 0
  #bytes = 0
  #progressAt: number = performance.now()

  readonly #lose = (thrown: unknown): void => {
    if (this.#failure || this.#isFinished) return
    const error = toSocketError(thrown, this.#isOpen ? 'write' : 'connect')
    this.fail(error)
    this.#events.failed(error)
  }

  readonly highWaterMark: number

  constructor(transport: WritableStream<Uint8Array<ArrayBuffer>>, highWaterMark: number, events: DuplexWritableEvents) {
    this.#writer = transport.getWriter()
    this.highWaterMark = highWaterMark
    this.#events = events
    this.#isOpen = events.opened === undefined
    const sink: UnderlyingSink<Chunk> = {
      start: (controller) => {
        this.#controller = controller
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
    offerSink(this.stream, this)
    this.#writer.closed.catch(this.#lose)
  }

  /** Writes past the stream: see DirectSink. */
  write(chunk: Uint8Array): Promise<void> | false {
    const isFree = this.#isOpen && this.#queued === 0 && this.#allowed === Infinity && !this.#failure
    if (!isFree || !isBytes(chunk) || chunk.byteLength === 0) return false
    this.#waiting += chunk.byteLength
    return this.#hand(toUint8Array(chunk))
  }

  get isOpen(): boolean {
    return !this.#failure && this.#finish === undefined
  }

  get room(): number {
    return this.#failure ? 0 : this.highWaterMark - this.#waiting
  }

  /** Bytes written and not yet taken by the transport. */
  get waiting(): number {
    return this.#failure || this.#isFinished ? 0 : this.#waiting
  }

  /** Bytes that the transport has taken. */
  get bytes(): number {
    return this.#bytes
  }

  get progressAt(): number {
    return this.#progressAt
  }

  /** Whether the transport has taken the end. */
  get finished(): boolean {
    return this.#isFinished
  }

  /** Whether nothing more will be sent. */
  get over(): boolean {
    return this.#isFinished || this.#failure !== undefined
  }

  /** The connection is open: what has waited for it goes. */
  open(): void {
    this.#isOpen = true
    this.#sendEnd()
  }

  /** Ends this direction after what has been written until now, also while the stream is locked. */
  finish(why = 'this direction has ended'): Promise<void> {
    this.#finishedBy ??= why
    this.#allowed = Math.min(this.#allowed, this.#queued)
    this.#finish ??= deferred()
    if (this.#failure) this.#finish.reject(this.#failure)
    else this.#sendEnd()
    return this.#finish.promise
  }

  /** The connection has failed: errors the stream and what is under way. Only the first failure counts. */
  fail(error: SocketError): void {
    if (this.#failure) return
    this.#failure = error
    for (const { reject } of this.#writes) reject(error)
    this.#finish?.reject(error)
    // An abort errors the stream by itself; in the midst of it, some versions of node break if the sink does.
    if (!this.#controller.signal.aborted) this.#controller.error(error)
  }

  /** Fails, and tells the transport; unless that has taken the end already. */
  abort(error: SocketError): void {
    if (this.#isFinished) return
    this.fail(error)
    void handled(this.#writer.abort(error))
  }

  /** Lets go of the transport, to which all has been given, and errors the stream. */
  detach(error: SocketError): void {
    this.fail(error)
    this.#writer.releaseLock()
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
    const bytes = toUint8Array(chunk)
    if (bytes.byteLength > 0) return this.#hand(bytes)
    this.#sendEnd()
    return undefined
  }

  /** Hands bytes to the transport. */
  #hand(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { byteLength } = bytes // the transport may take the memory, too
    const write = deferred<void>()
    this.#writes.push(write)
    const taken = (): void => {
      if (this.#failure) return
      this.#writes.shift()
      this.#waiting -= byteLength
      this.#bytes += byteLength
      this.#progressAt = performance.now()
      write.resolve()
      this.#sendEnd()
    }
    this.#writer.write(bytes).then(taken, this.#lose)
    return write.promise
  }

  #sendEnd(): void {
    if (
      !this.#isOpen ||
      !this.#finish ||
      this.#allowed > 0 ||
      this.#writes.length > 0 ||
      this.#endSent ||
      this.#failure
    )
      return
    this.#endSent = true
    const taken = (): void => {
      if (this.#failure) return
      this.#isFinished = true
      this.#finish?.resolve()
      this.#events.finished()
    }
    this.#writer.close().then(taken, this.#lose)
  }
}

/** Whether it is an ArrayBuffer, shared or not, or a view of one; of whatever realm. */
export function isBytes(chunk: unknown): chunk is Chunk {
  return ArrayBuffer.isView(chunk) || /^\[object (?:Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(chunk))
}

/** The same bytes for a transport, which need not know every kind of view, nor memory that is shared. */
function toUint8Array(chunk: Chunk): Uint8Array<ArrayBuffer> {
  const bytes = ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk)
  const isShared = Object.prototype.toString.call(bytes.buffer) === '[object SharedArrayBuffer]'
  return isShared ? new Uint8Array(bytes) : (bytes as Uint8Array<ArrayBuffer>)
}

function abortError(reason: unknown): SocketError {
  return new SocketError('the writable was aborted', { code: 'ABORT_ERR', phase: 'write', cause: reason })
}
