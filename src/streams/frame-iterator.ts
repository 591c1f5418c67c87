/**
 * The async iterators of a framer's readable side.
 *
 * ```
 *   next() ──┬─ a frame is there ───────────► decoder                 a promise that is resolved
 *            ├─ none yet ───────────────────► decoder, when it comes  a promise
 *            └─ others wait in the stream ──► its reader              the standard's way, which costs several
 * ```
 *
 * They hold a real reader all the time, so that locking, cancelling, the end and errors are the standard's.
 */

import { keepShape } from '../bytes/keep-shape.ts'
import type { ReadSource } from './direct.ts'
import { FrameLine } from './frame-line.ts'

/** What {@link FrameReadable.values} gives. */
export interface FrameIterator<Item> extends AsyncIterableIterator<Item, undefined, undefined> {
  /** The next item. */
  next(): Promise<IteratorResult<Item, undefined>>
  /** Leaves: cancels the stream, unless `preventCancel` is set, and releases it. */
  return(value?: unknown): Promise<IteratorResult<Item, undefined>>
  [Symbol.asyncIterator](): this
  /** As `return()`. */
  [Symbol.asyncDispose](): Promise<void>
}

type Result<Item> = IteratorResult<Item, undefined>

/** Frames in one batch at the most: what a batch costs does not depend on what a peer sends, and it stays in the cache. */
const MAX_BATCH = 128

const AsyncIteratorPrototype: object = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
)

/** What both iterators share: waiting, and the end. */
abstract class ReaderIterator<Frame, Item> implements FrameIterator<Item> {
  readonly #reader: ReadableStreamDefaultReader<Frame>
  readonly #keepOpen: boolean
  protected readonly core: ReadSource<Frame> | undefined
  /** Reads that wait in the stream's own line: while there are any, nobody may overtake them. */
  #reading = 0
  /** Calls that wait for the decoder; made for the first one. */
  #line: FrameLine<Frame, Item> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #finished = false

  constructor(reader: ReadableStreamDefaultReader<Frame>, core: ReadSource<Frame> | undefined, keepOpen: boolean) {
    this.#reader = reader
    this.core = core
    this.#keepOpen = keepOpen
  }

  abstract next(): Promise<Result<Item>>

  /** Turns a frame that had to be waited for into what the iterator gives. */
  protected abstract item(frame: Frame): Item

  /** Nobody is before us in the line. */
  protected get mayTake(): boolean {
    return this.#reading === 0 && !this.#isWaiting && !this.#finished
  }

  get #isWaiting(): boolean {
    return this.#line !== undefined && this.#line.length > 0
  }

  protected wait(): Promise<Result<Item>> {
    if (this.#finished) return Promise.resolve({ value: undefined, done: true })
    const core = this.core
    const isPast = this.#isWaiting || (core?.mayTake === true && this.#reading === 0)
    return (this.#last = isPast ? this.#lineAt(core!).wait() : this.#waitForStream())
  }

  #lineAt(core: ReadSource<Frame>): FrameLine<Frame, Item> {
    return (this.#line ??= new FrameLine<Frame, Item>(
      core,
      this.#reader.closed,
      (frame) => this.item(frame),
      () => this.#finish(),
    ))
  }

  #waitForStream(): Promise<Result<Item>> {
    this.#reading++
    return this.#reader.read().then(
      ({ value, done }): Result<Item> => {
        this.#reading--
        if (!done) return { value: this.item(value), done: false }
        this.#finish()
        return { value: undefined, done: true }
      },
      (error: unknown) => {
        this.#reading--
        this.#finish()
        throw error
      },
    )
  }

  async return(value?: unknown): Promise<Result<Item>> {
    // Those who came before are served first.
    if (this.#reading > 0 || this.#isWaiting) await this.#last.catch(() => {})
    const result = { value: value as undefined, done: true as const }
    if (this.#finished) return result
    const cancelled = this.#keepOpen ? undefined : this.#reader.cancel(value)
    this.#finish()
    await cancelled
    return result
  }

  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#reader.releaseLock()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

Object.setPrototypeOf(ReaderIterator.prototype, AsyncIteratorPrototype)

/** Frame by frame. */
export class SingleIterator<Frame> extends ReaderIterator<Frame, Frame> {
  next(): Promise<Result<Frame>> {
    const frame = this.mayTake ? this.core?.takeNow() : undefined
    return frame === undefined ? this.wait() : Promise.resolve({ value: frame, done: false })
  }

  protected item(frame: Frame): Frame {
    return frame
  }
}

/** The frames that are there, at once. */
export class BatchIterator<Frame> extends ReaderIterator<Frame, Frame[]> {
  next(): Promise<Result<Frame[]>> {
    const batch = (this.mayTake ? this.core?.takeMany?.(MAX_BATCH) : undefined) ?? []
    return batch.length === 0 ? this.wait() : Promise.resolve({ value: batch, done: false })
  }

  protected item(frame: Frame): Frame[] {
    return (this.mayTake ? this.core?.takeMany?.(MAX_BATCH, frame) : undefined) ?? [frame]
  }
}

keepShape(
  new SingleIterator(undefined as never, undefined, false),
  new BatchIterator(undefined as never, undefined, false),
)
