import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { startEnd, type StartEndOptions } from '../../src/codec/start-end.ts'
import { bin, decodeAll, framingError, unbin } from '../support/bytes.ts'

type Options = Partial<StartEndOptions>

function make(options: Options): ReturnType<typeof startEnd> {
  return startEnd({ start: '<', end: '>', ...options })
}

/** Frames, what was skipped, and the error of the bytes, byte by byte. */
function decode(options: Options, text: string): [unknown[], string[], unknown] {
  const skips: string[] = []
  const onSkip = ({ offset, length, reason }: SkipInfo): number => skips.push(`${length} at ${offset} (${reason})`)
  const [frames, error] = decodeAll(make({ ...options, onSkip }), ...Array.from(text, bin))
  return [frames, skips, error]
}

function encode(options: Options, ...frames: string[]): string {
  return unbin(encodeFrames(make(options), frames.map(bin)))
}

describe('startEnd', () => {
  it('gives what stands between the markers, and skips what stands between frames', () => {
    expect(decode({}, 'noise<a><bc>..<d>!')).toEqual([
      ['a', 'bc', 'd'],
      ['5 at 0 (sync)', '2 at 12 (sync)', '1 at 17 (sync)'],
      undefined,
    ])
    expect(decode({}, '')).toEqual([[], [], undefined])
    expect(decode({}, 'nothing but noise')).toEqual([[], ['17 at 0 (sync)'], undefined])
  })

  it('takes the markers as text, as bytes, as a buffer or a view of one', () => {
    for (const mark of ['é', bin('\xc3\xa9'), bin('\xc3\xa9').buffer, new DataView(bin('\xc3\xa9').buffer)]) {
      expect(decode({ start: mark, end: '#' }, 'x\xc3\xa9a#')[0]).toEqual(['a'])
      expect(decode({ start: '#', end: mark }, 'x#a\xc3\xa9')[0]).toEqual(['a'])
    }
  })

  it('keeps copies of the markers: the memory of the caller may change later', () => {
    const [start, end] = [bin('('), bin(')')]
    const codec = startEnd({ start, end })
    start.fill(0)
    end.fill(0)
    expect(decodeAll(codec, bin('(a)'))).toEqual([['a']])
    expect(unbin(encodeFrames(codec, [bin('a')]))).toBe('(a)')
  })

  it('delivers empty frames, which are frames', () => {
    expect(decode({}, '<><a><>')[0]).toEqual(['', 'a', ''])
  })

  it('finds markers of several bytes that are cut by chunks', () => {
    const parser = new FrameParser(make({ start: '<<<', end: '\r\n\r\n' }))
    const got = ['x<', '<', '<a', 'b\r', '\n', '\r', '\n<<', '<c\r\n\r\n'].flatMap((chunk) => [
      ...parser.push(bin(chunk)),
    ])
    expect(got.map(unbin)).toEqual(['ab', 'c'])
  })

  it('may use the same marker for both: the frames are every other part', () => {
    expect(decode({ start: '#', end: '#' }, '#a#noise#b#')).toEqual([['a', 'b'], ['5 at 3 (sync)'], undefined])
    expect(decode({ start: '#', end: '#' }, '##a##b##')).toEqual([
      ['', '', ''],
      ['1 at 2 (sync)', '1 at 5 (sync)'],
      undefined,
    ])
    expect(decode({ start: '--', end: '--' }, '--a-b---c--')).toEqual([
      ['a-b'],
      ['2 at 7 (sync)'],
      expect.objectContaining({ code: 'ERR_FRAME_TRUNCATED', offset: 11, partial: bin('') }),
    ])
  })

  it('finds a start marker that overlaps itself in the noise: AAB in AAAB', () => {
    expect(decode({ start: 'AAB', end: '#' }, 'AAABx#AAAAABy#')).toEqual([
      ['x', 'y'],
      ['1 at 0 (sync)', '3 at 6 (sync)'],
      undefined,
    ])
  })

  it('finds an end marker that overlaps itself in the frame: AAB in AAAB', () => {
    expect(decode({ start: '#', end: 'AAB' }, '#AAABx#AAB')).toEqual([['A', ''], ['1 at 5 (sync)'], undefined])
  })

  it('keeps markers apart that overlap each other: the bytes of one are no part of the other', () => {
    expect(decode({ start: 'ab', end: 'ba' }, 'abaxba')).toEqual([['ax'], [], undefined])
    expect(decode({ start: 'ab', end: 'ba' }, 'xxababaab')).toMatchObject([
      ['a'],
      ['2 at 0 (sync)'],
      { code: 'ERR_FRAME_TRUNCATED', offset: 9, partial: bin('') },
    ])
    expect(decode({ start: '\r\n', end: '\n\r' }, '\r\na\n\r\n\r\nb\n\r')).toEqual([
      ['a', 'b'],
      ['1 at 5 (sync)'],
      undefined,
    ])
    expect(decode({ start: '<', end: '<>' }, '<a<b<><>')).toMatchObject([['a<b'], [], { partial: bin('>') }])
  })

  it('takes a start marker within a frame for payload', () => {
    expect(decode({}, '<a<b><c>')).toEqual([['a<b', 'c'], [], undefined])
  })

  it('takes an end marker between frames for noise', () => {
    expect(decode({}, '>>a><b>')).toEqual([['b'], ['4 at 0 (sync)'], undefined])
  })

  it('gives frames of both kinds of memory, as copy says', () => {
    const chunk = bin('<abc>')
    expect([...new FrameParser(make({ copy: 'never' })).push(chunk)][0]!.buffer).toBe(chunk.buffer)
    expect([...new FrameParser(make({ copy: 'always' })).push(chunk)][0]!.buffer).not.toBe(chunk.buffer)
  })

  describe('a frame over the limit', () => {
    it('is met exactly, with the end marker in the next chunk', () => {
      expect(decode({ maxFrameLength: 3, end: '\r\n' }, '<abc\r\n')[0]).toEqual(['abc'])
      expect(decode({ maxFrameLength: 3, end: '\r\n' }, '<abc\rd')[2]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 4,
      })
    })

    it('is an error at the first byte past it, after the good frames, whether its end came or not', () => {
      for (const text of ['<a>xx<abcd>', '<a>xx<abcd']) {
        expect(decode({ maxFrameLength: 3 }, text)).toMatchObject([
          ['a'],
          ['2 at 3 (sync)'],
          { code: 'ERR_FRAME_TOO_LONG', offset: 9, frameIndex: 1, limit: 3 },
        ])
      }
    })

    it('does not count noise', () => {
      expect(decode({ maxFrameLength: 1 }, 'a lot of noise<a>')[0]).toEqual(['a'])
    })

    it('is left out whole with skip, and the next frame is looked for behind its end', () => {
      expect(decode({ maxFrameLength: 3, onTooLong: 'skip' }, '<ab><abcdef>x<cd>')).toEqual([
        ['ab', 'cd'],
        ['6 at 5 (too-long)', '1 at 12 (sync)'],
        undefined,
      ])
      expect(decode({ maxFrameLength: 3, onTooLong: 'skip' }, '<abc<de><f>')[0]).toEqual(['f'])
    })

    it('keeps its first bytes with truncate', () => {
      expect(decode({ maxFrameLength: 3, onTooLong: 'truncate' }, '<abcdef>x<cd>')).toEqual([
        ['abc', 'cd'],
        ['3 at 4 (too-long)', '1 at 8 (sync)'],
        undefined,
      ])
    })

    it('comes in pieces with split, without an empty one if the last is full', () => {
      expect(decode({ maxFrameLength: 3, onTooLong: 'split' }, '<abcdefg>x<abcdef>y<abc><>')).toEqual([
        ['abc', 'def', 'g', 'abc', 'def', 'abc', ''],
        ['1 at 9 (sync)', '1 at 18 (sync)'],
        undefined,
      ])
    })

    it('holds back no full piece', () => {
      const parser = new FrameParser(make({ maxFrameLength: 2, onTooLong: 'split' }))
      expect([...parser.push(bin('<ab'))].map(unbin)).toEqual(['ab'])
      expect([...parser.push(bin('>x<c'))].map(unbin)).toEqual([])
      expect([...parser.push(bin('d'))].map(unbin)).toEqual(['cd'])
    })
  })

  describe('input that ends within a frame', () => {
    it.each([
      ['within the payload', '<a>x<bc', 'bc', 7],
      ['right behind the start marker', '<a>x<', '', 5],
      ['right behind the first start marker', '<', '', 1],
      ['within the end marker', '<bc\r', 'bc\r', 4],
    ])('is an error %s', (_, text, partial, offset) => {
      const end = text.includes('\r') ? '\r\n' : '>'
      expect(decode({ end }, text)[2]).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset, partial: bin(partial) })
    })

    it('is none within the start marker, which may be noise', () => {
      expect(decode({ start: '<<' }, '<<a>x<')).toEqual([['a'], ['2 at 4 (sync)'], undefined])
    })

    it('is one in a frame of which full pieces have come', () => {
      const options = { maxFrameLength: 2, onTooLong: 'split' } as const
      expect(decode(options, '<ab')).toMatchObject([['ab'], [], { code: 'ERR_FRAME_TRUNCATED', partial: bin('') }])
      expect(decode({ ...options, onTrailing: 'emit' }, '<ab')).toEqual([['ab'], [], undefined])
      expect(decode({ ...options, onTrailing: 'emit' }, '<abc')).toEqual([['ab', 'c'], [], undefined])
    })

    it('can be a frame, of no bytes too', () => {
      expect(decode({ onTrailing: 'emit' }, '<a><bc')).toEqual([['a', 'bc'], [], undefined])
      expect(decode({ onTrailing: 'emit' }, '<a><')).toEqual([['a', ''], [], undefined])
      expect(decode({ onTrailing: 'emit' }, '<a>x')).toEqual([['a'], ['1 at 3 (sync)'], undefined])
    })

    it('can be dropped and reported', () => {
      expect(decode({ onTrailing: 'drop' }, '<a>x<bc')).toEqual([
        ['a'],
        ['1 at 3 (sync)', '2 at 5 (trailing)'],
        undefined,
      ])
      expect(decode({ onTrailing: 'drop' }, '<a><')).toEqual([['a'], [], undefined])
    })

    it('is an error too if the frame was being left out', () => {
      const options = { maxFrameLength: 1, onTooLong: 'skip' } as const
      expect(decode(options, '<abc')).toMatchObject([
        [],
        ['3 at 1 (too-long)'],
        { code: 'ERR_FRAME_TRUNCATED', offset: 4, partial: bin('') },
      ])
      expect(decode({ ...options, onTrailing: 'drop' }, '<abc')).toEqual([[], ['3 at 1 (too-long)'], undefined])
    })
  })

  it('counts the bytes of noise and of frames that it left out', () => {
    const parser = new FrameParser(make({ maxFrameLength: 1, onTooLong: 'skip' }))
    expect([...parser.push(bin('xx<a>y<bcd>'))].map(unbin)).toEqual(['a'])
    expect(parser.stats).toEqual({ bytesIn: 11, frames: 1, skipped: 6, pending: 0 })
  })

  it('ends the stream if onSkip throws', () => {
    const onSkip = (): never => {
      throw new Error('enough')
    }
    const frames = new FrameParser(make({ onSkip })).push(bin('<a>x<b>'))
    expect(frames.next().value).toEqual(bin('a'))
    expect(() => frames.next()).toThrow('enough')
    expect(() => frames.next()).toThrow('enough')
  })

  it('keeps nothing of noise that has passed', () => {
    const parser = new FrameParser(make({ start: '<<' }))
    parser.push(new Uint8Array(100_000))
    expect([parser.take(), parser.pending]).toEqual([undefined, 0])
    parser.push(bin('x<'))
    expect([parser.take(), parser.pending]).toEqual([undefined, 1])
  })
})

