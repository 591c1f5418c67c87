/**
 * A framer: a `TransformStream`, bytes in, frames out.
 *
 * ```
 *   chunks ──► writable ──► ByteQueue ──► decoder ──► readable ──► frames
 * ```
 */

import type { ByteSource } from '../bytes/bytes.ts'
import type { Codec } from '../codec/codec.ts'
import { FrameParser, type FramingStats } from '../codec/frame-parser.ts'
import { checkFrameTimeout } from './frame-deadline.ts'
import { offerSink } from './direct.ts'
import { FramerCore } from './framer-core.ts'
import { frameReadableClass, type FrameReadable } from './frame-readable.ts'
import { byteStrategy, implementation, type FramerOptions, type Streams } from './implementation.ts'
import { pairClass } from './pair.ts'

/** A `TransformStream` from byte chunks to frames. */
export interface FramerStream<Frame> extends TransformStream<ByteSource, Frame> {
  /** Takes chunks. A write settles when the frames in it have been read; `desiredSize` is the room left in the incoming buffer, in bytes. */
  readonly writable: WritableStream<ByteSource>
  /** Gives frames, decoded one by one as they are read. */
  readonly readable: FrameReadable<Frame>
  /** The raw bytes that follow when the decoder has finished on its own; else it closes, or fails, with `readable`. */
  readonly rest: ReadableStream<Uint8Array>
  /** What was done so far. */
  readonly stats: FramingStats
}

interface Classes {
  readonly Readable: ReturnType<typeof frameReadableClass>
  readonly Pair: ReturnType<typeof pairClass>
}

const classes: WeakMap<object, Classes> = new WeakMap()

function classesFor(streams: Streams): Classes {
  let known = classes.get(streams.TransformStream)
  if (known === undefined) {
    known = { Readable: frameReadableClass(streams), Pair: pairClass(streams, 'FramerStream') }
    classes.set(streams.TransformStream, known)
  }
  return known
}

/**
 * A framer for any codec, your own too: pipe bytes through it, read frames. It is a `TransformStream`, bounded by its strategies:
 * frames are decoded when they are asked for, and a chunk whose frames nobody reads holds its writer back.
 *
 * Errors as the Streams standard says for a `TransformStream`: a {@link FramingError} reaches both sides, after the good frames before
 * it; cancelling the readable side errors the writable one, and aborting the writable side errors the readable one.
 *
 * @throws TypeError if `streams` is no implementation of the Streams standard; RangeError for a `frameTimeout` that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { framer, lines } from 'framewright'
 *
 * const bytes = new Blob(['one\ntwo\nthree']).stream()
 * const frames: string[] = []
 * for await (const line of bytes.pipeThrough(framer(lines()))) frames.push(line)
 * assert.deepEqual(frames, ['one', 'two', 'three'])
 * ```
 *
 * @example
 * A codec of your own is two small objects.
 * ```ts
 * import assert from 'node:assert/strict'
 * import { framer, type Codec } from 'framewright'
 *
 * // One byte says how many follow.
 * const tiny: Codec<Uint8Array> = {
 *   decoder: () => ({
 *     decode(bytes) {
 *       if (bytes.length === 0 || bytes.length < 1 + bytes.byteAt(0)) return undefined
 *       const length = bytes.byteAt(0)
 *       bytes.skip(1)
 *       return bytes.take(length)
 *     },
 *   }),
 *   encoder: () => ({
 *     encode(frame, out) {
 *       out.byte(frame.length)
 *       out.bytes(frame)
 *     },
 *   }),
 * }
 * const frames = framer(tiny)
 * const writer = frames.writable.getWriter()
 * void writer.write(new Uint8Array([2, 7, 8, 0]))
 * void writer.close()
 * const lengths: number[] = []
 * for await (const frame of frames.readable) lengths.push(frame.length)
 * assert.deepEqual(lengths, [2, 0])
 * ```
 */
export function framer<Frame>(codec: Codec<Frame, never>, options: FramerOptions<Frame> = {}): FramerStream<Frame> {
  const streams = implementation(options.streams)
  const { core, readable } = makeFramer(codec, streams, options.readableStrategy, options.frameTimeout)
  const strategy = (options.writableStrategy as QueuingStrategy<ByteSource> | undefined) ?? byteStrategy()
  core.strategy = strategy
  const writable = new streams.WritableStream(core.sink, strategy)
  offerSink(writable, core)
  return Object.defineProperties(new (classesFor(streams).Pair)(readable, writable), {
    rest: { get: () => core.rest },
    stats: { get: () => core.parser.stats },
  }) as unknown as FramerStream<Frame>
}

/** A framer without its writable side: whoever has its core feeds it. */
export function makeFramer<Frame>(
  codec: Codec<Frame, never>,
  streams: Streams,
  strategy: QueuingStrategy<Frame> | undefined,
  frameTimeout: number | undefined,
): { core: FramerCore<Frame>; readable: FrameReadable<Frame> } {
  const core = new FramerCore(new FrameParser(codec), streams, checkFrameTimeout(frameTimeout))
  const { Readable } = classesFor(streams)
  return { core, readable: new Readable(core, { highWaterMark: 0, ...strategy }) }
}
