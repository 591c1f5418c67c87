import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { slip, type SlipOptions } from '../../src/codec/slip.ts'
import { bin, decodeAll, framingError, unbin } from '../support/bytes.ts'

const END = '\xc0'
const ESC = '\xdb'
const ESC_END = '\xdb\xdc'
const ESC_ESC = '\xdb\xdd'

/** An alphabet that can be read: frames are "(...)", and "/" escapes. */
const LETTERS = {
  start: 0x28,
  end: 0x29,
  esc: 0x2f,
  escStart: 0x73,
  escEnd: 0x65,
  escEsc: 0x71,
} as const

/** Frames, what was skipped, and the error of the bytes, byte by byte. */
function decode(options: SlipOptions, text: string): [unknown[], string[], unknown] {
  const skips: string[] = []
  const onSkip = ({ offset, length, reason }: SkipInfo): number => skips.push(`${length} at ${offset} (${reason})`)
  const [frames, error] = decodeAll(slip({ ...options, onSkip }), ...Array.from(text, bin))
  return [frames, skips, error]
}

function encode(options: SlipOptions, ...frames: string[]): string {
  return unbin(encodeFrames(slip(options), frames.map(bin)))
}

describe('slip', () => {
  it('ends a frame with END, and writes END and ESC within it as two bytes', () => {
    expect(encode({}, 'abc')).toBe(`${END}abc${END}`)
    expect(encode({}, `a${END}b${ESC}c`)).toBe(`${END}a${ESC_END}b${ESC_ESC}c${END}`)
    expect(encode({}, `${ESC}\xdc`, `${END}${END}`)).toBe(`${END}${ESC_ESC}\xdc${END}${ESC_END}${ESC_END}${END}`)
  })

  it('reads back what it writes, all 256 bytes', () => {
    const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))
    for (const options of [{}, LETTERS, { end: 0, esc: 1, escEnd: 2, escEsc: 3 }]) {
      expect(decode(options, encode(options, all, all))).toEqual([[all, all], [], undefined])
    }
  })

  it('begins the stream with an END, so that noise before it is no part of the first frame (RFC 1055)', () => {
    expect(encode({}, 'a', 'b')).toBe(`${END}a${END}b${END}`)
    expect(decode({}, `noise${encode({}, 'a', 'b')}`)[0]).toEqual(['noise', 'a', 'b'])
  })

  it('takes nothing between two ENDs for no frame', () => {
    expect(decode({}, `${END}${END}a${END}${END}${END}b${END}`)).toEqual([['a', 'b'], [], undefined])
    expect(decode({}, END)).toEqual([[], [], undefined])
    expect(decode({}, '')).toEqual([[], [], undefined])
  })

  it('reads escapes that are cut after ESC, at the very start and the very end of a frame too', () => {
    const parser = new FrameParser(slip())
    expect([...parser.push(bin(ESC))]).toEqual([])
    expect([...parser.push(bin(`\xdcx${ESC}`))]).toEqual([])
    expect([...parser.push(bin(`\xdd${END}`))].map(unbin)).toEqual([`${END}x${ESC}`])
  })

  it('takes the bytes that follow an ESC for themselves where none stands before them', () => {
    expect(decode({}, `\xdc\xdd${END}`)[0]).toEqual(['\xdc\xdd'])
  })

  it("gives views of the chunk where nothing is escaped, and with copy 'always' memory of its own to every frame", () => {
    const wire = `abc${END}d${ESC}\xdc${END}e${END}`
    for (const copy of ['auto', 'never', 'always'] as const) {
      const chunk = bin(wire)
      const frames = [...new FrameParser(slip({ copy })).push(chunk)]
      expect(frames.map(unbin)).toEqual(['abc', `d${END}`, 'e'])
      expect(unbin(chunk)).toBe(wire)
      expect(frames.map(({ buffer }) => buffer === chunk.buffer)).toEqual([copy !== 'always', false, copy !== 'always'])
      if (copy === 'always') expect(frames.map(({ buffer }) => buffer.byteLength)).toEqual([3, 2, 1])
    }
  })

  describe('with bytes of your own', () => {
    it('uses every one of the six', () => {
      expect(encode(LETTERS, 'a(b)c/d')).toBe('(a/sb/ec/qd)')
      expect(decode(LETTERS, '(a/sb/ec/qd)')).toEqual([['a(b)c/d'], [], undefined])
      expect(decode(LETTERS, '(seq)')[0]).toEqual(['seq'])
    })

    it('may use 0 and 255', () => {
      const options = { end: 0, esc: 255, escEnd: 1, escEsc: 254 }
      expect(encode(options, 'a\0\xff')).toBe('\0a\xff\x01\xff\xfe\0')
      expect(decode(options, 'a\xff\x01\xff\xfe\0')[0]).toEqual(['a\0\xff'])
      const start = { ...options, start: 2, escStart: 3 }
      expect(encode(start, '\x02\0')).toBe('\x02\xff\x03\xff\x01\0')
      expect(decode(start, encode(start, '\x02\0'))[0]).toEqual(['\x02\0'])
    })

    it('takes a START of 0, which is a byte like any other', () => {
      const options = { start: 0, escStart: 1, end: 2, esc: 3, escEnd: 4, escEsc: 5 }
      expect(encode(options, 'a\0b')).toBe('\0a\x03\x01b\x02')
      expect(decode(options, 'x\0a\x03\x01b\x02')).toEqual([['a\0b'], ['1 at 0 (sync)'], undefined])
    })

    it('knows no escape for START where there is no START', () => {
      expect(decode({}, `${ESC}\xde${END}`)[2]).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 1 })
    })
  })

  describe('with START', () => {
    it('begins every frame with it, and writes no END before the first', () => {
      expect(encode(LETTERS, 'a', 'b')).toBe('(a)(b)')
    })

    it('skips what stands between frames, ENDs and ESCs included, and reports it as sync', () => {
      expect(decode(LETTERS, 'x)/(a))yz(b)/')).toEqual([
        ['a', 'b'],
        ['3 at 0 (sync)', '3 at 6 (sync)', '1 at 12 (sync)'],
        undefined,
      ])
    })

    it('takes nothing between START and END for no frame', () => {
      expect(decode(LETTERS, '()(a)()')).toEqual([['a'], [], undefined])
    })

    it('takes a START within a frame for an error: an END was lost', () => {
      expect(decode(LETTERS, '(a)(b(c)')).toMatchObject([['a'], [], { code: 'ERR_FRAME_MALFORMED', offset: 5 }])
      expect(decode(LETTERS, '((a)')[2]).toMatchObject({
        offset: 1,
        message: 'START within a frame of SLIP (at byte 1)',
      })
    })

    it('leaves such a frame out up to its END with skip, START included', () => {
      expect(decode({ ...LETTERS, onMalformed: 'skip' }, '(a)(b(c)(d)')).toEqual([
        ['a', 'd'],
        ['4 at 3 (malformed)'],
        undefined,
      ])
    })
  })

  describe('a bad escape', () => {
    it('is an error at the byte behind the ESC, after the good frames before it', () => {
      const [frames, , error] = decode({}, `a${END}b${ESC}c${END}`)
      expect(frames).toEqual(['a'])
      expect(error).toMatchObject({
        code: 'ERR_FRAME_MALFORMED',
        offset: 4,
        frameIndex: 1,
        message: 'ESC before a byte that it cannot stand before in SLIP (at byte 4)',
      })
    })

    it('is END behind an ESC, and ESC behind an ESC', () => {
      expect(decode({}, `a${ESC}${END}`)[2]).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 2 })
      expect(decode({}, `a${ESC}${ESC}`)[2]).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 2 })
    })

    it('loses the one frame whole with skip: not a part of it, and not the next one', () => {
      expect(decode({ onMalformed: 'skip' }, `a${END}bb${ESC}xcc${END}d${END}`)).toEqual([
        ['a', 'd'],
        ['6 at 2 (malformed)'],
        undefined,
      ])
      expect(decode({ onMalformed: 'skip' }, `a${ESC}${END}b${END}`)).toEqual([
        ['b'],
        ['2 at 0 (malformed)'],
        undefined,
      ])
    })

    it('is left out although it is all there in one chunk', () => {
      const skips: SkipInfo[] = []
      const codec = slip({ onMalformed: 'skip', onSkip: (info) => skips.push(info) })
      expect(decodeAll(codec, bin(`bb${ESC}xcc${END}d${END}`))).toEqual([['d']])
      expect(skips).toEqual([{ offset: 0, length: 6, reason: 'malformed' }])
    })
  })

  describe('the limit', () => {
    it('is met exactly, an escape counted as the byte that it stands for', () => {
      expect(decode({ maxFrameLength: 3 }, `abc${END}`)[0]).toEqual(['abc'])
      expect(decode({ maxFrameLength: 3 }, `${ESC_END}${ESC_ESC}${ESC_END}${END}`)[0]).toEqual([`${END}${ESC}${END}`])
      expect(decode({ ...LETTERS, maxFrameLength: 3 }, '(a/sb)')[0]).toEqual(['a(b'])
    })

    it('is broken at the first byte past it', () => {
      expect(decode({ maxFrameLength: 3 }, `a${END}abcd${END}`)).toMatchObject([
        ['a'],
        [],
        { code: 'ERR_FRAME_TOO_LONG', offset: 5, frameIndex: 1, limit: 3 },
      ])
      expect(decode({ ...LETTERS, maxFrameLength: 3 }, 'xy(abcd)')[2]).toMatchObject({ offset: 6 })
    })

    it('or at the ESC of the byte past it, whatever would have followed', () => {
      const parser = new FrameParser(slip({ maxFrameLength: 3 }))
      expect([...parser.push(bin('abc'))]).toEqual([])
      expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(bin(ESC))]).offset).toBe(3)
      expect(decode({ maxFrameLength: 3 }, `${ESC_END}bc${ESC}x`)[2]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 4,
      })
    })

    it('leaves the frame out with skip, and says that it was too long although it came in one chunk', () => {
      const expected = [['a', 'bc'], ['4 at 2 (too-long)'], undefined]
      const text = `a${END}abcd${END}bc${END}`
      const options = { maxFrameLength: 3, onTooLong: 'skip' } as const
      expect(decode(options, text)).toEqual(expected)
      const skips: SkipInfo[] = []
      decodeAll(slip({ ...options, onSkip: (info) => skips.push(info) }), bin(text))
      expect(skips).toEqual([{ offset: 2, length: 4, reason: 'too-long' }])
    })

    it('counts START as a byte left out', () => {
      expect(decode({ ...LETTERS, maxFrameLength: 1, onTooLong: 'skip' }, '(a)(bc)(d)')).toEqual([
        ['a', 'd'],
        ['3 at 3 (too-long)'],
        undefined,
      ])
    })

    it('is 8 MiB unless another is given', () => {
      const parser = new FrameParser(slip())
      expect([...parser.push(new Uint8Array(8 * 1024 * 1024))]).toEqual([])
      expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(bin('a'))]).offset).toBe(8 * 1024 * 1024)
    })
  })

  describe('input that ends within a frame', () => {
    it.each([
      ['within the payload', {}, `a${END}bc`, 'bc', 4],
      ['right behind ESC', {}, `bc${ESC}`, 'bc', 3],
      ['right behind an escape', {}, ESC_END, END, 2],
      ['right behind START', LETTERS, '(a)(', '', 4],
      ['in a frame with START', LETTERS, 'x(ab', 'ab', 4],
    ])('is an error %s', (_, options, text, partial, offset) => {
      expect(decode(options, text)[2]).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', partial: bin(partial), offset })
    })

    it('is none behind the END that begins the stream, and none in noise before START', () => {
      expect(decode({}, `a${END}${END}`)).toEqual([['a'], [], undefined])
      expect(decode(LETTERS, '(a)xyz')).toEqual([['a'], ['3 at 3 (sync)'], undefined])
    })

    it('is dropped and reported as it was written', () => {
      expect(decode({ onTrailing: 'drop' }, `a${END}b${ESC_END}${ESC}`)).toEqual([
        ['a'],
        ['4 at 2 (trailing)'],
        undefined,
      ])
      expect(decode({ ...LETTERS, onTrailing: 'drop' }, '(a)x(')).toEqual([
        ['a'],
        ['1 at 3 (sync)', '1 at 4 (trailing)'],
        undefined,
      ])
    })

    it('is an error too if the frame was being left out', () => {
      expect(decode({ maxFrameLength: 1, onTooLong: 'skip' }, 'abc')).toMatchObject([
        [],
        ['3 at 0 (too-long)'],
        { code: 'ERR_FRAME_TRUNCATED', offset: 3, partial: bin('') },
      ])
    })
  })
})

