/** Compares what came out of one way of cutting with what comes out of the others. */

import type { SkipInfo } from '../codec/policies.ts'
import type { Arrival } from './codec-case.ts'
import type { Way } from './cuts.ts'
import { equalBytes } from './equality.ts'
import { sameError, type Happening, type Outcome } from './observe.ts'
import { showOutcome, sideBySide } from './show.ts'
import type { VerifyProblem } from './verification-error.ts'

/** What all runs are held against. */
export interface Standard<Frame> {
  readonly bytes: Uint8Array
  readonly whole: Outcome<Frame>
  /** Byte by byte: the earliest moment for everything. */
  readonly bytewise: Outcome<Frame>
  /** Did both give the same? */
  readonly comparable: boolean
  readonly equals: (a: Frame, b: Frame) => boolean
}

/** What is wrong with a run, or undefined. */
export function judge<Frame>(standard: Standard<Frame>, way: Way, outcome: Outcome<Frame>): VerifyProblem | undefined {
  const { bytes, whole, equals } = standard
  const where = { bytes, cuts: way.cuts, way: way.name }
  if (!sameOutcome(whole, outcome, equals)) {
    return {
      check: 'cuts',
      title: 'What comes out depends on where the bytes are cut',
      detail: sideBySide(['whole', showOutcome(whole)], ['cut', showOutcome(outcome)]),
      ...where,
    }
  }
  if (outcome.breach !== undefined) return { ...outcome.breach, ...where }
  // Moments can be compared where the same things happen; where they do not, another cut shows it.
  if (!standard.comparable) return undefined
  const taken = readsAhead(standard, outcome)
  if (taken !== undefined) return { check: 'read-ahead', title: taken, ...where }
  const late = way.late ? undefined : comesLate(standard, way, outcome)
  return late === undefined ? undefined : { check: 'delivery', title: late, ...where }
}

/** The same frames, skips and error, in the same order? */
export function sameOutcome<Frame>(
  a: Outcome<Frame>,
  b: Outcome<Frame>,
  equals: (a: Frame, b: Frame) => boolean,
  skips = true,
): boolean {
  const [left, right] = skips
    ? [a.events, b.events]
    : ([a, b].map(({ events }) => events.filter(isNoSkip)) as [never, never])
  if (left.length !== right.length || a.skipped !== b.skipped) return false
  if (a.rest === undefined || b.rest === undefined) {
    if (a.rest !== b.rest) return false
  } else if (!equalBytes(a.rest, b.rest)) return false
  return left.every((event: Happening<Frame>, i: number) => sameHappening(event, right[i]!, equals))
}

function sameHappening<Frame>(
  a: Happening<Frame>,
  b: Happening<Frame>,
  equals: (a: Frame, b: Frame) => boolean,
): boolean {
  if (a.kind === 'frame') return b.kind === 'frame' && equals(a.frame, b.frame)
  if (a.kind === 'error') return b.kind === 'error' && sameError(a.error, b.error)
  return b.kind === 'skip' && sameSkip(a.info, b.info)
}

function sameSkip(a: SkipInfo, b: SkipInfo): boolean {
  return a.offset === b.offset && a.length === b.length && a.reason === b.reason
}

function isNoSkip(event: Happening<unknown>): boolean {
  return event.kind !== 'skip'
}

/** When each frame came, and the error if there is one. */
export function arrivals<Frame>({ events }: Outcome<Frame>, kind: 'frame' | 'error'): Arrival[] {
  return events.flatMap((event) => (event.kind === kind ? [(event as { arrival: Arrival }).arrival] : []))
}

/**
 * Whoever takes one frame and then reads on in another way must find the next frame whole. That the end of a frame is taken with it under
 * one cut and after it under another (the delimiter behind the last piece of a frame that was split) does no harm.
 */
function readsAhead<Frame>({ bytewise }: Standard<Frame>, outcome: Outcome<Frame>): string | undefined {
  const taken = ({ events }: Outcome<Frame>): number[] =>
    events.flatMap((event) => (event.kind === 'frame' ? [event.taken] : []))
  const earliest = taken(bytewise)
  for (const [i, bytes] of taken(outcome).entries()) {
    const own = earliest[i]!
    const next = earliest[i + 1]
    if (next === undefined || next === own || bytes < next) continue
    return `With frame ${i} the decoder has taken ${bytes} bytes and not ${own}: it reads ahead, into the next frame`
  }
  return undefined
}

/** What comes out of a part of the bytes does not depend on how that part is cut: nobody waits for more than is needed. */
function comesLate<Frame>({ bytes, bytewise }: Standard<Frame>, way: Way, outcome: Outcome<Frame>): string | undefined {
  const stops = [...way.cuts, bytes.length]
  let stop = 0
  let frames = 0
  for (const [i, event] of outcome.events.entries()) {
    const other = bytewise.events[i]
    if (event.kind === 'skip' || other === undefined || other.kind === 'skip') continue
    const name = event.kind === 'frame' ? `Frame ${frames++}` : 'The error'
    const earliest = other.arrival
    if (earliest !== 'end') while (stops[stop]! < earliest) stop++
    const due = earliest === 'end' ? 'end' : stops[stop]!
    if (event.arrival !== due) {
      return `${name} comes ${moment(event.arrival)} under this cut, and ${moment(earliest)} byte by byte: one of them is late`
    }
  }
  return undefined
}

function moment(arrival: Arrival): string {
  return arrival === 'end' ? 'at the end of the input' : `after ${arrival} bytes`
}
