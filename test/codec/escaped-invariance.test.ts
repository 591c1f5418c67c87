import { describe, expect, it } from 'vitest'

import { cobs, type CobsOptions } from '../../src/codec/cobs.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { jsonSequence } from '../../src/codec/json-sequence.ts'
import { slip, type SlipOptions } from '../../src/codec/slip.ts'
import { startEnd } from '../../src/codec/start-end.ts'
import { json, text } from '../../src/codec/text.ts'
import { bin, hex } from '../support/bytes.ts'
import { verifyChunkInvariance, type Arrival, type CodecMaker } from '../support/chunk-invariance.ts'

const COPY = ['auto', 'always', 'never'] as const
const TRAILING = ['error', 'emit', 'drop'] as const
const TOO_LONG = ['error', 'skip', 'split', 'truncate'] as const

/** Every combination of one value out of each list. */
function combine<const Lists extends Record<string, readonly unknown[]>>(
  lists: Lists,
): { [Name in keyof Lists]: Lists[Name][number] }[] {
  let all: Record<string, unknown>[] = [{}]
  for (const [name, values] of Object.entries(lists)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })))
  }
  return all as { [Name in keyof Lists]: Lists[Name][number] }[]
}

/** Verifies every input with every codec; what came of them, counted: a corpus that shows nothing is none. */
function verifyAll(
  makers: readonly CodecMaker<unknown>[],
  inputs: readonly Uint8Array[],
): { frames: number; skips: number; errors: Set<string> } {
  const seen = { frames: 0, skips: 0, errors: new Set<string>() }
  for (const maker of makers) {
    for (const input of inputs) {
      const run = verifyChunkInvariance(maker, input, { randomRuns: 5 })
      seen.frames += run.frames.length
      seen.skips += run.skips.length
      if (run.error !== undefined) seen.errors.add((run.error as { code: string }).code)
    }
  }
  return seen
}

const unescapingPolicies = combine({
  onTooLong: ['error', 'skip'],
  onMalformed: ['error', 'skip'],
  onTrailing: ['error', 'drop'],
})

