/** Holds what came out against what the case says. */

import { FramingError } from '../codec/framing-error.ts'
import type { CodecCase, ExpectedError } from './codec-case.ts'
import { deepEqual } from './equality.ts'
import { arrivals } from './judge.ts'
import type { Outcome } from './observe.ts'
import { showBytes, showOutcome, showValue, sideBySide } from './show.ts'
import type { VerifyProblem } from './verification-error.ts'

const utf8: TextEncoder = new TextEncoder()

/** Uncut: are these the frames and the error that the case says? */
export function checkExpected<Frame>(
  { frames, error }: CodecCase<Frame, never>,
  bytes: Uint8Array,
  whole: Outcome<Frame>,
  equals: (a: Frame, b: Frame) => boolean,
): VerifyProblem | undefined {
  const problem = (title: string, expected: readonly string[]): VerifyProblem => ({
    check: 'expected',
    title,
    bytes,
    detail: sideBySide(['expected', expected], ['came', showOutcome(whole)]),
  })
  const wantedError = error === undefined ? [] : showExpected(error, whole.error)
  if (frames !== undefined) {
    const same = (frame: Frame, i: number): boolean => equals(frame, like(frame, frames[i]))
    if (whole.frames.length !== frames.length || !whole.frames.every(same)) {
      const lines = frames.map(
        (frame, i) => `frame ${i}  ${showValue(like(whole.frames[i] ?? whole.frames[0], frame))}`,
      )
      return problem('These are not the frames that the case says', [...lines, ...(error ? wantedError : ['end'])])
    }
  }
  const framesSeen = whole.frames.map((frame, i) => `frame ${i}  ${showValue(frame)}`)
  if (error !== undefined) {
    if (whole.failed && matches(whole.error, error)) return undefined
    const title = whole.failed
      ? 'This is not the error that the case says'
      : 'The error that the case says did not come'
    return problem(title, [...framesSeen, ...wantedError])
  }
  if (!whole.failed) return undefined
  if (frames !== undefined) return problem('An error came that the case does not know', [...framesSeen, 'end'])
  if (whole.error instanceof FramingError) return undefined
  return problem('An error came that is no FramingError', [...framesSeen, 'error    a FramingError, or none'])
}

/** Byte by byte: does everything come when the case says? */
export function checkArrivals<Frame>(
  { frameEnds, errorAt }: Pick<CodecCase<Frame, never>, 'frameEnds' | 'errorAt'>,
  bytes: Uint8Array,
  bytewise: Outcome<Frame>,
): VerifyProblem | undefined {
  const came = arrivals(bytewise, 'frame')
  if (frameEnds !== undefined && frameEnds.join() !== came.join()) {
    const title = `Byte by byte, frames came at [${came.join(', ')}], not at [${frameEnds.join(', ')}]`
    return { check: 'delivery', title, bytes }
  }
  const [errorCame] = arrivals(bytewise, 'error')
  if (errorAt === undefined || errorAt === errorCame) return undefined
  const title = `Byte by byte, the error came at ${errorCame ?? 'no time'}, not at ${errorAt}`
  return { check: 'delivery', title, bytes }
}

/** A frame of bytes may be written as a string: the same bytes, if it is one here. */
function like<Frame>(frame: Frame | undefined, expected: unknown): Frame {
  return (frame instanceof Uint8Array && typeof expected === 'string' ? utf8.encode(expected) : expected) as Frame
}

function matches(error: unknown, expected: ExpectedError): boolean {
  if (typeof error !== 'object' || error === null) return false
  const facts = error as Record<string, unknown>
  return Object.entries(expected).every(([name, wanted]: [string, unknown]) => {
    const fact = facts[name]
    if (wanted === undefined) return true
    if (wanted instanceof RegExp) return wanted.test(String(fact))
    if (name === 'message') return String(fact).includes(wanted as string)
    return name === 'partial' ? deepEqual(fact, like(fact, wanted)) : Object.is(fact, wanted)
  })
}

/** The expected error, line beside line with the one that came; what the case leaves open is as it came. */
function showExpected({ code, message, partial, name, ...facts }: ExpectedError, came: unknown): string[] {
  const open = (came instanceof FramingError ? came : {}) as Partial<FramingError>
  const lines = [`error    ${code ?? open.code ?? name ?? '(any)'}`]
  const text = message ?? open.message
  if (text !== undefined) lines.push(`  ${text}`)
  for (const fact of ['offset', 'frameIndex', 'limit', 'length'] as const) {
    const value = facts[fact] ?? open[fact]
    if (value !== undefined) lines.push(`  ${fact} ${value}`)
  }
  const bytes = like(new Uint8Array(0), partial ?? open.partial) as Uint8Array | undefined
  return bytes === undefined ? lines : [...lines, `  partial ${showBytes(bytes)}`]
}
