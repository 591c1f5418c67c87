/**
 * The readable side of a framer, with a reader and an async iterator that take frames straight from the decoder.
 *
 * ```
 *   read(), next() ──┬─ a frame is there ──► decoder             no queue, no controller
 *                    └─ none yet ──────────► the stream's own way
 * ```
 *
 * A stream queue costs several promises and closures for every frame. They are only needed where somebody has to wait. The
 * iterator holds a real reader all the time, so that locking, cancelling and errors are the standard's.
 */

import { directSource, offerSource } from './direct.ts'
import { frameReaderClass } from './frame-reader.ts'
import type { FramerCore } from './framer-core.ts'
import type { Streams } from './implementation.ts'
import { fusing } from './fused-pipe.ts'
import { pipingClass } from './piping.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** Options of {@link FrameReadable.values}. */
export interface FrameIteratorOptions {
  /** Whether leaving the loop leaves the stream open instead of cancelling it.
   * @defaultValue false */
  preventCancel?: boolean | undefined
}

/** A `ReadableStream` of frames. Its async iterator is the fast way to read it. */
export interface FrameReadable<Frame> extends ReadableStream<Frame> {
  /** Frames as they are asked for; or, with `batch: true`, arrays of the frames that are there: at least 1, at most 128. */
  values(options: FrameIteratorOptions & { batch: true }): FrameIterator<Frame[]>
  values(options?: FrameIteratorOptions & { batch?: false | undefined }): FrameIterator<Frame>
  [Symbol.asyncIterator](options?: FrameIteratorOptions): FrameIterator<Frame>
}

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

/** Frames in one batch at the most: what a batch costs does not depend on what a peer sends, and it stays in the cache. */
const MAX_BATCH = 128

type FrameReadableClass = new <Frame>(core: FramerCore<Frame>, strategy: QueuingStrategy<Frame>) => FrameReadable<Frame>

/** The class of readable sides over one implementation of the streams. */
export function frameReadableClass(streams: Streams): FrameReadableClass {
  const makeReader = frameReaderClass(streams)
  return class FrameReadable<Frame> extends pipingClass(streams)<Frame> {
    // It has no fields: in Node 20 each stream has a hidden class of its own, and a field would be another one.

    constructor(core: FramerCore<Frame>, strategy: QueuingStrategy<Frame>) {
      super(core, strategy)
      // With a queue of its own the stream may hold frames that come before the decoder's: then only the standard's way is right.
      if (strategy.highWaterMark === 0 && strategy.size === undefined) offerSource(this, core)
    }

    // @ts-expect-error -- the overloads are those of the standard
    override getReader(options?: ReadableStreamGetReaderOptions): unknown {
      const reader = super.getReader(options as undefined) as unknown as ReadableStreamDefaultReader<Frame>
      const core = coreOf<Frame>(this)
      return core === undefined || !fusing.isOn
        ? reader
        : makeReader(this as unknown as ReadableStream<Frame>, reader, core)
    }

    // @ts-expect-error -- the overloads are those of the interface above
    override values(options: FrameIteratorOptions & { batch?: boolean | undefined } = {}): unknown {
      const reader = this.getReader() as ReadableStreamDefaultReader<Frame>
      const core = coreOf<Frame>(this)
      const keepOpen = options.preventCancel === true
      return options.batch === true
        ? new BatchIterator(reader, core, keepOpen)
        : new SingleIterator(reader, fusing.isOn ? core : undefined, keepOpen)
    }

    // @ts-expect-error -- see values
    override [Symbol.asyncIterator](options?: FrameIteratorOptions): unknown {
      return this.values(options)
    }
  } as unknown as FrameReadableClass
}

/** The decoder behind a stream that has no queue of its own. */
function coreOf<Frame>(stream: object): FramerCore<Frame> | undefined {
  return directSource<Frame>(stream) as FramerCore<Frame> | undefined
}

const AsyncIteratorPrototype: object = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
)

/** What both iterators share: the way through the stream itself, and its end. */
abstract class ReaderIterator<Frame, Item> {
  readonly #reader: ReadableStreamDefaultReader<Frame>
  readonly #keepOpen: boolean
  protected readonly core: FramerCore<Frame> | undefined
  /** Reads that wait in the stream's own line: while there are any, nobody may overtake them. */
  #reading = 0
  #last: Promise<unknown> = Promise.resolve()
  #finished = false

  constructor(reader: ReadableStreamDefaultReader<Frame>, core: FramerCore<Frame> | undefined, keepOpen: boolean) {
    this.#reader = reader
    this.core = core
    this.#keepOpen = keepOpen
  }

  /** Nobody is before us in the line. */
  protected get mayTake(): boolean {
    return this.#reading === 0 && !this.#finished
  }

  /** Turns a frame that had to be waited for into what the iterator gives. */
  protected abstract item(frame: Frame): Item

  protected wait(): Promise<IteratorResult<Item, undefined>> {
    if (this.#finished) return Promise.resolve({ value: undefined, done: true })
    this.#reading++
    const result = this.#reader.read().then(
      ({ value, done }): IteratorResult<Item, undefined> => {
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
    this.#last = result
    return result
  }

  async return(value?: unknown): Promise<IteratorResult<Item, undefined>> {
    // Those who came before are served first.
    if (this.#reading > 0) await this.#last.catch(() => {})
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

class SingleIterator<Frame> extends ReaderIterator<Frame, Frame> {
  next(): Promise<IteratorResult<Frame, undefined>> {
    const frame = this.mayTake ? this.core?.takeNow() : undefined
    return frame === undefined ? this.wait() : Promise.resolve({ value: frame, done: false })
  }

  protected item(frame: Frame): Frame {
    return frame
  }
}

class BatchIterator<Frame> extends ReaderIterator<Frame, Frame[]> {
  next(): Promise<IteratorResult<Frame[], undefined>> {
    const batch = (this.mayTake ? this.core?.takeMany(MAX_BATCH) : undefined) ?? []
    return batch.length === 0 ? this.wait() : Promise.resolve({ value: batch, done: false })
  }

  protected item(frame: Frame): Frame[] {
    return (this.mayTake ? this.core?.takeMany(MAX_BATCH, frame) : undefined) ?? [frame]
  }
}

keepShape(
  new SingleIterator(undefined as never, undefined, false),
  new BatchIterator(undefined as never, undefined, false),
)
