import { describe, expect, it } from 'vitest'

import { fixedLength, type FixedLengthOptions } from '../../src/codec/fixed-length.ts'
import { encodeFrames } from '../../src/codec/frame-parser.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, unbin } from '../support/bytes.ts'

describe('fixedLength', () => {
  it('gives frames of exactly that many bytes, whatever chunks they come in', () => {
    expect(decodeAll(fixedLength(3), bin('abcdef'))).toEqual([['abc', 'def']])
    expect(decodeAll(fixedLength(3), bin('ab'), bin('cdef'), bin(''), bin('ghi'))).toEqual([['abc', 'def', 'ghi']])
  })

  it('input that ends within a frame is an error, with what came and how much was to come', () => {
    const [frames, error] = decodeAll(fixedLength(3), bin('abcde'))
    expect(frames).toEqual(['abc'])
    expect(error).toMatchObject({
      code: 'ERR_FRAME_TRUNCATED',
      offset: 5,
      frameIndex: 1,
      length: 3,
      partial: bin('de'),
      message: 'Input ended within a frame, after 2 of 3 bytes of it (at byte 5)',
    })
  })

  it('the short frame at the end can be delivered, or dropped and reported', () => {
    expect(decodeAll(fixedLength(3, { onTrailing: 'emit' }), bin('abcde'))).toEqual([['abc', 'de']])
    const skipped: SkipInfo[] = []
    const codec = fixedLength(3, { onTrailing: 'drop', onSkip: (info) => skipped.push(info) })
    expect(decodeAll(codec, bin('abcde'))).toEqual([['abc']])
    expect(skipped).toEqual([{ offset: 3, length: 2, reason: 'trailing' }])
    expect(decodeAll(codec, bin('abc'))).toEqual([['abc']])
    expect(skipped.length).toBe(1)
  })

  it('the encoder takes frames of that length alone', () => {
    expect(unbin(encodeFrames(fixedLength(2), [bin('ab'), bin('cd')]))).toBe('abcd')
    for (const [frame, offset] of [
      ['', 0],
      ['a', 1],
      ['abc', 2],
    ] as const) {
      expect(
        framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(fixedLength(2), [bin('ab'), bin(frame)])),
      ).toMatchObject({
        offset,
        frameIndex: 1,
        limit: 2,
        length: frame.length,
        message: `Every frame of fixedLength(2) has 2 bytes, this one has ${frame.length}`,
      })
    }
  })

  describe('wrong arguments throw at once and say what would be right', () => {
    it.each<[string, unknown, unknown, typeof TypeError | typeof RangeError, string]>([
      [
        'no length',
        undefined,
        {},
        RangeError,
        'The length of fixedLength must be a whole number of 1 or more, not undefined',
      ],
      ['a length of 0', 0, {}, RangeError, 'must be a whole number of 1 or more, not 0'],
      ['half a byte', 1.5, {}, RangeError, 'not 1.5'],
      ['a length in words', '4', {}, RangeError, 'not the string "4"'],
      [
        'a length over the limit',
        9_000_000,
        {},
        RangeError,
        'The length of fixedLength, 9000000, is above maxFrameLength (8388608): raise maxFrameLength',
      ],
      ['onTooLong, for no frame is', 4, { onTooLong: 'skip' }, TypeError, 'fixedLength has no option "onTooLong"'],
      ['an unknown onTrailing', 4, { onTrailing: 'keep' }, TypeError, "onTrailing must be 'error' or 'emit' or 'drop'"],
    ])('%s', (_, length, options, type, message) => {
      const make = (): unknown => fixedLength(length as number, options as FixedLengthOptions)
      expect(make).toThrow(type)
      expect(make).toThrow(message)
    })

    it('a length over 8 MiB is right where the limit is raised', () => {
      expect(decodeAll(fixedLength(9_000_000, { maxFrameLength: Infinity }), bin('a'))[1]).toMatchObject({
        length: 9_000_000,
      })
    })
  })
})
