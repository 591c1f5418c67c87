import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { cobs } from '../../src/codec/cobs.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { jsonSequence } from '../../src/codec/json-sequence.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { slip } from '../../src/codec/slip.ts'
import { startEnd } from '../../src/codec/start-end.ts'
import { json, text } from '../../src/codec/text.ts'
import { bin, unbin } from '../support/bytes.ts'
import { verifyChunkInvariance, type CodecMaker } from '../support/chunk-invariance.ts'
import { readDelimited, searchDelimiters, type Reading } from '../support/reference.ts'
import { takes } from '../support/takes.ts'

const RUNS = { numRuns: 250 }

const cuts = fc.array(fc.nat(), { maxLength: 6 })
const limits = fc.constantFrom(1, 2, 3, 5, Infinity)
const policy = fc.constantFrom('error' as const, 'skip' as const)
/** Good parts between bytes of every kind. */
const mixed = (noise: fc.Arbitrary<string>, ...good: string[]): fc.Arbitrary<string> =>
  fc.array(fc.oneof(noise, fc.constantFrom(...good)), { maxLength: 5 }).map((parts) => parts.join(''))
const word = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })

/** What the decoder makes of the input, under every cut, in the words of the references. */
function read(maker: CodecMaker<Uint8Array>, input: string): Reading {
  const { frames, skips, error } = verifyChunkInvariance(maker, bin(input), { randomRuns: 3 })
  const reading: Reading = {
    frames: frames.map(unbin),
    skips: skips.map(({ offset, length, reason }) => `${length} at ${offset} (${reason})`),
  }
  if (error === undefined) return reading
  if (!(error instanceof FramingError)) throw error
  const { code, offset, partial } = error
  reading.error = { code, offset: offset!, ...(partial === undefined ? {} : { partial: unbin(partial) }) }
  return reading
}

