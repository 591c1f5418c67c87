/**
 * Where a `ByteReader` has its bytes from: the source, the buffer, and the line of calls that wait.
 *
 * ```
 *   source ──► ByteQueue ──► first call in the line ──► its promise
 *                            second ...
 * ```
 *
 * Each call is an attempt: it looks at the queue, and takes what it wants or says {@link MORE}. The source is asked for a chunk only
 * while the first call in the line needs more, so nothing is read ahead.
 */

import { ByteQueue } from '../bytes/byte-queue.ts'
import { describe, type ByteSource } from '../bytes/bytes.ts'
import { type ChunkResult, ChunkSource } from './chunk-source.ts'
import { FrameDeadline, frameTimedOut } from './frame-deadline.ts'
import { MORE } from './frame-taker.ts'
import type { Streams } from './implementation.ts'
import { RawRest } from './raw-rest.ts'

/** A stream of bytes, of any implementation: all that is asked of it is a reader. */
export interface ByteReadable {
  /** Locks the stream and gives a reader. */
  getReader(): ByteReadableReader
}

/** What the reader of a {@link ByteReadable} must be able to do, as the Streams standard says. */
export interface ByteReadableReader {
  /** The next chunk. */
  read(): Promise<{ readonly done: boolean; readonly value?: ByteSource | undefined }>
  /** Says that nobody wants the rest. */
  cancel(reason?: unknown): Promise<void>
  /** Unlocks the stream. */
  releaseLock(): void
}

/** Takes what it wants from the queue, or leaves all as it is and says that it needs more. */
type Attempt<Result> = () => Result | typeof MORE

interface Waiting {
  readonly attempt: Attempt<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly forget: () => void
}

export class ByteIntake {
  readonly queue: ByteQueue = new ByteQueue()
  readonly #source: ChunkSource
  readonly #signal: AbortSignal | undefined
  readonly #deadline: FrameDeadline | undefined
  readonly #line: Waiting[] = []
  /** The source has been asked for a chunk: also while those who wanted it have given up. */
  #pulling = false
  #ended = false
  #failed = false
  #error: unknown
  /** Why no call is served any more. */
  #refusal: (() => unknown) | undefined
  #cancelled = false
  #rest: RawRest | undefined

  constructor(source: ByteReadable, signal: AbortSignal | undefined, frameTimeout: number | undefined) {
    if (typeof source?.getReader !== 'function') {
      throw new TypeError(`A ByteReader needs a ReadableStream, not ${describe(source)}`)
    }
    this.#source = new ChunkSource(source, { onResult: this.#onChunk, onError: this.#onFailure })
    this.#signal = signal
    if (frameTimeout !== undefined) this.#deadline = new FrameDeadline(frameTimeout, () => this.#late(frameTimeout))
    if (signal?.aborted === true) this.#onSignal()
    else signal?.addEventListener('abort', this.#onSignal)
  }

  /** No more bytes than those in the queue will come. */
  get ended(): boolean {
    return this.#ended
  }

  // ---- calls

  /** The result of an attempt if it can be had at once, and nobody waits who came before. */
  now<Result>(attempt: Attempt<Result>, signal: AbortSignal | undefined): Result | typeof MORE {
    if (signal?.aborted === true) throw signal.reason
    return this.#line.length === 0 ? this.#try(attempt) : MORE
  }

  /** The result of an attempt, as soon as it can be had. */
  ask<Result>(attempt: Attempt<Result>, signal: AbortSignal | undefined): Promise<Result> {
    try {
      const result = this.now(attempt, signal)
      if (result !== MORE) return Promise.resolve(result)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.wait(attempt, signal)
  }

  /** As `ask`, for an attempt that has just been made in vain. */
  wait<Result>(attempt: Attempt<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const giveUp = (): void => this.#giveUp(waiting, signal!.reason)
      const waiting: Waiting = {
        attempt,
        resolve: resolve as (result: unknown) => void,
        reject,
        forget: () => signal?.removeEventListener('abort', giveUp),
      }
      signal?.addEventListener('abort', giveUp)
      this.#line.push(waiting)
      if (this.#line.length === 1) this.#needMore()
    })
  }

  #try<Result>(attempt: Attempt<Result>): Result | typeof MORE {
    if (this.#refusal !== undefined) throw this.#refusal()
    const result = attempt()
    // What had arrived before the source failed was worth having.
    if (result === MORE && this.#failed) throw this.#error
    return result
  }

  /** Serves those who wait, in order, until one of them needs bytes that are not there. */
  #serve(): void {
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      try {
        const result = this.#try(first.attempt)
        if (result === MORE) return this.#needMore()
        this.#leave(first)
        first.resolve(result)
      } catch (error) {
        this.#leave(first)
        first.reject(error)
      }
    }
  }

