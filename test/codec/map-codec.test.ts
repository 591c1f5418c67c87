import { describe, expect, it } from 'vitest'

import { ByteQueue } from '../../src/bytes/byte-queue.ts'
import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { cobs } from '../../src/codec/cobs.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { contentLength } from '../../src/codec/content-length.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import { fixedLength } from '../../src/codec/fixed-length.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { headerPrefixed } from '../../src/codec/header-prefixed.ts'
import { jsonSequence } from '../../src/codec/json-sequence.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { lines } from '../../src/codec/lines.ts'
import { mapCodec } from '../../src/codec/map-codec.ts'
import { netstring } from '../../src/codec/netstring.ts'
import { octetCounted } from '../../src/codec/octet-counted.ts'
import { pieces } from '../../src/codec/pieces.ts'
import { slip } from '../../src/codec/slip.ts'
import { startEnd } from '../../src/codec/start-end.ts'
import { varintPrefixed } from '../../src/codec/varint-prefixed.ts'
import { bin, decodeAll, framingError, unbin } from '../support/bytes.ts'
import { verifyChunkInvariance } from '../support/chunk-invariance.ts'

/** Frames of one digit as numbers; "x" is none, and 9 cannot be written. */
const digit = {
  decode(frame: Uint8Array): number {
    if (unbin(frame) === 'x') throw new RangeError('x is no digit')
    return Number(unbin(frame))
  },
  encode(value: number): Uint8Array {
    if (value === 9) throw new RangeError('9 is too much')
    return bin(String(value))
  },
}

