/** What a failed verification throws, and how it reads. */

import { showCuts } from './show.ts'

/**
 * Which promise was broken:
 *
 * - `'expected'`: uncut, the bytes did not give what the case says.
 * - `'decoder-state'`: a second decoder of the same codec gave something else.
 * - `'cuts'`: what came out depends on where the bytes were cut.
 * - `'delivery'`: a frame or an error came later than it could, or not when the case says.
 * - `'read-ahead'`: the decoder took bytes off the queue that belong to what follows the frame.
 * - `'chunk-changed'`, `'frame-changed'`: somebody else's memory was written to, or a delivered frame's memory used again.
 * - `'error-final'`: after an error came a frame or another error.
 * - `'endless'`: frames without end out of a few bytes.
 * - `'encoder'`: what the encoder wrote is not read back as the same frames, or it refused a frame that it must take.
 * - `'encoder-refusal'`: a frame that cannot be encoded was taken, or left something in the sink.
 * - `'work'`: the cost grows faster than the bytes.
 */
export type VerifyCheck =
  | 'expected'
  | 'decoder-state'
  | 'cuts'
  | 'delivery'
  | 'read-ahead'
  | 'chunk-changed'
  | 'frame-changed'
  | 'error-final'
  | 'endless'
  | 'encoder'
  | 'encoder-refusal'
  | 'work'

/** A broken promise, before it is known to which case it belongs. */
export interface VerifyProblem {
  /** Which promise was broken. */
  readonly check: VerifyCheck
  /** One line: what is wrong. */
  readonly title: string
  /** What came out and what was expected. */
  readonly detail?: string | undefined
  /** The bytes that were decoded. */
  readonly bytes?: Uint8Array | undefined
  /** Where they were cut. */
  readonly cuts?: readonly number[] | undefined
  /** The name of the way they were cut before the cut was made as small as possible. */
  readonly way?: string | undefined
}

/**
 * A codec does not keep its promises. The message says which one, shows the smallest cut that breaks it (`ab|c\r|\n`), and what came
 * out beside what should have.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lines } from 'framewright'
 * import { CodecVerificationError, verifyCodec } from 'framewright/testing'
 *
 * assert.throws(
 *   () => verifyCodec(lines(), [{ name: 'two', bytes: 'a\nb\n', frames: ['a', 'c'] }]),
 *   (error) => error instanceof CodecVerificationError && error.check === 'expected' && error.caseName === 'two',
 * )
 * ```
 */
export class CodecVerificationError extends Error {
  /** `'CodecVerificationError'`. */
  override readonly name: string = 'CodecVerificationError'
  /** Which promise was broken: see {@link VerifyCheck}. */
  readonly check: VerifyCheck
  /** Number of the case that broke it, counted from 0. */
  readonly caseIndex: number
  /** Its name, if it has one. */
  readonly caseName: string | undefined
  /** The bytes that were decoded when it was broken; undefined where none were. */
  readonly bytes: Uint8Array | undefined
  /** The smallest set of cuts that breaks it, as positions in `bytes`. */
  readonly cuts: readonly number[]
  /** How the bytes were cut when it was first seen. */
  readonly way: string | undefined
  /** The seed of the random cuts. */
  readonly seed: number

  /** Made by {@link verifyCodec} only. */
  constructor(problem: VerifyProblem, caseIndex: number, caseName: string | undefined, seed: number) {
    super(report(problem, caseName === undefined ? `case ${caseIndex}` : `case ${caseIndex}, '${caseName}'`, seed))
    this.check = problem.check
    this.caseIndex = caseIndex
    this.caseName = caseName
    this.bytes = problem.bytes
    this.cuts = problem.cuts ?? []
    this.way = problem.way
    this.seed = seed
  }
}

function report({ title, detail, bytes, cuts = [], way }: VerifyProblem, label: string, seed: number): string {
  const paragraphs = [`${label}: ${title}`]
  if (bytes !== undefined) {
    const found = way === undefined || cuts.length === 0 ? '' : `   (found with: ${way})`
    paragraphs.push(`${cuts.length === 0 ? 'bytes' : 'cut'}: ${showCuts(bytes, cuts)}${found}`)
  }
  if (detail !== undefined) paragraphs.push(detail)
  paragraphs.push(`seed: ${seed}`)
  return paragraphs.join('\n\n')
}
