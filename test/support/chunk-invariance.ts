/**
 * The decoding half of `framewright/testing` as the tests of the library's own rules use it: one input, and what came out for further
 * questions. What it verifies is said in src/testing/verify-codec.ts.
 */

import type { Codec } from '../../src/codec/codec.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import type { Arrival } from '../../src/testing/codec-case.ts'
import { deepEqual } from '../../src/testing/equality.ts'
import { arrivals } from '../../src/testing/judge.ts'
import { showBytes } from '../../src/testing/show.ts'
import { CodecVerificationError, type VerifyProblem } from '../../src/testing/verification-error.ts'
import { verifyDecoding, type Verdict } from '../../src/testing/verify-case.ts'

export type { Arrival } from '../../src/testing/codec-case.ts'

/** Makes the codec under test; one with skip policies hands `onSkip` on. */
export type CodecMaker<Frame> = (onSkip: (info: SkipInfo) => void) => Codec<Frame, never>

/** What the bytes gave, the same for every way of cutting them. */
export interface Run<Frame> {
  readonly frames: readonly Frame[]
  readonly skips: readonly SkipInfo[]
  /** What was thrown; undefined if the input was good to its end. */
  readonly error: unknown
}

export interface VerifyOptions {
  /** When each frame (and the error) must come if the bytes come one by one: the earliest that is possible. */
  readonly arrivals?: readonly Arrival[] | undefined
  /** How many random cuts are tried. */
  readonly randomRuns?: number | undefined
  /** Seed of the random cuts; a failure prints it. */
  readonly seed?: number | undefined
}

/** Throws an Error that shows the smallest cut that makes a difference; returns what the whole run gave. */
export function verifyChunkInvariance<Frame>(
  maker: CodecMaker<Frame>,
  bytes: Uint8Array,
  { arrivals: due, randomRuns = 40, seed = 0x5eed }: VerifyOptions = {},
): Run<Frame> {
  const options = { equals: deepEqual, randomCuts: randomRuns, seed, maxCuts: Infinity, encode: false }
  const verdict = verifyDecoding(maker, bytes, {}, { ...options, provoke: false, linear: false }, { runs: 0, cuts: 0 })
  const problem = verdict.problem ?? checkDue(verdict, due)
  if (problem !== undefined) throw failure(problem, bytes, seed)
  const { events, frames, error } = verdict.whole
  return { frames, error, skips: events.flatMap((event) => (event.kind === 'skip' ? [event.info] : [])) }
}

function checkDue<Frame>({ bytewise }: Verdict<Frame>, due: readonly Arrival[] | undefined): VerifyProblem | undefined {
  const came = [...arrivals(bytewise, 'frame'), ...arrivals(bytewise, 'error')]
  if (due === undefined || due.join() === came.join()) return undefined
  const title = `Byte by byte, frames came at [${came.join(', ')}], not at [${due.join(', ')}]`
  return { check: 'delivery', title }
}

function failure(problem: VerifyProblem, bytes: Uint8Array, seed: number): Error {
  const error = new CodecVerificationError(problem, 0, undefined, seed)
  if (problem.check !== 'cuts') return error
  const ends = [...error.cuts, bytes.length]
  const chunks = ends.map((end, i) => showBytes(bytes.subarray(i === 0 ? 0 : ends[i - 1], end)))
  const first = `The same bytes gave something else when they were cut (${error.way}):`
  return new Error(`${first}\nchunks: ${chunks.join(' | ')}\n${error.message}`, { cause: error })
}
