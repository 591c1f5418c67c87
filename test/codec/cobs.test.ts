import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { cobs, type CobsOptions } from '../../src/codec/cobs.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, hex, unbin } from '../support/bytes.ts'

/** Bytes from `first` to `last`, as text. */
function range(first: number, last: number): string {
  return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, i) => first + i))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

function encode(...frames: string[]): Uint8Array {
  return encodeFrames(cobs(), frames.map(bin))
}

/** Frames, what was skipped, and the error of the bytes, byte by byte. */
function decode(options: CobsOptions, bytes: Uint8Array): [unknown[], string[], unknown] {
  const skips: string[] = []
  const onSkip = ({ offset, length, reason }: SkipInfo): number => skips.push(`${length} at ${offset} (${reason})`)
  const [frames, error] = decodeAll(cobs({ ...options, onSkip }), ...Array.from(bytes, (byte) => Uint8Array.of(byte)))
  return [frames, skips, error]
}

describe('cobs writes and reads the known vectors', () => {
  it.each([
    ['one zero', '\0', '01 01 00'],
    ['two zeros', '\0\0', '01 01 01 00'],
    ['a zero on each side', '\0\x11\0', '01 02 11 01 00'],
    ['a zero within', '\x11\x22\0\x33', '03 11 22 02 33 00'],
    ['no zero', '\x11\x22\x33\x44', '05 11 22 33 44 00'],
    ['zeros at the end', '\x11\0\0\0', '02 11 01 01 01 00'],
    ['nothing', '', '01 00'],
    ['the IP header in the paper', 'E\0\0\x2cLy\0\0@\x06O7', '02 45 01 04 2c 4c 79 01 05 40 06 4f 37 00'],
    ['253 bytes and no zero', range(1, 253), `fe ${toHex(bin(range(1, 253)))} 00`],
    ['254 bytes and no zero', range(1, 254), `ff ${toHex(bin(range(1, 254)))} 00`],
    ['a zero and 254 bytes', range(0, 254), `01 ff ${toHex(bin(range(1, 254)))} 00`],
    ['255 bytes and no zero', range(1, 255), `ff ${toHex(bin(range(1, 254)))} 02 ff 00`],
    ['254 bytes and a zero', `${range(2, 255)}\0`, `ff ${toHex(bin(range(2, 255)))} 01 01 00`],
    ['253 bytes, a zero and a byte', `${range(3, 255)}\0\x01`, `fe ${toHex(bin(range(3, 255)))} 02 01 00`],
    ['253 bytes and a zero', `${range(1, 253)}\0`, `fe ${toHex(bin(range(1, 253)))} 01 00`],
    [
      '508 bytes and no zero: two full runs',
      range(1, 254).repeat(2),
      `ff ${toHex(bin(range(1, 254)))} ff ${toHex(bin(range(1, 254)))} 00`,
    ],
    [
      '509 bytes and no zero',
      `${range(1, 254).repeat(2)}\x07`,
      `ff ${toHex(bin(range(1, 254)))} ff ${toHex(bin(range(1, 254)))} 02 07 00`,
    ],
    [
      '254 bytes, a zero, and 254 bytes',
      `${range(1, 254)}\0${range(1, 254)}`,
      `ff ${toHex(bin(range(1, 254)))} 01 ff ${toHex(bin(range(1, 254)))} 00`,
    ],
  ])('%s', (_, payload, written) => {
    expect(toHex(encode(payload))).toBe(written)
    expect(decode({}, hex(written))).toEqual([[payload], [], undefined])
  })

  it('reads a full run with an empty one behind it, as the code in the paper writes it', () => {
    expect(decode({}, hex(`ff ${toHex(bin(range(1, 254)))} 01 00`))[0]).toEqual([range(1, 254)])
  })

  it('costs one byte and one more for every 254', () => {
    for (const n of [0, 1, 253, 254, 255, 508, 509, 762, 5000]) {
      const overhead = encode('x'.repeat(n)).length - n - 1
      expect(overhead).toBe(Math.max(1, Math.ceil(n / 254)))
    }
  })

  it('has no zero in what it writes but the one at the end', () => {
    const bytes = encode(`${range(0, 255)}${range(0, 255)}\0\0`)
    expect(bytes.indexOf(0)).toBe(bytes.length - 1)
  })
})

