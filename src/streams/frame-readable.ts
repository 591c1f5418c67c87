/**
 * The readable side of a framer, or of an encoder. Its reader (`frame-reader.ts`) and its async iterators (`frame-iterator.ts`) take frames
 * straight from the decoder, or chunks from the encoder: a stream's queue costs several promises and closures for each.
 */

import { directSource, offerSource, type ReadSource } from './direct.ts'
import { BatchIterator, type FrameIterator, SingleIterator } from './frame-iterator.ts'
import { frameReaderClass } from './frame-reader.ts'
import type { Streams } from './implementation.ts'
import { fusing } from './fused-pipe.ts'
import { pipingClass } from './piping.ts'

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

type FrameReadableClass = new <Frame>(core: ReadSource<Frame>, strategy: QueuingStrategy<Frame>) => FrameReadable<Frame>

/** The class of readable sides over one implementation of the streams. */
export function frameReadableClass(streams: Streams): FrameReadableClass {
  const makeReader = frameReaderClass(streams)
  return class FrameReadable<Frame> extends pipingClass(streams)<Frame> {
    // It has no fields: in Node 20 each stream has a hidden class of its own, and a field would be another one.

    constructor(core: ReadSource<Frame>, strategy: QueuingStrategy<Frame>) {
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
function coreOf<Frame>(stream: object): ReadSource<Frame> | undefined {
  return directSource<Frame>(stream) as ReadSource<Frame> | undefined
}