describe('mapCodec', () => {
  it('sends every frame through decode, and every value through encode', () => {
    const codec = mapCodec(delimiter('#'), digit)
    expect(decodeAll(codec, bin('1#23#'))).toEqual([[1, 23]])
    expect(unbin(encodeFrames(codec, [1, 23]))).toBe('1#23#')
  })

  it('may take other values than it gives', () => {
    const codec = mapCodec(delimiter('#'), { decode: unbin, encode: (value: number) => bin(String(value)) })
    expect(decodeAll(codec, encodeFrames(codec, [1, 2]))).toEqual([['1', '2']])
  })

  it('may give null, false, 0 and the empty string, which are frames', () => {
    const values = [null, false, 0, '']
    const codec = mapCodec(fixedLength(1), { decode: ([i]) => values[i!]!, encode: () => new Uint8Array(1) })
    expect(decodeAll(codec as Codec<unknown>, bin('\0\x01\x02\x03'))).toEqual([values])
  })

  it('can be mapped again', () => {
    const codec = mapCodec(mapCodec(delimiter('#'), digit), { decode: (n) => n * 2, encode: (n: number) => n / 2 })
    expect(decodeAll(codec, bin('1#2#'))).toEqual([[2, 4]])
    expect(unbin(encodeFrames(codec, [8]))).toBe('4#')
  })

  it('asks for a decoder and an encoder for each stream', () => {
    let made = 0
    const inner: Codec<Uint8Array> = {
      decoder: () => (made++, delimiter('#').decoder()),
      encoder: () => (made++, delimiter('#').encoder()),
    }
    const codec = mapCodec(inner, digit)
    expect(made).toBe(0)
    const [one, two] = [new FrameParser(codec), new FrameParser(codec)]
    expect([...one.push(bin('1'))]).toEqual([])
    expect([...two.push(bin('2#'))]).toEqual([2])
    expect([...one.push(bin('3#'))]).toEqual([13])
    expect(made).toBe(2)
  })

  describe('what decode throws', () => {
    it('becomes ERR_FRAME_MALFORMED with it as the cause, after the good frames, with the number of the frame', () => {
      const [frames, error] = decodeAll(mapCodec(delimiter('#'), digit), bin('1#2#x#3#'))
      expect(frames).toEqual([1, 2])
      expect(error).toBeInstanceOf(FramingError)
      expect(error).toMatchObject({
        code: 'ERR_FRAME_MALFORMED',
        message: 'Frame cannot be decoded: x is no digit',
        offset: 4,
        frameIndex: 2,
        cause: new RangeError('x is no digit'),
      })
    })

    it('becomes one at the end of the input too', () => {
      const [frames, error] = decodeAll(mapCodec(delimiter('#', { onTrailing: 'emit' }), digit), bin('1#x'))
      expect([frames, error]).toMatchObject([[1], { code: 'ERR_FRAME_MALFORMED', offset: 2, frameIndex: 1 }])
    })

    it('may be anything', () => {
      const wrong = mapCodec(delimiter('#'), {
        decode: () => {
          // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- somebody's own code may
          throw 'a string'
        },
        encode: bin,
      })
      const error = decodeAll(wrong, bin('1#'))[1]
      expect(error).toMatchObject({ message: 'Frame cannot be decoded: the string "a string"', cause: 'a string' })
    })

    it('stays what it is if it is a FramingError, and is numbered', () => {
      const own = new FramingError('ERR_FRAME_TOO_LONG', 'too much of it', { offset: 77, limit: 5 })
      const codec = mapCodec(delimiter('#'), {
        decode(frame) {
          if (unbin(frame) === 'x') throw own
          return frame
        },
        encode: (frame: Uint8Array) => frame,
      })
      const [frames, error] = decodeAll(codec, bin('a#x#'))
      expect(frames).toEqual(['a'])
      expect(error).toBe(own)
      expect(own).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 77, frameIndex: 1 })
    })

    it('is final', () => {
      const parser = new FrameParser(mapCodec(delimiter('#'), digit))
      parser.push(bin('x#1#'))
      const error = framingError('ERR_FRAME_MALFORMED', () => parser.take())
      expect(() => parser.take()).toThrow(error)
    })
  })

  it('gives the offset at which the frame before ended, however the bytes came: noise in front is part of it', () => {
    const cases: [Codec<Uint8Array>, string, number][] = [
      [delimiter('#'), '1#x#', 2],
      [delimiter('#', { emitEmpty: false }), '1###x#', 2],
      [cobs(), '\x021\0\0\x02x\0', 3],
      [slip(), '\xc01\xc0\xc0x\xc0', 3],
      [startEnd({ start: '<', end: '>' }), '<1>..<x>', 3],
      [jsonSequence(), '\x1e1\n\x1ex\n\x1e', 4],
      [lengthPrefixed({ width: 1 }), '\x011\x01x', 2],
      [lengthPrefixed({ width: 1, sync: '$' }), '$\x011..$\x01x', 3],
      [netstring(), '1:1,1:x,', 4],
    ]
    for (const [codec, input, offset] of cases) {
      const { frames, error } = verifyChunkInvariance(() => mapCodec(codec, digit), bin(input))
      expect(frames).toEqual([1])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset, frameIndex: 1 })
    }
  })

  it('counts that offset from where its decoder began, in a queue that others have read from', () => {
    const queue = new ByteQueue()
    queue.push(bin('head x#'))
    queue.skip(5)
    const decoder = mapCodec(delimiter('#'), digit).decoder()
    expect(framingError('ERR_FRAME_MALFORMED', () => decoder.decode(queue)).offset).toBe(5)
  })

  it('refuses a decode that gives undefined, which would be no frame', () => {
    const codec = mapCodec(delimiter('#'), { decode: () => undefined, encode: bin })
    const error = framingError('ERR_FRAME_MALFORMED', () => [...new FrameParser(codec).push(bin('a#'))])
    expect(error.message).toBe('Frame cannot be decoded: decode gave undefined, which is no frame')
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  describe('what encode throws', () => {
    it('becomes ERR_FRAME_UNENCODABLE with it as the cause, and leaves nothing of the value', () => {
      const codec = mapCodec(delimiter('#'), digit)
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(codec, [1, 9]))
      expect(error).toMatchObject({
        message: 'Value cannot be encoded: 9 is too much',
        frameIndex: 1,
        cause: new RangeError('9 is too much'),
      })
      const sink = new ByteSink()
      expect(() => codec.encoder().encode(9, sink)).toThrow('9 is too much')
      expect(sink.length).toBe(0)
    })

    it('stays what it is if it is a FramingError, from the codec within too', () => {
      const own = new FramingError('ERR_FRAME_TOO_LONG', 'too much of it')
      const codec = mapCodec(delimiter('#', { maxFrameLength: 3 }), {
        decode: unbin,
        encode(value: string) {
          if (value === 'x') throw own
          return bin(value)
        },
      })
      expect(framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(codec, ['a', 'x']))).toBe(own)
      expect(own.frameIndex).toBe(1)
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(codec, ['a#b'])).offset).toBe(1)
      expect(framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(codec, ['abcd'])).limit).toBe(3)
    })
  })

  describe('passes through what the codec within says', () => {
    it('its errors and their facts', () => {
      const codec = mapCodec(delimiter('#', { maxFrameLength: 2 }), digit)
      expect(decodeAll(codec, bin('1#234#'))[1]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 4, frameIndex: 1 })
      expect(decodeAll(codec, bin('1#2'))[1]).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', partial: bin('2') })
      // A rule that has no end of its own: what is left is cut off.
      const plain: Codec<Uint8Array> = {
        decoder: () => ({ decode: (bytes) => (bytes.length < 2 ? undefined : bytes.take(2)) }),
        encoder: () => ({ encode: (frame, out) => out.bytes(frame) }),
      }
      expect(decodeAll(mapCodec(plain, digit), bin('123'))).toMatchObject([
        [12],
        { code: 'ERR_FRAME_TRUNCATED', partial: bin('3'), offset: 3 },
      ])
    })

    it('the bytes it has skipped', () => {
      const parser = new FrameParser(mapCodec(startEnd({ start: '<', end: '>' }), digit))
      expect([...parser.push(bin('xx<1>yyy<2>'))]).toEqual([1, 2])
      expect(parser.stats.skipped).toBe(5)
      expect(
        new FrameParser(
          mapCodec(
            own(() => undefined),
            digit,
          ),
        ).stats.skipped,
      ).toBe(0)
    })

    it('that it has finished: what follows is raw', () => {
      const once: Codec<Uint8Array> = {
        decoder() {
          let finished = false
          return {
            get finished() {
              return finished
            },
            decode(bytes) {
              if (bytes.length < 2) return undefined
              finished = true
              return bytes.take(2)
            },
          }
        },
        encoder: () => ({ encode: (frame, out) => out.bytes(frame) }),
      }
      const parser = new FrameParser(mapCodec(once, digit))
      expect([...parser.push(bin('12raw'))]).toEqual([12])
      expect([parser.finished, parser.done]).toEqual([true, true])
      expect(unbin(parser.rest())).toBe('raw')
    })

    it('what it has left at the end, as often as it has something', () => {
      const bytewise = own((bytes) => (bytes.length === 0 ? undefined : bytes.take(1)))
      expect(decodeAll(mapCodec(bytewise, digit), bin('123'))).toEqual([[1, 2, 3]])
    })

    it('what its encoder writes at the end', () => {
      const closing: Codec<Uint8Array> = {
        decoder: () => ({ decode: () => undefined }),
        encoder: () => ({ encode: (frame, out) => out.bytes(frame), end: (out) => out.text('.') }),
      }
      expect(unbin(encodeFrames(mapCodec(closing, digit), [1, 2]))).toBe('12.')
      expect(unbin(encodeFrames(mapCodec(delimiter('#'), digit), [1]))).toBe('1#')
    })
  })

  it('goes with every framing rule', () => {
    const rules: [string, Codec<Uint8Array>][] = [
      ['delimiter', delimiter('#')],
      ['fixedLength', fixedLength(1)],
      ['lengthPrefixed', lengthPrefixed()],
      ['varintPrefixed', varintPrefixed()],
      ['headerPrefixed', headerPrefixed({ headerLength: 1, frameLength: (header) => header[0]! - 0x2f })],
      ['startEnd', startEnd({ start: '<', end: '>' })],
      ['netstring', netstring()],
      ['octetCounted', octetCounted()],
      ['contentLength', contentLength()],
      ['cobs', cobs()],
      ['slip', slip()],
      ['jsonSequence', jsonSequence()],
    ]
    for (const [name, rule] of rules) {
      const values = name === 'headerPrefixed' ? [1, 1] : [1, 2]
      const given =
        name === 'headerPrefixed'
          ? // Its frames bring their header along.
            mapCodec(rule, { decode: (frame) => frame.length, encode: (n: number) => bin('0'.repeat(n)) })
          : mapCodec(rule, digit)
      expect([name, decodeAll(given, encodeFrames(given, values))]).toEqual([name, [values]])
    }
  })

  it('goes with lines, whose frames are strings, and with pieces', () => {
    const numbers = mapCodec(lines(), { decode: Number, encode: String })
    expect(decodeAll(numbers, encodeFrames(numbers, [1, 2.5]))).toEqual([[1, 2.5]])
    const sizes = mapCodec(pieces(lengthPrefixed({ width: 1 })), {
      decode: ({ bytes, first, last, frameLength }) => [bytes.length, first, last, frameLength],
      encode: (frame: Uint8Array) => frame,
    })
    expect(decodeAll(sizes, bin('\x05ab'), bin('cde\0'))).toEqual([
      [
        [2, true, false, 5],
        [3, false, true, 5],
        [0, true, true, 0],
      ],
    ])
  })

  it.each<[string, unknown[], string]>([
    ['no codec', [undefined, digit], 'mapCodec() takes a codec and two functions, not undefined'],
    [
      'half a codec',
      [{ decoder: () => undefined }, digit],
      'mapCodec() takes a codec and two functions, not an object',
    ],
    ['no decode', [delimiter('#'), { encode: bin }], 'decode must be a function, not undefined'],
    ['an encode that is none', [delimiter('#'), { decode: unbin, encode: 'utf-8' }], 'encode must be a function, not'],
    ['no functions', [delimiter('#')], 'undefined'],
  ])('wrong arguments throw a TypeError at once: %s', (_, args, message) => {
    const make = (): unknown => mapCodec(...(args as Parameters<typeof mapCodec>))
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})

/** A codec whose decoder does nothing before the end. */
function own(end: (bytes: ByteQueue) => Uint8Array | undefined): Codec<Uint8Array> {
  return { decoder: () => ({ decode: () => undefined, end }), encoder: () => ({ encode: () => undefined }) }
}
