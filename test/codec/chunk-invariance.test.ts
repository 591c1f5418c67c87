import { describe, expect, it } from 'vitest'

import type { Codec, Decoder } from '../../src/codec/codec.ts'
import { delimiter, type DelimiterOptions, type Delimiters } from '../../src/codec/delimiter.ts'
import { fixedLength } from '../../src/codec/fixed-length.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../../src/codec/length-prefixed.ts'
import { lines, type LinesOptions } from '../../src/codec/lines.ts'
import { bin, hex, utf8 } from '../support/bytes.ts'
import { verifyChunkInvariance, type Arrival } from '../support/chunk-invariance.ts'

const TOO_LONG = ['error', 'skip', 'split', 'truncate'] as const
const TRAILING = ['error', 'emit', 'drop'] as const
const COPY = ['auto', 'always', 'never'] as const

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

describe('delimiter gives the same under every cut', () => {
  const corpora: [name: string, delimiters: Delimiters, inputs: string[]][] = [
    [
      'one byte',
      '\n',
      [
        '',
        '\n',
        '\n\n\n',
        'a',
        'a\n',
        'abc\n',
        'abcd\n',
        'a\nbc\n\nabcdefghij\nk',
        'abcdef',
        '\nabcdefg\n',
        'abc\ndef\nghi',
      ],
    ],
    [
      'CRLF',
      '\r\n',
      [
        '\r\n',
        '\r',
        'abc\r',
        'abc\r\n',
        'abcd\r\n',
        'abc\rd\r\n',
        'ab\r\r\n',
        'abcdef\r\r\n\r\nx\r',
        'abcdef\r\nab\r\n',
        '\n\r\n',
      ],
    ],
    [
      'one that overlaps itself (AAB)',
      'AAB',
      ['AABA', 'AAABA', 'xAAAAB', 'AAAAAAAB', 'abcAAB', 'abcAAxAAB', 'abcdefAAAABxAABAA', 'AABAABAAB', 'abA', 'abcAA'],
    ],
    ['one that overlaps itself (abab)', 'abab', ['xababab', 'abababab', 'xyzaba', 'xyzabaxabab', 'aabab', 'ababa']],
    [
      'several, some the start of others',
      ['a', 'ab', 'abcd', '\n'],
      ['a', 'ab', 'abc', 'abcd', 'xabcxab\nxa', 'xyzabc', 'xyzabcxyzq', 'aaaa', 'abcabcd', 'wxyzaba\nabcdabc'],
    ],
    [
      'several within each other',
      ['bc', 'abcd', 'c'],
      ['abc', 'abcd', 'abcx', 'xabcabcd', 'xyzwabcd', 'xyzab', 'bcbc', 'abab'],
    ],
    ['five bytes', ['12345'], ['12345', '1234', 'abc12345', 'abc123412345d', 'abcdefg1234512345', 'ab1212345123']],
  ]
  const policies = combine({
    disposition: ['discard', 'suffix', 'prefix'],
    emitEmpty: [true, false],
    maxFrameLength: [1, 3, 100],
    onTooLong: TOO_LONG,
    onTrailing: TRAILING,
  }).filter(({ disposition, onTrailing }) => disposition !== 'prefix' || onTrailing === 'error')

  for (const [name, delimiters, inputs] of corpora) {
    for (const onTooLong of TOO_LONG) {
      it(`${name}, onTooLong '${onTooLong}': all dispositions, limits and ends`, () => {
        for (const policy of policies.filter((one) => one.onTooLong === onTooLong)) {
          const { onTrailing, ...rest } = policy
          const options = (policy.disposition === 'prefix' ? rest : policy) as DelimiterOptions
          for (const input of inputs) {
            verifyChunkInvariance((onSkip) => delimiter(delimiters, { ...options, onSkip }), bin(input), {
              randomRuns: 10,
            })
          }
        }
        expect(policies.length).toBe(3 * 4 * (2 * 3 * 2 + 2))
      })
    }
  }

  it.each(COPY)("frames over several large chunks, copy '%s'", (copy) => {
    const input = bin(`${'x'.repeat(1100)}\r\nab\r\n\r\n${'y'.repeat(600)}\r${'z'.repeat(600)}\r\nrest`)
    const run = verifyChunkInvariance(() => delimiter('\r\n', { copy, onTrailing: 'emit' }), input)
    expect(run.frames.map((frame) => frame.length)).toEqual([1100, 2, 0, 1201, 4])
  })
})

