/**
 * The contract between a framing rule and everything that carries it.
 *
 * ```
 *   chunks ──► ByteQueue ──► decoder.decode(queue) ──► frame | undefined ("need more")
 *   chunks ◄── ByteSink  ◄── encoder.encode(frame, sink) ◄── frame
 * ```
 *
 * A codec is a plain object of this shape. The library's own have no privilege that one of yours lacks.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'

/**
 * Takes frames off the front of a queue: synchronous, with no I/O, no timers and no promises.
 *
 * A decoder that takes nothing off the queue before the whole frame is there needs no state and no `end`: when the input ends
 * and bytes are left, whoever runs it throws `ERR_FRAME_TRUNCATED`.
 */
export interface Decoder<Frame> {
  /** One frame off the front of `bytes`, or undefined: need more. Throws a {@link FramingError} where the bytes break the rule. */
  decode(bytes: ByteQueue): Frame | undefined
  /** The input has ended: called after `decode` returned undefined, until this too returns undefined. It may throw, or take what is left. */
  end?(bytes: ByteQueue): Frame | undefined
  /** Framing is over (an upgrade, n frames read): what is left in the queue, and all that follows, is raw bytes. */
  readonly finished?: boolean
  /** How many bytes were skipped so far, as the policies say. */
  readonly skipped?: number
}

/** Writes frames as bytes. */
export interface Encoder<Frame> {
  /** Writes one frame: its own bytes with `out.pass`, so that a large one need not be copied, what is made for it with the other methods.
   * Throws a {@link FramingError} (`ERR_FRAME_UNENCODABLE`) for a frame that the decoder would not read back as one equal frame. */
  encode(frame: Frame, out: ByteSink): void
  /** No more frames: writes what the rule puts at the end. */
  end?(out: ByteSink): void
}

/** One framing rule: makes decoders (of frames `Out`) and encoders (of frames `In`) that agree with each other. */
export interface Codec<Out, In = Out> {
  /** A decoder with state of its own, for one stream of bytes. */
  decoder(): Decoder<Out>
  /** An encoder with state of its own, for one stream of bytes. */
  encoder(): Encoder<In>
}