/** Gives frames to the encoder, and what it wrote, cut somewhere, to the decoder: the frames taken, and those that came out. */
function roundTrip<Frame>(codec: Codec<Frame>, given: readonly Frame[], where: readonly number[]): [Frame[], Frame[]] {
  const sink = new ByteSink()
  const encoder = codec.encoder()
  const taken = given.filter((frame) => takes(encoder, frame, sink))
  encoder.end?.(sink)
  const bytes = sink.take()
  const parser = new FrameParser(codec)
  const frames: Frame[] = []
  let from = 0
  for (const cut of [...where.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    frames.push(...parser.push(bytes.slice(from, cut)))
    from = cut
  }
  frames.push(...parser.end())
  return [taken, frames]
}

// ---- the rules once more, over the whole input: a frame is looked for, then judged

interface Policies {
  limit: number
  onTooLong: 'error' | 'skip'
  onMalformed: 'error' | 'skip'
  onTrailing: 'error' | 'drop'
}

/** What the written bytes of one frame come to: the payload, and what is wrong with it, where. */
interface Verdict {
  payload: string
  wrong?: { code: 'ERR_FRAME_TOO_LONG' | 'ERR_FRAME_MALFORMED'; at: number }
}

/** Passes judgement on the frame written in `input[from, to)`; says whether the stream goes on. */
function deliver(
  reading: Reading,
  { onTooLong, onMalformed, onTrailing }: Policies,
  { payload, wrong }: Verdict,
  [from, to, ended]: [from: number, to: number, ended: boolean],
): boolean {
  if (wrong !== undefined) {
    const long = wrong.code === 'ERR_FRAME_TOO_LONG'
    if ((long ? onTooLong : onMalformed) === 'error') {
      reading.error = { code: wrong.code, offset: wrong.at }
      return false
    }
    reading.skips.push(`${to - from} at ${from} (${long ? 'too-long' : 'malformed'})`)
  }
  if (!ended) {
    if (onTrailing === 'error') {
      reading.error = { code: 'ERR_FRAME_TRUNCATED', offset: to, partial: wrong === undefined ? payload : '' }
    } else if (wrong === undefined) {
      reading.skips.push(`${to - from} at ${from} (trailing)`)
    }
    return false
  }
  if (wrong === undefined) reading.frames.push(payload)
  return true
}

function unstuff(input: string, from: number, to: number, limit: number): Verdict {
  let payload = ''
  let zero = ''
  for (let at = from; at < to;) {
    const code = input.charCodeAt(at)
    if (payload.length + zero.length > limit) return { payload, wrong: { code: 'ERR_FRAME_TOO_LONG', at } }
    payload += zero
    const run = input.slice(at + 1, Math.min(to, at + code))
    if (payload.length + run.length > limit) {
      return { payload, wrong: { code: 'ERR_FRAME_TOO_LONG', at: at + 1 + limit - payload.length } }
    }
    payload += run
    if (run.length < code - 1 && to < input.length) {
      return { payload, wrong: { code: 'ERR_FRAME_MALFORMED', at: to } }
    }
    at += code
    zero = code === 0xff ? '' : '\0'
  }
  return { payload }
}

function readCobs(input: string, policies: Policies): Reading {
  const reading: Reading = { frames: [], skips: [] }
  for (let from = 0; from < input.length;) {
    const zero = input.indexOf('\0', from)
    const to = zero < 0 ? input.length : zero
    const verdict = unstuff(input, from, to, policies.limit)
    if (to > from && !deliver(reading, policies, verdict, [from, to, zero >= 0])) break
    from = to + 1
  }
  return reading
}

interface Alphabet {
  start: string
  end: string
  esc: string
  meanings: Record<string, string>
}

function unescape(input: string, from: number, to: number, alphabet: Alphabet, limit: number): Verdict {
  const { start, esc, meanings } = alphabet
  let payload = ''
  for (let at = from; at < to; at++) {
    const char = input[at]!
    if (char === start) return { payload, wrong: { code: 'ERR_FRAME_MALFORMED', at } }
    if (payload.length === limit) return { payload, wrong: { code: 'ERR_FRAME_TOO_LONG', at } }
    if (char !== esc) {
      payload += char
      continue
    }
    at++
    const meant = at < to ? meanings[input[at]!] : undefined
    if (meant === undefined && (at < to || to < input.length)) {
      return { payload, wrong: { code: 'ERR_FRAME_MALFORMED', at } }
    }
    payload += meant ?? ''
  }
  return { payload }
}

function readSlip(input: string, alphabet: Alphabet, policies: Policies): Reading {
  const { start, end } = alphabet
  const reading: Reading = { frames: [], skips: [] }
  for (let from = 0; from < input.length;) {
    if (start !== '') {
      const begin = input.indexOf(start, from)
      const noise = (begin < 0 ? input.length : begin) - from
      if (noise > 0) reading.skips.push(`${noise} at ${from} (sync)`)
      if (begin < 0) break
      from = begin
    }
    const inner = from + start.length
    const found = input.indexOf(end, inner)
    const to = found < 0 ? input.length : found
    const verdict = unescape(input, inner, to, alphabet, policies.limit)
    // Nothing between the marks is no frame.
    const nothing = to === inner && (found >= 0 || start === '')
    if (!nothing && !deliver(reading, policies, verdict, [from, to, found >= 0])) break
    from = to + 1
  }
  return reading
}

describe('cobs', () => {
  const policies = fc.record({
    limit: limits,
    onTooLong: policy,
    onMalformed: policy,
    onTrailing: fc.constantFrom('error' as const, 'drop' as const),
  })
  const make =
    ({ limit, ...rest }: Policies): CodecMaker<Uint8Array> =>
    (onSkip) =>
      cobs({ ...rest, maxFrameLength: limit, onSkip })

  it('reads any bytes as a search through the whole input does, under every cut', () => {
    const noise = word('\0\0\0\x01\x01\x02\x02\x03\x04\x05a\xff', 0, 8)
    const input = mixed(noise, '\x01\0', '\x02a\0', '\x02a\x01\0', '\x04abc\0', '\x01\x01\x01\x01\0')
    let frames = 0
    fc.assert(
      fc.property(policies, input, (rules, given) => {
        const expected = readCobs(given, rules)
        frames += expected.frames.length
        expect(read(make(rules), given)).toEqual(expected)
      }),
      { numRuns: 700 },
    )
    expect(frames).toBeGreaterThan(200)
  })

  it('reads runs of about 254 bytes as a search does', () => {
    const run = fc.constantFrom(253, 254, 255).map((n) => String.fromCharCode(n) + 'x'.repeat(n - 1))
    const input = fc.array(fc.oneof(run, word('\0\x01\x02\xff', 1, 2)), { maxLength: 4 }).map((parts) => parts.join(''))
    const limit = fc.constantFrom(253, 254, 255, 508, 509)
    fc.assert(
      fc.property(policies, limit, input, (rules, most, given) => {
        const roomy = { ...rules, limit: most }
        const { frames, skips, error } = verifyChunkInvariance(make(roomy), bin(given), { randomRuns: 2 })
        const expected = readCobs(given, roomy)
        expect(frames.map(unbin)).toEqual(expected.frames)
        expect(skips.length).toBe(expected.skips.length)
        expect((error as FramingError | undefined)?.offset).toBe(expected.error?.offset)
      }),
      { numRuns: 40 },
    )
  })

  it('takes every frame up to the limit, and reads it back under any cut', () => {
    const payload = fc.oneof(
      word('\0\x01a\xff', 0, 6),
      fc
        .tuple(fc.constantFrom(252, 253, 254, 255, 508, 762), word('\0a', 0, 3))
        .map(([n, more]) => 'x'.repeat(n) + more),
    )
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 5 }), limits, cuts, (given, maxFrameLength, where) => {
        const [taken, frames] = roundTrip(cobs({ maxFrameLength }), given.map(bin), where)
        expect(taken.map(unbin)).toEqual(given.filter((frame) => frame.length <= maxFrameLength))
        expect(frames).toEqual(taken)
      }),
      { numRuns: 600 },
    )
  })
})