describe('lines gives the same under every cut', () => {
  const BOM = '\xef\xbb\xbf'
  const inputs = [
    '',
    '\n',
    '\r',
    '\r\n',
    '\r\r\n\n',
    '\n\r\n\r',
    'abc',
    'abc\r',
    'abc\n',
    'abc\r\n',
    'abc\r\r\n',
    'abcd\r\ne\nf\rg',
    'abcdefgh\nabcdefgh\rabcdefgh\r\nabc',
    'a\rb\nc\r\nd',
    `${BOM}abc\n${BOM}abc\n`,
    BOM,
    '\xef\xbb',
    '\xef\xbb\n',
    `${BOM}${BOM}`,
    `${BOM}\r\n`,
    '\xc3\xa9\xc3\xa9\xc3\xa9\n\xe2\x82\xac\xe2\x82\xac\n\xf0\x9f\x98\x80\xf0\x9f\x98\x80\r\n',
    'ab\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9xyz',
    'ok\n\xff\xfe\n',
    'ab\xe2\x82\nc',
    '\x80\x80\x80\x80\x80\n\xf0\x9f\n',
    'abcdef\nabc\r\n',
  ]
  const settings = combine({
    newline: ['lf', 'crlf', 'any', 'strict'],
    emitEmpty: [true, false],
    fatal: [false, true],
    maxFrameLength: [1, 3, 4, 100],
    onTooLong: TOO_LONG,
    onTrailing: TRAILING,
  })
  for (const newline of ['lf', 'crlf', 'any', 'strict'] as const) {
    for (const onTooLong of TOO_LONG) {
      it(`newline '${newline}', onTooLong '${onTooLong}': all limits, ends and texts`, () => {
        let verified = 0
        for (const setting of settings) {
          if (setting.newline !== newline || setting.onTooLong !== onTooLong) continue
          const options = {
            ...setting,
            ...(newline === 'strict' ? { newline: 'crlf', rejectBareLF: true } : {}),
          } as LinesOptions
          for (const input of inputs) {
            verifyChunkInvariance((onSkip) => lines({ ...options, onSkip }), bin(input), { randomRuns: 10 })
            verified++
          }
        }
        expect(verified).toBe(inputs.length * 48)
      })
    }
  }

  it.each([
    ['a byte order mark that stays', { ignoreBOM: true }, `${BOM}abc\n${BOM}\n`],
    ['latin1', { encoding: 'latin1', onTooLong: 'split', maxFrameLength: 2 }, '\xe9\xe8\xe7\r\n\xef\xbb\xbf\n'],
    ['Shift_JIS', { encoding: 'shift_jis', newline: 'any' }, '\x82\xa0\x82\xa2\r\x82\xa4\r\n\x82'],
    ['Shift_JIS that is none', { encoding: 'shift_jis', fatal: true }, 'abc\n\x82\xa0\xff\n'],
  ] satisfies [string, LinesOptions, string][])('%s', (_, options, input) => {
    expect(verifyChunkInvariance(() => lines(options), bin(input)).frames.length).toBeGreaterThan(0)
  })

  it.each(['lf', 'crlf', 'any'] as const)("lines over several large chunks, newline '%s'", (newline) => {
    const input = utf8(`${'é'.repeat(550)}\r\n${'x'.repeat(700)}\r\n\r\n${'€'.repeat(200)}\r\nend`)
    const run = verifyChunkInvariance(() => lines({ newline }), input)
    expect(run.frames.map((line) => line.length)).toEqual([550, 700, 0, 200, 3])
  })

  it('long lines cut between characters, over several large chunks', () => {
    const input = utf8(`${'€'.repeat(800)}\n${'x'.repeat(10)}\n`)
    for (const onTooLong of ['split', 'truncate'] as const) {
      const run = verifyChunkInvariance((onSkip) => lines({ onTooLong, maxFrameLength: 1300, onSkip }), input)
      expect(run.frames.join('')).not.toContain('\uFFFD')
      expect(run.frames[0]).toBe('€'.repeat(433))
    }
  })
})