  #needMore(): void {
    if (this.queue.length > 0) this.#deadline?.start(this.queue.offset)
    else this.#deadline?.stop()
    this.#pull()
  }

  #leave(waiting: Waiting): void {
    if (this.#line[0] === waiting) {
      this.#line.shift()
      this.#deadline?.stop()
    }
    waiting.forget()
  }

  /** A call is given up; the bytes, and the chunk that is under way, are for those who come after it. */
  #giveUp(waiting: Waiting, reason: unknown): void {
    const at = this.#line.indexOf(waiting)
    if (at < 0) return
    this.#line.splice(at, 1)
    waiting.forget()
    waiting.reject(reason)
    if (at > 0) return
    this.#deadline?.pause()
    this.#serve()
  }

  #late(frameTimeout: number): void {
    const first = this.#line[0]
    if (first === undefined) return
    const { length, offset } = this.queue
    this.#giveUp(first, frameTimedOut(frameTimeout, length, offset + length))
  }

  // ---- source

  #pull(): void {
    if (this.#pulling || this.#ended || this.#failed || this.#cancelled) return
    this.#pulling = true
    this.#source.read()
  }

  readonly #onChunk = ({ done, value }: ChunkResult): void => {
    this.#pulling = false
    if (this.#cancelled) return
    if (done) this.#end()
    else this.#arrived(value)
    this.#goOn()
  }

  readonly #onFailure = (error: unknown): void => {
    this.#pulling = false
    if (this.#cancelled) return
    this.#fail(error)
    this.#goOn()
  }

  #arrived(chunk: ByteSource | undefined): void {
    try {
      this.queue.push(chunk as ByteSource)
    } catch (error) {
      this.#failed = true
      this.#error = error
      this.#forgetSignal()
      this.#source.cancel(error).catch(() => {})
    }
  }

  #goOn(): void {
    this.#serve()
    this.#rest?.serve()
  }

  #end(): void {
    this.#ended = true
    this.#release()
  }

  #fail(error: unknown): void {
    this.#failed = true
    this.#error = error
    this.#release()
  }

  #release(): void {
    this.#forgetSignal()
    this.#source.release()
  }

  #forgetSignal(): void {
    this.#signal?.removeEventListener('abort', this.#onSignal)
  }

  // ---- the end

  /** Nobody wants the rest: calls that wait, and later ones, are refused. */
  cancel(reason: unknown, refusal: () => unknown): Promise<void> {
    if (this.#rest !== undefined) return Promise.reject(this.#refusal!())
    if (this.#refusal !== undefined) return Promise.resolve()
    this.#refusal = refusal
    this.#serve()
    return this.#cancelSource(reason)
  }

  /** As `cancel`, where it is not known what state the reader is in. */
  dispose(refusal: () => unknown): Promise<void> {
    const over = this.#refusal !== undefined || this.#failed
    this.#refusal ??= refusal
    this.#serve()
    return over ? Promise.resolve() : this.#cancelSource(undefined)
  }

  /** No more calls: a stream of what they left. */
  detach(streams: Streams, refusal: () => unknown): ReadableStream<Uint8Array> {
    if (this.#refusal !== undefined) throw this.#refusal()
    if (this.#line.length > 0) throw new TypeError('detach() while a read waits: its bytes would have two takers')
    this.#refusal = refusal
    this.#rest = new RawRest(streams, {
      take: () => {
        const { length } = this.queue
        if (length > 0) return this.queue.take(length)
        if (this.#failed) this.#rest!.fail(this.#error)
        else this.#pull()
        return undefined
      },
      ended: () => this.#ended,
      cancel: (reason) => this.#cancelSource(reason),
    })
    return this.#rest.stream
  }

  readonly #onSignal = (): void => {
    const { reason } = this.#signal!
    this.#refusal ??= () => reason
    this.#rest?.fail(reason)
    this.#serve()
    this.#cancelSource(reason).catch(() => {})
  }

  #cancelSource(reason: unknown): Promise<void> {
    this.queue.skip(this.queue.length)
    if (this.#cancelled || this.#ended) return Promise.resolve()
    if (this.#failed) return Promise.reject(this.#error)
    this.#cancelled = true
    this.#forgetSignal()
    return this.#source.cancel(reason)
  }
}
