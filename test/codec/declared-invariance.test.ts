import { describe, expect, it } from 'vitest'

import type { Codec } from '../../src/codec/codec.ts'
import { contentLength, type ContentLengthOptions } from '../../src/codec/content-length.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { headerPrefixed, type HeaderPrefixedOptions } from '../../src/codec/header-prefixed.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../../src/codec/length-prefixed.ts'
import { netstring } from '../../src/codec/netstring.ts'
import { octetCounted } from '../../src/codec/octet-counted.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { varintPrefixed, type VarintPrefixedOptions } from '../../src/codec/varint-prefixed.ts'
import { bin, hex, unbin } from '../support/bytes.ts'
import { verifyChunkInvariance, type Arrival } from '../support/chunk-invariance.ts'

interface Policies {
  maxFrameLength: number
  onTooLong: 'error' | 'skip' | 'split' | 'truncate'
  onTrailing: 'error' | 'drop'
  onSkip: (info: SkipInfo) => void
}
type Make = (policies: Policies) => Codec<Uint8Array>

const TOO_LONG = ['error', 'skip', 'split', 'truncate'] as const

const ENDS = [
  [2, 'error'],
  [2, 'drop'],
  [4, 'drop'],
  [Infinity, 'error'],
] as const

/** Every policy with every input, under every cut. How many frames and errors there were in all: a corpus must have both. */
function verifyAll(make: Make, inputs: readonly Uint8Array[], onTooLong: Policies['onTooLong']): void {
  let frames = 0
  let errors = 0
  let skips = 0
  for (const [maxFrameLength, onTrailing] of ENDS) {
    for (const input of inputs) {
      const maker = (onSkip: Policies['onSkip']) => make({ maxFrameLength, onTooLong, onTrailing, onSkip })
      const run = verifyChunkInvariance(maker, input, { randomRuns: 3 })
      frames += run.frames.length
      skips += run.skips.length
      if (run.error !== undefined) errors++
    }
  }
  expect(Math.min(frames, errors)).toBeGreaterThan(0)
  if (onTooLong === 'skip' || onTooLong === 'truncate') expect(skips).toBeGreaterThan(0)
}

describe('varintPrefixed gives the same under every cut', () => {
  const corpora: [name: string, options: VarintPrefixedOptions, inputs: string[]][] = [
    [
      'leb128',
      {},
      [
        '',
        '00',
        '0000',
        '02aabb 00 01cc',
        '03aabbcc 04aabbccdd 0501020304ff 01ee',
        '8080808000 01aa',
        '8080808080',
        '83808000 aabbcc 8500 0102030405 01ff',
        'ffffffffff',
        '09 0102030405060708 09 02aabb',
        '01aa 80',
        '01aa 05bb',
      ],
    ],
    ['leb128, minimal', { requireMinimal: true }, ['02aabb', '00 8000', '01aa 8200aabb', '05aabbccddee', '04aa']],
    [
      'leb128 of up to ten bytes',
      { maxVarintBytes: 10 },
      [
        '8180808080808080808000 01',
        '81808080808080808000 aa 03aabbcc',
        'ffffffffffffffffff01',
        'ffffffffffffff0f',
        '05aabb',
        '06010203040506',
      ],
    ],
    [
      'mqtt packets',
      { encoding: 'mqtt', offset: 1, strip: 0 },
      ['c000 e000', '3003aabbcc c000', '30850001020304ff c000', '30ffffff7f aa', '3080808080', '3002aa', '30'],
    ],
    [
      'quic',
      { encoding: 'quic', offset: 1 },
      [
        '00 00 00 01 aa',
        '0003aabbcc 00 4005 0102030405 00 80000001 ff',
        'aa c000000000000002 eeff',
        'aa ffffffffffffffff',
        '00 40',
        '0002aa',
      ],
    ],
  ]
  for (const [name, options, inputs] of corpora) {
    it.each(TOO_LONG)(`${name}, onTooLong '%s': all limits and ends`, (onTooLong) => {
      verifyAll((policies) => varintPrefixed({ ...options, ...policies, onTooLong }), inputs.map(hex), onTooLong)
    })
  }
})

