import { describe, expect, it } from 'vitest'

import { encodeFrames } from '../../src/codec/frame-parser.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../../src/codec/length-prefixed.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, hex, toHex } from '../support/bytes.ts'

/** Frames as hex, from bytes as hex. */
function framesOf(options: LengthPrefixedOptions, ...chunks: string[]): string[] {
  return decodeAll(lengthPrefixed(options), ...chunks.map(hex))[0].map((frame) => toHex(bin(frame as string)))
}

function errorOf(options: LengthPrefixedOptions, ...chunks: string[]): unknown {
  return decodeAll(lengthPrefixed(options), ...chunks.map(hex))[1]
}

function encode(options: LengthPrefixedOptions, ...frames: string[]): string {
  return toHex(encodeFrames(lengthPrefixed(options), frames.map(hex)))
}

describe('lengthPrefixed', () => {
  it('has a length of four bytes, big endian, that counts the payload, unless told otherwise', () => {
    expect(framesOf({}, '00000002 aabb 00000000 00000001 cc')).toEqual(['aabb', '', 'cc'])
    expect(encode({}, 'aabb', '', 'cc')).toBe('00000002aabb0000000000000001cc')
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('reads and writes lengths of %i bytes in both orders', (width) => {
    const big = `${'00'.repeat(width - 1)}02`
    const little = `02${'00'.repeat(width - 1)}`
    expect(encode({ width }, 'aabb')).toBe(`${big}aabb`)
    expect(encode({ width, endian: 'little' }, 'aabb')).toBe(`${little}aabb`)
    expect(framesOf({ width }, `${big}aabb`)).toEqual(['aabb'])
    expect(framesOf({ width, endian: 'little' }, `${little}aabb`)).toEqual(['aabb'])
  })

  // The seven layouts of a well-known server framework's manual, and the two that have tripped users of another for years.
  it.each<[string, LengthPrefixedOptions, string, string]>([
    ['a length, taken off', { width: 2 }, '0003 616263', '616263'],
    ['a length, kept', { width: 2, strip: 0 }, '0003 616263', '0003616263'],
    ['a length that counts itself', { width: 2, adjust: -2 }, '0005 616263', '616263'],
    ['a length that counts itself, kept', { width: 2, adjust: -2, strip: 0 }, '0005 616263', '0005616263'],
    ['a length behind another field', { width: 3, offset: 2, strip: 0 }, 'cafe 000003 616263', 'cafe000003616263'],
    [
      'a length before another field that it does not count',
      { width: 3, adjust: 2 },
      '000003 cafe 616263',
      'cafe616263',
    ],
    [
      'both around the length, the first one taken off',
      { offset: 1, width: 2, adjust: 1, strip: 3 },
      'ca 0003 fe 616263',
      'fe616263',
    ],
    [
      'a length of everything, from the first byte on',
      { offset: 1, width: 2, adjust: -3, strip: 3 },
      'ca 0007 fe 616263',
      'fe616263',
    ],
  ])('%s', (_, options, wire, frame) => {
    expect(framesOf(options, wire, wire)).toEqual([frame, frame])
    for (let cut = 0; cut <= hex(wire).length; cut++) {
      const at = 2 * cut
      const digits = wire.replaceAll(' ', '')
      expect(framesOf(options, digits.slice(0, at), digits.slice(at))).toEqual([frame])
    }
  })

  it('strip takes off what it says and never changes how long the frame is', () => {
    for (let strip = 0; strip <= 6; strip++) {
      expect(framesOf({ width: 2, strip }, '0004 01020304 0004 05060708')).toEqual([
        '000401020304'.slice(2 * strip),
        '000405060708'.slice(2 * strip),
      ])
    }
  })

  it('a frame shorter than what is to be stripped is malformed', () => {
    const error = errorOf({ width: 1, strip: 4 }, '03 010203 02 0102')
    expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 4, frameIndex: 1, length: 2 })
    expect(String(error)).toContain('fewer than the 4 to strip')
  })

  it('a length that adjust takes below 0 is malformed, from the header alone', () => {
    const error = errorOf({ width: 2, adjust: -2 }, '0002 0001')
    expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 2, frameIndex: 1, length: 1 })
    expect(String(error)).toContain('declares a length of 1, which with adjust -2 is below 0')
  })

  it('mask leaves the flags out of the length', () => {
    expect(framesOf({ width: 2, mask: 0x3fff }, 'c002 aabb 8000')).toEqual(['aabb', ''])
    expect(framesOf({ width: 8, mask: 0xffffn }, 'ffffffffffff0001 aa')).toEqual(['aa'])
    expect(framesOf({ width: 4, endian: 'little', mask: 0xffffff }, '010000ff aa')).toEqual(['aa'])
    expect(encode({ width: 2, mask: 0x3fff }, 'aabb')).toBe('0002aabb')
  })

  describe('input that ends within a frame', () => {
    it.each<[string, LengthPrefixedOptions, string, number, string, number]>([
      ['within the header', {}, '00000001 aa 0000', 7, '0000', 4],
      ['just behind the header', {}, '00000001 aa 00000002', 9, '00000002', 6],
      ['within the payload', {}, '00000001 aa 00000002 bb', 10, '00000002bb', 6],
      ['within the marker', { width: 1, sync: Uint8Array.of(0xaa, 0xbb) }, 'aabb01ff aa', 5, 'aa', 3],
    ])('is an error: %s', (_, options, wire, offset, partial, length) => {
      expect(errorOf(options, wire)).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset,
        frameIndex: 1,
        partial: hex(partial),
        length,
      })
    })

    it('is none behind a frame, an empty one too', () => {
      expect(decodeAll(lengthPrefixed({ width: 1 }), hex('01 aa 00'))).toEqual([['\xaa', '']])
    })

    it('can be dropped, and is reported', () => {
      const skipped: SkipInfo[] = []
      expect(
        decodeAll(
          lengthPrefixed({ width: 1, onTrailing: 'drop', onSkip: (info) => skipped.push(info) }),
          hex('01 aa 05 bb'),
        ),
      ).toEqual([['\xaa']])
      expect(skipped).toEqual([{ offset: 2, length: 2, reason: 'trailing' }])
    })
  })

  describe('a frame over the limit', () => {
    const over = (options: LengthPrefixedOptions, wire: string): [string[], SkipInfo[], unknown] => {
      const skipped: SkipInfo[] = []
      const [frames, error] = decodeAll(
        lengthPrefixed({ width: 1, maxFrameLength: 3, ...options, onSkip: (info) => skipped.push(info) }),
        hex(wire),
      )
      return [frames.map((frame) => toHex(bin(frame as string))), skipped, error]
    }

    it('is an error from its header alone, with its length and where that stands', () => {
      const [frames, , error] = over({ offset: 1 }, '00 03 010203 00 04')
      expect(frames).toEqual(['010203'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 6, frameIndex: 1, limit: 3, length: 4 })
    })

    it('is measured after adjust', () => {
      expect(over({ adjust: -1 }, '04 010203')).toEqual([['010203'], [], undefined])
      expect(over({ adjust: -1 }, '05 01020304')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', length: 4 })
      expect(over({ adjust: 2 }, '01 010203')).toEqual([['010203'], [], undefined])
      expect(over({ adjust: 2 }, '02 01020304')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', length: 4 })
    })

    it('does not count the header, although it is delivered', () => {
      expect(over({ strip: 0 }, '03 010203')).toEqual([['03010203'], [], undefined])
    })

    it('is left out with skip, header and all, and the next frames come', () => {
      expect(over({ onTooLong: 'skip' }, '01aa 0501020304ff 01bb')).toEqual([
        ['aa', 'bb'],
        [{ offset: 2, length: 6, reason: 'too-long' }],
        undefined,
      ])
    })

    it('keeps its first bytes with truncate, and reports the others', () => {
      expect(over({ onTooLong: 'truncate' }, '0501020304ff 01bb')).toEqual([
        ['010203', 'bb'],
        [{ offset: 4, length: 2, reason: 'too-long' }],
        undefined,
      ])
    })

    it('comes in pieces with split', () => {
      expect(over({ onTooLong: 'split' }, '07 01020304050607 06 010203040506 01bb')).toEqual([
        ['010203', '040506', '07', '010203', '040506', 'bb'],
        [],
        undefined,
      ])
      expect(over({ onTooLong: 'split', strip: 0 }, '05 0102030405')[0]).toEqual(['05010203', '0405'])
      expect(over({ onTooLong: 'split', strip: 2 }, '05 0102030405')[0]).toEqual(['0203', '0405'])
    })

    it('that ends with the input is a cut frame', () => {
      expect(over({ onTooLong: 'skip' }, '05 0102')).toMatchObject([
        [],
        [{ offset: 0, length: 3 }],
        { code: 'ERR_FRAME_TRUNCATED', offset: 3 },
      ])
      expect(over({ onTooLong: 'split' }, '08 01020304')).toMatchObject([
        ['010203'],
        [],
        { code: 'ERR_FRAME_TRUNCATED', offset: 5, partial: hex('04') },
      ])
    })

    it.each(['error', 'skip', 'split', 'truncate'] as const)(
      "of more than 2^53-1 bytes is an error with onTooLong '%s': what cannot be counted cannot be passed",
      (onTooLong) => {
        for (const length of ['0020000000000000', 'ffffffffffffffff']) {
          expect(over({ width: 8, onTooLong, maxFrameLength: Infinity }, `${length} aa`)[2]).toMatchObject({
            code: 'ERR_FRAME_TOO_LONG',
            offset: 0,
            length: Infinity,
          })
        }
      },
    )
  })

  describe('sync', () => {
    const marked = (options: LengthPrefixedOptions, wire: string): [string[], SkipInfo[], unknown] => {
      const skipped: SkipInfo[] = []
      const onSkip = (info: SkipInfo): number => skipped.push(info)
      const [frames, error] = decodeAll(
        lengthPrefixed({ width: 1, sync: hex('aabb'), maxFrameLength: 3, ...options, onSkip }),
        hex(wire),
      )
      return [frames.map((frame) => toHex(bin(frame as string))), skipped, error]
    }

    it('skips what stands before a marker, and reports it', () => {
      expect(marked({}, '0102 aabb 01 ff aabb 00 aa03 aabb 02 eeff')).toEqual([
        ['ff', '', 'eeff'],
        [
          { offset: 0, length: 2, reason: 'sync' },
          { offset: 9, length: 2, reason: 'sync' },
        ],
        undefined,
      ])
    })

    it('finds a marker behind what began like one', () => {
      expect(marked({}, 'aaaabb 01 ff')).toEqual([['ff'], [{ offset: 0, length: 1, reason: 'sync' }], undefined])
    })

    it('does not look for markers within a payload', () => {
      expect(marked({}, 'aabb 03 aabb01')[0]).toEqual(['aabb01'])
    })

    it('reports garbage at the end, which is no frame', () => {
      expect(marked({}, 'aabb 00 010203')).toEqual([[''], [{ offset: 3, length: 3, reason: 'sync' }], undefined])
    })

    it('with skip takes an over-long frame for a false marker, and looks for the next right behind it', () => {
      expect(marked({ onTooLong: 'skip' }, 'aabb 99 aabb 01 ff')).toEqual([
        ['ff'],
        [{ offset: 0, length: 3, reason: 'sync' }],
        undefined,
      ])
      expect(marked({ onTooLong: 'skip', sync: hex('aa') }, 'aa aa 01 ff')).toEqual([
        ['ff'],
        [{ offset: 0, length: 1, reason: 'sync' }],
        undefined,
      ])
    })

    it('is written by the encoder, or demanded of a frame that brings its header', () => {
      const options = { width: 1, sync: hex('aabb') }
      expect(encode(options, 'ff')).toBe('aabb01ff')
      expect(encode({ ...options, strip: 0 }, 'aabb01ff')).toBe('aabb01ff')
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encode({ ...options, strip: 0 }, 'aabc01ff')).message).toBe(
        'Frame does not start with the sync marker',
      )
    })

    it('is text as UTF-8, or a copy of bytes', () => {
      const sync = bin('#')
      const codec = lengthPrefixed({ width: 1, sync })
      sync.fill(0)
      expect(toHex(encodeFrames(codec, [hex('ff')]))).toBe('2301ff')
      expect(encode({ width: 1, sync: 'é' }, '')).toBe('c3a900')
    })
  })

  describe('the encoder', () => {
    it('writes zeros where the header has fields that it does not know', () => {
      expect(encode({ width: 1, offset: 2 }, 'ff')).toBe('000001ff')
      expect(encode({ width: 1, strip: 3 }, 'ff')).toBe('030000ff')
    })

    it('counts as the decoder does', () => {
      expect(encode({ width: 2, adjust: -2 }, 'ff')).toBe('0003ff')
      expect(encode({ width: 1, adjust: 2 }, 'ffeedd')).toBe('01ffeedd')
    })

    it('takes a frame that brings its header along if that says the truth', () => {
      expect(encode({ width: 2, strip: 0 }, '0002aabb')).toBe('0002aabb')
      expect(encode({ width: 2, strip: 1 }, '02aabb')).toBe('0002aabb')
      expect(encode({ width: 2, strip: 0, mask: 0xfff }, 'f001aa')).toBe('f001aa')
    })

    it.each<[string, LengthPrefixedOptions, string, string]>([
      ['is longer than its field can say', { width: 1 }, '00'.repeat(256), 'A length field of 1 bytes cannot say 256'],
      [
        'is longer than its mask can say',
        { width: 1, mask: 0x0f },
        '00'.repeat(16),
        'A length field of 1 bytes with this mask cannot say 16',
      ],
      ['is shorter than what adjust adds', { width: 1, adjust: 2 }, 'ff', 'A length field of 1 bytes cannot say -1'],
      [
        'is shorter than its own header',
        { width: 4, strip: 0 },
        '0000',
        'Frame has 2 bytes, fewer than its header of 4',
      ],
      [
        'brings a header that says another length',
        { width: 2, strip: 0 },
        '0003aabb',
        'Frame has a length field of 3, but its length makes that 2',
      ],
    ])('refuses a frame that %s, and leaves nothing of it', (_, options, frame, message) => {
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encode(options, frame))
      expect(error).toMatchObject({ frameIndex: 0, length: frame.length / 2, message })
    })

    it('refuses a frame over the limit', () => {
      expect(framingError('ERR_FRAME_TOO_LONG', () => encode({ maxFrameLength: 2 }, '010203'))).toMatchObject({
        offset: 2,
        limit: 2,
        length: 3,
      })
      expect(
        framingError('ERR_FRAME_TOO_LONG', () => encode({ width: 1, strip: 0, maxFrameLength: 2 }, '03010203')),
      ).toMatchObject({ offset: 3, length: 3 })
    })
  })

  describe('wrong options throw at once and say what would be right', () => {
    it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
      ['a width of 0', { width: 0 }, RangeError, 'width must be a whole number from 1 to 8, not 0'],
      ['a width of 9', { width: 9 }, RangeError, 'width must be a whole number from 1 to 8, not 9'],
      [
        'an unknown byte order',
        { endian: 'middle' },
        TypeError,
        "endian must be 'big' or 'little', not the string \"middle\"",
      ],
      ['an offset below 0', { offset: -1 }, RangeError, 'offset must be a whole number of 0 or more, not -1'],
      [
        'a marker that overlaps the length',
        { sync: 'abc', offset: 2 },
        RangeError,
        'offset must be a whole number of 3 or more, not 2',
      ],
      ['an empty marker', { sync: '' }, RangeError, 'sync must have at least one byte'],
      ['a marker that is no bytes', { sync: 0xaa }, TypeError, 'Expected bytes'],
      ['half an adjustment', { adjust: 0.5 }, RangeError, 'adjust must be a whole number'],
      ['a strip below 0', { strip: -1 }, RangeError, 'strip must be a whole number from 0 to 8388612, not -1'],
      [
        'a strip that leaves nothing of the longest frame',
        { width: 1, strip: 13, maxFrameLength: 10 },
        RangeError,
        'strip must be a whole number from 0 to 11, not 13',
      ],
      [
        'a mask of nothing',
        { mask: 0 },
        RangeError,
        'mask must be a whole number from 1 to the largest of 4 bytes, not 0',
      ],
      [
        'a mask wider than the field',
        { width: 1, mask: 256 },
        RangeError,
        'mask must be a whole number from 1 to the largest of 1 bytes, not 256',
      ],
      ['a mask below 0', { mask: -1n }, RangeError, 'not -1n'],
      [
        'emitting what is not whole',
        { onTrailing: 'emit' },
        TypeError,
        "onTrailing must be 'error' or 'drop', not the string \"emit\"",
      ],
      [
        'a misspelt option',
        { maxFrameSize: 5 },
        TypeError,
        'lengthPrefixed has no option "maxFrameSize"; it has width, endian',
      ],
      ['no limit, unless it is spelled out', { maxFrameLength: 0 }, RangeError, 'or Infinity, not 0'],
      ['options that are none', 4, TypeError, 'The options of lengthPrefixed must be an object, not 4'],
    ])('%s', (_, options, type, message) => {
      const make = (): unknown => lengthPrefixed(options as LengthPrefixedOptions)
      expect(make).toThrow(type)
      expect(make).toThrow(message)
    })
  })
})
