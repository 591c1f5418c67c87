import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { octetCounted, type OctetCountedOptions } from '../../src/codec/octet-counted.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, unbin } from '../support/bytes.ts'
import { verifyChunkInvariance } from '../support/chunk-invariance.ts'

const MiB = 1024 * 1024

/** Frames, skip reports and the error, from bytes as text, the same under every cut. */
function decode(options: OctetCountedOptions, wire: string): [string[], SkipInfo[], unknown] {
  const run = verifyChunkInvariance((onSkip) => octetCounted({ ...options, onSkip }), bin(wire), { randomRuns: 10 })
  return [run.frames.map(unbin), [...run.skips], run.error]
}

const errorOf = (options: OctetCountedOptions, wire: string): unknown => decode(options, wire)[2]
const auto = { autoDetect: true } as const

describe('octetCounted', () => {
  it('reads and writes the length in decimal, a space, the message (RFC 6587, 3.4.1)', () => {
    const messages = ['<34>1 2003-10-11T22:14:15.003Z host su - ID47 - BOM\n', '<1>\n\n', '9 ']
    const bytes = encodeFrames(octetCounted(), messages.map(bin))
    expect(unbin(bytes)).toBe(`52 ${messages[0]}5 <1>\n\n2 9 `)
    expect(decode({}, unbin(bytes))).toEqual([messages, [], undefined])
  })

  describe('a length that is none', () => {
    it.each<[string, string, number]>([
      ['is 0', '0 ', 0],
      ['begins with a zero', '05 hello', 0],
      ['is missing', ' hello', 0],
      ['is missing, where a message begins', '<1>hello', 0],
      ['has a sign', '+5 hello', 0],
      ['ends with a colon', '5:hello', 1],
      ['ends with a tab', '5\thello', 1],
      ['is hexadecimal', '5x hello', 1],
      ['is followed by a line end', '5\nhello', 1],
      ['has more than 16 digits', '12345678901234567 ', 16],
    ])('%s: it is malformed at that byte, as soon as that is there', (_, wire, at) => {
      expect(decode({}, `1 a${wire}`)).toMatchObject([
        ['a'],
        [],
        { code: 'ERR_FRAME_MALFORMED', offset: 3 + at, frameIndex: 1 },
      ])
      expect(errorOf({}, `1 a${wire.slice(0, at + 1)}`)).toMatchObject({ code: 'ERR_FRAME_MALFORMED' })
    })

    it('is an LF on its own, where it is not detected', () => {
      expect(errorOf({}, '1 a\n1 b')).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 3 })
    })
  })

  it('digits without end are an error at the 17th', () => {
    const parser = new FrameParser(octetCounted())
    const error = framingError('ERR_FRAME_MALFORMED', () => {
      for (let i = 0; i < 100; i++) expect([...parser.push(bin('1'))]).toEqual([])
    })
    expect(error.offset).toBe(16)
  })

  describe('a frame over the limit', () => {
    const over = (options: OctetCountedOptions, wire: string): ReturnType<typeof decode> =>
      decode({ maxFrameLength: 3, ...options }, wire)

    it('is an error from its head alone; one of exactly the limit is none', () => {
      expect(over({}, '3 abc4 ')).toMatchObject([
        ['abc'],
        [],
        { code: 'ERR_FRAME_TOO_LONG', offset: 5, frameIndex: 1, limit: 3, length: 4 },
      ])
    })

    it('is left out with skip, cut with truncate, in pieces with split', () => {
      expect(over({ onTooLong: 'skip' }, '1 a10 abcdefghij1 b')).toEqual([
        ['a', 'b'],
        [{ offset: 3, length: 13, reason: 'too-long' }],
        undefined,
      ])
      expect(over({ onTooLong: 'truncate' }, '5 abcde1 b')).toEqual([
        ['abc', 'b'],
        [{ offset: 5, length: 2, reason: 'too-long' }],
        undefined,
      ])
      expect(over({ onTooLong: 'split' }, '7 abcdefg6 abcdef1 b')).toEqual([
        ['abc', 'def', 'g', 'abc', 'def', 'b'],
        [],
        undefined,
      ])
    })

    it.each(['error', 'skip', 'split', 'truncate'] as const)(
      "of more than 2^53-1 bytes is an error with onTooLong '%s', detected or not",
      (onTooLong) => {
        for (const autoDetect of [false, true]) {
          expect(over({ onTooLong, autoDetect, maxFrameLength: Infinity }, '9007199254740992 ')).toMatchObject([
            [],
            [],
            { code: 'ERR_FRAME_TOO_LONG', offset: 0, length: Infinity },
          ])
        }
      },
    )
  })

  describe('input that ends within a frame', () => {
    it.each<[string, string, number | undefined]>([
      ['within the digits', '1', undefined],
      ['exactly behind the head', '2 ', 4],
      ['within the message', '2 a', 4],
    ])('is an error, detected or not: %s', (_, wire, length) => {
      for (const autoDetect of [false, true]) {
        expect(errorOf({ autoDetect }, `1 a${wire}`)).toMatchObject({
          code: 'ERR_FRAME_TRUNCATED',
          offset: 3 + wire.length,
          frameIndex: 1,
          partial: bin(wire),
          length,
        })
      }
    })

    it('can be dropped, and is reported', () => {
      for (const autoDetect of [false, true]) {
        expect(decode({ autoDetect, onTrailing: 'drop' }, '1 a2 b')).toEqual([
          ['a'],
          [{ offset: 3, length: 3, reason: 'trailing' }],
          undefined,
        ])
      }
    })

    it('is none behind a frame, or where nothing came', () => {
      for (const autoDetect of [false, true]) {
        expect(decode({ autoDetect }, '')).toEqual([[], [], undefined])
        expect(decode({ autoDetect }, '1 a')).toEqual([['a'], [], undefined])
      }
    })
  })

  describe('with autoDetect', () => {
    it('tells counted from LF framing anew for each frame, by the first byte', () => {
      expect(decode(auto, '<1>one\n6 <2>two<3>three\n<4>four\n7 <5>\nabc1 \n<6>six\n')).toEqual([
        ['<1>one', '<2>two', '<3>three', '<4>four', '<5>\nabc', '\n', '<6>six'],
        [],
        undefined,
      ])
    })

    it('takes an LF on its own for no frame: some put one behind a counted message', () => {
      expect(decode(auto, '6 <1>one\n6 <2>two\n\n\n<3>three\n\n1 a\n')).toEqual([
        ['<1>one', '<2>two', '<3>three', 'a'],
        [],
        undefined,
      ])
    })

    it('takes a frame that begins with 0 for one that ends with LF, and never for a length', () => {
      expect(decode(auto, '0 \n05 ab\n')).toEqual([['0 ', '05 ab'], [], undefined])
    })

    it('leaves CR where it is: RFC 6587 knows LF alone', () => {
      expect(decode(auto, '<1>one\r\n')[0]).toEqual(['<1>one\r'])
    })

    it('does not take what began with a digit and is no length for a line', () => {
      expect(errorOf(auto, '<1>a\n12:30 up\n')).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 7, frameIndex: 1 })
    })

    it('delivers each kind with its last byte', () => {
      verifyChunkInvariance(() => octetCounted(auto), bin('<1>a\n2 bc<2>d\n'), { arrivals: [5, 9, 14] })
      expect(decode(auto, '<1>a\n2 bc<2>d\n')[0]).toEqual(['<1>a', 'bc', '<2>d'])
    })

    describe('a frame over the limit, of either kind', () => {
      const over = (options: OctetCountedOptions, wire: string): ReturnType<typeof decode> =>
        decode({ ...auto, maxFrameLength: 3, ...options }, wire)

      it('is an error: a counted one from its head alone, the other at the first byte over it', () => {
        expect(over({}, '3 abcdef\n4 ')).toMatchObject([
          ['abc', 'def'],
          [],
          { code: 'ERR_FRAME_TOO_LONG', offset: 9, frameIndex: 2, limit: 3, length: 4 },
        ])
        expect(over({}, '3 abcdefg')).toMatchObject([
          ['abc'],
          [],
          { code: 'ERR_FRAME_TOO_LONG', offset: 8, frameIndex: 1, limit: 3 },
        ])
      })

      it('is left out with skip, and what follows is detected again', () => {
        expect(over({ onTooLong: 'skip' }, 'a\n5 abcdexyz\nabcde\n1 bvwxyz\n5 fghij4 abcd\nc\n')).toEqual([
          ['a', 'xyz', 'b', 'c'],
          [
            { offset: 2, length: 7, reason: 'too-long' },
            { offset: 13, length: 5, reason: 'too-long' },
            { offset: 22, length: 5, reason: 'too-long' },
            { offset: 28, length: 7, reason: 'too-long' },
            { offset: 35, length: 6, reason: 'too-long' },
          ],
          undefined,
        ])
      })

      it('keeps its first bytes with truncate', () => {
        expect(over({ onTooLong: 'truncate' }, '5 abcdevwxyz\n4 abcd1 bz\n')).toEqual([
          ['abc', 'vwx', 'abc', 'b', 'z'],
          [
            { offset: 5, length: 2, reason: 'too-long' },
            { offset: 10, length: 2, reason: 'too-long' },
            { offset: 18, length: 1, reason: 'too-long' },
          ],
          undefined,
        ])
      })

      it('comes in pieces with split: pieces that begin with a digit are not taken for a length', () => {
        expect(over({ onTooLong: 'split' }, 'abc12 x\n6 1231 ax\nabcdef\n4 \n\n\n\n')).toEqual([
          ['abc', '12 ', 'x', '123', '1 a', 'x', 'abc', 'def', '\n\n\n', '\n'],
          [],
          undefined,
        ])
      })

      it('comes in pieces with split just so where a counted one is cut before a digit', () => {
        expect(over({ onTooLong: 'split' }, '5 abc1 5 \n\n\n\n\nx\n')[0]).toEqual(['abc', '1 ', '\n\n\n', '\n\n', 'x'])
      })

      it('that is cut by the end of the input is a cut frame', () => {
        expect(over({ onTooLong: 'skip' }, '1 aabcde')).toMatchObject([
          ['a'],
          [{ offset: 3, length: 5 }],
          { code: 'ERR_FRAME_TRUNCATED', offset: 8 },
        ])
        expect(over({ onTooLong: 'skip' }, 'a\n5 ab')).toMatchObject([
          ['a'],
          [{ offset: 2, length: 4 }],
          { code: 'ERR_FRAME_TRUNCATED', offset: 6, length: 3 },
        ])
        expect(over({ onTooLong: 'split', onTrailing: 'drop' }, '8 abcdx')).toEqual([
          ['abc'],
          [{ offset: 5, length: 2, reason: 'trailing' }],
          undefined,
        ])
      })
    })

    it('a line that the end of the input cuts is an error, or dropped', () => {
      expect(errorOf(auto, '1 a<1>x')).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset: 7,
        frameIndex: 1,
        partial: bin('<1>x'),
      })
      expect(decode({ ...auto, onTrailing: 'drop' }, '1 a<1>x')[1]).toEqual([
        { offset: 3, length: 4, reason: 'trailing' },
      ])
    })

    it('counts what either kind left out', () => {
      const parser = new FrameParser(octetCounted({ ...auto, maxFrameLength: 3, onTooLong: 'skip' }))
      expect(Array.from(parser.push(bin('5 abcdevwxyz\n')), unbin)).toEqual([])
      expect(parser.stats.skipped).toBe(12)
    })
  })

  describe('the encoder', () => {
    it('counts octets with autoDetect too, so that any message can be said', () => {
      const codec = octetCounted(auto)
      const bytes = encodeFrames(codec, ['<1>a', '1 x', '\n', '<2>b\nc'].map(bin))
      expect(unbin(bytes)).toBe('4 <1>a3 1 x1 \n6 <2>b\nc')
      expect(decodeAll(codec, bytes)[0]).toEqual(['<1>a', '1 x', '\n', '<2>b\nc'])
    })

    it('refuses an empty message, whose length cannot be said, and one over the limit; leaves nothing, and goes on', () => {
      const sink = new ByteSink()
      const encoder = octetCounted({ maxFrameLength: 3 }).encoder()
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encoder.encode(bin(''), sink))).toMatchObject({ length: 0 })
      expect(framingError('ERR_FRAME_TOO_LONG', () => encoder.encode(bin('abcd'), sink))).toMatchObject({
        offset: 3,
        limit: 3,
        length: 4,
      })
      encoder.encode(bin('abc'), sink)
      expect(unbin(sink.take())).toBe('3 abc')
    })
  })

  it.skipIf(typeof globalThis.process?.memoryUsage !== 'function')(
    'a declared length allocates nothing before its bytes arrive',
    () => {
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      }
      for (const [head, options] of [
        ['8388608 ', {}],
        ['8388608 ', auto],
        ['9007199254740000 ', { maxFrameLength: Infinity }],
        ['9007199254740000 ', { ...auto, onTooLong: 'skip' }],
        ['9007199254740000 ', { ...auto, onTooLong: 'split' }],
      ] satisfies [string, OctetCountedOptions][]) {
        const before = used()
        const parsers = Array.from({ length: 100 }, () => new FrameParser(octetCounted(options)))
        for (const parser of parsers) expect([...parser.push(bin(head)), ...parser.push(bin('abc'))]).toEqual([])
        expect(used() - before).toBeLessThan(16 * MiB)
      }
    },
  )

  it('wrong options throw at once and say what would be right', () => {
    const make = (options: unknown) => () => octetCounted(options as OctetCountedOptions)
    expect(make({ autoDetect: 'syslog' })).toThrow('autoDetect must be true or false, not the string "syslog"')
    expect(make({ autoDetect: 1 })).toThrow(TypeError)
    expect(make({ maxFrameLength: 0 })).toThrow(RangeError)
    expect(make({ onTrailing: 'emit' })).toThrow("onTrailing must be 'error' or 'drop', not the string \"emit\"")
    expect(make({ onTooLong: 'none' })).toThrow(TypeError)
    expect(make({ onSkip: {} })).toThrow('onSkip must be a function')
    expect(make({ copy: 'yes' })).toThrow(TypeError)
    expect(make({ autodetect: true })).toThrow('octetCounted has no option "autodetect"; it has autoDetect')
    expect(make('x')).toThrow('The options of octetCounted must be an object')
  })
})