describe('headerPrefixed gives the same under every cut', () => {
  const tagged: HeaderPrefixedOptions = { headerLength: 2, frameLength: (header) => 2 + header[1]! }
  const growing: HeaderPrefixedOptions = {
    headerLength: 1,
    frameLength: (header) =>
      header[0] !== 0xff ? 1 + header[0]! : header.length < 3 ? { more: 2 } : 3 + header[1]! * 256 + header[2]!,
  }
  const picky: HeaderPrefixedOptions = {
    headerLength: 2,
    frameLength(header) {
      if (header[0] !== 0x7e) throw new FramingError('ERR_FRAME_MALFORMED', 'No 7e', { length: header[0] })
      return 3 + header[1]!
    },
  }
  const sum = (frame: Uint8Array): boolean => frame.reduce((total, byte) => total + byte, 0) % 256 === 0
  const serial = [
    '7e0082',
    '00 7e0181 00',
    '7e020102 7d 7e 7e0082',
    '7e7e7e0082 7e',
    '7e0400 7e0082 00 00',
    '0102',
    '7e03 0102',
  ]
  const corpora: [name: string, options: HeaderPrefixedOptions, inputs: string[]][] = [
    [
      'two bytes',
      tagged,
      ['', '0100 0200', '0103aabbcc 0105 0102030405 0100', '0104aabb', '01', '0109 0102030405060708 09 0102ffee'],
    ],
    [
      'two bytes, stripped',
      { ...tagged, strip: 2 },
      ['0100 0200', '0103aabbcc 0105 0102030405 0100', '0104aabb', '0106010203040506 0102aa'],
    ],
    [
      'two bytes, more than the header stripped',
      { ...tagged, strip: 5 },
      ['0103aabbcc 010501020304ff 0107 01020304050607', '0102aabb', '0104aabb', '0106aa'],
    ],
    [
      'a header that asks for more',
      growing,
      [
        '00 01aa 02aabb',
        'ff0003aabbcc 00 ff0005 0102030405 01ee',
        'ff00',
        'ff ffff aa',
        'ff0000 03aabb',
        '06010203040506',
      ],
    ],
    [
      'answers that cannot be',
      { headerLength: 1, frameLength: (h) => [1, 2, 1.5, 0, Infinity, 6][h[0]!] ?? -1 },
      ['00 01aa 02', '00 03', '01aa 04', '05 0102030405 00 06', '01', '05aabb'],
    ],
    [
      'a function that throws',
      picky,
      ['7e02aabb00 7e0000 00', '7e0400aabbccdd 7f00', '7e05aa', '7e06 01020304050607 7e0000'],
    ],
    [
      'a function that throws, skipping',
      { ...picky, onMalformed: 'skip' },
      ['00 7e02aabb00 7e0000 00', 'ff7d7e0400aabbcc 7f00', '7e05aa', '00'],
    ],
    ['a check', { ...picky, check: sum }, [...serial, '7e05 0000000000 7d 7e0000', '7e0001 00']],
    [
      'a check, skipping',
      { ...picky, check: sum, onMalformed: 'skip' },
      [...serial, '7e05 0000000000 7d 7e0000', '00', '7e0000 aa'],
    ],
  ]
  for (const [name, options, inputs] of corpora) {
    it.each(TOO_LONG)(`${name}, onTooLong '%s': all limits and ends`, (onTooLong) => {
      verifyAll((policies) => headerPrefixed({ ...options, ...policies, onTooLong }), inputs.map(hex), onTooLong)
    })
  }

  it('finds what a check says is right, and nothing else', () => {
    const frames = verifyChunkInvariance(
      (onSkip) => headerPrefixed({ ...picky, check: sum, onMalformed: 'skip', onSkip }),
      hex('01 7e0082 7e0083 7e017e 03 ff 7e01017f 80 7e0082'),
    ).frames.map((frame) => unbin(frame))
    expect(frames).toEqual(['\x7e\x00\x82', '\x7e\x01\x7e\x03', '\x7e\x00\x82'])
  })
})

describe('netstring gives the same under every cut', () => {
  const inputs = [
    '',
    '0:,',
    '0:,0:,',
    '3:abc,0:,5:abcde,1:f,',
    '10:abcdefghij,2:12,',
    '6:1:a,0:,',
    '3:abcd',
    '1:a,5:abcdeX1:b,',
    '00:,',
    '01:a,',
    ':a,',
    '12345678901234567:',
    '9007199254740992:',
    '1:a,3:ab',
    '1:a,3:abc',
    '1:a,3:',
    '1:a,3',
    '1:a,x',
  ]
  it.each(TOO_LONG)("onTooLong '%s': all limits and ends", (onTooLong) => {
    verifyAll((policies) => netstring({ ...policies, onTooLong }), inputs.map(bin), onTooLong)
  })
})

