import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { netstring, type NetstringOptions } from '../../src/codec/netstring.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, unbin } from '../support/bytes.ts'

const MiB = 1024 * 1024

/** Frames, skip reports and the error, from bytes as text. */
function decode(options: NetstringOptions, ...chunks: string[]): [unknown[], SkipInfo[], unknown] {
  const skipped: SkipInfo[] = []
  const codec = netstring({ ...options, onSkip: (info) => skipped.push(info) })
  const [frames, error] = decodeAll(codec, ...chunks.map(bin))
  return [frames, skipped, error]
}

function errorOf(options: NetstringOptions, ...chunks: string[]): unknown {
  return decode(options, ...chunks)[2]
}

function encode(options: NetstringOptions, ...frames: string[]): string {
  return unbin(encodeFrames(netstring(options), frames.map(bin)))
}

describe('netstring', () => {
  it("reads and writes Bernstein's examples", () => {
    expect(encode({}, 'hello world!', '')).toBe('12:hello world!,0:,')
    expect(decode({}, '12:hello world!,0:,')).toEqual([['hello world!', ''], [], undefined])
  })

  it('does not mind digits, colons and commas in the payload', () => {
    expect(decode({}, '7:1:a,,:3,1:,,4:0:,,,')).toEqual([['1:a,,:3', ',', '0:,,'], [], undefined])
  })

  it('nests', () => {
    const inner = encode({}, 'hello', 'world!')
    expect(decode({}, encode({}, inner))[0]).toEqual([inner])
  })

  describe('a length that is none', () => {
    it.each<[string, string, number]>([
      ['begins with a zero', '05:hello,', 1],
      ['is zero twice', '00:,', 1],
      ['is missing', ':hello,', 0],
      ['has a sign', '+5:hello,', 0],
      ['is negative', '-1:,', 0],
      ['has a space before it', ' 5:hello,', 0],
      ['has a space behind it', '5 :hello,', 1],
      ['is hexadecimal', '0x5:hello,', 1],
      ['has a fraction', '5.0:hello,', 1],
      ['ends otherwise', '12abc:', 2],
      ['has an exponent', '1e3:', 1],
      ['begins with a line end', '\r\n5:hello,', 0],
      ['has more than 16 digits', '12345678901234567:', 16],
    ])('%s: it is malformed at that byte, as soon as that is there', (_, wire, at) => {
      const error = errorOf({}, `1:a,${wire}`)
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 4 + at, frameIndex: 1 })
      expect(errorOf({}, `1:a,${wire.slice(0, at + 1)}`)).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 4 + at })
      expect(errorOf({}, `1:a,${wire.slice(0, at)}`)).not.toMatchObject({ code: 'ERR_FRAME_MALFORMED' })
    })

    it('says what was expected', () => {
      expect(String(errorOf({}, '5;'))).toContain('Expected a length in digits and then ":" (at byte 1)')
      expect(String(errorOf({}, '01:'))).toContain('Length with a zero before it (at byte 1)')
      expect(String(errorOf({}, '9'.repeat(17)))).toContain('Length of more than 16 digits (at byte 16)')
    })
  })

  it('digits without end are an error at the 17th, in whatever chunks they come', () => {
    for (const size of [1, 5, 100_000]) {
      const parser = new FrameParser(netstring())
      const error = framingError('ERR_FRAME_MALFORMED', () => {
        for (let sent = 0; sent < 100_000; sent += size) {
          expect([...parser.push(bin('1'.repeat(size)))]).toEqual([])
          expect(parser.pending).toBeLessThanOrEqual(16)
        }
      })
      expect(error.offset).toBe(16)
    }
  })

  it('an error leaves nothing to read on with', () => {
    const parser = new FrameParser(netstring())
    expect(unbin(parser.push(bin('1:a,'))[Symbol.iterator]().next().value)).toBe('a')
    const error = framingError('ERR_FRAME_MALFORMED', () => [...parser.push(bin('x'))])
    expect(framingError('ERR_FRAME_MALFORMED', () => [...parser.push(bin('1:b,'))])).toBe(error)
  })

  it.each<[string, string, number]>([
    ['another byte', '5:hello;1:a,', 11],
    ['one more byte of payload', '5:hello!,', 11],
    ['a line end', '5:hello\n', 11],
  ])('a payload with %s where the comma must be is malformed there', (_, wire, offset) => {
    const error = errorOf({}, `1:a,${wire}`)
    expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset, frameIndex: 1 })
    expect(decode({}, `1:a,${wire}`)[0]).toEqual(['a'])
  })

  describe('a frame over the limit', () => {
    const over = (options: NetstringOptions, wire: string): [unknown[], SkipInfo[], unknown] =>
      decode({ maxFrameLength: 3, ...options }, wire)

    it('is an error from its header alone; one of exactly the limit is none', () => {
      expect(over({}, '3:abc,4:')).toMatchObject([
        ['abc'],
        [],
        { code: 'ERR_FRAME_TOO_LONG', offset: 6, frameIndex: 1, limit: 3, length: 4 },
      ])
    })

    it('is left out with skip and reported with its head; the comma is no loss, as no delimiter is', () => {
      expect(over({ onTooLong: 'skip' }, '1:a,10:abcdefghij,1:b,')).toEqual([
        ['a', 'b'],
        [{ offset: 4, length: 13, reason: 'too-long' }],
        undefined,
      ])
    })

    it('keeps its first bytes with truncate, and reports the others', () => {
      expect(over({ onTooLong: 'truncate' }, '5:abcde,1:b,')).toEqual([
        ['abc', 'b'],
        [{ offset: 5, length: 2, reason: 'too-long' }],
        undefined,
      ])
    })

    it('comes in pieces with split, none of them empty, and nothing is reported', () => {
      expect(over({ onTooLong: 'split' }, '7:abcdefg,6:abcdef,4:abcd,1:b,')).toEqual([
        ['abc', 'def', 'g', 'abc', 'def', 'abc', 'd', 'b'],
        [],
        undefined,
      ])
    })

    it.each(['skip', 'split', 'truncate'] as const)(
      "must end with its comma all the same (onTooLong '%s'): else the next frame would be read from anywhere",
      (onTooLong) => {
        const [frames, , error] = over({ onTooLong }, '1:a,5:abcdeX1:b,')
        expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 11 })
        expect(frames).toEqual({ skip: ['a'], split: ['a', 'abc', 'de'], truncate: ['a', 'abc'] }[onTooLong])
      },
    )

    it.each(['error', 'skip', 'split', 'truncate'] as const)(
      "of more than 2^53-1 bytes is an error with onTooLong '%s'",
      (onTooLong) => {
        for (const length of ['9007199254740992', '9007199254740993', '9999999999999999']) {
          expect(over({ onTooLong, maxFrameLength: Infinity }, `${length}:`)).toMatchObject([
            [],
            [],
            { code: 'ERR_FRAME_TOO_LONG', offset: 0, length: Infinity },
          ])
        }
      },
    )

    it('2^53-1 is read exactly, and with its head is more than can be counted', () => {
      expect(over({ maxFrameLength: Infinity }, '9007199254740991:')[2]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        length: 9_007_199_254_740_991,
      })
      expect(over({ maxFrameLength: Infinity }, '9007199254740973:')[2]).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        length: 9_007_199_254_740_991,
      })
    })

    it('that ends with the input is a cut frame', () => {
      expect(over({ onTooLong: 'skip' }, '5:abcde')).toMatchObject([
        [],
        [{ offset: 0, length: 7 }],
        { code: 'ERR_FRAME_TRUNCATED', offset: 7 },
      ])
      expect(over({ onTooLong: 'split' }, '5:abcde')).toMatchObject([
        ['abc', 'de'],
        [],
        { code: 'ERR_FRAME_TRUNCATED', offset: 7, partial: bin(''), length: 1 },
      ])
    })
  })

  describe('input that ends within a frame', () => {
    it.each<[string, string, string, number | undefined]>([
      ['within the digits', '1', '1', undefined],
      ['exactly behind the head', '2:', '2:', 5],
      ['exactly behind the head of an empty one', '0:', '0:', 3],
      ['within the payload', '2:a', '2:a', 5],
      ['before the comma', '2:ab', '2:ab', 5],
    ])('is an error: %s', (_, wire, partial, length) => {
      expect(errorOf({}, `1:a,${wire}`)).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset: 4 + wire.length,
        frameIndex: 1,
        partial: bin(partial),
        length,
      })
    })

    it('can be dropped, and is reported', () => {
      for (const end of ['1', '2:', '2:ab']) {
        expect(decode({ onTrailing: 'drop' }, `1:a,${end}`)).toEqual([
          ['a'],
          [{ offset: 4, length: end.length, reason: 'trailing' }],
          undefined,
        ])
      }
    })

    it('is none behind a frame', () => {
      expect(decode({}, '')).toEqual([[], [], undefined])
      expect(decode({}, '0:,')).toEqual([[''], [], undefined])
    })
  })

  it('a frame comes with its comma, and not with its last byte', () => {
    const parser = new FrameParser(netstring())
    expect([...parser.push(bin('2:ab'))]).toEqual([])
    expect([...parser.push(bin(','))]).toEqual([bin('ab')])
  })

  it('the encoder refuses a frame over the limit, leaves nothing of it, and goes on', () => {
    const sink = new ByteSink()
    const encoder = netstring({ maxFrameLength: 3 }).encoder()
    encoder.encode(bin('abc'), sink)
    expect(framingError('ERR_FRAME_TOO_LONG', () => encoder.encode(bin('abcd'), sink))).toMatchObject({
      offset: 3,
      limit: 3,
      length: 4,
    })
    encoder.encode(bin(''), sink)
    expect(unbin(sink.take())).toBe('3:abc,0:,')
  })

  it('the encoder takes any kind of bytes, and no strings', () => {
    const { buffer } = bin('xaby')
    const frames = [new Uint8Array(buffer, 1, 2), new DataView(buffer, 1, 2), buffer.slice(1, 3)]
    expect(unbin(encodeFrames(netstring(), frames as Uint8Array[]))).toBe('2:ab,2:ab,2:ab,')
    expect(() => encode({}, 'a', undefined as never)).toThrow(TypeError)
    expect(() => encodeFrames(netstring(), ['a' as never])).toThrow(TypeError)
  })

  it.skipIf(typeof globalThis.process?.memoryUsage !== 'function')(
    'a declared length allocates nothing before its bytes arrive',
    () => {
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      }
      for (const [head, options] of [
        ['8388608:', {}],
        ['9007199254740000:', { maxFrameLength: Infinity }],
        ['9007199254740000:', { onTooLong: 'skip' }],
        ['9007199254740000:', { onTooLong: 'split' }],
      ] satisfies [string, NetstringOptions][]) {
        const before = used()
        const parsers = Array.from({ length: 100 }, () => new FrameParser(netstring(options)))
        for (const parser of parsers) expect([...parser.push(bin(head)), ...parser.push(bin('abc'))]).toEqual([])
        expect(used() - before).toBeLessThan(16 * MiB)
      }
    },
  )

  it('wrong options throw at once and say what would be right', () => {
    const make = (options: unknown) => () => netstring(options as NetstringOptions)
    expect(make({ maxFrameLength: -1 })).toThrow(RangeError)
    expect(make({ maxFrameLength: 1.5 })).toThrow('maxFrameLength must be a whole number of bytes above 0, or Infinity')
    expect(make({ maxFrameLength: NaN })).toThrow(RangeError)
    expect(make({ onTrailing: 'emit' })).toThrow("onTrailing must be 'error' or 'drop', not the string \"emit\"")
    expect(make({ onTooLong: 'none' })).toThrow(TypeError)
    expect(make({ onSkip: {} })).toThrow('onSkip must be a function')
    expect(make({ copy: 'yes' })).toThrow(TypeError)
    expect(make({ maxLength: 5 })).toThrow('netstring has no option "maxLength"; it has maxFrameLength')
    expect(make(null)).toThrow('The options of netstring must be an object, not null')
    expect(new FrameParser(netstring(undefined)).take()).toBeUndefined()
  })

  it('an error is a FramingError, with a message that says where', () => {
    const error = errorOf({}, '1:a,x')
    expect(error).toBeInstanceOf(FramingError)
    expect(error).toMatchObject({ name: 'FramingError', message: expect.stringContaining('(at byte 4)') as string })
  })
})