describe('cobs', () => {
  it('delivers empty frames, which are frames, and passes over zeros between frames', () => {
    expect(decode({}, hex('01 00 01 00'))[0]).toEqual(['', ''])
    expect(decode({}, hex('00 00 02 61 00 00 00 02 62 00 00'))).toEqual([['a', 'b'], [], undefined])
    expect(decode({}, hex('00'))).toEqual([[], [], undefined])
    expect(decode({}, hex(''))).toEqual([[], [], undefined])
  })

  it("gives views of the chunk where there are no zeros, and with copy 'always' memory of its own to every frame", () => {
    const wire = '04 61 62 63 00 02 64 02 65 00 02 66 00'
    for (const copy of ['auto', 'never', 'always'] as const) {
      const chunk = hex(wire)
      const frames = [...new FrameParser(cobs({ copy })).push(chunk)]
      expect(frames.map(unbin)).toEqual(['abc', 'd\0e', 'f'])
      expect(chunk).toEqual(hex(wire))
      expect(frames.map(({ buffer }) => buffer === chunk.buffer)).toEqual([copy !== 'always', false, copy !== 'always'])
      if (copy === 'always') expect(frames.map(({ buffer }) => buffer.byteLength)).toEqual([3, 3, 1])
    }
  })

  it('keeps the streams of one codec apart', () => {
    const codec = cobs()
    const [one, two] = [new FrameParser(codec), new FrameParser(codec)]
    expect([...one.push(hex('03 61'))]).toEqual([])
    expect([...two.push(hex('02 62 00'))]).toEqual([bin('b')])
    expect([...one.push(hex('63 00'))]).toEqual([bin('ac')])
  })

  describe('a zero within a run', () => {
    it('is an error at that zero, after the good frames before it', () => {
      const [frames, , error] = decode({}, hex('02 61 00 04 61 62 00 02 63 00'))
      expect(frames).toEqual(['a'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 6, frameIndex: 1 })
      expect(String(error)).toBe('FramingError: Zero within a run of COBS (at byte 6)')
    })

    it('is one right behind the code, and within a run of 254', () => {
      expect(decode({}, hex('02 00'))[2]).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 1 })
      expect(decode({}, hex(`ff ${'61'.repeat(253)} 00`))[2]).toMatchObject({
        code: 'ERR_FRAME_MALFORMED',
        offset: 254,
      })
    })

    it("leaves the frame out with onMalformed 'skip', and goes on behind that zero", () => {
      expect(decode({ onMalformed: 'skip' }, hex('02 61 00 04 61 62 00 02 63 00'))).toEqual([
        ['a', 'c'],
        ['3 at 3 (malformed)'],
        undefined,
      ])
      expect(decode({ onMalformed: 'skip' }, hex('05 00 05 61 00 01 00'))).toEqual([
        [''],
        ['1 at 0 (malformed)', '2 at 2 (malformed)'],
        undefined,
      ])
    })
  })

  describe('the limit', () => {
    it('is met exactly, zeros of the payload counted and codes not', () => {
      for (const payload of ['abc', '\0\0\0', 'a\0b', 'ab\0', '\0ab', '']) {
        expect(decode({ maxFrameLength: 3 }, encode(payload))[0]).toEqual([payload])
      }
      const long = range(1, 254).repeat(2)
      expect(decode({ maxFrameLength: 508 }, encode(long))[0]).toEqual([long])
    })

    it('is broken at the first byte past it: a byte of a run', () => {
      const error = decode({ maxFrameLength: 3 }, hex('02 61 00 05 61 62 63 64 00'))
      expect(error).toMatchObject([['a'], [], { code: 'ERR_FRAME_TOO_LONG', offset: 7, frameIndex: 1, limit: 3 }])
    })

    it('or the code that brings the zero before its run', () => {
      // "abc" is three bytes; the second code says that a zero follows them.
      expect(decode({ maxFrameLength: 3 }, encode('abc\0'))[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 4 })
      expect(decode({ maxFrameLength: 3 }, encode('\0\0\0\0'))[2]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 4,
      })
    })

    it('but not a code behind 254 bytes, which brings none', () => {
      expect(decode({ maxFrameLength: 254 }, hex(`ff ${'61'.repeat(254)} 01 00`))[0]).toEqual(['a'.repeat(254)])
      expect(decode({ maxFrameLength: 254 }, hex(`ff ${'61'.repeat(254)} 02 62 00`))[2]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 256,
      })
    })

    it('is seen before the frame ends, and before a zero behind it', () => {
      const parser = new FrameParser(cobs({ maxFrameLength: 2 }))
      expect([...parser.push(hex('05 61 62'))]).toEqual([])
      expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(hex('63'))]).offset).toBe(3)
      expect(decode({ maxFrameLength: 2 }, hex('05 61 62 63 00'))[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG' })
      expect(decode({ maxFrameLength: 2 }, hex('05 61 62 00'))[2]).toMatchObject({ code: 'ERR_FRAME_MALFORMED' })
    })

    it('leaves the frame out with skip, and the next frames come', () => {
      expect(decode({ maxFrameLength: 2, onTooLong: 'skip' }, hex('02 61 00 05 61 62 63 64 00 03 62 63 00'))).toEqual([
        ['a', 'bc'],
        ['5 at 3 (too-long)'],
        undefined,
      ])
    })

    it('is 8 MiB unless another is given', () => {
      const limit = 8 * 1024 * 1024
      const parser = new FrameParser(cobs())
      const bytes = encodeFrames(cobs(), [new Uint8Array(limit).fill(1)])
      expect([...parser.push(bytes.subarray(0, -1))]).toEqual([])
      expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(hex('02 61'))]).limit).toBe(limit)
      expect([...new FrameParser(cobs()).push(bytes)][0]!.length).toBe(limit)
    })
  })

  describe('input that ends within a frame', () => {
    it.each([
      ['right behind the first code', '02 61 00 04', '', 4],
      ['right behind a code for nothing', '01', '', 1],
      ['within a run', '04 61 62', 'ab', 3],
      ['behind a run, before the zero that ends the frame', '03 61 62', 'ab', 3],
      ['behind a code that brings a zero', '02 61 03', 'a\0', 3],
    ])('is an error %s', (_, bytes, partial, offset) => {
      expect(decode({}, hex(bytes))[2]).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', partial: bin(partial), offset })
    })

    it('is dropped and reported as it was written', () => {
      expect(decode({ onTrailing: 'drop' }, hex('02 61 00 04 61 62'))).toEqual([
        ['a'],
        ['3 at 3 (trailing)'],
        undefined,
      ])
      expect(decode({ onTrailing: 'drop' }, hex('04'))).toEqual([[], ['1 at 0 (trailing)'], undefined])
    })

    it('is an error too if the frame was being left out, which is reported first', () => {
      const long = hex('05 61 62 63 64')
      expect(decode({ maxFrameLength: 2, onTooLong: 'skip' }, long)).toMatchObject([
        [],
        ['5 at 0 (too-long)'],
        { code: 'ERR_FRAME_TRUNCATED', offset: 5, partial: bin('') },
      ])
      expect(decode({ maxFrameLength: 2, onTooLong: 'skip', onTrailing: 'drop' }, long)).toEqual([
        [],
        ['5 at 0 (too-long)'],
        undefined,
      ])
    })
  })

  it('ends the stream if onSkip throws', () => {
    const onSkip = (): never => {
      throw new Error('enough')
    }
    const parser = new FrameParser(cobs({ onMalformed: 'skip', onSkip }))
    const frames = parser.push(hex('02 61 00 03 61 00 02 62 00'))
    expect(frames.next().value).toEqual(bin('a'))
    expect(() => frames.next()).toThrow('enough')
    expect(() => frames.next()).toThrow('enough')
  })

  it('counts the bytes that it left out', () => {
    const parser = new FrameParser(cobs({ onMalformed: 'skip' }))
    expect([...parser.push(hex('03 61 00 02 62 00'))].map(unbin)).toEqual(['b'])
    expect(parser.stats).toEqual({ bytesIn: 6, frames: 1, skipped: 2, pending: 0 })
  })
})

