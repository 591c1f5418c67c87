import { describe, expect, it } from 'vitest'

import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { varintPrefixed, type VarintPrefixedOptions } from '../../src/codec/varint-prefixed.ts'
import { bin, decodeAll, framingError, hex, unbin } from '../support/bytes.ts'

const MiB = 1024 * 1024

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Frames as hex, skip reports and the error, from bytes as hex. */
function decode(options: VarintPrefixedOptions, ...chunks: string[]): [string[], SkipInfo[], unknown] {
  const skipped: SkipInfo[] = []
  const codec = varintPrefixed({ ...options, onSkip: (info) => skipped.push(info) })
  const [frames, error] = decodeAll(codec, ...chunks.map(hex))
  return [frames.map((frame) => toHex(bin(frame as string))), skipped, error]
}

function framesOf(options: VarintPrefixedOptions, ...chunks: string[]): string[] {
  const [frames, , error] = decode(options, ...chunks)
  expect(error).toBeUndefined()
  return frames
}

function errorOf(options: VarintPrefixedOptions, ...chunks: string[]): unknown {
  return decode(options, ...chunks)[2]
}

function encode(options: VarintPrefixedOptions, ...frames: string[]): string {
  return toHex(encodeFrames(varintPrefixed(options), frames.map(hex)))
}

