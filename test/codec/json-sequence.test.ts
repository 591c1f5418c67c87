import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { jsonSequence, type JsonSequenceOptions } from '../../src/codec/json-sequence.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { json } from '../../src/codec/text.ts'
import { bin, decodeAll, framingError, unbin } from '../support/bytes.ts'

/** Frames, what was skipped, and the error of the bytes, byte by byte; "^" is written for RS. */
function decode(options: JsonSequenceOptions, text: string): [unknown[], string[], unknown] {
  const skips: string[] = []
  const onSkip = ({ offset, length, reason }: SkipInfo): number => skips.push(`${length} at ${offset} (${reason})`)
  const codec = jsonSequence({ ...options, onSkip })
  const [frames, error] = decodeAll(codec, ...Array.from(text.replaceAll('^', '\x1e'), bin))
  return [frames, skips, error]
}

function encode(options: JsonSequenceOptions, ...frames: string[]): string {
  return unbin(encodeFrames(jsonSequence(options), frames.map(bin))).replaceAll('\x1e', '^')
}

describe('jsonSequence', () => {
  it('gives the texts between RS and LF', () => {
    expect(decode({}, '^{"a":1}\n^[2]\n^3\n')).toEqual([['{"a":1}', '[2]', '3'], [], undefined])
    expect(decode({}, '')).toEqual([[], [], undefined])
  })

  it('takes an LF within a text for a part of it, and the last one for its end', () => {
    expect(decode({}, '^{\n"a":\n1}\n^[\n]\n\n')[0]).toEqual(['{\n"a":\n1}', '[\n]\n'])
  })

  it('delivers a text when the RS of the next one comes, or the input ends, and not before', () => {
    const parser = new FrameParser(jsonSequence())
    expect([...parser.push(bin('\x1e1\n'))]).toEqual([])
    expect([...parser.push(bin('\x1e'))].map(unbin)).toEqual(['1'])
    expect([...parser.push(bin('2\n'))]).toEqual([])
    expect([...parser.end()].map(unbin)).toEqual(['2'])
  })

  it('takes RS RS for no text, and a text of nothing but LF neither', () => {
    expect(decode({}, '^^1\n^^^2\n')).toEqual([['1', '2'], [], undefined])
    expect(decode({}, '^\n^1\n^\n')).toEqual([['1'], [], undefined])
  })

  it('gives values with json()', () => {
    const values = json(jsonSequence())
    const bytes = encodeFrames(values, [{ text: 'a\nb\x1e' }, null, 1.5, 'é'])
    expect(decodeAll(values, bytes)).toEqual([[{ text: 'a\nb\x1e' }, null, 1.5, 'é']])
  })

  it('gives frames of both kinds of memory, as copy says', () => {
    const chunk = bin('\x1e"abc"\n\x1e1\n')
    expect(new FrameParser(jsonSequence({ copy: 'never' })).push(chunk).next().value!.buffer).toBe(chunk.buffer)
    expect(new FrameParser(jsonSequence({ copy: 'always' })).push(chunk).next().value!.buffer).not.toBe(chunk.buffer)
  })

  describe('what stands before the first RS', () => {
    it('is an error at its first byte', () => {
      expect(decode({}, 'x^1\n')).toMatchObject([[], [], { code: 'ERR_FRAME_MALFORMED', offset: 0, frameIndex: 0 }])
      expect(String(decode({}, '\n^1\n')[2])).toBe('FramingError: The first text does not begin with RS (at byte 0)')
    })

    it('is passed over and reported once with skip, LF included', () => {
      expect(decode({ onMalformed: 'skip' }, '{"a":1}\n^1\n')).toEqual([['1'], ['8 at 0 (malformed)'], undefined])
      expect(decode({ onMalformed: 'skip' }, 'no RS at all\n')).toEqual([[], ['13 at 0 (malformed)'], undefined])
    })
  })

  describe('a text cut short: no LF before the next RS', () => {
    it('is an error at that RS, after the good texts before it', () => {
      const [frames, , error] = decode({}, '^1\n^12^3\n')
      expect(frames).toEqual(['1'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 6, frameIndex: 1 })
      expect(String(error)).toBe('FramingError: Text without an LF at its end: it may be cut short (at byte 6)')
    })

    it('is left out with skip, and the next text comes', () => {
      expect(decode({ onMalformed: 'skip' }, '^1\n^{"a":^2\n^tru^^3\n')).toEqual([
        ['1', '2', '3'],
        ['5 at 4 (malformed)', '3 at 13 (malformed)'],
        undefined,
      ])
    })

    it('is one although an LF stands within it', () => {
      expect(decode({ onMalformed: 'skip' }, '^[\n1^2\n')).toEqual([['2'], ['3 at 1 (malformed)'], undefined])
    })
  })

  describe('a text over the limit', () => {
    it('is met exactly, RS and LF not counted', () => {
      expect(decode({ maxFrameLength: 3 }, '^123\n^456\n')[0]).toEqual(['123', '456'])
    })

    it('is an error at the first byte past it', () => {
      expect(decode({ maxFrameLength: 3 }, '^1\n^1234\n^5\n')).toMatchObject([
        ['1'],
        [],
        { code: 'ERR_FRAME_TOO_LONG', offset: 7, frameIndex: 1, limit: 3 },
      ])
      const parser = new FrameParser(jsonSequence({ maxFrameLength: 3 }))
      expect([...parser.push(bin('\x1e123'))]).toEqual([])
      expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(bin('4'))]).offset).toBe(4)
    })

    it('is one if the LF that met the limit was not its end', () => {
      expect(decode({ maxFrameLength: 3 }, '^123\n\n')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 4 })
      expect(decode({ maxFrameLength: 3 }, '^123\n ')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 4 })
    })

    it('is left out with skip, in the middle and at the end of the input alike', () => {
      expect(decode({ maxFrameLength: 3, onTooLong: 'skip' }, '^12345\n^6\n^[1,2]\n')).toEqual([
        ['6'],
        ['5 at 1 (too-long)', '5 at 11 (too-long)'],
        undefined,
      ])
    })

    it('is left out as too long where it is cut short as well, which is an error all the same', () => {
      const options = { maxFrameLength: 3, onTooLong: 'skip' } as const
      expect(decode({ ...options, onMalformed: 'skip' }, '^12345^6\n')).toEqual([
        ['6'],
        ['5 at 1 (too-long)'],
        undefined,
      ])
      expect(decode(options, '^12345^6\n')).toMatchObject([
        [],
        ['5 at 1 (too-long)'],
        { code: 'ERR_FRAME_MALFORMED', offset: 6, frameIndex: 0 },
      ])
    })
  })

  describe('input that ends within a text', () => {
    it('is an error, with what had come', () => {
      expect(decode({}, '^1\n^tru')).toMatchObject([
        ['1'],
        [],
        { code: 'ERR_FRAME_TRUNCATED', offset: 7, partial: bin('tru'), frameIndex: 1 },
      ])
    })

    it('is an error right behind RS', () => {
      expect(decode({}, '^1\n^')).toMatchObject([
        ['1'],
        [],
        { code: 'ERR_FRAME_TRUNCATED', offset: 4, partial: bin(''), frameIndex: 1 },
      ])
      expect(decode({}, '^')[2]).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 1 })
    })

    it('can be a text, if it has any bytes', () => {
      expect(decode({ onTrailing: 'emit' }, '^1\n^[2]')).toEqual([['1', '[2]'], [], undefined])
      expect(decode({ onTrailing: 'emit' }, '^1\n^')).toEqual([['1'], [], undefined])
    })

    it('can be dropped and reported', () => {
      expect(decode({ onTrailing: 'drop' }, '^1\n^tru')).toEqual([['1'], ['3 at 4 (trailing)'], undefined])
      expect(decode({ onTrailing: 'drop' }, '^1\n^')).toEqual([['1'], [], undefined])
    })

    it('is an error too if the text was being left out, unless its LF came', () => {
      const options = { maxFrameLength: 2, onTooLong: 'skip' } as const
      expect(decode(options, '^123')).toMatchObject([
        [],
        ['3 at 1 (too-long)'],
        { code: 'ERR_FRAME_TRUNCATED', offset: 4, partial: bin('') },
      ])
      expect(decode(options, '^123\n')).toEqual([[], ['3 at 1 (too-long)'], undefined])
      for (const onTrailing of ['emit', 'drop'] as const) {
        expect(decode({ ...options, onTrailing }, '^123')).toEqual([[], ['3 at 1 (too-long)'], undefined])
      }
    })
  })

  it('counts the bytes that it left out, for whatever reason', () => {
    const parser = new FrameParser(jsonSequence({ maxFrameLength: 3, onTooLong: 'skip', onMalformed: 'skip' }))
    expect([...parser.push(bin('x\x1e12345\n\x1e6\x1e7\n\x1e'))].map(unbin)).toEqual(['7'])
    expect(parser.stats).toMatchObject({ bytesIn: 14, frames: 1, skipped: 7 })
  })
})