describe('the encoder of cobs', () => {
  it('refuses a frame over the limit, and leaves nothing of it', () => {
    const codec = cobs({ maxFrameLength: 3 })
    const sink = new ByteSink()
    expect(framingError('ERR_FRAME_TOO_LONG', () => codec.encoder().encode(bin('a\0cd'), sink))).toMatchObject({
      offset: 3,
      limit: 3,
      length: 4,
    })
    expect(sink.length).toBe(0)
    expect(encodeFrames(codec, [bin('a\0c')]).length).toBe(5)
  })

  it('takes any bytes, and refuses what is none with a TypeError', () => {
    expect(toHex(encodeFrames(cobs(), [new DataView(bin('a').buffer) as never]))).toBe('02 61 00')
    expect(() => encodeFrames(cobs(), ['abc' as never])).toThrow(/^Expected bytes/)
  })
})

describe('wrong options of cobs throw at once', () => {
  it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
    ['a misspelt option', { maxLength: 5 }, TypeError, 'cobs has no option "maxLength"; it has maxFrameLength'],
    ['options that are none', null, TypeError, 'The options of cobs must be an object, not null'],
    ['a limit of 0', { maxFrameLength: 0 }, RangeError, 'maxFrameLength must be a whole number of bytes above 0'],
    ['split', { onTooLong: 'split' }, TypeError, "onTooLong must be 'error' or 'skip', not the string \"split\""],
    ['truncate', { onTooLong: 'truncate' }, TypeError, "onTooLong must be 'error' or 'skip'"],
    ['emit', { onTrailing: 'emit' }, TypeError, "onTrailing must be 'error' or 'drop'"],
    ['an unknown onMalformed', { onMalformed: 'drop' }, TypeError, "onMalformed must be 'error' or 'skip'"],
    ['onSkip that is no function', { onSkip: 1 }, TypeError, 'onSkip must be a function, not 1'],
  ])('%s', (_, options, type, message) => {
    const make = (): unknown => cobs(options as CobsOptions)
    expect(make).toThrow(type)
    expect(make).toThrow(message)
  })
})