describe('varintPrefixed', () => {
  it('has a LEB128 length that counts the payload, unless told otherwise', () => {
    expect(framesOf({}, '02 aabb 00 01 cc')).toEqual(['aabb', '', 'cc'])
    expect(encode({}, 'aabb', '', 'cc')).toBe('02aabb0001cc')
  })

  // The examples of the specifications: Protocol Buffers' 300, MQTT 5.0 table 1-1, RFC 9000 A.1.
  it.each<[VarintPrefixedOptions['encoding'], number, string]>([
    ['leb128', 127, '7f'],
    ['leb128', 128, '8001'],
    ['leb128', 300, 'ac02'],
    ['leb128', 16_383, 'ff7f'],
    ['leb128', 16_384, '808001'],
    ['leb128', 2_097_151, 'ffff7f'],
    ['mqtt', 127, '7f'],
    ['mqtt', 128, '8001'],
    ['mqtt', 16_384, '808001'],
    ['mqtt', 2_097_152, '80808001'],
    ['quic', 37, '25'],
    ['quic', 63, '3f'],
    ['quic', 64, '4040'],
    ['quic', 15_293, '7bbd'],
    ['quic', 16_383, '7fff'],
    ['quic', 16_384, '80004000'],
  ])('%s writes and reads a length of %i as %s', (encoding, length, header) => {
    const codec = varintPrefixed({ encoding })
    const bytes = encodeFrames(codec, [new Uint8Array(length).fill(7)])
    expect(toHex(bytes.subarray(0, bytes.length - length))).toBe(header)
    const [frame, ...others] = new FrameParser(codec).push(bytes)
    expect(others).toEqual([])
    expect(frame?.length).toBe(length)
    expect(frame?.every((byte) => byte === 7)).toBe(true)
  })

  it('reads the RFC 9000 example in two bytes that one would do for', () => {
    expect(framesOf({ encoding: 'quic' }, '4025', 'aa'.repeat(37))).toEqual(['aa'.repeat(37)])
  })

  it('MQTT packets come whole, with their type and flags', () => {
    const mqtt = { encoding: 'mqtt', offset: 1, strip: 0 } as const
    // PINGREQ, PUBLISH of "hi" to "a", DISCONNECT
    const packets = ['c000', '30 05 0001 61 6869', 'e000'].map((one) => one.replaceAll(' ', ''))
    expect(framesOf(mqtt, packets.join(''))).toEqual(packets)
    expect(encode(mqtt, ...packets)).toBe(packets.join(''))
  })

  it('offset is the number of bytes before the length; they are taken off with it, and written as zeros', () => {
    expect(framesOf({ offset: 2 }, 'eeff 02 aabb 0102 00')).toEqual(['aabb', ''])
    expect(encode({ offset: 2 }, 'aabb', '')).toBe('000002aabb000000')
    expect(framesOf({ offset: 2, strip: 0 }, 'eeff 02 aabb 0102 00')).toEqual(['eeff02aabb', '010200'])
  })

  describe('a length cut after its continuation bytes waits for the next one', () => {
    it.each([1, 2, 3, 4])('after %i of them', (n) => {
      // What a decoder that ran out of bytes takes for the value so far is 0, or the next chunk's first byte.
      const header = `${'80'.repeat(n)}00`
      const parser = new FrameParser(varintPrefixed())
      expect([...parser.push(hex('80'.repeat(n)))]).toEqual([])
      expect([...parser.push(hex('00'))]).toEqual([new Uint8Array(0)])
      expect(framesOf({}, header, '01aa')).toEqual(['', 'aa'])
    })

    it('and ends the input as a cut frame', () => {
      for (const n of [1, 2, 3, 4]) {
        expect(errorOf({}, '01aa', '80'.repeat(n))).toMatchObject({
          code: 'ERR_FRAME_TRUNCATED',
          offset: 2 + n,
          frameIndex: 1,
          partial: hex('80'.repeat(n)),
        })
      }
    })
  })

  it('a payload of a multiple of 2 MiB comes whole wherever its header was cut: no empty frame in its place', () => {
    for (const [encoding, size] of [
      ['leb128', 2 * MiB],
      ['leb128', 4 * MiB],
      ['mqtt', 2 * MiB],
      ['quic', 2 * MiB],
    ] as const) {
      const codec = varintPrefixed({ encoding })
      const bytes = encodeFrames(codec, [new Uint8Array(size).fill(9), Uint8Array.of(1)])
      for (let cut = 0; cut <= 5; cut++) {
        const parser = new FrameParser(codec)
        const lengths = [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap((chunk) =>
          Array.from(parser.push(chunk), (frame) => frame.length),
        )
        expect(lengths).toEqual([size, 1])
      }
    }
  })

  describe('a length that goes on too long', () => {
    it.each<[VarintPrefixedOptions, string, number]>([
      [{}, '8080808080', 5],
      [{ maxVarintBytes: 1 }, '80', 1],
      [{ maxVarintBytes: 10 }, '80808080808080808080', 10],
      [{ encoding: 'mqtt' }, '80808080', 4],
      [{ encoding: 'mqtt', maxVarintBytes: 2 }, '8080', 2],
    ])('is malformed as soon as the last byte allowed says that one more follows: %j', (options, wire, limit) => {
      const whole = errorOf(options, `00${wire}`)
      expect(whole).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 1, frameIndex: 1, limit })
      expect(String(whole)).toContain(`The length of a frame has more than ${limit} bytes (at byte 1)`)
      // One byte less is no error yet.
      expect(errorOf(options, `00${wire.slice(2)}`)).toMatchObject(
        wire.length === 2 ? {} : { code: 'ERR_FRAME_TRUNCATED' },
      )
    })

    it('is known from the first byte with quic', () => {
      const parser = new FrameParser(varintPrefixed({ encoding: 'quic', maxVarintBytes: 2 }))
      expect(framingError('ERR_FRAME_MALFORMED', () => [...parser.push(hex('80'))])).toMatchObject({
        offset: 0,
        limit: 2,
      })
      expect(framesOf({ encoding: 'quic', maxVarintBytes: 2 }, '4001 aa')).toEqual(['aa'])
    })

    it('has the length at its own place, behind offset', () => {
      expect(errorOf({ offset: 3, maxVarintBytes: 2 }, '010203 00 010203 8080')).toMatchObject({
        code: 'ERR_FRAME_MALFORMED',
        offset: 7,
      })
    })

    it('is exactly as long as it may be', () => {
      expect(framesOf({}, '8180808000 aa')).toEqual(['aa'])
      expect(framesOf({ maxVarintBytes: 10 }, '81808080808080808000 aa')).toEqual(['aa'])
      expect(framesOf({ encoding: 'mqtt' }, '81808000 aa')).toEqual(['aa'])
      expect(framesOf({ encoding: 'quic' }, 'c000000000000001 aa')).toEqual(['aa'])
    })
  })

  describe('requireMinimal', () => {
    it.each<[VarintPrefixedOptions['encoding'], string, number]>([
      ['leb128', '8000', 0],
      ['leb128', '8100', 1],
      ['leb128', 'ff8000', 127],
      ['leb128', 'ac8200', 300],
      ['mqtt', '80808000', 0],
      ['quic', '4000', 0],
      ['quic', '403f', 63],
      ['quic', '80003fff', 16_383],
      ['quic', 'c00000003fffffff', 2 ** 30 - 1],
    ])('takes %s %s for malformed: %i can be said in fewer bytes', (encoding, wire, length) => {
      const error = errorOf({ encoding, requireMinimal: true, maxFrameLength: Infinity }, `00${wire}`)
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 1, frameIndex: 1, length })
      expect(String(error)).toContain(`has ${wire.length / 2} bytes, more than ${length} needs`)
      // Without it, it is a length like any other.
      expect(errorOf({ encoding, maxFrameLength: Infinity }, `00${wire}`)).not.toMatchObject({
        code: 'ERR_FRAME_MALFORMED',
      })
    })

    it('lets the shortest form pass, at every length where it grows', () => {
      for (const encoding of ['leb128', 'mqtt', 'quic'] as const) {
        const codec = varintPrefixed({ encoding, requireMinimal: true })
        for (const length of [0, 63, 64, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
          const bytes = encodeFrames(codec, [new Uint8Array(length)])
          expect(Array.from(new FrameParser(codec).push(bytes), (frame) => frame.length)).toEqual([length])
        }
      }
    })

    it('lets the shortest form of lengths pass that nobody sends', () => {
      const options = { requireMinimal: true, maxVarintBytes: 10, maxFrameLength: Infinity }
      for (const [wire, length] of [
        ['8080808001', 2 ** 28],
        ['80808080808001', 2 ** 42],
        ['8080808080808001', 2 ** 49],
      ] as const) {
        // The input ends behind the header: that is all that is wrong.
        const total = length + wire.length / 2
        expect(errorOf(options, wire)).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', length: total })
        const longer = `${wire.slice(0, -2)}8100`
        expect(errorOf(options, longer)).toMatchObject({ code: 'ERR_FRAME_MALFORMED', length })
      }
    })

    it('takes a length above 2^53-1 for too long, whatever its form', () => {
      for (const wire of ['80808080808080808001', 'ffffffffffffffffff01', '808080808080808010', '8080808080808010']) {
        expect(errorOf({ requireMinimal: true, maxVarintBytes: 10, maxFrameLength: Infinity }, wire)).toMatchObject({
          code: 'ERR_FRAME_TOO_LONG',
          length: Infinity,
        })
      }
    })
  })

  describe('a frame over the limit', () => {
    const over = (options: VarintPrefixedOptions, wire: string): [string[], SkipInfo[], unknown] =>
      decode({ maxFrameLength: 3, ...options }, wire)

    it('is an error from its header alone, with its length and where that stands', () => {
      expect(over({ offset: 1 }, '00 03 010203 00 04')).toMatchObject([
        ['010203'],
        [],
        { code: 'ERR_FRAME_TOO_LONG', offset: 6, frameIndex: 1, limit: 3, length: 4 },
      ])
    })

    it('is left out with skip, header and all, and the next frames come', () => {
      expect(over({ onTooLong: 'skip' }, '01aa 850001020304ff 01bb')).toEqual([
        ['aa', 'bb'],
        [{ offset: 2, length: 7, reason: 'too-long' }],
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

    it('comes in pieces with split, the first one with its header where that is delivered', () => {
      expect(over({ onTooLong: 'split' }, '07 01020304050607 06 010203040506 01bb')).toEqual([
        ['010203', '040506', '07', '010203', '040506', 'bb'],
        [],
        undefined,
      ])
      expect(over({ onTooLong: 'split', strip: 0, offset: 1 }, 'ee8500 0102030405')[0]).toEqual([
        'ee8500010203',
        '0405',
      ])
    })

    it.each(['error', 'skip', 'split', 'truncate'] as const)(
      "of more than 2^53-1 bytes is an error with onTooLong '%s': what cannot be counted cannot be passed",
      (onTooLong) => {
        // 2^53, 2^64-1, and one that needs more than 64 bits.
        for (const wire of ['8080808080808010', 'ffffffffffffffffff01', 'ffffffffffffffffff7f']) {
          expect(over({ maxVarintBytes: 10, onTooLong, maxFrameLength: Infinity }, wire)).toMatchObject([
            [],
            [],
            { code: 'ERR_FRAME_TOO_LONG', offset: 0, length: Infinity },
          ])
        }
        expect(over({ encoding: 'quic', onTooLong, maxFrameLength: Infinity }, 'ffffffffffffffff')[2]).toMatchObject({
          code: 'ERR_FRAME_TOO_LONG',
          length: Infinity,
        })
      },
    )

    it('2^53-1 itself is read exactly, and with its header cannot be counted any more', () => {
      expect(over({ maxVarintBytes: 8, maxFrameLength: Infinity }, 'ffffffffffffff0f')[2]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        length: Number.MAX_SAFE_INTEGER,
      })
      // Eight bytes less, and it is only waited for.
      expect(over({ maxVarintBytes: 8, maxFrameLength: Infinity }, 'f7ffffffffffff0f')[2]).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        length: Number.MAX_SAFE_INTEGER,
      })
    })
  })

  describe('input that ends within a frame', () => {
    it.each<[string, VarintPrefixedOptions, string, number, string, number | undefined]>([
      ['before the length', { offset: 2 }, '000001 aa 00', 5, '00', undefined],
      ['within the length', {}, '01aa 80', 3, '80', undefined],
      ['exactly behind the header', {}, '01aa 02', 3, '02', 3],
      ['within the payload', {}, '01aa 02 bb', 4, '02bb', 3],
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
      expect(decode({}, '01aa 00')).toEqual([['aa', ''], [], undefined])
      expect(decode({}, '')).toEqual([[], [], undefined])
    })

    it('can be dropped, and is reported', () => {
      expect(decode({ onTrailing: 'drop' }, '01aa 05bb')).toEqual([
        ['aa'],
        [{ offset: 2, length: 2, reason: 'trailing' }],
        undefined,
      ])
      expect(decode({ onTrailing: 'drop' }, '01aa 80')[1]).toEqual([{ offset: 2, length: 1, reason: 'trailing' }])
    })

    it('tells how much of the rest of a long frame had come', () => {
      const error = errorOf({ maxFrameLength: 3, onTooLong: 'split' }, '08 01020304') as FramingError
      // Three of eight bytes went out as a piece: one of the other five had come.
      expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 5, partial: hex('04'), length: 5 })
      expect(error.message).toContain('after 1 of 5 bytes of it')
      expect(errorOf({ maxFrameLength: 3, onTooLong: 'skip' }, '08 01020304')).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset: 5,
        partial: hex(''),
        length: 4,
      })
    })
  })

  it('delivers the good frames before an error, which is final', () => {
    const parser = new FrameParser(varintPrefixed({ maxFrameLength: 3 }))
    const frames: string[] = []
    const error = framingError('ERR_FRAME_TOO_LONG', () => {
      for (const frame of parser.push(hex('01aa 00 03 010203 04 01020304 01bb'))) frames.push(toHex(frame))
    })
    expect(frames).toEqual(['aa', '', '010203'])
    expect(error).toMatchObject({ offset: 7, frameIndex: 3 })
    expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(hex('01bb'))])).toBe(error)
  })

  describe('the encoder', () => {
    it('writes lengths of exactly as many bytes as are allowed, and refuses one more', () => {
      const codec = varintPrefixed({ maxVarintBytes: 1 })
      expect(encodeFrames(codec, [new Uint8Array(127)]).length).toBe(128)
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(codec, [new Uint8Array(128)]))).toMatchObject({
        message: 'A length of 1 bytes (leb128) cannot say 128',
        length: 128,
        frameIndex: 0,
      })
      const quic = varintPrefixed({ encoding: 'quic', maxVarintBytes: 3 })
      expect(encodeFrames(quic, [new Uint8Array(16_383)]).length).toBe(16_385)
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(quic, [new Uint8Array(16_384)])).length).toBe(
        16_384,
      )
    })

    it('refuses a frame over the limit, and points at the first byte over it', () => {
      expect(framingError('ERR_FRAME_TOO_LONG', () => encode({ maxFrameLength: 2 }, '010203'))).toMatchObject({
        offset: 2,
        limit: 2,
        length: 3,
      })
      expect(encode({ maxFrameLength: 3 }, '010203')).toBe('03010203')
      // The header that comes along is no payload.
      expect(encode({ maxFrameLength: 3, strip: 0 }, '03010203')).toBe('03010203')
      expect(
        framingError('ERR_FRAME_TOO_LONG', () => encode({ maxFrameLength: 2, strip: 0 }, '830001020a')),
      ).toMatchObject({ offset: 4, limit: 2, length: 3 })
    })

    it.each<[string, VarintPrefixedOptions, string]>([
      ['says less than there is', {}, '01aabb'],
      ['says more than there is', {}, '03aabb'],
      ['is not all there', {}, '80'],
      ['is missing', { offset: 1 }, 'ee'],
      ['is missing, as is everything', {}, ''],
      ['goes on too long', { maxVarintBytes: 2 }, '808000'],
      ['is not minimal where it must be', { requireMinimal: true }, '8000'],
    ])('with strip 0, refuses a frame whose header %s', (_, options, frame) => {
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encode({ ...options, strip: 0 }, frame))
      expect(error).toMatchObject({ frameIndex: 0, length: frame.length / 2 })
    })

    it('with strip 0, takes every header that the decoder takes', () => {
      expect(encode({ strip: 0 }, '00', '02aabb', '8200aabb')).toBe('0002aabb8200aabb')
      expect(framesOf({ strip: 0 }, '0002aabb8200aabb')).toEqual(['00', '02aabb', '8200aabb'])
    })

    it('can be used again after it refused a frame', () => {
      const bytes = encodeFrames(varintPrefixed({ strip: 0 }), [hex('01aa')])
      const encoder = varintPrefixed({ strip: 0 }).encoder()
      const sink = { length: 0, written: '' }
      const write = (one: Uint8Array): string => (sink.written += toHex(one))
      const out = { bytes: write, pass: write }
      expect(() => encoder.encode(hex('05aa'), out as never)).toThrow(FramingError)
      encoder.encode(hex('01aa'), out as never)
      expect(sink.written).toBe(toHex(bytes))
    })

    it('takes text or numbers for what they are: no bytes', () => {
      expect(() => encodeFrames(varintPrefixed(), ['abc' as never])).toThrow(TypeError)
    })
  })

  it.skipIf(typeof globalThis.process?.memoryUsage !== 'function')(
    'a declared length allocates nothing before its bytes arrive',
    () => {
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      }
      for (const options of [
        {},
        { maxFrameLength: Infinity },
        { onTooLong: 'skip' },
        { onTooLong: 'split' },
      ] satisfies VarintPrefixedOptions[]) {
        const before = used()
        // 8 MiB, then 16 GiB.
        const header = Object.keys(options).length === 0 ? '80808004' : '8080808040'
        const parsers = Array.from({ length: 100 }, () => new FrameParser(varintPrefixed(options)))
        for (const parser of parsers) expect([...parser.push(hex(header)), ...parser.push(bin('abc'))]).toEqual([])
        expect(used() - before).toBeLessThan(16 * MiB)
      }
    },
  )

  it('copies under copy: always, and shows the chunk itself under never', () => {
    const chunk = hex('02aabb')
    const [view] = new FrameParser(varintPrefixed({ copy: 'never' })).push(chunk)
    const [copy] = new FrameParser(varintPrefixed({ copy: 'always' })).push(chunk)
    chunk.fill(0)
    expect([unbin(view!), toHex(copy!)]).toEqual(['\0\0', 'aabb'])
  })

  describe('wrong options throw at once and say what would be right', () => {
    it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
      [
        'an unknown encoding',
        { encoding: 'vlq' },
        TypeError,
        "encoding must be 'leb128' or 'mqtt' or 'quic', not the string \"vlq\"",
      ],
      ['lengths of no bytes', { maxVarintBytes: 0 }, RangeError, 'maxVarintBytes must be a whole number from 1 to 10'],
      ['lengths of eleven bytes', { maxVarintBytes: 11 }, RangeError, 'from 1 to 10, not 11'],
      ['five bytes of mqtt', { encoding: 'mqtt', maxVarintBytes: 5 }, RangeError, 'from 1 to 4, not 5'],
      ['nine bytes of quic', { encoding: 'quic', maxVarintBytes: 9 }, RangeError, 'from 1 to 8, not 9'],
      ['yes for true', { requireMinimal: 'yes' }, TypeError, 'requireMinimal must be true or false'],
      ['an offset below 0', { offset: -1 }, RangeError, 'offset must be a whole number of 0 or more, not -1'],
      ['half an offset', { offset: 0.5 }, RangeError, 'offset must be a whole number'],
      ['a strip other than 0', { strip: 1 }, RangeError, 'strip must be'],
      ['emitting what is not whole', { onTrailing: 'emit' }, TypeError, "onTrailing must be 'error' or 'drop'"],
      ['an unknown policy', { onTooLong: 'ignore' }, TypeError, "onTooLong must be 'error' or 'skip'"],
      ['a report to nobody', { onSkip: 1 }, TypeError, 'onSkip must be a function, not 1'],
      ['an unknown copy', { copy: true }, TypeError, "copy must be 'auto' or 'always' or 'never'"],
      ['resync, which has no marker', { onMalformed: 'skip' }, TypeError, 'varintPrefixed has no option "onMalformed"'],
      ['no limit, unless it is spelled out', { maxFrameLength: 0 }, RangeError, 'or Infinity, not 0'],
      ['options that are none', 'leb128', TypeError, 'The options of varintPrefixed must be an object'],
    ])('%s', (_, options, type, message) => {
      const make = (): unknown => varintPrefixed(options as VarintPrefixedOptions)
      expect(make).toThrow(type)
      expect(make).toThrow(message)
    })
  })
})
