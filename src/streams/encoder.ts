/**
 * An encoder: a `TransformStream`, frames in, bytes out.
 *
 * ```
 *   frames ──► writable ──► encoder ──► ByteSink ──► readable ──► chunks
 * ```
 */

import type { Codec } from '../codec/codec.ts'
import { offerSink } from './direct.ts'
import { EncodedChunks } from './encoded-chunks.ts'
import { frameReadableClass } from './frame-readable.ts'
import { EncoderCore, PASS_FROM } from './encoder-core.ts'
import { frameWritableClass } from './frame-writable.ts'
import { frameStrategy, implementation, type EncoderOptions, type Streams } from './implementation.ts'
import { pairClass } from './pair.ts'

/** A `TransformStream` from frames to byte chunks. */
export interface EncoderStream<Frame> extends TransformStream<Frame, Uint8Array> {}

interface Classes {
  readonly Pair: ReturnType<typeof pairClass>
  readonly Readable: ReturnType<typeof frameReadableClass>
}

const classes: WeakMap<object, Classes> = new WeakMap()

function classesFor(streams: Streams): Classes {
  let known = classes.get(streams.TransformStream)
  if (known === undefined) {
    known = { Pair: pairClass(streams, 'EncoderStream'), Readable: frameReadableClass(streams) }
    classes.set(streams.TransformStream, known)
  }
  return known
}

/**
 * An encoder for any codec, your own too: pipe frames through it, and the bytes to the transport. It is a `TransformStream`.
 *
 * Frames that are written while the transport is busy, or in one turn behind a first one, leave as one chunk, in order; above 64 KiB a write waits until the transport
 * has asked again. A lone frame leaves at once.
 *
 * A frame's memory is the caller's again when its write has settled. A frame of 64 KiB and more is not copied: such a chunk is the frame's own
 * memory, between chunks of what the rule puts around it, and the write settles when whoever reads has asked for the chunk after it (a pipe
 * of ours, when it is written). Who keeps chunks longer than that, changes or transfers them, does so to the writer's memory, as with any
 * TransformStream that passes chunks on. With the codec's option `copy: 'always'`, or a `readableStrategy` of yours, all chunks have memory of their own.
 *
 * A frame that the codec's decoder would not read back as one equal frame errors both sides ({@link FramingError},
 * `ERR_FRAME_UNENCODABLE` or `ERR_FRAME_TOO_LONG`), after the frames before it have left.
 *
 * @throws TypeError if `streams` is no implementation of the Streams standard.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encoder, lines } from 'framewright'
 *
 * const stream = encoder(lines())
 * const writer = stream.writable.getWriter()
 * void writer.write('one')
 * void writer.write('two')
 * void writer.close()
 * assert.equal(await new Response(stream.readable as ReadableStream<Uint8Array<ArrayBuffer>>).text(), 'one\ntwo\n')
 * ```
 */
export function encoder<Frame>(
  codec: Codec<unknown, Frame>,
  options: EncoderOptions<Frame> = {},
): EncoderStream<Frame> {
  const streams = implementation(options.streams)
  const { Pair, Readable } = classesFor(streams)
  const strategy = options.writableStrategy ?? frameStrategy()
  const chunks = new EncodedChunks()
  // What is in a queue of the stream's has been asked for, and nobody has it yet: only copies may wait there.
  const passFrom = options.readableStrategy === undefined ? PASS_FROM : Infinity
  const core = new EncoderCore(codec, chunks, false, strategy, passFrom)
  chunks.events = core
  const readable = new Readable(chunks, { highWaterMark: 0, ...options.readableStrategy })
  const writable = new (frameWritableClass(streams))<Frame>(core, strategy)
  offerSink(writable, core)
  return new Pair(readable, writable)
}