describe('fixedLength gives the same under every cut', () => {
  it.each(combine({ length: [1, 2, 3, 7], onTrailing: TRAILING, copy: COPY }))(
    'length $length, onTrailing $onTrailing, copy $copy',
    ({ length, ...options }) => {
      for (const input of ['', 'a', 'ab', 'abc', 'abcdef', 'abcdefg', 'abcdefghijklmn', 'abcdefghijklmno']) {
        const run = verifyChunkInvariance((onSkip) => fixedLength(length, { ...options, onSkip }), bin(input))
        const whole = Math.floor(input.length / length)
        const rest = input.length % length > 0 && options.onTrailing === 'emit' ? 1 : 0
        expect(run.frames.length).toBe(whole + rest)
      }
    },
  )

  it.each(COPY)("blocks over several large chunks, copy '%s'", (copy) => {
    const input = Uint8Array.from({ length: 2400 }, (_, i) => i * 7)
    expect(verifyChunkInvariance(() => fixedLength(600, { copy }), input).frames.length).toBe(4)
  })
})

describe('lengthPrefixed gives the same under every cut', () => {
  const corpora: [name: string, options: LengthPrefixedOptions, inputs: string[]][] = [
    [
      'one byte',
      { width: 1 },
      [
        '',
        '00',
        '0000',
        '01 aa',
        '02 aa',
        '03 aabbcc',
        '04 aabbccdd',
        '06 010203040506 01 ff 00',
        '09 0102030405060708 09 02 aabb',
        'ff',
        '05 aabbccdd',
        '07 aabb',
      ],
    ],
    [
      'two bytes, little endian',
      { width: 2, endian: 'little' },
      ['0000', '0300 aabbcc', '0700 01020304050607 0100 ff', 'ffff 0102', '05'],
    ],
    ['three bytes', { width: 3 }, ['000000', '000003 aabbcc 000001', '000005 aabbccddee 000000', '0000']],
    [
      'four bytes that count themselves',
      { adjust: -4 },
      ['00000004', '00000003', '00000007 aabbcc', '0000000a 010203040506 00000005 ff', '00000000', 'ffffffff'],
    ],
    [
      'eight bytes',
      { width: 8 },
      [
        '0000000000000003 aabbcc',
        'ffffffffffffffff aa',
        '0020000000000000',
        '001fffffffffffff aa',
        '0000000000000005 aabbccddee',
      ],
    ],
    [
      'a trailer that is not counted',
      { width: 1, adjust: 2 },
      ['00 aabb', '01 aabbcc', '03 aabbccddee 00 eeff', '00 aa', '00'],
    ],
    [
      'a field within the header',
      { width: 1, offset: 2 },
      ['aabb 02 ccdd', 'aabb 05 0102030405 aabb 00', 'aabb', 'aabb 03 01'],
    ],
    [
      'the header is delivered',
      { width: 1, offset: 1, strip: 0 },
      ['aa 02 ccdd', 'aa 05 0102030405 aa 00', 'aa 03 01'],
    ],
    ['part of the header is delivered', { width: 2, strip: 1 }, ['0002 ccdd', '0005 0102030405 0000', '0003 01']],
    [
      'part of the payload is stripped',
      { width: 1, strip: 3 },
      ['02 ccdd', '03 ccddee', '01 cc', '05 0102030405 02 aabb', '00'],
    ],
    ['flags in the field', { width: 2, mask: 0x3fff }, ['c002 aabb', '8000', '4005 0102030405 c001 ff', 'ffff']],
    [
      'a marker',
      { width: 1, sync: Uint8Array.of(0xaa, 0xab) },
      [
        'aaab 02 0102',
        '00 aaab 00 00 aaab 01 ff',
        'aaaaab 01 77',
        'aaaaaaab 01 77 aa',
        '010203',
        'aa',
        'aaab',
        'aaab 05 0102aaab01 aaab 01 ee',
        'aaab ff aaab aaab 02 0102 aa',
        'aaab 09 aaab 09 aaab 09 aaab 01 01',
        '00aa00aa00 aaab 02 0102 00 aaab 03 01',
      ],
    ],
    [
      'a marker and other bytes before the field',
      { width: 2, offset: 3, sync: Uint8Array.of(0xaa), strip: 0 },
      [
        'aa 0102 0002 ffee',
        'aaaaaa 0001 ff',
        '00 aa 0102 0005 0102030405 aa 0000 0000',
        'aa ffff ffff aa ffff 0001 ee 01',
      ],
    ],
  ]
  for (const [name, shape, inputs] of corpora) {
    it.each(TOO_LONG)(`${name}, onTooLong '%s': all limits and ends`, (onTooLong) => {
      let verified = 0
      const policies = combine({
        maxFrameLength: [2, 4, 300, Infinity],
        onTrailing: ['error', 'drop'],
        copy: ['auto', 'always'],
      })
      for (const policy of policies) {
        for (const input of inputs) {
          const maker = (onSkip: LengthPrefixedOptions['onSkip']): Codec<Uint8Array> =>
            lengthPrefixed({ ...shape, ...policy, onTooLong, onSkip })
          verifyChunkInvariance(maker, hex(input), { randomRuns: 15 })
          verified++
        }
      }
      expect(verified).toBe(inputs.length * 16)
    })
  }

  it.each(COPY)("frames over several large chunks, copy '%s'", (copy) => {
    const input = new Uint8Array(2700).fill(7)
    for (const [at, length] of [
      [0, 1198],
      [1200, 0],
      [1202, 1098],
      [2302, 10],
      [2314, 380],
    ] as const) {
      input.set([length >> 8, length & 0xff], at)
    }
    const run = verifyChunkInvariance(() => lengthPrefixed({ width: 2, copy, onTrailing: 'drop' }), input)
    expect(run.frames.map((frame) => frame.length)).toEqual([1198, 0, 1098, 10, 380])
  })
})

