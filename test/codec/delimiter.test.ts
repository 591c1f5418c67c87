import { describe, expect, it } from 'vitest'

import { delimiter, type DelimiterOptions } from '../../src/codec/delimiter.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { asBuffer, bin, decodeAll, framingError, unbin } from '../support/bytes.ts'

/** Frames of the input, byte by byte: the hardest cut. */
function framesOf(codec: ReturnType<typeof delimiter>, input: string): unknown[] {
  return decodeAll(codec, ...Array.from(input, bin))[0]
}

function encode(codec: ReturnType<typeof delimiter>, ...frames: string[]): string {
  return unbin(encodeFrames(codec, frames.map(bin)))
}

describe('delimiter', () => {
  it('takes the delimiter as text, as bytes, as a Buffer, or as several of them', () => {
    for (const one of ['\r\n', bin('\r\n'), asBuffer(bin('\r\n')), bin('\r\n').buffer, ['\r\n'], [bin('\r\n'), ';']]) {
      expect(framesOf(delimiter(one as string), 'a\r\nb\r\n')).toEqual(['a', 'b'])
    }
    expect(framesOf(delimiter('é'), 'a\xc3\xa9b\xc3\xa9')).toEqual(['a', 'b'])
  })

  it('keeps a copy of the delimiter: the memory of the caller may change later', () => {
    const mark = bin('#')
    const codec = delimiter(mark)
    mark.fill(0)
    expect(framesOf(codec, 'a#b#')).toEqual(['a', 'b'])
    expect(encode(codec, 'a')).toBe('a#')
  })

  it('finds a delimiter of three and more bytes over three and more chunks', () => {
    expect(framesOf(delimiter('\r\n\r\n'), 'ab\r\n\r\nc\r\n\r\n')).toEqual(['ab', 'c'])
    expect(framesOf(delimiter('CRLF'), 'abCRLFdeCRLF')).toEqual(['ab', 'de'])
  })

  it('finds a delimiter that overlaps itself: AAB in AAABA', () => {
    expect(decodeAll(delimiter('AAB', { onTrailing: 'emit' }), ...Array.from('AAABA', bin))).toEqual([['A', 'A']])
  })

  it('takes the leftmost of several delimiters, and the longest of those that start there', () => {
    expect(framesOf(delimiter(['bc', 'abcd']), 'xabcdybc')).toEqual(['x', 'y'])
    expect(framesOf(delimiter(['a', 'ab']), '1ab2a3ab')).toEqual(['1', '2', '3'])
    expect(framesOf(delimiter(['\n', '\r\n', '\r']), '1\r\n2\r3\n4\r')).toEqual(['1', '2', '3', '4'])
  })

  it('leaves the delimiter out, at the end of the frame, or at its beginning', () => {
    expect(framesOf(delimiter(['#', '--']), 'a#b--#')).toEqual(['a', 'b', ''])
    expect(framesOf(delimiter(['#', '--'], { disposition: 'suffix' }), 'a#b--#')).toEqual(['a#', 'b--', '#'])
    expect(framesOf(delimiter(['#', '--'], { disposition: 'prefix' }), 'a#b--#c')).toEqual(['a', '#b', '--', '#c'])
  })

  it('delivers empty frames, which are frames, or with emitEmpty false does not', () => {
    expect(framesOf(delimiter('#'), '##a#')).toEqual(['', '', 'a'])
    expect(framesOf(delimiter('#', { emitEmpty: false }), '##a##')).toEqual(['a'])
    expect(framesOf(delimiter('#', { disposition: 'suffix', emitEmpty: false }), '##a#')).toEqual(['a#'])
    expect(framesOf(delimiter('#', { disposition: 'prefix' }), '##a#')).toEqual(['#', '#a', '#'])
    expect(framesOf(delimiter('#', { disposition: 'prefix', emitEmpty: false }), '##a#')).toEqual(['#a'])
  })

  it('gives no frame for no input, and none for nothing before the first prefix', () => {
    for (const disposition of ['discard', 'suffix', 'prefix'] as const) {
      expect(decodeAll(delimiter('#', { disposition }))).toEqual([[]])
    }
    expect(framesOf(delimiter('#', { disposition: 'prefix' }), '#a')).toEqual(['#a'])
  })

  describe('input that ends within a frame', () => {
    it('is an error by default, with the frames before it, the bytes that came and where the next one is missing', () => {
      const [frames, error] = decodeAll(delimiter('\r\n'), bin('ab\r\ncde'))
      expect(frames).toEqual(['ab'])
      expect(error).toMatchObject({
        name: 'FramingError',
        code: 'ERR_FRAME_TRUNCATED',
        offset: 7,
        frameIndex: 1,
        partial: bin('cde'),
        message: 'Input ended within a frame, after 3 bytes of it (at byte 7)',
      })
    })

    it('counts a delimiter that is not whole as what it is: bytes of the frame', () => {
      expect(decodeAll(delimiter('\r\n'), bin('ab\r'))[1]).toMatchObject({ partial: bin('ab\r'), offset: 3 })
      expect(decodeAll(delimiter('\r\n', { onTrailing: 'emit' }), bin('ab\r'))).toEqual([['ab\r']])
    })

    it('can be a frame, or dropped and reported', () => {
      expect(decodeAll(delimiter('#', { onTrailing: 'emit' }), bin('a#bc'))).toEqual([['a', 'bc']])
      expect(decodeAll(delimiter('#', { onTrailing: 'emit' }), bin('a#'))).toEqual([['a']])
      const skipped: SkipInfo[] = []
      expect(
        decodeAll(delimiter('#', { onTrailing: 'drop', onSkip: (info) => skipped.push(info) }), bin('a#bc')),
      ).toEqual([['a']])
      expect(skipped).toEqual([{ offset: 2, length: 2, reason: 'trailing' }])
    })
  })

  describe('a frame over the limit', () => {
    const over = (options: DelimiterOptions, input: string, mark = '#'): [unknown[], SkipInfo[], unknown] => {
      const skipped: SkipInfo[] = []
      const codec = delimiter(mark, { maxFrameLength: 3, ...options, onSkip: (info) => skipped.push(info) })
      const [frames, error] = decodeAll(codec, bin(input))
      return [frames, skipped, error]
    }

    it('is an error by default, that says which byte is the first past it', () => {
      const [frames, , error] = over({}, 'abc#abcd#')
      expect(frames).toEqual(['abc'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 7, frameIndex: 1, limit: 3, length: undefined })
      expect(String(error)).toBe('FramingError: Frame is longer than maxFrameLength of 3 bytes (at byte 7)')
    })

    it('is one although it is complete within one chunk, and although its delimiter never came', () => {
      expect(over({}, 'abcd#')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 3 })
      expect(over({}, 'abcd')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 3 })
    })

    it('is none if the limit is exactly met, with the delimiter in the next chunk', () => {
      expect(decodeAll(delimiter('\r\n', { maxFrameLength: 3 }), bin('abc'), bin('\r'), bin('\n'))).toEqual([['abc']])
    })

    it('is one if what looked like the delimiter was none', () => {
      expect(over({}, 'abc\rd', '\r\n')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 3 })
      expect(over({}, 'abc\r', '\r\n')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 3 })
    })

    it('has a limit of 8 MiB unless another is given', () => {
      const parser = new FrameParser(delimiter('\n'))
      expect([...parser.push(new Uint8Array(8 * 1024 * 1024))]).toEqual([])
      expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(bin('a'))])).toMatchObject({
        offset: 8 * 1024 * 1024,
      })
      const unlimited = new FrameParser(delimiter('\n', { maxFrameLength: Infinity }))
      expect([...unlimited.push(new Uint8Array(9_000_000)), ...unlimited.push(bin('\n'))].length).toBe(1)
    })

    it('is left out whole with skip, and the next frames come', () => {
      expect(over({ onTooLong: 'skip' }, 'ab#abcdef#cd#')).toEqual([
        ['ab', 'cd'],
        [{ offset: 3, length: 6, reason: 'too-long' }],
        undefined,
      ])
    })

    it('is left out although the delimiter behind it is cut in two', () => {
      const codec = delimiter('\r\n', { maxFrameLength: 3, onTooLong: 'skip' })
      expect(decodeAll(codec, bin('abcdef\r'), bin('\nab\r\n'))).toEqual([['ab']])
      expect(decodeAll(codec, bin('abcdef\r'), bin('x\r'), bin('\nab\r\n'))).toEqual([['ab']])
    })

    it('keeps its first bytes with truncate, and reports the others', () => {
      expect(over({ onTooLong: 'truncate' }, 'abcdef#cd#')).toEqual([
        ['abc', 'cd'],
        [{ offset: 3, length: 3, reason: 'too-long' }],
        undefined,
      ])
    })

    it('comes in pieces with split, without an empty one if the last is full', () => {
      expect(over({ onTooLong: 'split' }, 'abcdefg#ab#abcdef#abc##')).toEqual([
        ['abc', 'def', 'g', 'ab', 'abc', 'def', 'abc', ''],
        [],
        undefined,
      ])
    })

    it('keeps its delimiter on the last piece with suffix, on the first with prefix', () => {
      expect(over({ onTooLong: 'split', disposition: 'suffix' }, 'abcdef#a#')[0]).toEqual(['abc', 'def#', 'a#'])
      expect(over({ onTooLong: 'split', disposition: 'prefix' }, '#abcdef#a')[0]).toEqual(['#abc', 'def', '#a'])
      expect(over({ onTooLong: 'truncate', disposition: 'suffix' }, 'abcdef#a#')[0]).toEqual(['abc', 'a#'])
      expect(over({ onTooLong: 'truncate', disposition: 'prefix' }, '#abcdef#a')[0]).toEqual(['#abc', '#a'])
    })

    it('that is left out at the end of the input is a cut frame, except with prefix, where the end ends it', () => {
      expect(over({ onTooLong: 'skip' }, 'abcdef')).toMatchObject([
        [],
        [{ offset: 0, length: 6 }],
        { code: 'ERR_FRAME_TRUNCATED', offset: 6, partial: bin('') },
      ])
      expect(over({ onTooLong: 'skip', disposition: 'prefix' }, '#a#bcdef')).toEqual([
        ['#a'],
        [{ offset: 3, length: 5, reason: 'too-long' }],
        undefined,
      ])
      expect(over({ onTooLong: 'truncate', disposition: 'prefix' }, 'abcdef')).toEqual([
        ['abc'],
        [{ offset: 3, length: 3, reason: 'too-long' }],
        undefined,
      ])
    })

    it('ends the stream if onSkip throws', () => {
      const codec = delimiter('#', {
        maxFrameLength: 1,
        onTooLong: 'skip',
        onSkip: () => {
          throw new Error('enough')
        },
      })
      const parser = new FrameParser(codec)
      const frames = parser.push(bin('a#bcd#e#'))
      expect(frames.next().value).toEqual(bin('a'))
      expect(() => frames.next()).toThrow('enough')
      expect(() => frames.next()).toThrow('enough')
    })
  })

  describe('the encoder', () => {
    it('puts the delimiter behind the payload', () => {
      expect(encode(delimiter('\r\n'), 'ab', '', 'c')).toBe('ab\r\n\r\nc\r\n')
    })

    it('writes the first of several delimiters that is not the start of another', () => {
      expect(encode(delimiter(['\n', ';']), 'a')).toBe('a\n')
      expect(encode(delimiter(['a', 'ab', ';']), 'x')).toBe('xab')
    })

    it('takes frames as the decoder gives them: with their delimiter if it keeps it', () => {
      expect(encode(delimiter(['#', ';'], { disposition: 'suffix' }), 'a;', 'b#', '#')).toBe('a;b##')
      expect(encode(delimiter(['#', ';'], { disposition: 'prefix' }), 'a', ';b', '#')).toBe('a;b#')
    })

    it.each<[string, Parameters<typeof delimiter>, string, number]>([
      ['has the delimiter within it', ['#'], 'a#b', 1],
      ['has another of the delimiters within it', [['#', ';']], 'a;b', 1],
      ['makes one with the delimiter behind it: abab behind xab', ['abab'], 'xab', 1],
      ['makes a longer one with the delimiter behind it: AAB of A and AB', [['AB', 'AAB']], 'A', 0],
      ['may make a longer one with what comes next', [['b', 'bbc']], 'ab', 1],
      ['has no delimiter at its end with suffix', ['#', { disposition: 'suffix' }], 'a', 1],
      ['has one more delimiter with suffix', ['#', { disposition: 'suffix' }], 'a#b#', 1],
      ['has a delimiter that may become a longer one with suffix', [['a', 'ab'], { disposition: 'suffix' }], 'xa', 1],
      ['has no delimiter at its beginning with prefix', ['#', { disposition: 'prefix' }], 'a', 0],
      ['has one more delimiter with prefix', ['#', { disposition: 'prefix' }], '#a#b', 2],
      ['makes one with the next prefix', ['abab', { disposition: 'prefix' }], 'ababxab', 5],
      ['makes one with a short prefix and what follows it', [['a', 'ab', 'cac'], { disposition: 'prefix' }], 'axc', 2],
      ['has a prefix that the next one makes longer', [['a', 'ab', 'b'], { disposition: 'prefix' }], 'a', 0],
      ['is empty, and emitEmpty is false', ['#', { emitEmpty: false }], '', 0],
      [
        'is empty but for its delimiter, and emitEmpty is false',
        ['#', { emitEmpty: false, disposition: 'suffix' }],
        '#',
        0,
      ],
    ])('refuses a frame that %s, and leaves nothing of it', (_, args, frame, offset) => {
      const codec = delimiter(...args)
      const first =
        codec === undefined || args[1]?.disposition !== 'prefix'
          ? []
          : [bin(args[0] === '#' || args[0] === 'abab' ? `${args[0]}_` : 'a_')]
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(codec, [...first, bin(frame)]))
      expect(error).toMatchObject({ offset, frameIndex: first.length })
    })

    it('refuses a frame over the limit, which counts the payload alone', () => {
      expect(
        framingError('ERR_FRAME_TOO_LONG', () => encode(delimiter('#', { maxFrameLength: 3 }), 'abcd')),
      ).toMatchObject({ offset: 3, limit: 3, length: 4 })
      for (const [disposition, frame, offset] of [
        ['suffix', 'abcd##', 3],
        ['prefix', '##abcd', 5],
      ] as const) {
        const codec = delimiter('##', { maxFrameLength: 3, disposition })
        expect(framingError('ERR_FRAME_TOO_LONG', () => encode(codec, frame))).toMatchObject({
          offset,
          limit: 3,
          length: 4,
        })
        expect(encode(codec, frame.replace('d', ''))).toBe(frame.replace('d', ''))
      }
    })

    it('refuses what is no bytes with a TypeError', () => {
      expect(() => encodeFrames(delimiter('#'), ['abc' as never])).toThrow(/^Expected bytes/)
    })
  })

  describe('wrong arguments throw at once and say what would be right', () => {
    it.each<[string, unknown[], typeof TypeError | typeof RangeError, string]>([
      ['an empty delimiter', [''], RangeError, 'A delimiter must have at least one byte'],
      [
        'an empty delimiter among others',
        [['#', new Uint8Array(0)]],
        RangeError,
        'A delimiter must have at least one byte',
      ],
      ['no delimiters', [[]], RangeError, 'At least one delimiter is needed'],
      ['a number', [10], TypeError, 'A delimiter must be a string or bytes, not 10'],
      ['nothing', [undefined], TypeError, 'A delimiter must be a string or bytes, not undefined'],
      ['null', [null], TypeError, 'Expected bytes'],
      ['a regular expression', [/\n/], TypeError, 'Expected bytes'],
      [
        'a misspelt option',
        ['#', { maxFramelength: 5 }],
        TypeError,
        'delimiter has no option "maxFramelength"; it has disposition, emitEmpty, maxFrameLength',
      ],
      ['options that are none', ['#', null], TypeError, 'The options of delimiter must be an object, not null'],
      [
        'an unknown disposition',
        ['#', { disposition: 'keep' }],
        TypeError,
        "disposition must be 'discard' or 'suffix' or 'prefix', not the string \"keep\"",
      ],
      [
        'onTrailing with prefix',
        ['#', { disposition: 'prefix', onTrailing: 'emit' }],
        TypeError,
        "onTrailing has no meaning with disposition 'prefix'",
      ],
      [
        'an unknown onTooLong',
        ['#', { onTooLong: 'drop' }],
        TypeError,
        "onTooLong must be 'error' or 'skip' or 'split' or 'truncate'",
      ],
      [
        'an unknown onTrailing',
        ['#', { onTrailing: 'skip' }],
        TypeError,
        "onTrailing must be 'error' or 'emit' or 'drop'",
      ],
      ['an unknown copy', ['#', { copy: true }], TypeError, "copy must be 'auto' or 'always' or 'never', not true"],
      ['emitEmpty that is no boolean', ['#', { emitEmpty: 1 }], TypeError, 'emitEmpty must be true or false, not 1'],
      [
        'onSkip that is no function',
        ['#', { onSkip: {} }],
        TypeError,
        'onSkip must be a function, not an object (Object)',
      ],
      ...[0, -1, 1.5, Number.NaN, 2 ** 53, '5', null].map((limit): [string, unknown[], typeof RangeError, string] => [
        `a limit of ${JSON.stringify(limit)}`,
        ['#', { maxFrameLength: limit }],
        RangeError,
        'maxFrameLength must be a whole number of bytes above 0, or Infinity, not ',
      ]),
    ])('%s', (_, args, type, message) => {
      const make = (): unknown => delimiter(...(args as Parameters<typeof delimiter>))
      expect(make).toThrow(type)
      expect(make).toThrow(message)
    })
  })
})
