/**
 * Does a codec give the same whatever the transport did to the bytes?
 *
 * ```
 *   whole          [ a b c d e f g h ]
 *   every cut      [ a ][ b c d e f g h ]   [ a b ][ c d e f g h ]   …
 *   byte by byte   [ a ][ b ][ c ][ d ][ e ][ f ][ g ][ h ]
 *   empty chunks   [ ][ a ][ ][ b ][ ][ c ] …
 *   random cuts    [ a b c ][ d ][ e f g ][ h ]
 *   late           the same, but nothing is taken before all of it has arrived
 * ```
 *
 * Frames, skip reports and the error (with all its facts) of every run must be those of the whole run, in the same order. On the way it
 * checks what else every codec promises: chunks are left as they came, frames that were delivered do not change any more, and the
 * first error is the last word.
 */

import type { Codec } from '../../src/codec/codec.ts'
import { FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'

/** Makes the codec under test; one with skip policies hands `onSkip` on. */
export type CodecMaker<Frame> = (onSkip: (info: SkipInfo) => void) => Codec<Frame, never>

/** How many bytes had arrived when something happened; `'end'`: the end of the input brought it. */
export type Arrival = number | 'end'

/** What one way of cutting the bytes gave. */
export interface Run<Frame> {
  readonly frames: readonly Frame[]
  readonly skips: readonly SkipInfo[]
  /** What was thrown; undefined if the input was good to its end. */
  readonly error: unknown
  /** For every frame, and for the error if there is one, when it came. */
  readonly arrivals: readonly Arrival[]
  /** All that happened, in order, as text: what is compared. */
  readonly log: readonly string[]
}

export interface VerifyOptions {
  /** When each frame (and the error) must come if the bytes come one by one: the earliest that is possible. */
  readonly arrivals?: readonly Arrival[] | undefined
  /** How many random cuts are tried. */
  readonly randomRuns?: number | undefined
  /** Seed of the random cuts; a failure prints it. */
  readonly seed?: number | undefined
}

interface Way {
  readonly name: string
  /** Where the bytes are cut, ascending; a position that stands twice puts an empty chunk there. */
  readonly cuts: readonly number[]
  /** Take nothing before everything has arrived. */
  readonly late: boolean
}

/** Throws an Error that shows the smallest cut that makes a difference; returns what the whole run gave. */
export function verifyChunkInvariance<Frame>(
  maker: CodecMaker<Frame>,
  bytes: Uint8Array,
  options: VerifyOptions = {},
): Run<Frame> {
  const expected = run(maker, bytes, { name: 'whole', cuts: [], late: false })
  for (const way of waysToCut(bytes.length, options)) {
    const actual = run(maker, bytes, way)
    if (!sameLog(expected, actual)) throw difference(maker, bytes, way, expected)
    if (way.name === 'byte by byte') checkArrivals(actual, options.arrivals)
  }
  return expected
}

function* waysToCut(length: number, { randomRuns = 40, seed = 0x5eed }: VerifyOptions): Generator<Way> {
  for (let cut = 0; cut <= length; cut++) yield { name: `cut at ${cut}`, cuts: [cut], late: false }
  const everywhere = Array.from({ length }, (_, i) => i)
  yield { name: 'byte by byte', cuts: everywhere, late: false }
  yield { name: 'byte by byte, late', cuts: everywhere, late: true }
  yield { name: 'byte by byte with empty chunks', cuts: everywhere.flatMap((i) => [i, i, i]), late: false }
  const random = randomNumbers(seed)
  for (let i = 0; i < randomRuns; i++) {
    // From a few bytes to a few large pieces: a queue treats small chunks and large ones differently.
    const mean = [2, 5, 17, 300, 1800][i % 5]!
    const cuts: number[] = []
    for (let at = 0; at <= length; at += Math.floor(random() * 2 * mean)) if (random() < 0.9 || at > 0) cuts.push(at)
    yield { name: `random cut ${i} of seed ${seed}`, cuts, late: i % 3 === 2 }
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

function run<Frame>(maker: CodecMaker<Frame>, bytes: Uint8Array, way: Way): Run<Frame> {
  const frames: Frame[] = []
  const delivered: string[] = []
  const skips: SkipInfo[] = []
  const arrivals: Arrival[] = []
  const log: string[] = []
  const parser = new FrameParser(
    maker((info) => {
      skips.push(info)
      log.push(`skipped ${info.length} at ${info.offset} (${info.reason})`)
    }),
  )
  const drain = (arrival: Arrival): void => {
    for (let frame = parser.take(); frame !== undefined; frame = parser.take()) {
      const text = show(frame)
      frames.push(frame)
      delivered.push(text)
      arrivals.push(arrival)
      log.push(`frame ${text}`)
    }
  }

  const memory = bytes.slice()
  let error: unknown
  let last: Arrival = 0
  try {
    let from = 0
    for (const to of [...way.cuts, bytes.length]) {
      parser.push(memory.subarray(from, to))
      from = last = to
      if (!way.late || to === bytes.length) drain(to)
    }
    parser.end()
    last = 'end'
    drain('end')
  } catch (thrown) {
    error = thrown
    arrivals.push(last)
    log.push(`error ${showError(thrown)}`)
    checkFinal(parser, thrown)
  }
  log.push(`skipped ${parser.stats.skipped} in all`)

  if (memory.some((byte, i) => byte !== bytes[i])) throw new Error(`The bytes of a chunk were changed (${way.name})`)
  const changed = frames.findIndex((frame, i) => show(frame) !== delivered[i])
  if (changed >= 0)
    throw new Error(`Frame ${changed} changed after it was delivered (${way.name}): ${escape(delivered[changed]!)}`)
  return { frames, skips, error, arrivals, log }
}

function checkFinal<Frame>(parser: FrameParser<Frame>, error: unknown): void {
  try {
    parser.take()
  } catch (again) {
    if (again === error) return
  }
  throw new Error('After an error the same error must follow, and nothing else', { cause: error })
}

function checkArrivals<Frame>(bytewise: Run<Frame>, wanted: readonly Arrival[] | undefined): void {
  if (wanted === undefined || wanted.join() === bytewise.arrivals.join()) return
  throw new Error(`Byte by byte, frames came at [${bytewise.arrivals.join(', ')}], not at [${wanted.join(', ')}]`)
}

function sameLog<Frame>(a: Run<Frame>, b: Run<Frame>): boolean {
  return a.log.length === b.log.length && a.log.every((line, i) => line === b.log[i])
}

function difference<Frame>(maker: CodecMaker<Frame>, bytes: Uint8Array, way: Way, expected: Run<Frame>): Error {
  const smallest = shrink(maker, bytes, way, expected)
  const actual = run(maker, bytes, smallest)
  const chunks = [0, ...smallest.cuts].map((from, i) => show(bytes.subarray(from, smallest.cuts[i] ?? bytes.length)))
  return new Error(
    [
      `The same bytes gave something else when they were cut (${way.name}):`,
      `chunks: ${escape(chunks.join(' | '))}`,
      'whole:',
      ...expected.log.map((line) => `  ${escape(line)}`),
      'cut:',
      ...actual.log.map((line) => `  ${escape(line)}`),
    ].join('\n'),
  )
}

/** Leaves out cuts as long as the difference stays. */
function shrink<Frame>(maker: CodecMaker<Frame>, bytes: Uint8Array, way: Way, expected: Run<Frame>): Way {
  let smallest = way
  for (let i = 0; i < smallest.cuts.length;) {
    const fewer = { ...smallest, cuts: smallest.cuts.filter((_, index) => index !== i) }
    if (sameLog(run(maker, bytes, fewer), expected)) i++
    else smallest = fewer
  }
  return smallest
}

/** Any frame as text: bytes as a string with a character for each. */
function show(frame: unknown): string {
  if (!(frame instanceof Uint8Array)) return JSON.stringify(frame)
  let text = ''
  for (let i = 0; i < frame.length; i += 4096) text += String.fromCharCode(...frame.subarray(i, i + 4096))
  return `"${text}"`
}

/** Makes text that `show` gave fit for a terminal. */
function escape(text: string): string {
  return text
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll(/[^ -~]/g, (char) => String.raw`\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function showError(error: unknown): string {
  if (!(error instanceof FramingError)) return String(error)
  const { code, message, offset, frameIndex, limit, length, partial } = error
  const facts = { offset, frameIndex, limit, length: String(length), partial: partial && show(partial) }
  return `${code} ${JSON.stringify(facts)} ${message}`
}