describe('slip', () => {
  const plain: Alphabet = { start: '', end: ')', esc: '/', meanings: { e: ')', q: '/' } }
  const started: Alphabet = { ...plain, start: '(', meanings: { ...plain.meanings, s: '(' } }
  const code = (char: string): number => char.charCodeAt(0)
  const LETTERS = { end: code(')'), esc: code('/'), escEnd: code('e'), escEsc: code('q') }
  const policies = fc.record({
    limit: limits,
    onTooLong: policy,
    onMalformed: policy,
    onTrailing: fc.constantFrom('error' as const, 'drop' as const),
  })

  it.each([
    ['without START', plain, {}, mixed(word(')))///eqa', 0, 8), 'a)', 'aaa)', '/e/q/e)', 'a/q)')],
    [
      'with START',
      started,
      { start: code('('), escStart: code('s') },
      mixed(word('((())))//eqsa', 0, 8), '(a)', '(/s/e/q)', '()', 'a(aaaa)'),
    ],
  ] as const)(
    'reads any bytes as a search through the whole input does, under every cut (%s)',
    (_, alphabet, start, inputs) => {
      let frames = 0
      fc.assert(
        fc.property(policies, inputs, ({ limit, ...rest }, given) => {
          const expected = readSlip(given, alphabet, { ...rest, limit })
          frames += expected.frames.length
          const maker: CodecMaker<Uint8Array> = (onSkip) =>
            slip({ ...LETTERS, ...start, ...rest, maxFrameLength: limit, onSkip })
          expect(read(maker, given)).toEqual(expected)
        }),
        { numRuns: 700 },
      )
      expect(frames).toBeGreaterThan(200)
    },
  )

  it('takes every frame that is not empty and not too long, with any six bytes, and reads it back under any cut', () => {
    const bytes = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(
        bytes,
        fc.boolean(),
        limits,
        cuts,
        fc.infiniteStream(fc.nat({ max: 7 })),
        (six, marked, maxFrameLength, where, dice) => {
          const [end, esc, escEnd, escEsc, start, escStart] = six as [number, number, number, number, number, number]
          const codec = slip({ end, esc, escEnd, escEsc, maxFrameLength, ...(marked ? { start, escStart } : {}) })
          // Mostly the bytes that mean something.
          const given = Array.from({ length: 4 }, () =>
            Uint8Array.from({ length: dice.next().value! }, () => [...six, 0, 255][dice.next().value!]!),
          )
          const [taken, frames] = roundTrip(codec, given, where)
          expect(taken).toEqual(given.filter(({ length }) => length > 0 && length <= maxFrameLength))
          expect(frames).toEqual(taken)
        },
      ),
      { numRuns: 700 },
    )
  })
})

