/** What the verifier is given and what it gives back. */

import type { ByteSource } from '../bytes/bytes.ts'
import type { Codec } from '../codec/codec.ts'
import type { FramingErrorCode } from '../codec/framing-error.ts'
import type { SkipInfo } from '../codec/policies.ts'

/** Makes the codec under test anew for every run. One that has skip policies hands `onSkip` on, so that its reports are compared too. */
export type CodecMaker<Out, In = Out> = (onSkip: (info: SkipInfo) => void) => Codec<Out, In>

/** How many bytes had arrived when something came out; `'end'`: the end of the input brought it. */
export type Arrival = number | 'end'

/** A frame as a case may write it: frames of bytes may be written as strings (UTF-8). */
export type ExpectedFrame<Frame> = Frame extends Uint8Array ? Frame | string : Frame

/** What an error must be; facts that are left out may be anything. */
export interface ExpectedError {
  /** Its `name`. */
  name?: string
  /** What was wrong: see {@link FramingErrorCode}. */
  code?: FramingErrorCode
  /** A part of its message, or a pattern. */
  message?: string | RegExp
  /** Absolute position of the byte that broke the rule. */
  offset?: number
  /** Number of the frame, counted from 0. */
  frameIndex?: number
  /** The limit that was broken, in bytes. */
  limit?: number
  /** The length that was declared or seen, in bytes. */
  length?: number
  /** The bytes of the frame that had arrived (a string is UTF-8). */
  partial?: Uint8Array | string
}

/**
 * One input, and what is known of what it must give. With `bytes` alone the verifier compares the cuts with each other; an error is
 * then allowed as long as it is a FramingError and the same under every cut.
 */
export interface CodecCase<Out, In = Out> {
  /** What a failure calls this case.
   * @defaultValue its number */
  name?: string
  /** What arrives, from the first byte to the end of the input. A string is UTF-8. */
  bytes: ByteSource | string
  /** All frames that must come out, in order (before the error, if there is one).
   * @defaultValue any */
  frames?: readonly ExpectedFrame<Out>[]
  /** The error that must come.
   * @defaultValue none if `frames` is given, otherwise any FramingError or none */
  error?: ExpectedError
  /** For every frame: how many bytes have arrived when it is delivered, if they come one by one. It may be neither later nor earlier.
   * @defaultValue unknown: see {@link verifyCodec} */
  frameEnds?: readonly Arrival[]
  /** How many bytes have arrived when the error comes, if they come one by one.
   * @defaultValue unknown */
  errorAt?: Arrival
  /** Whether the encoder must write the frames, and the decoder read them back from what it wrote. `false` where the decoder is more lenient
   * than the encoder; a list of frames where the encoder takes other frames than the decoder gives.
   * @defaultValue true where `frames` is given and `error` is not */
  encode?: boolean | readonly In[]
  /** Frames that the encoder must refuse: with a FramingError, and with nothing of them in the sink.
   * @defaultValue none */
  refuses?: readonly In[]
}

/** Options of {@link verifyCodec}. */
export interface VerifyOptions<Frame = unknown> {
  /** Are two frames the same?
   * @defaultValue deep equality of plain values, arrays, maps, sets, dates and bytes */
  equals?: (a: Frame, b: Frame) => boolean
  /** Random ways of cutting that are tried for each case.
   * @defaultValue 40 */
  randomCuts?: number
  /** Where the random numbers begin: a whole number. Every failure prints it.
   * @defaultValue 24301 */
  seed?: number
  /** Two-way cuts that are tried for each case: all of them where the case is shorter, else that many, spread evenly.
   * @defaultValue 8192 */
  maxCuts?: number
  /** Whether the encoder is verified at all.
   * @defaultValue true */
  encode?: boolean
  /** Whether the encoder is given frames that are likely to confuse its decoder too: pieces of the case's bytes. It must refuse them, or they must
   * read back as they were. For frames that are bytes or strings only.
   * @defaultValue true */
  provoke?: boolean
  /** Whether the cost must grow with the bytes and not with their square.
   * @defaultValue true */
  linear?: boolean
}

/** What was verified. */
export interface VerifyReport {
  /** Cases that were verified: all that were given. */
  cases: number
  /** How many times a decoder was run over bytes from their beginning to their end. */
  runs: number
  /** How many places the bytes were cut at in all of these runs. */
  cuts: number
}