describe('the encoder of startEnd', () => {
  it('puts the markers around the payload, which may have the start marker in it', () => {
    expect(encode({}, 'a', '', 'b<c')).toBe('<a><><b<c>')
  })

  it.each([
    ['has the end marker in it', {}, 'a>b', 1],
    ['makes one with the end marker behind it: abab behind xab', { end: 'abab' }, 'xab', 1],
    ['has the marker in it that is start and end', { start: '#', end: '#' }, '#', 0],
  ] satisfies [string, Options, string, number][])('refuses a payload that %s', (_, options, frame, offset) => {
    const codec = make(options)
    const sink = new ByteSink()
    const encoder = codec.encoder()
    encoder.encode(bin('1'), sink)
    const { length } = sink
    expect(framingError('ERR_FRAME_UNENCODABLE', () => encoder.encode(bin(frame), sink)).offset).toBe(offset)
    expect(sink.length).toBe(length)
  })

  it('refuses a frame over the limit', () => {
    expect(framingError('ERR_FRAME_TOO_LONG', () => encode({ maxFrameLength: 3 }, 'abcd'))).toMatchObject({
      offset: 3,
      limit: 3,
      length: 4,
    })
    expect(encode({ maxFrameLength: 3 }, 'abc')).toBe('<abc>')
  })

  it('refuses what is no bytes with a TypeError', () => {
    expect(() => encodeFrames(make({}), ['abc' as never])).toThrow(/^Expected bytes/)
  })
})