describe('startEnd', () => {
  const markers = fc.oneof(
    fc.tuple(word('abc', 1, 3), word('abc', 1, 3)),
    fc.constantFrom<[string, string]>(
      ['a', 'a'],
      ['ab', 'ab'],
      ['aab', 'baa'],
      ['ab', 'ba'],
      ['a', 'ab'],
      ['ab', 'a'],
      ['abab', 'abab'],
    ),
  )
  const policies = fc.record({
    limit: limits,
    onTooLong: fc.constantFrom('error' as const, 'skip' as const, 'split' as const, 'truncate' as const),
    onTrailing: fc.constantFrom('error' as const, 'emit' as const, 'drop' as const),
  })
  type Rules = typeof policies extends fc.Arbitrary<infer T> ? T : never

  function readStartEnd(input: string, [start, end]: readonly [string, string], rules: Rules): Reading {
    const reading: Reading = { frames: [], skips: [] }
    for (let from = 0; from < input.length;) {
      const begin = input.indexOf(start, from)
      const noise = (begin < 0 ? input.length : begin) - from
      if (noise > 0) reading.skips.push(`${noise} at ${from} (sync)`)
      if (begin < 0) break
      const inner = begin + start.length
      const found = input.indexOf(end, inner)
      const to = found < 0 ? input.length : found + end.length
      // One frame is read as a delimiter's: what there is to say about limits and ends is said there.
      const delimited = { ...rules, disposition: 'discard' as const, emitEmpty: true }
      const one = readDelimited(input.slice(0, to), searchDelimiters([end]), delimited, inner)
      // A delimiter's frame of no bytes has not begun; behind a start marker it has.
      if (inner === to && rules.onTrailing === 'error') {
        one.error = { code: 'ERR_FRAME_TRUNCATED', offset: to, partial: '' }
      } else if (inner === to && rules.onTrailing === 'emit') {
        one.frames.push('')
      }
      reading.frames.push(...one.frames)
      reading.skips.push(...one.skips)
      if (one.error !== undefined) {
        reading.error = one.error
        break
      }
      from = to
    }
    return reading
  }

  it('reads any bytes as a search through the whole input does, under every cut', () => {
    let frames = 0
    fc.assert(
      fc.property(markers, policies, word('<<>>abcd', 0, 10), (marks, { limit, ...rest }, shape) => {
        const given = shape.replaceAll('<', marks[0]).replaceAll('>', marks[1])
        const expected = readStartEnd(given, marks, { ...rest, limit })
        frames += expected.frames.length
        const [start, end] = marks
        const maker: CodecMaker<Uint8Array> = (onSkip) =>
          startEnd({ start, end, ...rest, maxFrameLength: limit, onSkip })
        expect(read(maker, given)).toEqual(expected)
      }),
      { numRuns: 700 },
    )
    expect(frames).toBeGreaterThan(200)
  })

  it('reads back every frame that it agreed to write, and refuses only what its end marker would cut or the limit', () => {
    const verdicts = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(
        markers,
        limits,
        fc.array(word('abcd', 0, 5), { maxLength: 5 }),
        cuts,
        (marks, maxFrameLength, given, where) => {
          const [start, end] = marks
          const [taken, frames] = roundTrip(startEnd({ start, end, maxFrameLength }), given.map(bin), where)
          const sound = given.filter((one) => one.length <= maxFrameLength && (one + end).indexOf(end) === one.length)
          expect(taken.map(unbin)).toEqual(sound)
          expect(frames).toEqual(taken)
          verdicts.taken += taken.length
          verdicts.refused += given.length - taken.length
        },
      ),
      { numRuns: 600 },
    )
    expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(300)
  })
})

describe('jsonSequence', () => {
  const policies = fc.record({
    limit: limits,
    onTooLong: policy,
    onMalformed: policy,
    onTrailing: fc.constantFrom('error' as const, 'emit' as const, 'drop' as const),
  })
  type Rules = typeof policies extends fc.Arbitrary<infer T> ? T : never

  function readSequence(input: string, { limit, onTooLong, onMalformed, onTrailing }: Rules): Reading {
    const reading: Reading = { frames: [], skips: [] }
    const fail = (error: NonNullable<Reading['error']>): Reading => ({ ...reading, error })
    const first = input.indexOf('^')
    const noise = first < 0 ? input.length : first
    if (noise > 0 && onMalformed === 'error') return fail({ code: 'ERR_FRAME_MALFORMED', offset: 0 })
    if (noise > 0) reading.skips.push(`${noise} at 0 (malformed)`)
    if (first < 0) return reading
    let from = first + 1
    for (const [i, part] of input.slice(from).split('^').entries()) {
      const last = i === input.slice(first + 1).split('^').length - 1
      const whole = part.endsWith('\n')
      const body = whole ? part.slice(0, -1) : part
      const to = from + part.length
      const long = body.length > limit
      if (long && onTooLong === 'error') return fail({ code: 'ERR_FRAME_TOO_LONG', offset: from + limit })
      if (long) reading.skips.push(`${body.length} at ${from} (too-long)`)
      if (last && !whole) {
        const partial = long ? '' : body
        if (onTrailing === 'error') return fail({ code: 'ERR_FRAME_TRUNCATED', offset: to, partial })
        if (!long && body !== '' && onTrailing === 'drop') reading.skips.push(`${body.length} at ${from} (trailing)`)
        if (!long && body !== '' && onTrailing === 'emit') reading.frames.push(body)
      } else if (!whole && part !== '') {
        if (onMalformed === 'error') return fail({ code: 'ERR_FRAME_MALFORMED', offset: to })
        if (!long) reading.skips.push(`${body.length} at ${from} (malformed)`)
      } else if (!long && body !== '') {
        reading.frames.push(body)
      }
      from = to + 1
    }
    return reading
  }

  it('reads any bytes as a search through the whole input does, under every cut', () => {
    let frames = 0
    const input = fc
      .tuple(fc.boolean(), word('^^^\n\n\n12', 0, 16))
      .map(([good, more]) => (good ? `^1\n${more}` : more))
    fc.assert(
      fc.property(policies, input, ({ limit, ...rest }, given) => {
        const expected = readSequence(given, { ...rest, limit })
        frames += expected.frames.length
        const maker: CodecMaker<Uint8Array> = (onSkip) => jsonSequence({ ...rest, maxFrameLength: limit, onSkip })
        expect(read(maker, given.replaceAll('^', '\x1e'))).toEqual(expected)
      }),
      { numRuns: 700 },
    )
    expect(frames).toBeGreaterThan(200)
  })

  it('takes every text that is not empty, not too long and has no RS, and reads it back under any cut', () => {
    fc.assert(
      fc.property(
        fc.array(word('\x1e\n\n1 ', 0, 5), { maxLength: 5 }),
        limits,
        cuts,
        (given, maxFrameLength, where) => {
          const [taken, frames] = roundTrip(jsonSequence({ maxFrameLength }), given.map(bin), where)
          const sound = (one: string): boolean => one !== '' && one.length <= maxFrameLength && !one.includes('\x1e')
          expect(taken.map(unbin)).toEqual(given.filter(sound))
          expect(frames).toEqual(taken)
        },
      ),
      { numRuns: 600 },
    )
  })
})

