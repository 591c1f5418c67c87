/**
 * The verifier for codecs of one's own: does the codec give the same whatever the transport does to the bytes, and do its encoder and its
 * decoder agree? It needs no test runner, no runtime and no promise.
 *
 * ```
 *   verifyCodec ─► verifyCase ─┬─► decoding   expectation, judge, observe, cuts
 *                              ├─► encoding   agreement
 *                              └─► cost       work
 * ```
 */

import { bytesOrText, describe } from '../bytes/bytes.ts'
import type { Codec } from '../codec/codec.ts'
import { checkBoolean, checkFunction, checkInteger, checkOptions } from '../codec/policies.ts'
import type { CodecCase, CodecMaker, VerifyOptions, VerifyReport } from './codec-case.ts'
import { deepEqual } from './equality.ts'
import { CodecVerificationError } from './verification-error.ts'
import { verifyCase, type CaseOptions } from './verify-case.ts'

const OPTIONS = ['equals', 'randomCuts', 'seed', 'maxCuts', 'encode', 'provoke', 'linear'] as const
const CASE = ['name', 'bytes', 'frames', 'error', 'frameEnds', 'errorAt', 'encode', 'refuses'] as const

/**
 * Verifies a codec over the cases given, and throws at the first promise that it breaks, with the smallest cut that breaks it.
 *
 * For every case, decoding: whole, byte by byte, every two-way cut, with empty chunks between, at random cuts (seeded), and with nothing
 * taken before everything has arrived. Frames, error facts and skip reports are the same under all of them, and those of the case;
 * what comes out of the first n bytes does not depend on how they were cut, so no cut is slower than another; after each frame the
 * queue stands at the same byte; frames that were delivered do not change afterwards; chunks are left as they came; nothing comes after the first error; two
 * decoders of one codec do not disturb each other.
 *
 * Encoding: the frames are written, and read back under every cut; so is whatever else the encoder agrees to write; what it refuses leaves
 * nothing in the sink.
 *
 * Cost: the case again and again, runs of its bytes, and one long frame, n bytes and 4n bytes, one by one. Calls to the queue and bytes looked at are counted.
 *
 * What cannot be verified without knowing the rule: that a decoder which is late under every cut could have been earlier (give `frameEnds`), that a limit is
 * enforced (give a case), that memory is bounded, what happens to bytes that the decoder has copied out of the queue into memory of its own, and
 * private state of frames (give `equals`).
 *
 * @param codec the codec, or a function that makes it anew: one that reports skips hands `onSkip` on.
 * @param cases inputs, with what is known of what they give.
 * @throws {@link CodecVerificationError} if a promise is broken. TypeError or RangeError for cases and options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { delimiter } from 'framewright'
 * import { verifyCodec } from 'framewright/testing'
 *
 * const report = verifyCodec((onSkip) => delimiter('\r\n', { maxFrameLength: 4, onSkip }), [
 *   { name: 'two', bytes: 'ab\r\n\r\n', frames: ['ab', ''], frameEnds: [4, 6] },
 *   { name: 'cut off', bytes: 'ab\r\nc', frames: ['ab'], error: { code: 'ERR_FRAME_TRUNCATED', offset: 5 } },
 *   { name: 'too long', bytes: 'abcde', frames: [], error: { code: 'ERR_FRAME_TOO_LONG', limit: 4 }, errorAt: 5 },
 * ])
 * assert.equal(report.cases, 3)
 * ```
 */
export function verifyCodec<Out, In = Out>(
  codec: Codec<Out, In> | CodecMaker<Out, In>,
  cases: readonly CodecCase<NoInfer<Out>, NoInfer<In>>[],
  options: VerifyOptions<NoInfer<Out>> = {},
): VerifyReport {
  const settings = checkVerifyOptions(options)
  const make: CodecMaker<Out, In> = typeof codec === 'function' ? codec : () => codec
  if (!Array.isArray(cases) || cases.length === 0)
    throw new TypeError('verifyCodec needs an array with at least one case')
  const report: VerifyReport = { cases: 0, runs: 0, cuts: 0 }
  for (const one of cases as readonly CodecCase<Out, In>[]) {
    checkOptions('a case', one, CASE)
    const problem = verifyCase(make, bytesOrText(one.bytes), one, settings, report)
    if (problem !== undefined) throw new CodecVerificationError(problem, report.cases, one.name, settings.seed)
    report.cases++
  }
  return report
}

function checkVerifyOptions<Frame>(options: VerifyOptions<Frame>): CaseOptions<Frame> {
  checkOptions('verifyCodec', options, OPTIONS)
  const { randomCuts = 40, seed = 0x5eed, maxCuts = 8192, equals, encode, provoke, linear } = options
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, not ${describe(seed)}`)
  return {
    equals: checkFunction('equals', equals) ?? deepEqual,
    randomCuts: checkInteger('randomCuts', randomCuts, 0),
    seed,
    maxCuts: checkInteger('maxCuts', maxCuts, 1),
    encode: checkBoolean('encode', encode, true),
    provoke: checkBoolean('provoke', provoke, true),
    linear: checkBoolean('linear', linear, true),
  }
}