describe('wrong options of startEnd throw at once', () => {
  it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
    ['no options', undefined, TypeError, 'The options of startEnd must be an object, not undefined'],
    ['no start', { end: '>' }, TypeError, 'start must be a string or bytes, not undefined'],
    ['no end', { start: '<' }, TypeError, 'end must be a string or bytes, not undefined'],
    ['a number', { start: 2, end: 3 }, TypeError, 'start must be a string or bytes, not 2'],
    ['null', { start: '<', end: null }, TypeError, 'Expected bytes'],
    ['an empty start', { start: '', end: '>' }, RangeError, 'start must have at least one byte'],
    ['an empty end', { start: '<', end: new Uint8Array(0) }, RangeError, 'end must have at least one byte'],
    ['a misspelt option', { start: '<', end: '>', emitEmpty: true }, TypeError, 'startEnd has no option "emitEmpty"'],
    ['an unknown onTooLong', { start: '<', end: '>', onTooLong: 'drop' }, TypeError, 'onTooLong must be'],
    ['an unknown onTrailing', { start: '<', end: '>', onTrailing: 'skip' }, TypeError, 'onTrailing must be'],
    ['an unknown copy', { start: '<', end: '>', copy: 1 }, TypeError, 'copy must be'],
    ['onSkip that is no function', { start: '<', end: '>', onSkip: 1 }, TypeError, 'onSkip must be a function, not 1'],
    ['a limit of 0', { start: '<', end: '>', maxFrameLength: 0 }, RangeError, 'maxFrameLength must be'],
  ])('%s', (_, options, type, message) => {
    const wrong = (): unknown => startEnd(options as StartEndOptions)
    expect(wrong).toThrow(type)
    expect(wrong).toThrow(message)
  })
})