describe('the encoder of jsonSequence', () => {
  it('puts RS before a text and LF behind it', () => {
    expect(encode({}, '{"a":1}', '2', '[\n]\n')).toBe('^{"a":1}\n^2\n^[\n]\n\n')
  })

  it('refuses an empty text and one with an RS in it, and leaves nothing of it', () => {
    const encoder = jsonSequence().encoder()
    const sink = new ByteSink()
    expect(framingError('ERR_FRAME_UNENCODABLE', () => encoder.encode(bin(''), sink))).toMatchObject({
      offset: 0,
      length: 0,
    })
    expect(framingError('ERR_FRAME_UNENCODABLE', () => encoder.encode(bin('"a\x1eb"'), sink))).toMatchObject({
      offset: 2,
      length: 5,
    })
    expect(sink.length).toBe(0)
  })

  it('refuses a text over the limit', () => {
    expect(framingError('ERR_FRAME_TOO_LONG', () => encode({ maxFrameLength: 3 }, '1234'))).toMatchObject({
      offset: 3,
      limit: 3,
      length: 4,
    })
    expect(encode({ maxFrameLength: 3 }, '123')).toBe('^123\n')
  })

  it('refuses what is no bytes with a TypeError', () => {
    expect(() => encodeFrames(jsonSequence(), ['1' as never])).toThrow(/^Expected bytes/)
  })
})