describe('octetCounted gives the same under every cut', () => {
  const inputs = [
    '',
    '1 a3 abc5 abcde1 b',
    '10 abcdefghij2 12',
    '3 ab',
    '1 a0 ',
    '1 a12',
    '1 a01 b',
    '1 a1x',
    '9007199254740992 ',
    '12345678901234567',
    '<1>\n2 abcd\n\n\n3 \n\n\ne\n',
    'abcdefgh\n5 12345xyz\n6 abcdef\nab',
    '1 aabcdefgh',
    'abcd12 x\n4 1 ab1 c',
    '\n',
    '0 \n05 a\n',
    'ab\n1',
    'abc\n3 ab',
  ]
  for (const autoDetect of [false, true]) {
    it.each(TOO_LONG)(`autoDetect ${autoDetect}, onTooLong '%s': all limits and ends`, (onTooLong) => {
      verifyAll((policies) => octetCounted({ autoDetect, ...policies, onTooLong }), inputs.map(bin), onTooLong)
    })
  }
})

describe('contentLength gives the same under every cut', () => {
  const inputs = [
    '',
    'Content-Length: 0\r\n\r\n',
    'Content-Length: 3\r\n\r\nabcContent-Length: 5\r\n\r\nabcdeContent-Length:1\r\n\r\nf',
    'content-length: 2\n\nab',
    'A: b\r\nContent-Length : 3\r\nC:\r\n\r\nabc',
    'Content-Length: 2\r\nContent-Length: 2\r\n\r\nab',
    'Content-Length: 2\r\nContent-Length: 3\r\n\r\nab',
    'Content-Length: 9007199254740992\r\n\r\n',
    'Content-Length: 2x\r\n\r\n',
    'Content-Length: 2\r\r\n\r\n',
    'X: y\r\n\r\n',
    'no colon\r\n',
    'Content-Length: 6\r\n\r\nabcd',
    'Content-Length: 6\r\n\r\n',
    'Content-Length: 6\r\n\r',
    'Content-Length: 1\r\n\r\naCont',
    `${'X: y\r\n'.repeat(7)}Content-Length: 1\r\n\r\na`,
  ]
  for (const shape of [{}, { lenient: true }, { maxHeaderLength: 25 }] satisfies ContentLengthOptions[]) {
    it.each(TOO_LONG)(`${JSON.stringify(shape)}, onTooLong '%s': all limits and ends`, (onTooLong) => {
      verifyAll((policies) => contentLength({ ...shape, ...policies, onTooLong }), inputs.map(bin), onTooLong)
    })
  }
})

describe('lengthPrefixed with sync, mask and onMalformed gives the same under every cut', () => {
  const corpora: [name: string, options: LengthPrefixedOptions, inputs: string[]][] = [
    [
      'a length that counts itself, skipping',
      { width: 1, sync: hex('aabb'), adjust: -1, onMalformed: 'skip' },
      [
        'aabb02ff aabb00 aabb01',
        '00 aabb00 aabb99 aa aabb04010203',
        'aabb00aabb00aabb00aabb06 0102030405',
        'aaaaaaaabb00aabb',
        'aabb05 aabb00 aabb02ee aa',
        'aabb04 0102',
        '0102',
      ],
    ],
    [
      'fewer bytes than strip',
      { width: 1, sync: hex('aa'), strip: 4, onMalformed: 'skip' },
      ['aa00 aa01ff aa02eeff aa03 010203', 'aaaaaa02eeff 00', 'aa05 0102030405 aa', 'aa04 01', 'aa02ee'],
    ],
    [
      'flags',
      { width: 2, sync: hex('aa'), mask: 0x0fff, adjust: -1, onMalformed: 'skip' },
      ['aaf003eeff aa1000 aa0001', 'aaf006 0102030405 aa0000 00 aa8002cc', 'aaf0', 'aaf004 01', 'aaaa0001 aaffff'],
    ],
  ]
  for (const [name, options, inputs] of corpora) {
    it.each(TOO_LONG)(`${name}, onTooLong '%s': all limits and ends`, (onTooLong) => {
      verifyAll((policies) => lengthPrefixed({ ...options, ...policies, onTooLong }), inputs.map(hex), onTooLong)
    })
  }
})