describe('text and json over each of them', () => {
  const codecs = (end: string): Codec<Uint8Array>[] => [cobs(), slip(), startEnd({ start: '<', end }), jsonSequence()]

  it('give back every string that the encoder took, and it takes all that can be said', () => {
    const unit = fc.constantFrom('a', 'é', '€', '😀', '\uFEFF', '\uD800', '\0', '\xc0', '>', '\n')
    fc.assert(
      fc.property(fc.array(fc.string({ unit, maxLength: 4 }), { maxLength: 4 }), cuts, (given, where) => {
        const refused = [/\p{Surrogate}/u, /\p{Surrogate}|^$/u, /\p{Surrogate}|>/u, /\p{Surrogate}|^$/u]
        for (const [i, codec] of codecs('>').entries()) {
          const [taken, frames] = roundTrip(text(codec, { fatal: true }), given, where)
          expect(taken).toEqual(given.filter((one) => !refused[i]!.test(one)))
          expect(frames).toEqual(taken)
        }
      }),
      RUNS,
    )
  })

  it('give back every JSON value', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 4 }), cuts, (given, where) => {
        // JSON has no -0.
        const values = given.map((one) => JSON.parse(JSON.stringify(one)) as unknown)
        // JSON writes no control character as it is.
        for (const codec of codecs('\x03')) expect(roundTrip(json(codec), values, where)).toEqual([values, values])
      }),
      RUNS,
    )
  })
})

/** The reports must add up to what the decoder says that it left out. */
it('the bytes reported are the bytes that the decoder counts as skipped, for every rule', () => {
  const makers: CodecMaker<Uint8Array>[] = [
    (onSkip) => cobs({ maxFrameLength: 2, onTooLong: 'skip', onMalformed: 'skip', onTrailing: 'drop', onSkip }),
    (onSkip) =>
      slip({ end: 98, esc: 99, maxFrameLength: 2, onTooLong: 'skip', onMalformed: 'skip', onTrailing: 'drop', onSkip }),
    (onSkip) => startEnd({ start: 'a', end: 'b', maxFrameLength: 2, onTooLong: 'skip', onTrailing: 'drop', onSkip }),
    (onSkip) => jsonSequence({ maxFrameLength: 2, onTooLong: 'skip', onMalformed: 'skip', onTrailing: 'drop', onSkip }),
  ]
  fc.assert(
    fc.property(fc.constantFrom(...makers), word('\0\x01\x02\x03abc\x1e\n', 0, 20), (maker, given) => {
      const infos: SkipInfo[] = []
      const parser = new FrameParser(maker((info) => infos.push(info)))
      for (const char of given) for (const _ of parser.push(bin(char)));
      for (const _ of parser.end());
      expect(infos.reduce((sum, { length }) => sum + length, 0)).toBe(parser.stats.skipped)
      // In order, and none over another.
      for (const [i, { offset }] of infos.entries()) {
        expect(offset).toBeGreaterThanOrEqual(i === 0 ? 0 : infos[i - 1]!.offset + infos[i - 1]!.length)
      }
    }),
    { numRuns: 1000 },
  )
})