describe('the encoder of slip', () => {
  it('refuses an empty frame, which would not be read back', () => {
    for (const options of [{}, LETTERS]) {
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encode(options, 'a', ''))
      expect(error).toMatchObject({ offset: 0, length: 0, frameIndex: 1 })
    }
  })

  it('refuses a frame over the limit, which counts the payload and not its escapes', () => {
    expect(framingError('ERR_FRAME_TOO_LONG', () => encode({ maxFrameLength: 3 }, 'abcd'))).toMatchObject({
      offset: 3,
      limit: 3,
      length: 4,
    })
    expect(encode({ maxFrameLength: 3 }, END.repeat(3))).toBe(`${END}${ESC_END.repeat(3)}${END}`)
  })

  it('still begins the stream with an END if the first frame was refused, of which it leaves nothing', () => {
    const encoder = slip().encoder()
    const sink = new ByteSink()
    framingError('ERR_FRAME_UNENCODABLE', () => encoder.encode(bin(''), sink))
    expect(sink.length).toBe(0)
    encoder.encode(bin('a'), sink)
    expect(unbin(sink.take())).toBe(`${END}a${END}`)
  })

  it('refuses what is no bytes with a TypeError', () => {
    expect(() => encodeFrames(slip(), ['abc' as never])).toThrow(/^Expected bytes/)
  })
})