describe('frames over several large chunks are the same under every cut', () => {
  // Chunks of 1 KiB and more are kept as they came, smaller ones are gathered.
  const body = 'x'.repeat(1100)
  const copy = 'never'
  it.each<[string, Codec<Uint8Array>, string]>([
    ['varintPrefixed', varintPrefixed({ copy }), `\xcc\x08${body}\x01z`],
    [
      'headerPrefixed',
      headerPrefixed({
        headerLength: 2,
        frameLength: (h) => 2 + h[0]! * 256 + h[1]!,
        strip: 2,
        copy,
        check: () => true,
      }),
      `\x04\x4c${body}\0\x01z`,
    ],
    ['netstring', netstring({ copy }), `1100:${body},1:z,`],
    ['octetCounted', octetCounted({ copy, autoDetect: true }), `1100 ${body}\nz\n`],
    ['contentLength', contentLength({ copy }), `Content-Length: 1100\r\n\r\n${body}Content-Length: 1\r\n\r\nz`],
    [
      'contentLength with a long header',
      contentLength({ copy }),
      `Content-Length: 1\r\nX: ${body}\r\n\r\nyContent-Length: 1\r\n\r\nz`,
    ],
  ])('%s', (name, codec, input) => {
    const { frames, error } = verifyChunkInvariance(() => codec, bin(input), { randomRuns: 20 })
    expect(error).toBeUndefined()
    expect(frames.map(unbin)).toEqual([name.endsWith('long header') ? 'y' : body, 'z'])
  })
})

describe('frames come as soon as their last byte has, errors as soon as they are certain', () => {
  const unary = { headerLength: 1, frameLength: (h: Uint8Array) => (h.at(-1) === 0 ? 2 * h.length - 1 : { more: 1 }) }
  const cases: [name: string, codec: Codec<unknown, never>, input: string, arrivals: Arrival[]][] = [
    ['a varint', varintPrefixed(), '\x02ab\0\x81\0c', [3, 4, 7]],
    ['a varint over the limit at its last byte', varintPrefixed({ maxFrameLength: 2 }), '\x83\0abc', [2]],
    [
      'a varint that goes on too long at the last byte allowed',
      varintPrefixed({ maxVarintBytes: 2 }),
      '\x80\x80\0',
      [2],
    ],
    [
      'a QUIC integer over the bytes allowed at its first',
      varintPrefixed({ encoding: 'quic', maxVarintBytes: 4 }),
      '\xc0\0',
      [1],
    ],
    ['a header that asks for more', headerPrefixed(unary), '\x01\0a\0', [3, 4]],
    [
      'a check at the last byte',
      headerPrefixed({ headerLength: 1, frameLength: () => 3, check: () => false }),
      'abcd',
      [3],
    ],
    ['a netstring at its comma', netstring(), '2:ab,0:,', [5, 8]],
    ['a netstring over the limit at its colon', netstring({ maxFrameLength: 2 }), '3:a', [2]],
    ['a wrong digit', netstring(), '1:a,1x', [4, 6]],
    ['a wrong comma', netstring(), '1:a;', [4]],
    ['a wrong comma of a frame left out', netstring({ maxFrameLength: 1, onTooLong: 'skip' }), '2:ab;', [5]],
    ['a counted message', octetCounted(), '2 ab1 c', [4, 7]],
    ['a zero', octetCounted(), '0', [1]],
    ['a message of either kind', octetCounted({ autoDetect: true }), '1 ab\n\nc\n', [3, 5, 8]],
    ['contents of nothing', contentLength(), 'Content-Length: 0\r\n\r\n', [21]],
    [
      'contents over the limit at the end of their header',
      contentLength({ maxFrameLength: 1 }),
      'Content-Length: 2\r\n\r\na',
      [21],
    ],
    ['a bare LF', contentLength(), 'A:b\nC', [4]],
    ['no colon, at the end of the line', contentLength(), 'abc\r\n', [5]],
    ['a second length at the end of its line', contentLength(), 'Content-Length: 2\r\nContent-Length: 2\r\n', [38]],
    ['a block that is too long', contentLength({ maxHeaderLength: 5 }), 'abcdefgh', [6]],
    ['no length, at the end of the block', contentLength(), 'A:b\r\n\r\n', [7]],
  ]
  it.each(cases)('%s', (_, codec, input, arrivals) => {
    const run = verifyChunkInvariance(() => codec, bin(input), { arrivals })
    expect(run.frames.length + (run.error === undefined ? 0 : 1)).toBe(arrivals.length)
  })
})
