/** Do encoder and decoder agree: is what one writes what the other reads, and is everything else refused, without a trace? */

import { ByteSink } from '../bytes/byte-sink.ts'
import type { Codec } from '../codec/codec.ts'
import { FramingError } from '../codec/framing-error.ts'
import { WHOLE } from './cuts.ts'
import { equalBytes } from './equality.ts'
import { observe, type Outcome } from './observe.ts'
import { showError, showOutcome, showValue, sideBySide } from './show.ts'
import type { VerifyProblem } from './verification-error.ts'

/** What is asked of the encoder. */
export interface Agreement<Out, In> {
  readonly make: () => Codec<Out, In>
  readonly equals: (a: Out, b: Out) => boolean
}

/** The bytes that the encoder makes of the frames, or what is wrong with them. The decoder must give `expected`. */
export function encodeAll<Out, In>(
  { make, equals }: Agreement<Out, In>,
  frames: readonly In[],
  expected: readonly Out[],
): Uint8Array | VerifyProblem {
  const encoder = make().encoder()
  const sink = new ByteSink()
  for (const [i, frame] of frames.entries()) {
    try {
      encoder.encode(frame, sink)
    } catch (error) {
      const detail = [`frame ${i}  ${showValue(frame)}`, ...showError(error)].join('\n')
      return { check: 'encoder', title: `The encoder refused frame ${i}, which the decoder gives`, detail }
    }
  }
  encoder.end?.(sink)
  const bytes = sink.take()
  const back = observe(make, bytes, WHOLE)
  return readsBack(back, expected, equals) ? bytes : notReadBack(bytes, expected, back)
}

/** Frames that must be refused: are they, and does nothing of them stay? */
export function checkRefusals<Out, In>(
  { make }: Agreement<Out, In>,
  before: readonly In[],
  refused: readonly In[],
): VerifyProblem | undefined {
  for (const frame of refused) {
    const encoder = make().encoder()
    const sink = new ByteSink()
    for (const one of before) encoder.encode(one, sink)
    const attempt = tryEncode(encoder, frame, sink)
    const detail = `frame  ${showValue(frame)}`
    if (attempt === undefined) {
      return { check: 'encoder-refusal', title: 'The encoder took a frame that it must refuse', detail }
    }
    const problem = attempt.problem ?? refusedWrongly(attempt.error)
    if (problem !== undefined) return { ...problem, detail: [detail, ...showError(attempt.error)].join('\n') }
  }
  return undefined
}

/**
 * Frames that the decoder is likely to take for something else: pieces of what is on the wire. The encoder may refuse them; what it writes
 * must be read back. Each comes alone, and between two good ones.
 */
export function provoke<Out, In>(
  agreement: Agreement<Out, In>,
  good: In | undefined,
  wire: Uint8Array,
): VerifyProblem | undefined {
  if (!(good instanceof Uint8Array) && typeof good !== 'string') return undefined
  for (const bytes of pieces(wire)) {
    const piece = (typeof good === 'string' ? new TextDecoder().decode(bytes) : bytes) as In
    const problem = provokeWith(agreement, [piece]) ?? provokeWith(agreement, [good, piece, good])
    if (problem !== undefined) return problem
  }
  return undefined
}

function provokeWith<Out, In>({ make, equals }: Agreement<Out, In>, frames: readonly In[]): VerifyProblem | undefined {
  const encoder = make().encoder()
  const sink = new ByteSink()
  const taken: In[] = []
  for (const frame of frames) {
    const attempt = tryEncode(encoder, frame, sink)
    if (attempt === undefined) taken.push(frame)
    else if (attempt.problem !== undefined) {
      return { ...attempt.problem, detail: [`frame  ${showValue(frame)}`, ...showError(attempt.error)].join('\n') }
    }
  }
  encoder.end?.(sink)
  const bytes = sink.take()
  const back = observe(make, bytes, WHOLE)
  // What was written must be what is read, so the two kinds of frames are one here.
  const expected = taken as unknown as Out[]
  // A decoder that stops after so many frames has read what it wants to.
  const due = back.rest === undefined ? expected : expected.slice(0, back.frames.length)
  return readsBack(back, due, equals) ? undefined : notReadBack(bytes, expected, back)
}

/** What is on the wire, its beginnings and its ends, the same twice, and nothing at all. */
function pieces(wire: Uint8Array): Uint8Array[] {
  const short = wire.subarray(0, 64)
  const all = [new Uint8Array(0), wire]
  for (let n = 1; n <= Math.min(12, short.length); n++) {
    all.push(short.slice(0, n), short.slice(short.length - n))
  }
  const twice = new Uint8Array(2 * short.length)
  twice.set(short)
  twice.set(short, short.length)
  return [...all, twice]
}

/** Undefined if the encoder took the frame; otherwise its error, and what is wrong with how it refused. */
function tryEncode<In>(
  encoder: { encode(frame: In, out: ByteSink): void },
  frame: In,
  sink: ByteSink,
): { readonly error: unknown; readonly problem: VerifyProblem | undefined } | undefined {
  const before = sink.peek().slice()
  try {
    encoder.encode(frame, sink)
    return undefined
  } catch (error) {
    const same = equalBytes(before, sink.peek())
    const title = `The encoder refused a frame and left ${sink.length - before.length} bytes in the sink`
    const lost = 'The encoder refused a frame and changed what was in the sink before it'
    const problem: VerifyProblem = { check: 'encoder-refusal', title: sink.length > before.length ? title : lost }
    return { error, problem: same ? undefined : problem }
  }
}

function refusedWrongly(error: unknown): VerifyProblem | undefined {
  if (
    error instanceof FramingError &&
    (error.code === 'ERR_FRAME_UNENCODABLE' || error.code === 'ERR_FRAME_TOO_LONG')
  ) {
    return undefined
  }
  const title = 'The encoder refused a frame, but not with ERR_FRAME_UNENCODABLE or ERR_FRAME_TOO_LONG'
  return { check: 'encoder-refusal', title }
}

function readsBack<Out>(back: Outcome<Out>, expected: readonly Out[], equals: (a: Out, b: Out) => boolean): boolean {
  if (back.failed || back.frames.length !== expected.length) return false
  return back.frames.every((frame, i) => equals(frame, expected[i]!))
}

function notReadBack<Out>(bytes: Uint8Array, expected: readonly Out[], back: Outcome<Out>): VerifyProblem {
  const written = [...expected.map((frame, i) => `frame ${i}  ${showValue(frame)}`), 'end']
  return {
    check: 'encoder',
    title: 'What the encoder wrote is not read back as the same frames',
    bytes,
    detail: sideBySide(['written', written], ['read back', showOutcome(back)]),
  }
}