describe('cobs gives the same under every cut', () => {
  const inputs = [
    '',
    '00',
    '01 00',
    '01',
    '02',
    '02 61 00',
    '04 61 62 63 00',
    '05 61 62 63 64 00',
    '01 01 01 00',
    '01 01 01 01 00',
    '01 01 01 01 01 00 02 61 00',
    '02 61 02 62 02 63 00 02 64 00',
    '02 61 02 62 02 63 02 64 00 02 65 00',
    '00 00 02 61 00 00 01 00 00 03 61',
    '02 00',
    '04 61 00 02 62 00',
    '04 61 62 63 04 00 02 62 00',
    '05 61 62 00 05 61 62 63 64 65 00 02 66 00',
    'ff 61 62 63 00 ff 00 02 61 00',
    'ff 61 62 63 64 65',
    '03 61 62 01 01 01',
    '03 61 62 03',
    '02 61 00 05 61 62 63 64',
  ].map(hex)

  it('frames, errors and skip reports, with every policy and limit', () => {
    const makers = unescapingPolicies.flatMap((policy) =>
      [1, 3, 4, Infinity].map(
        (maxFrameLength): CodecMaker<unknown> =>
          (onSkip) =>
            cobs({ ...policy, maxFrameLength, onSkip }),
      ),
    )
    const seen = verifyAll(makers, inputs)
    expect(seen.frames).toBeGreaterThan(200)
    expect(seen.skips).toBeGreaterThan(200)
    expect([...seen.errors].sort()).toEqual(['ERR_FRAME_MALFORMED', 'ERR_FRAME_TOO_LONG', 'ERR_FRAME_TRUNCATED'])
  })

  it('runs of 253, 254 and 255 bytes, and two of 254', () => {
    for (const n of [253, 254, 255, 508]) {
      const codec = cobs({ maxFrameLength: n })
      const blocks = [...'x'.repeat(Math.floor(n / 254))].map(() => `ff ${'61'.repeat(254)}`)
      const rest = n % 254 === 0 ? '' : `${((n % 254) + 1).toString(16).padStart(2, '0')} ${'61'.repeat(n % 254)}`
      const run = verifyChunkInvariance(() => codec, hex(`${blocks.join('')} ${rest} 00 01 00`))
      expect(run.frames.map((frame) => frame.length)).toEqual([n, 0])
      const over = verifyChunkInvariance(() => cobs({ maxFrameLength: n - 1 }), hex(`${blocks.join('')} ${rest} 00`))
      expect(over.error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', limit: n - 1 })
    }
  })

  it('frames over several large chunks', () => {
    const run = `ff ${'61'.repeat(254)}`
    const bytes = hex(`${run.repeat(6)} 02 62 00 01 00 ${run.repeat(5)} 01 00`)
    expect(verifyChunkInvariance(() => cobs(), bytes).frames.map((frame) => frame.length)).toEqual([1525, 0, 1270])
  })
})

describe('slip gives the same under every cut', () => {
  const LETTERS = { end: 0x29, esc: 0x2f, escEnd: 0x65, escEsc: 0x71 } as const
  const inputs = [
    '',
    ')',
    ')))',
    'a)',
    'abc)',
    'abcd)',
    ')a)bc))abcdefg)h',
    'abcdef',
    '/',
    'a/',
    '/e',
    '/e/q/e)',
    '/e/q/e/q)a)',
    'ab/e)abc/e)a)',
    'abc/',
    'abc/x)d)',
    'a/)b)',
    'a//b)c)',
    '/x',
    '/x)/e)',
    'abcd/x)abc/xdef)a)',
    '(a)',
    'x(a)y)(b/s)',
    '(a)(b(c)(d)',
    '((a)((',
    '()(a)()()',
    '(',
    'xyz',
    'xyz(abc)xyz)/(abcd)(a',
    '(abc/s)(ab/s)(/',
  ].map(bin)
  const shapes: [string, SlipOptions][] = [
    ['without START', LETTERS],
    ['with START', { ...LETTERS, start: 0x28, escStart: 0x73 }],
  ]

  it.each(shapes)('%s: frames, errors and skip reports, with every policy and limit', (_, shape) => {
    const makers = unescapingPolicies.flatMap((policy) =>
      [1, 3, 4, Infinity].map(
        (maxFrameLength): CodecMaker<unknown> =>
          (onSkip) =>
            slip({ ...shape, ...policy, maxFrameLength, onSkip }),
      ),
    )
    const seen = verifyAll(makers, inputs)
    expect(seen.frames).toBeGreaterThan(200)
    expect(seen.skips).toBeGreaterThan(300)
    expect([...seen.errors].sort()).toEqual(['ERR_FRAME_MALFORMED', 'ERR_FRAME_TOO_LONG', 'ERR_FRAME_TRUNCATED'])
  })

  it('frames over several large chunks', () => {
    const bytes = bin(`${'x'.repeat(1100)}/e${'y'.repeat(500)}))${'/q'.repeat(700)})z)`)
    expect(verifyChunkInvariance(() => slip(LETTERS), bytes).frames.map((frame) => frame.length)).toEqual([
      1601, 700, 1,
    ])
  })
})

describe('startEnd gives the same under every cut', () => {
  const corpora: [name: string, start: string, end: string, inputs: string[]][] = [
    [
      'one byte each',
      '<',
      '>',
      [
        '',
        '<',
        '>',
        '<>',
        '<a>',
        '<abc>',
        '<abcd>',
        'x<a>yy<>z',
        '<a<b>>c<d>',
        '<abcdefg>x<abc><',
        '<abcdef>',
        '<abcdef',
        'xyz',
        '<ab',
        '<abc',
        '<<<<<<<>>>>',
      ],
    ],
    [
      'several bytes',
      '$$',
      '\r\n',
      [
        '$$a\r\n',
        '$',
        '$$',
        'x$y$$abc\r\r\n$',
        '$$$a\r\n$$$$\r\n',
        '$$abc\r',
        '$$abcd\r\n$$\r\n\r\n$$\r',
        '$$abcdefg\rh\r\nxx$$ab',
        '$$abc\r$$abc\r\n',
        '\r\n$$a\r\n',
      ],
    ],
    ['the same', '#', '#', ['#a#b#c#', '##', '###', '#abc#xyz#abcd#x', '#', 'x#', '#abcdefg#']],
    ['the same, several bytes', '--', '--', ['--a--', '---a---b--', '-----', '--abc-d--x-', 'x-', '--abcdefg--y--']],
    ['overlapping themselves', 'AAB', 'BAA', ['AAABxBAA', 'AABABAABAA', 'AABBBBAAx', 'AAAAABabcBA', 'AABabcdBAABAAA']],
    ['overlapping each other', 'ab', 'ba', ['abaxba', 'abba', 'ababa', 'aababba', 'abxyzbab', 'xbabcdefba', 'abxb']],
    ['one within the other', '<', '<>', ['<a<b<><>', '<<><<>', '<abc<', '<abcd<><<<>', '<abcdefg<x<>']],
  ]
  const policies = combine({ onTooLong: TOO_LONG, onTrailing: TRAILING, maxFrameLength: [1, 3, 100], copy: ['auto'] })

  it.each(corpora)('%s: all policies, limits and ends', (_, start, end, inputs) => {
    const makers = policies.map((policy): CodecMaker<unknown> => {
      return (onSkip) => startEnd({ ...policy, start, end, onSkip })
    })
    const seen = verifyAll(makers, inputs.map(bin))
    expect(seen.frames).toBeGreaterThan(50)
    expect(seen.skips).toBeGreaterThan(10)
    expect([...seen.errors].sort()).toEqual(['ERR_FRAME_TOO_LONG', 'ERR_FRAME_TRUNCATED'])
  })

  it.each(COPY)("frames and noise over several large chunks, copy '%s'", (copy) => {
    const bytes = bin(`${'n'.repeat(1100)}$$${'x'.repeat(1200)}\r\n\r${'$'.repeat(3)}ab\r\n${'y'.repeat(600)}`)
    const run = verifyChunkInvariance((onSkip) => startEnd({ start: '$$', end: '\r\n', copy, onSkip }), bytes)
    expect(run.frames.map((frame) => frame.length)).toEqual([1200, 3])
    expect(run.skips.map(({ length }) => length)).toEqual([1100, 1, 600])
  })
})

describe('jsonSequence gives the same under every cut', () => {
  const inputs = [
    '',
    '^',
    '^^',
    '\n',
    '^\n',
    '^1',
    '^1\n',
    '^1\n^',
    '^^1\n^^^2\n',
    '^\n^\n\n^1\n',
    '^123\n^456\n',
    '^1234\n^5\n',
    '^1234^5\n',
    '^123\n\n^1\n',
    '^12\n3^4\n',
    '^tru^3\n',
    '^1^2^3',
    '1\n^2\n',
    'xyz',
    'x\n^',
    '^12345\n',
    '^12345',
    '^123456\n\n',
    '^[\n1,\n2]\n^x',
    '^12345\n^\n^12\n',
  ].map((input) => bin(input.replaceAll('^', '\x1e')))
  const policies = combine({
    onTooLong: ['error', 'skip'],
    onMalformed: ['error', 'skip'],
    onTrailing: TRAILING,
    maxFrameLength: [1, 3, 100],
  })

  it('frames, errors and skip reports, with every policy and limit', () => {
    const makers = policies.map(
      (policy): CodecMaker<unknown> =>
        (onSkip) =>
          jsonSequence({ ...policy, onSkip }),
    )
    const seen = verifyAll(makers, inputs)
    expect(seen.frames).toBeGreaterThan(300)
    expect(seen.skips).toBeGreaterThan(100)
    expect([...seen.errors].sort()).toEqual(['ERR_FRAME_MALFORMED', 'ERR_FRAME_TOO_LONG', 'ERR_FRAME_TRUNCATED'])
  })

  it.each(COPY)("texts over several large chunks, copy '%s'", (copy) => {
    const bytes = bin(`\x1e"${'x'.repeat(1100)}"\n\x1e[${'\n'.repeat(1500)}]\n\x1e1\n`)
    const run = verifyChunkInvariance(() => jsonSequence({ copy }), bytes)
    expect(run.frames.map((frame) => frame.length)).toEqual([1102, 1502, 1])
  })
})

describe('text and json give the same under every cut', () => {
  const wrong = [
    ['cobs', cobs(), hex('00 02 31 00 00 04 7b 7d 78 00')],
    ['slip', slip(), bin('\xc01\xc0\xc0{}x\xc0')],
    ['startEnd', startEnd({ start: '<', end: '>' }), bin('x<1>xyz<{}x>')],
    ['jsonSequence', jsonSequence({ onMalformed: 'skip' }), bin('x\x1e1\n\x1e2\x1e{}x\n\x1e3\n')],
    ['jsonSequence at its end', jsonSequence({ onTrailing: 'emit' }), bin('\x1e1\n\x1e\x1e{}x')],
  ] as const

  it.each(wrong)('the frame of %s that is no JSON: its number, its offset, its error', (_, codec, bytes) => {
    const run = verifyChunkInvariance(() => json(codec), bytes)
    expect(run.frames).toEqual([1])
    expect(run.error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', frameIndex: 1, cause: expect.any(SyntaxError) })
  })

  it('the frame that is no UTF-8', () => {
    const run = verifyChunkInvariance(() => text(cobs(), { fatal: true }), hex('02 61 00 03 c3 28 00'))
    expect(run.frames).toEqual(['a'])
    expect(run.error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 3, frameIndex: 1 })
  })
})

describe('frames come as soon as their last byte has, errors as soon as they are certain', () => {
  const small: CobsOptions = { maxFrameLength: 2 }
  const cases: [name: string, codec: Codec<unknown, never>, input: string, arrivals: Arrival[]][] = [
    ['cobs: a frame at its zero', cobs(), '\x02a\0\x01\0', [3, 5]],
    ['cobs: a zero within a run', cobs(), '\x03a\0', [3]],
    ['cobs: the first byte past the limit', cobs(small), '\x04abc\0', [4]],
    ['cobs: the code of a zero past the limit', cobs(small), '\x03ab\x02', [4]],
    ['slip: a frame at its END', slip(), '\xc0a\xc0b\xc0', [3, 5]],
    ['slip: a bad escape', slip(), 'a\xdbb', [3]],
    ['slip: the first byte past the limit', slip(small), 'abc', [3]],
    ['slip: the ESC of the byte past the limit', slip(small), 'ab\xdb', [3]],
    ['slip: an END behind a full frame', slip(small), 'ab\xc0', [3]],
    ['startEnd: a frame at the last byte of its end', startEnd({ start: '<<', end: '>>' }), 'x<<a>>y<<>>', [6, 11]],
    ['startEnd: the first byte past the limit', startEnd({ start: '<', end: '>', ...small }), '<abc', [4]],
    ['startEnd: not what may be the end marker', startEnd({ start: '<', end: '>>', ...small }), '<ab>c', [5]],
    [
      'startEnd: full pieces at once',
      startEnd({ start: '<', end: '>', ...small, onTooLong: 'split' }),
      '<abcde><ab>',
      [3, 5, 7, 10],
    ],
    ['jsonSequence: a text at the next RS, the last one at the end', jsonSequence(), '\x1e1\n\x1e2\n', [4, 'end']],
    ['jsonSequence: what does not begin with RS', jsonSequence(), 'x\x1e', [1]],
    ['jsonSequence: the first byte past the limit', jsonSequence(small), '\x1e123', [4]],
    ['jsonSequence: not the LF that may be its end', jsonSequence(small), '\x1e12\n\n', [5]],
    ['json of a frame: at once', json(cobs()), '\x021\0\x02x\0', [3, 6]],
  ]
  it.each(cases)('%s', (_, codec, input, arrivals) => {
    const run = verifyChunkInvariance(() => codec, bin(input), { arrivals })
    expect(run.frames.length + (run.error === undefined ? 0 : 1)).toBe(arrivals.length)
  })
})
