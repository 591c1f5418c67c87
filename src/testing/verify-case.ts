/** Everything that is verified of one case, in an order in which the first failure says most. */

import type { Codec } from '../codec/codec.ts'
import type { SkipInfo } from '../codec/policies.ts'
import { checkRefusals, encodeAll, provoke } from './agreement.ts'
import type { CodecCase } from './codec-case.ts'
import { byteByByte, shrink, waysToCut, WHOLE, type CutOptions, type Way } from './cuts.ts'
import { equalBytes } from './equality.ts'
import { checkArrivals, checkExpected } from './expectation.ts'
import { judge, sameOutcome, type Standard } from './judge.ts'
import { observe, observeBesideAnother, type Make, type Outcome } from './observe.ts'
import { showOutcome, sideBySide } from './show.ts'
import type { VerifyProblem } from './verification-error.ts'
import { checkWork } from './work.ts'

export interface CaseOptions<Out> extends CutOptions {
  readonly equals: (a: Out, b: Out) => boolean
  readonly encode: boolean
  readonly provoke: boolean
  readonly linear: boolean
}

/** What was done, for the report. */
export interface Tally {
  runs: number
  cuts: number
}

/** What the decoder gave, and the first thing that is wrong with it. */
export interface Verdict<Out> {
  readonly whole: Outcome<Out>
  readonly bytewise: Outcome<Out>
  readonly problem: VerifyProblem | undefined
}

/** The decoder alone, under every cut. */
export function verifyDecoding<Out>(
  make: Make<Out>,
  bytes: Uint8Array,
  expected: Pick<CodecCase<Out, never>, 'frames' | 'error' | 'frameEnds' | 'errorAt'>,
  options: CaseOptions<Out>,
  tally: Tally,
): Verdict<Out> {
  const { equals } = options
  const run = (way: Way): Outcome<Out> => {
    tally.runs++
    tally.cuts += way.cuts.length
    return observe(make, bytes, way)
  }
  const whole = run(WHOLE)
  const bytewise = run(byteByByte(bytes.length))
  const verdict = (problem: VerifyProblem | undefined): Verdict<Out> => ({ whole, bytewise, problem })

  if (whole.breach !== undefined) return verdict({ ...whole.breach, bytes })
  const wrong =
    checkExpected({ bytes, ...expected }, bytes, whole, equals) ??
    stateShared(run, make, bytes, whole, bytewise, equals)
  if (wrong !== undefined) return verdict(wrong)

  const comparable = sameOutcome(whole, bytewise, equals)
  const standard: Standard<Out> = { bytes, whole, bytewise, comparable, equals }
  for (const way of waysToCut(bytes.length, options)) {
    const problem = judge(standard, way, run(way))
    if (problem === undefined) continue
    const smallest = shrink(way, (fewer) => judge(standard, fewer, run(fewer))?.check === problem.check)
    const shown = judge(standard, smallest, run(smallest)) ?? problem
    return verdict({ ...shown, way: way.name })
  }
  return verdict(checkArrivals(expected, bytes, bytewise))
}

/** Everything about one case. */
export function verifyCase<Out, In>(
  make: (onSkip: (info: SkipInfo) => void) => Codec<Out, In>,
  bytes: Uint8Array,
  one: CodecCase<Out, In>,
  options: CaseOptions<Out>,
  tally: Tally,
): VerifyProblem | undefined {
  const { frames, error, encode = frames !== undefined && error === undefined, refuses = [] } = one
  const { whole, problem } = verifyDecoding(make, bytes, one as CodecCase<Out, never>, options, tally)
  if (problem !== undefined) return problem
  if (options.encode) {
    const agreement = { make: () => make(() => undefined), equals: options.equals }
    const given = encode === false ? [] : encode === true ? (whole.frames as unknown as readonly In[]) : encode
    if (encode !== false) {
      const wire = encodeAll(agreement, given, whole.frames)
      if (!(wire instanceof Uint8Array)) return wire
      if (!equalBytes(wire, bytes)) {
        const again = verifyDecoding(make, wire, {}, options, tally)
        if (again.problem !== undefined) return again.problem
      }
      // Where the encoder takes other frames than the decoder gives, nobody can say what should come back.
      if (options.provoke && encode === true) {
        const provoked = provoke(agreement, given[0], bytes)
        if (provoked !== undefined) return provoked
      }
    }
    const refusal = checkRefusals(agreement, given, refuses)
    if (refusal !== undefined) return refusal
  }
  return options.linear ? checkWork(() => make(() => undefined), bytes, whole.frames) : undefined
}

/** Does a second decoder give the same, one after the other and side by side? */
function stateShared<Out>(
  run: (way: Way) => Outcome<Out>,
  make: Make<Out>,
  bytes: Uint8Array,
  whole: Outcome<Out>,
  bytewise: Outcome<Out>,
  equals: (a: Out, b: Out) => boolean,
): VerifyProblem | undefined {
  const problem = (first: Outcome<Out>, second: Outcome<Out>, when: string): VerifyProblem => ({
    check: 'decoder-state',
    title: `A second decoder ${when} gives something else: state lies outside the decoder, or chance is at work`,
    bytes,
    detail: sideBySide(['first', showOutcome(first)], ['second', showOutcome(second)]),
  })
  const again = run(WHOLE)
  if (!sameOutcome(whole, again, equals)) return problem(whole, again, 'for the same bytes')
  const beside = observeBesideAnother(make, bytes)
  if (!sameOutcome(bytewise, beside, equals, false)) return problem(bytewise, beside, 'at the same time')
  return undefined
}