describe('wrong options of slip throw at once', () => {
  const NAMES = ['start', 'end', 'esc', 'escStart', 'escEnd', 'escEsc'] as const
  it.each(NAMES)('%s must be a byte', (name) => {
    for (const byte of [-1, 256, 1.5, Number.NaN, '\xc0', null]) {
      expect(() => slip({ ...LETTERS, [name]: byte })).toThrow(
        new RegExp(`^${name} must be a whole number from 0 to 255, not `),
      )
    }
  })

  it('two of the bytes cannot be the same, a default and one of your own neither', () => {
    for (const one of NAMES) {
      for (const other of NAMES) {
        if (one === other) continue
        expect(() => slip({ ...LETTERS, [one]: LETTERS[other] })).toThrow(
          new RangeError('The bytes of slip must all be different'),
        )
      }
    }
    expect(() => slip({ end: 0xdb })).toThrow(RangeError)
  })

  it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
    ['start without escStart', { start: 1 }, TypeError, 'start and escStart go together'],
    ['escStart without start', { escStart: 1 }, TypeError, 'start and escStart go together'],
    ['a misspelt option', { END: 1 }, TypeError, 'slip has no option "END"; it has maxFrameLength'],
    ['options that are none', 5, TypeError, 'The options of slip must be an object, not 5'],
    ['a limit of 0', { maxFrameLength: 0 }, RangeError, 'maxFrameLength must be a whole number of bytes above 0'],
    ['split', { onTooLong: 'split' }, TypeError, "onTooLong must be 'error' or 'skip'"],
    ['emit', { onTrailing: 'emit' }, TypeError, "onTrailing must be 'error' or 'drop'"],
    ['an unknown onMalformed', { onMalformed: true }, TypeError, "onMalformed must be 'error' or 'skip', not true"],
    ['onSkip that is no function', { onSkip: 'x' }, TypeError, 'onSkip must be a function'],
  ])('%s', (_, options, type, message) => {
    const make = (): unknown => slip(options as SlipOptions)
    expect(make).toThrow(type)
    expect(make).toThrow(message)
  })
})
