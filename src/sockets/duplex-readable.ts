// The incoming half of a conversation over somebody else's ReadableStream, of bytes or of chunks, as a byte stream that
// takes nothing before it is asked.
//
//   transport ──► one chunk per pull ──► reader, or its rest if the reader's view was smaller ──► reader
//
// What a reader's view has no room for stays here and not in the stream's queue, where an error would throw it away.

import { type DirectSource, offerSource } from '../streams/direct.ts'
import { pipingClass } from '../streams/piping.ts'
import { handled } from './deferred.ts'
import { isBytes } from './duplex-writable.ts'
import { SocketError, toSocketError } from './socket-error.ts'

/** Bytes that are read and dropped, once nobody wants them, before the connection is given up. */
const discardLimit = 16 * 1024 * 1024

/** What the two halves' owner is told. */
export interface DuplexReadableEvents {
  /** The reader has reached the end of the peer, or would have if it had not given up. */
  ended(): void
  /** The transport's readable has failed. What came before may still wait to be read. */
  failed(error: SocketError): void
  /** After a failure: there is nothing left to read. */
  lost(): void
  /** Nobody reads any more: what arrives from now on is discarded. */
  discarding(): void
  /** More was discarded than is reasonable. */
  discardedTooMuch(): void
}

/** The readable of a conversation and the handles that its owner needs. */
const Readable = pipingClass(globalThis)

export class DuplexReadable implements DirectSource {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly #reader: ReadableStreamDefaultReader<unknown>
  readonly #isByteStream: boolean
  readonly #events: DuplexReadableEvents
  #controller!: ReadableByteStreamController
  #state: 'open' | 'discarding' | 'done' = 'open'
  #isOpen = false
  /** It is, and has not failed in a way that leaves nothing to take. */
  #mayTake = false
  #wanted = false
  /** Who gets the next chunk past the stream. */
  #taker: ((chunk: Uint8Array) => void) | undefined
  #reading = false
  #rest: Uint8Array<ArrayBuffer> | undefined
  #ended = false
  #failure: SocketError | undefined
  #reset: SocketError | undefined
  #bytes = 0
  #discarded = 0
  #progressAt: number = performance.now()