describe('frames come as soon as their last byte has, errors as soon as they are certain', () => {
  const cases: [name: string, codec: Codec<unknown, never>, input: string, arrivals: Arrival[]][] = [
    ['a frame at the last byte of its delimiter', delimiter('\r\n'), 'a\r\n\r\nbc\r\n', [3, 5, 9]],
    ['with suffix just the same', delimiter('\r\n', { disposition: 'suffix' }), 'a\r\n\r\n', [3, 5]],
    ['with prefix when the next one begins', delimiter('#', { disposition: 'prefix' }), 'a#b#', [2, 4, 'end']],
    ['one that may become longer at the next byte', delimiter(['a', 'ab']), 'xaxab', [3, 5]],
    ['or at the end', delimiter(['a', 'ab']), 'xa', ['end']],
    ['a limit at the first byte past it', delimiter('\n', { maxFrameLength: 3 }), 'abcd', [4]],
    ['but not at what may be the delimiter', delimiter('\r\n', { maxFrameLength: 3 }), 'abc\rx', [5]],
    ['full pieces at once', delimiter('\n', { maxFrameLength: 2, onTooLong: 'split' }), 'abcde\nab\n', [2, 4, 6, 8]],
    [
      'full pieces that begin with the delimiter at once',
      delimiter('#', { maxFrameLength: 2, onTooLong: 'split', disposition: 'prefix' }),
      '#abcd#ab#c',
      [3, 5, 8, 'end'],
    ],
    [
      'full pieces that may be the end of a suffixed frame at the next byte',
      delimiter('#', { maxFrameLength: 2, onTooLong: 'split', disposition: 'suffix' }),
      'abcd#ab#',
      [3, 5, 8],
    ],
    [
      'what is kept of a long frame at the first byte past it',
      delimiter('#', { maxFrameLength: 2, onTooLong: 'truncate' }),
      'abcd#',
      [3],
    ],
    ['a line at LF', lines(), 'a\r\nb\n', [3, 5]],
    ['a line at CR', lines({ newline: 'any' }), 'a\r\nb\nc\r', [2, 5, 7]],
    ['a bare LF', lines({ newline: 'crlf', rejectBareLF: true }), 'a\r\nb\nc', [3, 5]],
    ['the first line does not wait for what is no mark', lines(), '\xef\xbb\n', [3]],
    ['blocks', fixedLength(3), 'abcdef', [3, 6]],
    ['an empty frame at its header', lengthPrefixed({ width: 2 }), '\0\0\0\x01a', [2, 5]],
    ['a length over the limit at its header', lengthPrefixed({ width: 2, maxFrameLength: 2 }), '\0\x03abc', [2]],
    [
      'a length over 2^53-1 at its header',
      lengthPrefixed({ width: 8, maxFrameLength: Infinity }),
      '\xff'.repeat(9),
      [8],
    ],
    ['a length below 0 at its header', lengthPrefixed({ width: 1, adjust: -2 }), '\x01', [1]],
    [
      'pieces of a declared length',
      lengthPrefixed({ width: 1, maxFrameLength: 2, onTooLong: 'split' }),
      '\x05abcde\x01f',
      [3, 5, 6, 8],
    ],
    ['a frame right behind garbage', lengthPrefixed({ width: 1, sync: '\x01\x02' }), 'x\x01\x01\x02\0', [5]],
  ]
  it.each(cases)('%s', (_, codec, input, arrivals) => {
    const run = verifyChunkInvariance(() => codec, bin(input), { arrivals })
    expect(run.frames.length + (run.error === undefined ? 0 : 1)).toBe(arrivals.length)
  })
})

