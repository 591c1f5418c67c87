import { describe, expect, it } from 'vitest'

import type { Codec } from '../../src/codec/codec.ts'
import { cobs } from '../../src/codec/cobs.ts'
import { contentLength } from '../../src/codec/content-length.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import { fixedLength } from '../../src/codec/fixed-length.ts'
import { headerPrefixed } from '../../src/codec/header-prefixed.ts'
import { jsonSequence } from '../../src/codec/json-sequence.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { lines } from '../../src/codec/lines.ts'
import { mapCodec } from '../../src/codec/map-codec.ts'
import { netstring } from '../../src/codec/netstring.ts'
import { octetCounted } from '../../src/codec/octet-counted.ts'
import { pieces } from '../../src/codec/pieces.ts'
import { slip } from '../../src/codec/slip.ts'
import { startEnd } from '../../src/codec/start-end.ts'
import { json, text } from '../../src/codec/text.ts'
import { varintPrefixed } from '../../src/codec/varint-prefixed.ts'
import { verifyCodec, type CodecCase, type CodecMaker } from '../../src/testing/index.ts'
import { bin } from '../support/bytes.ts'

// One case of good frames for every rule of the library, and what breaks it. Long corpora stand in test/codec.
const bytesRules: [name: string, maker: CodecMaker<Uint8Array>, cases: CodecCase<Uint8Array>[]][] = [
  [
    'delimiter',
    (onSkip) => delimiter('\r\n', { maxFrameLength: 2000, onSkip }),
    [
      { bytes: 'ab\r\n\r\nc\rd\r\n', frames: ['ab', '', 'c\rd'], frameEnds: [4, 6, 11], refuses: [bin('a\r\nb')] },
      {
        bytes: 'ab\r\nc',
        frames: ['ab'],
        error: { code: 'ERR_FRAME_TRUNCATED', offset: 5, partial: 'c' },
        errorAt: 'end',
      },
    ],
  ],
  [
    'delimiter that overlaps itself, long frames left out',
    (onSkip) => delimiter('abab', { maxFrameLength: 3, onTooLong: 'skip', onSkip }),
    [{ bytes: 'xyabab123456abababab', frames: ['xy', ''], refuses: [bin('xab'), bin('1234')] }],
  ],
  [
    'fixedLength',
    () => fixedLength(3),
    [{ bytes: 'abcdef', frames: ['abc', 'def'], frameEnds: [3, 6], refuses: [bin('ab')] }],
  ],
  [
    'lengthPrefixed',
    () => lengthPrefixed({ width: 2, maxFrameLength: 5000 }),
    [
      {
        bytes: bin('\0\x02hi\0\0\0\x01!'),
        frames: ['hi', '', '!'],
        frameEnds: [4, 6, 9],
        refuses: [new Uint8Array(5001)],
      },
      { bytes: bin('\xff\xff'), error: { code: 'ERR_FRAME_TOO_LONG', length: 65535, limit: 5000 }, errorAt: 2 },
    ],
  ],
  [
    'lengthPrefixed with a marker',
    (onSkip) => lengthPrefixed({ width: 1, sync: '\x01\x02', onSkip }),
    [{ bytes: bin('xy\x01\x01\x02\x02hi\x01\x02\0'), frames: ['hi', ''], frameEnds: [8, 11] }],
  ],
  [
    'varintPrefixed',
    () => varintPrefixed(),
    [{ bytes: bin('\x02hi\0\x01!'), frames: ['hi', '', '!'], frameEnds: [3, 4, 6] }],
  ],
  [
    'headerPrefixed',
    () => headerPrefixed({ headerLength: 2, frameLength: (header) => 2 + header[1]! }),
    [{ bytes: bin('T\x02hiT\0'), frames: [bin('T\x02hi'), bin('T\0')], frameEnds: [4, 6] }],
  ],
  ['netstring', () => netstring(), [{ bytes: '2:hi,0:,', frames: ['hi', ''], frameEnds: [5, 8] }]],
  ['octetCounted', () => octetCounted(), [{ bytes: '2 hi1 !', frames: ['hi', '!'], frameEnds: [4, 7] }]],
  ['contentLength', () => contentLength(), [{ bytes: 'Content-Length: 2\r\n\r\nhi', frames: ['hi'], frameEnds: [23] }]],
  ['cobs', () => cobs(), [{ bytes: bin('\x03hi\0\x01\x01\0'), frames: ['hi', '\0'], frameEnds: [4, 7] }]],
  [
    'slip',
    () => slip(),
    [{ bytes: bin('\xc0hi\xc0\xc0\xdb\xdc\xc0'), frames: ['hi', bin('\xc0')], frameEnds: [4, 8] }],
  ],
  ['startEnd', () => startEnd({ start: '<', end: '>' }), [{ bytes: '<hi><>', frames: ['hi', ''], frameEnds: [4, 6] }]],
  ['jsonSequence', () => jsonSequence(), [{ bytes: '\x1e[1]\n\x1e{}\n', frames: ['[1]', '{}'] }]],
]

describe('every rule of the library keeps what verifyCodec asks', () => {
  it.each(bytesRules)('%s', (_, maker, cases) => {
    const report = verifyCodec(maker, cases)
    expect(report.cases).toBe(cases.length)
    expect(report.runs).toBeGreaterThan(50 * cases.length)
  })

  it('lines', () => {
    const codec = (newline: 'lf' | 'crlf' | 'any'): Codec<string> => lines({ newline })
    verifyCodec(codec('lf'), [
      { bytes: 'é\r\n\nb\n', frames: ['é', '', 'b'], frameEnds: [4, 5, 7], refuses: ['a\nb', 'a\r'] },
    ])
    verifyCodec(codec('crlf'), [{ bytes: 'a\nb\r\n', frames: ['a\nb'], frameEnds: [5], refuses: ['a\r\nb'] }])
    verifyCodec(codec('any'), [{ bytes: 'a\rb\r\nc\n', frames: ['a', 'b', 'c'], frameEnds: [2, 4, 7] }])
    verifyCodec(lines({ fatal: true }), [
      { bytes: bin('ok\n\xff\xfe\n'), frames: ['ok'], error: { code: 'ERR_FRAME_MALFORMED', frameIndex: 1 } },
    ])
  })

  it('text and json, whose frames are strings and plain values', () => {
    verifyCodec(text(netstring()), [{ bytes: '3:€,', frames: ['€'] }])
    verifyCodec(json(delimiter('\n')), [{ bytes: '{"a":[1,null]}\n"b"\n', frames: [{ a: [1, null] }, 'b'] }])
  })

  it('pieces follow the cuts and say so: the verifier says it too', () => {
    const codec = pieces(lengthPrefixed({ width: 2 }))
    expect(() => verifyCodec(codec, [{ bytes: bin('\0\x02hi') }])).toThrow(
      'What comes out depends on where the bytes are cut',
    )
    expect(() => verifyCodec(codec, [{ bytes: bin('\0\x02hi') }])).toThrow('cut: 00 02 68|69')
  })

  it('an encoder that takes other frames than the decoder gives is handed its own', () => {
    const codec = mapCodec(delimiter('\n'), {
      decode: (bytes) => ({ length: bytes.length }),
      encode: (length: number) => new Uint8Array(length),
    })
    verifyCodec(codec, [{ bytes: 'ab\n\n', frames: [{ length: 2 }, { length: 0 }], encode: [2, 0] }])
  })
})