  readonly #take = ({ done, value }: { done: boolean; value?: unknown }): void => {
    this.#reading = false
    if (!this.#mayTake || this.#state === 'done') return
    if (done) {
      if (this.#reset) return this.#lose(this.#reset)
      this.#ended = true
      return this.#finish()
    }
    if (!isBytes(value)) {
      const message = `the transport gave ${value === null ? 'null' : typeof value}, not bytes`
      return this.#lose(new SocketError(message, { code: 'ERR_INVALID_ARG_TYPE', phase: 'read' }))
    }
    this.#bytes += value.byteLength
    if (this.#state === 'discarding') {
      this.#discarded += value.byteLength
      if (this.#discarded > discardLimit) this.#events.discardedTooMuch()
    } else if (value.byteLength > 0) this.#rest = this.#ownBytes(value)
    this.#pump()
  }

  /** The transport's readable has failed: there is nothing more in it. */
  readonly #lose = (thrown: unknown): void => {
    this.#reading = false
    if (this.#state === 'done') return
    const isNews = !this.#failure
    const error = this.#failure ?? toSocketError(thrown, this.#isOpen ? 'read' : 'connect')
    this.#break(error)
    if (isNews) this.#events.failed(error)
  }

  constructor(transport: ReadableStream<unknown>, events: DuplexReadableEvents) {
    this.#isByteStream = isByteStream(transport)
    this.#reader = transport.getReader()
    this.#events = events
    this.stream = new Readable(
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
    offerSource(this.stream, this)
    // A failure is noticed also while nobody reads.
    this.#reader.closed.catch(this.#lose)
  }

  /** Reads past the stream: see DirectSource. */
  read(take: (chunk: Uint8Array) => void): void {
    this.#taker = take
    this.#wanted = true
    this.#pump()
  }

  forget(): void {
    this.#taker = undefined
  }

  /** Bytes in the stream's own queue. */
  get queued(): number {
    return this.#state === 'done' ? 1 : -(this.#controller.desiredSize ?? 0)
  }

  /** Bytes that have arrived and were not read. A read that was abandoned may have left some in the stream's queue. */
  get waiting(): number {
    return this.#state === 'open' ? (this.#rest?.byteLength ?? 0) + this.queued : 0
  }

  /** Bytes that the transport has given. */
  get bytes(): number {
    return this.#bytes
  }

  get progressAt(): number {
    return this.#progressAt
  }

  /** Whether a reader waits for bytes. */
  get isReading(): boolean {
    return this.#state === 'open' && this.#wanted && this.stream.locked
  }

  /** Whether nothing more will come: the peer has ended, or the connection has failed, and what came has been read. */
  get over(): boolean {
    return this.#state === 'done'
  }

  get discarding(): boolean {
    return this.#state === 'discarding'
  }

  /** The connection is open: who has asked gets an answer. */
  open(): void {
    this.#isOpen = true
    this.#mayTake = this.#failure === undefined
    this.#pump()
  }

  /** The connection has failed, as far as one can tell: what the transport still has can be read, then comes the error. */
  fail(error: SocketError): void {
    if (this.#state === 'done') return
    this.#failure ??= error
    // A read that is under way means that the transport has nothing.
    if (this.#reading || !this.#mayTake) this.#break(this.#failure)
  }

  /**
   * A write has found the connection reset. The kernel tells that once: what reads after it sees an end, behind what has
   * arrived. Had the peer ended before its reset, the write would have failed with EPIPE.
   */
  noteReset(error: SocketError): void {
    this.#reset = error
  }

  /** Takes nothing more from the transport, and tells it. What has been taken can be read, then comes the error. */
  abort(error: SocketError): void {
    if (this.#state === 'done') return
    this.#break(error)
    void handled(this.#reader.cancel(error))
  }

  /** Ends the stream and drops what arrives from now on. Does nothing if it is over already. */
  discard(): void {
    if (this.#state !== 'open') return
    this.#closeStream()
    this.#discard()
  }

  /** Lets go of the transport and ends the stream, unless bytes are here, or may be soon. */
  detach(): boolean {
    if (this.#state !== 'open' || this.#reading || this.waiting > 0) return false
    this.#state = 'done'
    this.#closeStream()
    this.#reader.releaseLock()
    return true
  }

  /** Our end is sent: from now on, what arrives is only waited out. */
  forgetDiscarded(): void {
    this.#discarded = 0
  }

  /** Answers one read, if there is one and something to answer it with. Each answer lets the stream ask again. */
  #pump(): void {
    if (this.#state === 'done') return
    if (this.#state === 'open') {
      if (!this.#wanted) return
      if (this.#rest) return this.#answer(this.#rest)
      if (this.#failure && !this.#mayTake) return this.#finish()
    }
    if (!this.#mayTake || this.#reading) return
    this.#reading = true
    this.#reader.read().then(this.#take, this.#lose)
    // What a failed transport still has is there at once; what is not will never come.
    const failure = this.#failure
    if (failure) setTimeout(() => this.#reading && this.#break(failure), 0)
  }

  #answer(chunk: Uint8Array<ArrayBuffer>): void {
    const take = this.#taker
    const request = take ? undefined : this.#controller.byobRequest
    this.#wanted = false
    this.#progressAt = performance.now()
    if (take) {
      this.#taker = this.#rest = undefined
      take(chunk)
    } else if (request?.view) {
      const { view } = request
      const taken = Math.min(view.byteLength, chunk.byteLength)
      new Uint8Array(view.buffer, view.byteOffset, taken).set(chunk.subarray(0, taken))
      this.#rest = taken < chunk.byteLength ? chunk.subarray(taken) : undefined
      request.respond(taken)
    } else {
      this.#rest = undefined
      this.#controller.enqueue(chunk)
    }
  }

  #break(error: SocketError): void {
    this.#mayTake = false
    this.#failure ??= error
    if (!this.#rest) this.#finish()
  }

  #finish(): void {
    const state = this.#state
    this.#state = 'done'
    if (state === 'done') return
    if (state === 'open') {
      if (this.#failure && !this.#ended) this.#controller.error(this.#failure)
      else this.#closeStream()
    }
    if (this.#ended) this.#events.ended()
    else this.#events.lost()
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
    this.#rest = undefined
    this.#state = 'discarding'
    this.#events.discarding()
    if (this.#failure) this.#break(this.#failure)
    else this.#pump()
  }

  /** A byte stream takes the buffer of what it is given, so that must be ours alone: that of a byte stream's chunk is. */
  #ownBytes(chunk: ArrayBufferView | ArrayBufferLike): Uint8Array<ArrayBuffer> {
    if (!ArrayBuffer.isView(chunk)) return new Uint8Array(new Uint8Array(chunk))
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    return this.#isByteStream ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
  }
}

function isByteStream(stream: ReadableStream<unknown>): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}
