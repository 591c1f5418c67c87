import { describe, expect, it } from 'vitest'

import { encodeFrames } from '../../src/codec/frame-parser.ts'
import { lines, type LinesOptions } from '../../src/codec/lines.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, unbin, utf8 } from '../support/bytes.ts'

const BOM = '\uFEFF'

function linesOf(options: LinesOptions, text: string): unknown[] {
  return decodeAll(lines(options), utf8(text))[0]
}

describe('lines', () => {
  it("'lf' ends a line at LF and takes one CR before it away", () => {
    expect(linesOf({}, 'a\nb\r\nc\r\r\n\nd\re\n')).toEqual(['a', 'b', 'c\r', '', 'd\re'])
  })

  it("'crlf' ends a line at CRLF alone: a lone CR or LF is text", () => {
    expect(linesOf({ newline: 'crlf' }, 'a\nb\r\nc\rd\r\r\n\r\n\n\r\n')).toEqual(['a\nb', 'c\rd\r', '', '\n'])
  })

  it("'any' ends a line at LF, CR or CRLF", () => {
    expect(linesOf({ newline: 'any' }, 'a\nb\r\nc\rd\r\re\n\rf\r\n\n')).toEqual([
      'a',
      'b',
      'c',
      'd',
      '',
      'e',
      '',
      'f',
      '',
    ])
  })

  it("'any' knows a line at its CR, and makes no empty line of an LF in the next chunk", () => {
    expect(decodeAll(lines({ newline: 'any' }), bin('a\r'), bin('\nb\r'), bin(''), bin('\n'), bin('\n'))).toEqual([
      ['a', 'b', ''],
    ])
  })

  it('rejectBareLF makes an LF alone an error at its byte, after the good lines', () => {
    const [frames, error] = decodeAll(lines({ newline: 'crlf', rejectBareLF: true }), bin('a\r\nb\nc\r\n'))
    expect(frames).toEqual(['a'])
    expect(error).toMatchObject({
      code: 'ERR_FRAME_MALFORMED',
      offset: 4,
      frameIndex: 1,
      message: 'LF without a CR before it (at byte 4)',
    })
    expect(decodeAll(lines({ newline: 'crlf', rejectBareLF: true }), bin('\n'))[1]).toMatchObject({ offset: 0 })
    expect(decodeAll(lines({ newline: 'crlf', rejectBareLF: true }), bin('a\r\n\n'))[1]).toMatchObject({ offset: 3 })
  })

  it('a limit that comes before a bare LF counts first', () => {
    const strict = { newline: 'crlf', rejectBareLF: true, maxFrameLength: 3 } as const
    expect(decodeAll(lines(strict), bin('abcd\n'))[1]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 3 })
    expect(decodeAll(lines(strict), bin('abc\n'))[1]).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 3 })
    expect(decodeAll(lines({ ...strict, onTooLong: 'split' }), bin('abcd\n'))).toMatchObject([
      ['abc'],
      { code: 'ERR_FRAME_MALFORMED', offset: 4 },
    ])
    const skipped: SkipInfo[] = []
    expect(
      decodeAll(lines({ ...strict, onTooLong: 'truncate', onSkip: (info) => skipped.push(info) }), bin('abcdef\n')),
    ).toMatchObject([['abc'], { code: 'ERR_FRAME_MALFORMED', offset: 6, frameIndex: 1 }])
    expect(skipped).toEqual([{ offset: 3, length: 3, reason: 'too-long' }])
  })

  it('empty lines are lines, or with emitEmpty false are not', () => {
    expect(linesOf({}, '\n\na\n\n')).toEqual(['', '', 'a', ''])
    expect(linesOf({ emitEmpty: false }, '\n\na\n\r\n')).toEqual(['a'])
  })

  describe('the end of the input', () => {
    it('ends the last line', () => {
      expect(linesOf({}, 'a\nb')).toEqual(['a', 'b'])
      expect(linesOf({}, 'a\n')).toEqual(['a'])
      expect(linesOf({}, '')).toEqual([])
    })

    it('leaves a CR there, for it ends no line', () => {
      expect(linesOf({}, 'abc\r')).toEqual(['abc\r'])
      expect(linesOf({ newline: 'crlf' }, 'abc\r')).toEqual(['abc\r'])
      expect(linesOf({ newline: 'any' }, 'abc\r')).toEqual(['abc'])
    })

    it('can be an error, or drop what has no newline', () => {
      expect(decodeAll(lines({ onTrailing: 'error' }), bin('a\nbc'))).toMatchObject([
        ['a'],
        { code: 'ERR_FRAME_TRUNCATED', offset: 4, partial: bin('bc') },
      ])
      const skipped: SkipInfo[] = []
      expect(decodeAll(lines({ onTrailing: 'drop', onSkip: (info) => skipped.push(info) }), bin('a\nbc'))).toEqual([
        ['a'],
      ])
      expect(skipped).toEqual([{ offset: 2, length: 2, reason: 'trailing' }])
    })
  })

  describe('text', () => {
    it('is UTF-8, whole although TCP cut its characters', () => {
      const chunks = Array.from(utf8('é€😀\n'), (byte) => Uint8Array.of(byte))
      expect(decodeAll(lines(), ...chunks)).toEqual([['é€😀']])
    })

    it('that is none becomes U+FFFD', () => {
      expect(decodeAll(lines(), bin('a\xffb\n\xe2\x82\n'))).toEqual([['a\uFFFDb', '\uFFFD']])
    })

    it.each([
      ['a byte that is none', 'ab\xffcd\n', 7],
      ['a character that breaks off within the line', 'ab\xe2\x82cd\n', 9],
      ['a character that the line cuts off', 'abcd\xe2\x82\n', 11],
      ['a character that is too long for itself', 'a\xc0\xafb\n', 6],
      ['a character cut off by the end of the input', 'ab\xf0\x9f\x98', 10],
    ])('that is none is an error with fatal, at its byte: %s', (_, text, offset) => {
      const [frames, error] = decodeAll(lines({ fatal: true }), bin(`good\n${text}`))
      expect(frames).toEqual(['good'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset, frameIndex: 1, cause: expect.any(TypeError) })
    })

    it.each([
      ['CRLF', 'crlf', 'ab\r\n\xff\r\n', 4],
      ['CR', 'any', 'ab\r\xff\r', 3],
      ['CR and LF in the next chunk', 'any', 'ab\r\n\xff\r\n', 4],
    ] as const)('the byte is right behind any newline: %s', (_, newline, text, offset) => {
      for (const chunks of [[bin(text)], Array.from(text, bin)]) {
        expect(decodeAll(lines({ newline, fatal: true }), ...chunks)[1]).toMatchObject({ offset })
      }
    })

    it('loses a byte order mark at the very start alone, whatever chunks it comes in', () => {
      const input = utf8(`${BOM}a\n${BOM}b\n`)
      for (let cut = 0; cut < 4; cut++) {
        expect(decodeAll(lines(), input.slice(0, cut), input.slice(cut))).toEqual([['a', `${BOM}b`]])
      }
      expect(linesOf({ ignoreBOM: true }, `${BOM}a\n`)).toEqual([`${BOM}a`])
      expect(linesOf({}, `${BOM}${BOM}\n`)).toEqual([BOM])
      expect(linesOf({}, BOM)).toEqual([])
    })

    it('does not count the byte order mark against the limit', () => {
      expect(linesOf({ maxFrameLength: 3 }, `${BOM}abc\n`)).toEqual(['abc'])
    })

    it('is no mark if it begins like one', () => {
      expect(decodeAll(lines(), bin('\xef\xbb'), bin('\n'))).toEqual([['\uFFFD']])
      expect(decodeAll(lines(), bin('\xef\xbb'))).toEqual([['\uFFFD']])
    })

    it('can be in any encoding whose newlines are single bytes', () => {
      expect(decodeAll(lines({ encoding: 'shift_jis' }), bin('\x82\xa0\n'))).toEqual([['あ']])
      expect(decodeAll(lines({ encoding: 'koi8-r' }), bin('\xc1\n'))).toEqual([['а']])
    })

    it('in windows-1252, which latin1 is a name of, has the characters of the Encoding standard', () => {
      const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).filter(
        (char) => char !== '\n' && char !== '\r',
      )
      const special = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
      const expected = all
        .map((char) => (char >= '\x80' && char <= '\x9f' ? special[char.charCodeAt(0) - 0x80] : char))
        .join('')
      for (const fatal of [false, true]) {
        const codec = lines({ encoding: 'latin1', fatal })
        expect(decodeAll(codec, bin(`${all.join('')}\n`))).toEqual([[expected]])
        expect(unbin(encodeFrames(codec, [expected]))).toBe(`${all.join('')}\n`)
      }
    })

    it('keeps an FF at the start of every line of windows-1252', () => {
      expect(decodeAll(lines({ encoding: 'latin1' }), bin('\xff\n\xffa\n\xff\xff'))).toEqual([['ÿ', 'ÿa', 'ÿÿ']])
    })
  })

  describe('a line over the limit', () => {
    it('counts bytes, without the newline', () => {
      expect(linesOf({ maxFrameLength: 3 }, 'abc\r\nabc\n')).toEqual(['abc', 'abc'])
      expect(decodeAll(lines({ maxFrameLength: 3 }), utf8('éé\n'))[1]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 3,
        limit: 3,
      })
    })

    it('does not count a CR that may belong to the newline, until it does not', () => {
      expect(decodeAll(lines({ maxFrameLength: 3 }), bin('abc\r'), bin('\n'))).toEqual([['abc']])
      expect(decodeAll(lines({ maxFrameLength: 3 }), bin('abc\r'), bin('d'))[1]).toMatchObject({ offset: 3 })
      expect(decodeAll(lines({ maxFrameLength: 3 }), bin('abc\r'))[1]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 3,
      })
    })

    it('is cut between two characters', () => {
      expect(linesOf({ maxFrameLength: 4, onTooLong: 'split' }, 'aé€😀b\n')).toEqual(['aé', '€', '😀', 'b'])
      expect(linesOf({ maxFrameLength: 5, onTooLong: 'truncate' }, 'aé€😀b\nc\n')).toEqual(['aé', 'c'])
      expect(linesOf({ maxFrameLength: 3, onTooLong: 'split' }, 'éééé')).toEqual(['é', 'é', 'é', 'é'])
    })

    it('loses nothing of bytes that are no UTF-8', () => {
      const [frames] = decodeAll(lines({ maxFrameLength: 2, onTooLong: 'split' }), bin('\x80\x80\x80\x80\xe2\xe2\n'))
      expect(frames.join('')).toBe('\uFFFD'.repeat(6))
    })

    it('is left out with skip, and reported with its bytes', () => {
      const skipped: SkipInfo[] = []
      const codec = lines({ maxFrameLength: 3, onTooLong: 'skip', onSkip: (info) => skipped.push(info) })
      expect(decodeAll(codec, bin('ab\r\nabcd\r'), bin('\nef\n'))).toEqual([['ab', 'ef']])
      expect(skipped).toEqual([{ offset: 4, length: 4, reason: 'too-long' }])
    })
  })

  describe('the encoder', () => {
    const encode = (options: LinesOptions, ...texts: string[]): string =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(encodeFrames(lines(options), texts))

    it("writes LF, or CRLF with 'crlf'", () => {
      expect(encode({}, 'a', '', 'é')).toBe('a\n\né\n')
      expect(encode({ newline: 'any' }, 'a')).toBe('a\n')
      expect(encode({ newline: 'crlf' }, 'a', '')).toBe('a\r\n\r\n')
    })

    it.each<[string, LinesOptions, string, number]>([
      ['an LF within it', {}, 'a\nb', 1],
      ['a CR at its end', {}, 'ab\r', 2],
      ['CRLF within it', { newline: 'crlf' }, 'a\r\nb', 1],
      ['a bare LF where that is an error', { newline: 'crlf', rejectBareLF: true }, 'a\nb', 1],
      ['a CR within it where that ends a line', { newline: 'any' }, 'a\rb', 1],
      ['half a character', {}, 'a\uD800b', 1],
      ['the other half of one', {}, 'ab\uDC00', 2],
      ['a byte order mark at the start of the first line', {}, `${BOM}a`, 0],
      ['nothing in it where empty lines are left out', { emitEmpty: false }, '', 0],
      ['a character that the encoding has not', { encoding: 'latin1' }, 'ab→', 2],
      ['text of an encoding that can only be read', { encoding: 'shift_jis' }, 'a', 0],
    ])('refuses a line with %s, at once and without a trace', (_, options, text, offset) => {
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(lines(options), [text]))).toMatchObject({
        offset,
        frameIndex: 0,
      })
    })

    it('refuses a line over the limit, counted in bytes', () => {
      expect(encode({ maxFrameLength: 4 }, 'éé')).toBe('éé\n')
      expect(framingError('ERR_FRAME_TOO_LONG', () => encode({ maxFrameLength: 4 }, 'ééa'))).toMatchObject({
        offset: 4,
        limit: 4,
        length: 5,
      })
    })

    it('takes what looks dangerous and is not', () => {
      expect(encode({}, 'a\rb', 'x', `${BOM}c`)).toBe(`a\rb\nx\n${BOM}c\n`)
      expect(encode({ newline: 'crlf' }, 'a\n', '\r', '\r\ra\n')).toBe('a\n\r\n\r\r\n\r\ra\n\r\n')
      expect(encode({ ignoreBOM: true }, `${BOM}a`)).toBe(`${BOM}a\n`)
      expect(encode({}, '😀')).toBe('😀\n')
    })

    it('refuses what is no string with a TypeError', () => {
      expect(() => encodeFrames(lines(), [5 as never])).toThrow(new TypeError('A line must be a string, not 5'))
    })
  })

  describe('wrong options throw at once and say what would be right', () => {
    it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
      ['an unknown newline', { newline: 'cr' }, TypeError, "newline must be 'lf' or 'crlf' or 'any'"],
      ['rejectBareLF with lf', { rejectBareLF: true }, TypeError, "rejectBareLF goes with newline 'crlf'"],
      [
        'rejectBareLF that is no boolean',
        { newline: 'crlf', rejectBareLF: 'yes' },
        TypeError,
        'rejectBareLF must be true or false',
      ],
      [
        'an unknown encoding',
        { encoding: 'utf-9' },
        RangeError,
        "There is no encoding \"utf-9\" here: try 'utf-8' or 'latin1'",
      ],
      [
        'an encoding whose newlines are two bytes',
        { encoding: 'utf-16le' },
        RangeError,
        'encoding must be one in which a line ends with the byte LF, not utf-16le',
      ],
      [
        'cutting an encoding that cannot be cut',
        { encoding: 'gbk', onTooLong: 'split' },
        TypeError,
        "onTooLong 'split' cannot cut gbk between characters: use 'error' or 'skip'",
      ],
      ['fatal that is no boolean', { fatal: 1 }, TypeError, 'fatal must be true or false, not 1'],
      ['ignoreBOM that is no boolean', { ignoreBOM: null }, TypeError, 'ignoreBOM must be true or false, not null'],
      [
        'a misspelt option',
        { ignoreBom: true },
        TypeError,
        'lines has no option "ignoreBom"; it has newline, rejectBareLF',
      ],
      ['options that are none', 'crlf', TypeError, 'The options of lines must be an object, not the string "crlf"'],
      [
        'a limit of 0',
        { maxFrameLength: 0 },
        RangeError,
        'maxFrameLength must be a whole number of bytes above 0, or Infinity, not 0',
      ],
      ['copy, for lines are strings', { copy: 'always' }, TypeError, 'lines has no option "copy"'],
    ])('%s', (_, options, type, message) => {
      const make = (): unknown => lines(options as LinesOptions)
      expect(make).toThrow(type)
      expect(make).toThrow(message)
    })
  })
})