describe('wrong options of jsonSequence throw at once', () => {
  it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
    ['a misspelt option', { emitEmpty: true }, TypeError, 'jsonSequence has no option "emitEmpty"'],
    ['options that are none', null, TypeError, 'The options of jsonSequence must be an object, not null'],
    ['a limit of -1', { maxFrameLength: -1 }, RangeError, 'maxFrameLength must be a whole number of bytes above 0'],
    ['split', { onTooLong: 'split' }, TypeError, "onTooLong must be 'error' or 'skip'"],
    ['truncate', { onTooLong: 'truncate' }, TypeError, "onTooLong must be 'error' or 'skip'"],
    ['an unknown onTrailing', { onTrailing: 'skip' }, TypeError, "onTrailing must be 'error' or 'emit' or 'drop'"],
    ['an unknown onMalformed', { onMalformed: 'emit' }, TypeError, "onMalformed must be 'error' or 'skip'"],
    ['an unknown copy', { copy: 'yes' }, TypeError, "copy must be 'auto' or 'always' or 'never'"],
    ['onSkip that is no function', { onSkip: null }, TypeError, 'onSkip must be a function, not null'],
  ])('%s', (_, options, type, message) => {
    const make = (): unknown => jsonSequence(options as JsonSequenceOptions)
    expect(make).toThrow(type)
    expect(make).toThrow(message)
  })
})