describe('the verifier itself', () => {
  const codecOf = (decode: Decoder<string>['decode']): Codec<string> => ({
    decoder: () => ({ decode }),
    encoder: () => ({ encode: () => undefined }),
  })
  // What broken codecs do: every one of these has been seen in software that people use.
  it('finds a codec that takes every chunk for a frame, and shows the smallest cut', () => {
    const chunks = codecOf((bytes) => (bytes.length > 0 ? String(bytes.take(bytes.length)) : undefined))
    expect(() => verifyChunkInvariance(() => chunks, bin('ab'))).toThrow(/cut at 1.*\n.*chunks: "a" \| "b"/)
  })

  it('finds a delimiter that is missed where it lies across chunks', () => {
    const codec = codecOf((bytes) => {
      const at = bytes.indexOf(0x0d)
      if (at < 0 || bytes.match(bin('\r\n'), at) !== 2) {
        bytes.skip(bytes.length)
        return undefined
      }
      bytes.skip(at + 2)
      return `frame of ${at}`
    })
    expect(() => verifyChunkInvariance(() => codec, bin('\r\n'))).toThrow('chunks: "\\r" | "\\n"')
  })

  it('leaves out the cuts that make no difference', () => {
    // Goes wrong only where two borders lie together around the "c".
    const codec = codecOf((bytes) => {
      if (bytes.length === 1 && bytes.byteAt(0) === 0x63 && bytes.offset === 2)
        throw new FramingError('ERR_FRAME_MALFORMED', 'c')
      if (bytes.length === 0 || (bytes.offset + bytes.length < 6 && bytes.length < 2)) return undefined
      return String(bytes.take(1))
    })
    expect(() => verifyChunkInvariance(() => codec, bin('abcdef'))).toThrow('The same bytes gave something else')
  })

  it('finds frames whose memory is used again', () => {
    const shared = new Uint8Array(1)
    const codec: Codec<Uint8Array> = {
      decoder: () => ({
        decode(bytes) {
          if (bytes.length === 0) return undefined
          shared.set(bytes.take(1))
          return shared
        },
      }),
      encoder: () => ({ encode: () => undefined }),
    }
    expect(() => verifyChunkInvariance(() => codec, bin('ab'))).toThrow('Frame 0 changed after it was delivered')
  })

  it('finds a decoder that writes into the chunks', () => {
    const codec = codecOf((bytes) => {
      if (bytes.length === 0) return undefined
      const view = bytes.take(1, 'never')
      view[0] = 0
      return 'frame'
    })
    expect(() => verifyChunkInvariance(() => codec, bin('ab'))).toThrow('The bytes of a chunk were changed')
  })

  it('finds a frame that comes later than it could', () => {
    const late = codecOf((bytes) => (bytes.length > 1 ? String(bytes.take(1)) : undefined))
    const codec: Codec<string> = {
      ...late,
      decoder: () => ({ ...late.decoder(), end: (bytes) => (bytes.length > 0 ? String(bytes.take(1)) : undefined) }),
    }
    expect(() => verifyChunkInvariance(() => codec, bin('ab'), { arrivals: [1, 2] })).toThrow(
      'Byte by byte, frames came at [2, end], not at [1, 2]',
    )
  })
})
