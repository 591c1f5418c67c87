import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { headerPrefixed, type HeaderPrefixedOptions } from '../../src/codec/header-prefixed.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, hex } from '../support/bytes.ts'

const MiB = 1024 * 1024

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Frames as hex, skip reports and the error, from bytes as hex. */
function decode(options: HeaderPrefixedOptions, ...chunks: string[]): [string[], SkipInfo[], unknown] {
  const skipped: SkipInfo[] = []
  const codec = headerPrefixed({ ...options, onSkip: (info) => skipped.push(info) })
  const [frames, error] = decodeAll(codec, ...chunks.map(hex))
  return [frames.map((frame) => toHex(bin(frame as string))), skipped, error]
}

function errorOf(options: HeaderPrefixedOptions, ...chunks: string[]): unknown {
  return decode(options, ...chunks)[2]
}

function encode(options: HeaderPrefixedOptions, ...frames: string[]): string {
  return toHex(encodeFrames(headerPrefixed(options), frames.map(hex)))
}

/** A type, a length, the payload. */
const tagged: HeaderPrefixedOptions = { headerLength: 2, frameLength: (header) => 2 + header[1]! }

/** A length of one byte, or 0xff and two bytes more. */
const growing: HeaderPrefixedOptions = {
  headerLength: 1,
  frameLength(header) {
    if (header[0] !== 0xff) return 1 + header[0]!
    return header.length < 3 ? { more: 2 } : 3 + header[1]! * 256 + header[2]!
  },
}

/** 0x7e, a length, the payload, and a byte that makes the sum of everything 0: what serial lines have. */
const summed: HeaderPrefixedOptions = {
  headerLength: 2,
  frameLength(header) {
    if (header[0] !== 0x7e) throw new FramingError('ERR_FRAME_MALFORMED', 'No 7e')
    return 3 + header[1]!
  },
  check: (frame) => frame.reduce((sum, byte) => sum + byte, 0) % 256 === 0,
}
const summedFrame = (payload: string): string => {
  const start = `7e${(payload.length / 2).toString(16).padStart(2, '0')}${payload}`
  const sum = hex(start).reduce((total, byte) => total + byte, 0)
  return start + ((256 - (sum % 256)) % 256).toString(16).padStart(2, '0')
}

describe('headerPrefixed', () => {
  it('delivers frames with their headers, as long as the header says', () => {
    expect(decode(tagged, '0102aabb 0200 0301cc')).toEqual([['0102aabb', '0200', '0301cc'], [], undefined])
  })

  it('shows the function the header and nothing else, under every cut', () => {
    const wire = '0102aabb02000301cc'
    for (let cut = 0; cut <= wire.length; cut += 2) {
      const seen: string[] = []
      const frameLength = (header: Uint8Array): number => {
        seen.push(toHex(header))
        return 2 + header[1]!
      }
      decode({ headerLength: 2, frameLength }, wire.slice(0, cut), wire.slice(cut))
      expect(seen).toEqual(['0102', '0200', '0301'])
    }
  })

  it('asks again with as many bytes more as were asked for, once', () => {
    const seen: string[] = []
    const spied: HeaderPrefixedOptions = {
      ...growing,
      frameLength(header) {
        seen.push(toHex(header))
        return growing.frameLength(header)
      },
    }
    const parser = new FrameParser(headerPrefixed(spied))
    const frames = Array.from(hex('01aa ff0002bbcc 00')).flatMap((byte) =>
      Array.from(parser.push(Uint8Array.of(byte)), toHex),
    )
    expect(frames).toEqual(['01aa', 'ff0002bbcc', '00'])
    expect(seen).toEqual(['01', 'ff', 'ff0002', '00'])
  })

  it('asks for more and more, byte by byte, and begins anew with the next frame', () => {
    // A unary number: as many 0x01 as there are bytes behind the 0x00.
    const unary: HeaderPrefixedOptions = {
      headerLength: 1,
      frameLength: (header) => (header.at(-1) === 0 ? 2 * header.length - 1 : { more: 1 }),
    }
    expect(decode(unary, '010100aabb 00 0100cc')[0]).toEqual(['010100aabb', '00', '0100cc'])
  })

  it('a frame that is nothing but its header, or nothing but what was stripped, is a frame', () => {
    expect(decode(growing, '00 00')[0]).toEqual(['00', '00'])
    expect(decode({ ...tagged, strip: 2 }, '0100 0201aa 0300')[0]).toEqual(['', 'aa', ''])
  })

  it('strip takes off what it says, less or more than the header, and never changes how long the frame is', () => {
    for (let strip = 0; strip <= 4; strip++) {
      expect(decode({ ...tagged, strip }, '0102aabb 0203ccddee')[0]).toEqual([
        '0102aabb'.slice(2 * strip),
        '0203ccddee'.slice(2 * strip),
      ])
    }
  })

  describe('an answer that cannot be', () => {
    it.each<[string, number]>([
      ['below 0', -1],
      ['0', 0],
      ['less than the header that it was read from', 1],
      ['no number', NaN],
      ['half a byte', 2.5],
      ['minus infinity', -Infinity],
    ])('is malformed: %s', (_, answer) => {
      const options = { headerLength: 2, frameLength: (header: Uint8Array) => (header[0] === 0 ? 2 : answer) }
      const [frames, , error] = decode(options, '0000 0100 0000 000000')
      expect(frames).toEqual(['0000'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 2, frameIndex: 1, length: answer })
    })

    it('is malformed where it leaves fewer bytes than strip takes off', () => {
      expect(errorOf({ ...tagged, strip: 3 }, '0101aa 0100')).toMatchObject({
        code: 'ERR_FRAME_MALFORMED',
        offset: 3,
        length: 2,
      })
    })

    it('is less than the header after more of it was asked for', () => {
      const options = { headerLength: 1, frameLength: (h: Uint8Array) => (h.length < 3 ? { more: 2 } : 2) }
      expect(errorOf(options, '010203')).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 0, length: 2 })
    })

    it.each<[string, unknown]>([
      ['undefined', undefined],
      ['null', null],
      ['a string', '5'],
      ['a bigint', 5n],
      ['nothing more', { more: 0 }],
      ['less', { more: -1 }],
      ['half a byte more', { more: 0.5 }],
      ['endlessly more', { more: Infinity }],
    ])('is a mistake of the program and no FramingError: %s', (_, answer) => {
      const options = { headerLength: 1, frameLength: () => answer as number }
      const error = errorOf({ ...options, onMalformed: 'skip' }, '00')
      expect(error).toBeInstanceOf(RangeError)
      expect(String(error)).toContain('What frameLength asks for must be a whole number of 1 or more')
    })

    it('infinity is a length above 2^53-1, and so is every other that cannot be counted', () => {
      for (const answer of [Infinity, 2 ** 53, 2 ** 60]) {
        for (const onTooLong of ['error', 'skip', 'split', 'truncate'] as const) {
          const options = { headerLength: 1, frameLength: () => answer, onTooLong, maxFrameLength: Infinity }
          expect(errorOf(options, '00')).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 0 })
        }
      }
    })
  })

  describe('a function that throws', () => {
    const picky: HeaderPrefixedOptions = {
      headerLength: 2,
      frameLength(header) {
        if (header[0] === 0xee) throw new FramingError('ERR_FRAME_MALFORMED', 'No such type')
        if (header[0] === 0xdd) throw new SyntaxError('a bug')
        return 2 + header[1]!
      },
    }

    it('ends the stream with what it threw, after the good frames before', () => {
      const [frames, , error] = decode(picky, '0101aa ee00 0101bb')
      expect(frames).toEqual(['0101aa'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', message: 'No such type', frameIndex: 1 })
    })

    it('goes on a byte later under onMalformed: skip, until a header is right', () => {
      expect(decode({ ...picky, onMalformed: 'skip' }, '0101aa eeee 0101bb ee 0100')).toEqual([
        ['0101aa', '0101bb', '0100'],
        [
          { offset: 3, length: 2, reason: 'malformed' },
          { offset: 8, length: 1, reason: 'malformed' },
        ],
        undefined,
      ])
    })

    it('is not skipped over where what it threw is no FramingError', () => {
      const [frames, skips, error] = decode({ ...picky, onMalformed: 'skip' }, '0101aa ee dd00 0101bb')
      expect(frames).toEqual(['0101aa'])
      expect(skips).toEqual([{ offset: 3, length: 1, reason: 'malformed' }])
      expect(error).toBeInstanceOf(SyntaxError)
    })
  })

  describe('check', () => {
    it('sees the whole frame, header and all, before anything is stripped', () => {
      const seen: string[] = []
      const check = (frame: Uint8Array): boolean => seen.push(toHex(frame)) > 0
      expect(decode({ ...tagged, strip: 2, check }, '0102', 'aabb 02', '00')[0]).toEqual(['aabb', ''])
      expect(seen).toEqual(['0102aabb', '0200'])
    })

    it('that fails ends the stream: malformed, at the first byte of the frame', () => {
      const good = summedFrame('aabb')
      const [frames, , error] = decode(summed, good, '7e01aa00')
      expect(frames).toEqual([good])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 5, frameIndex: 1, length: 4 })
      expect(String(error)).toContain('Frame is not right, says check (at byte 5)')
    })

    it('may say why with a FramingError of its own', () => {
      const check = (): boolean => {
        throw new FramingError('ERR_FRAME_MALFORMED', 'Checksum is 1, not 2')
      }
      expect(errorOf({ ...tagged, check }, '0100')).toMatchObject({ message: 'Checksum is 1, not 2', frameIndex: 0 })
      expect(decode({ ...tagged, check, onMalformed: 'skip' }, '0100')[0]).toEqual([])
    })

    it('finds the next frame behind garbage and a wrong one (onMalformed: skip), and reports each run of bytes once', () => {
      const [a, b] = [summedFrame('aabb'), summedFrame('7e01')]
      // The wrong frame is as long as it says: what it holds is looked through too.
      const wrong = '7e02 0102 00'
      expect(decode({ ...summed, onMalformed: 'skip' }, '0102', a, wrong, '7e00', b)).toEqual([
        [a, b],
        [
          { offset: 0, length: 2, reason: 'malformed' },
          { offset: 7, length: 7, reason: 'malformed' },
        ],
        undefined,
      ])
    })

    it('finds a frame within what a wrong header claimed', () => {
      const inner = summedFrame('55')
      expect(decode({ ...summed, onMalformed: 'skip' }, '7e04', inner, '00', '00')[0]).toEqual([inner])
    })

    it('reports garbage in which every byte may begin a frame once, not byte by byte', () => {
      const check = (frame: Uint8Array): boolean => frame[0] === 1
      const [frames, skips] = decode({ ...tagged, check, onMalformed: 'skip' }, '0000000000 0100 0000 0101aa')
      expect(frames).toEqual(['0100', '0101aa'])
      expect(skips).toEqual([
        { offset: 0, length: 5, reason: 'malformed' },
        { offset: 7, length: 2, reason: 'malformed' },
      ])
    })

    it('that throws anything else is a bug and ends the stream', () => {
      const check = (): boolean => {
        throw new SyntaxError('a bug')
      }
      expect(errorOf({ ...tagged, check, onMalformed: 'skip' }, '0100')).toBeInstanceOf(SyntaxError)
    })
  })

  describe('a frame over the limit', () => {
    const over = (options: Partial<HeaderPrefixedOptions>, wire: string): [string[], SkipInfo[], unknown] =>
      decode({ ...tagged, maxFrameLength: 3, ...options }, wire)

    it('is an error from its header alone; one of exactly the limit is none', () => {
      expect(over({}, '0103010203 0104')).toMatchObject([
        ['0103010203'],
        [],
        { code: 'ERR_FRAME_TOO_LONG', offset: 5, frameIndex: 1, limit: 3, length: 4 },
      ])
    })

    it('is left out with skip, header and all, and the next frames come', () => {
      expect(over({ onTooLong: 'skip' }, '0101aa 010501020304ff 0101bb')).toEqual([
        ['0101aa', '0101bb'],
        [{ offset: 3, length: 7, reason: 'too-long' }],
        undefined,
      ])
    })

    it('keeps its first bytes with truncate, and reports the others', () => {
      expect(over({ onTooLong: 'truncate', strip: 1 }, '010501020304ff 0101bb')).toEqual([
        ['05010203', '01bb'],
        [{ offset: 5, length: 2, reason: 'too-long' }],
        undefined,
      ])
    })

    it('comes in pieces with split', () => {
      expect(over({ onTooLong: 'split' }, '010701020304050607 0101bb')[0]).toEqual([
        '0107010203',
        '040506',
        '07',
        '0101bb',
      ])
      expect(over({ onTooLong: 'split', strip: 4 }, '010701020304050607')[0]).toEqual(['03', '040506', '07'])
    })

    it('loses to strip what strip takes off, also where that is more than the first piece', () => {
      expect(over({ onTooLong: 'split', strip: 7 }, '010801020304050607ee 01050102030405')).toEqual([
        ['', '0607ee', ''],
        [],
        undefined,
      ])
      expect(over({ onTooLong: 'truncate', strip: 6 }, '010801020304050607ee')).toEqual([
        [''],
        [{ offset: 6, length: 4, reason: 'too-long' }],
        undefined,
      ])
    })

    it('is measured behind the header that was looked at, whatever of it was asked for later', () => {
      const options = { ...growing, maxFrameLength: 3 }
      expect(decode(options, 'ff0003aabbcc')[0]).toEqual(['ff0003aabbcc'])
      expect(errorOf(options, 'ff0004')).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', limit: 3, length: 4 })
      // More header than payload: the limit is for payloads.
      expect(decode({ ...growing, maxFrameLength: 1 }, 'ff0001aa')).toEqual([['ff0001aa'], [], undefined])
    })
  })

  it('a header that asks for more without end is malformed, with a limit', () => {
    for (const [maxFrameLength, most] of [
      [10, 1025],
      [5000, 5001],
    ] as const) {
      const options = { headerLength: 1, frameLength: () => ({ more: 1 }), maxFrameLength }
      const parser = new FrameParser(headerPrefixed(options))
      for (let i = 0; i < most - 1; i++) expect([...parser.push(Uint8Array.of(1))]).toEqual([])
      expect(framingError('ERR_FRAME_MALFORMED', () => [...parser.push(Uint8Array.of(1))])).toMatchObject({
        offset: most,
        limit: most,
      })
    }
    // From the question alone: nobody waits for the bytes.
    const options = { headerLength: 1, frameLength: () => ({ more: 2 ** 40 }) }
    expect(errorOf(options, '00')).toMatchObject({ code: 'ERR_FRAME_MALFORMED' })
    expect(errorOf({ ...options, onMalformed: 'skip' }, '0000')).toBeUndefined()
  })

  describe('input that ends within a frame', () => {
    it.each<[string, string, number, string, number]>([
      ['within the header', '0101aa 01', 4, '01', 2],
      ['exactly behind the header', '0101aa 0102', 5, '0102', 4],
      ['within the payload', '0101aa 0102bb', 6, '0102bb', 4],
    ])('is an error: %s', (_, wire, offset, partial, length) => {
      expect(errorOf(tagged, wire)).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset,
        frameIndex: 1,
        partial: hex(partial),
        length,
      })
    })

    it('is an error within what was asked for', () => {
      expect(errorOf(growing, 'ff00')).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', partial: hex('ff00'), length: 3 })
    })

    it('can be dropped, and is reported', () => {
      expect(decode({ ...tagged, onTrailing: 'drop' }, '0101aa 0102')).toEqual([
        ['0101aa'],
        [{ offset: 3, length: 2, reason: 'trailing' }],
        undefined,
      ])
    })

    it('is none behind a frame, one without payload too', () => {
      expect(decode(tagged, '0101aa 0100')[2]).toBeUndefined()
    })
  })

  describe('the encoder', () => {
    it('writes a frame that brings its header as it is', () => {
      expect(encode(tagged, '0102aabb', '0200')).toBe('0102aabb0200')
    })

    it('puts what encodeHeader makes before a frame, and strip takes it off again', () => {
      const options = { ...tagged, strip: 2, encodeHeader: (frame: Uint8Array) => Uint8Array.of(7, frame.length) }
      expect(encode(options, 'aabb', '')).toBe('0702aabb0700')
      expect(decode(options, '0702aabb0700')[0]).toEqual(['aabb', ''])
    })

    it.each<[string, HeaderPrefixedOptions, string]>([
      ['says less than there is', tagged, '0101aabb'],
      ['says more than there is', tagged, '0103aabb'],
      ['is not all there', tagged, '01'],
      ['is missing', tagged, ''],
      ['asks for more than there is', growing, 'ff00'],
      ['says less after it was asked twice', growing, 'ff0000aa'],
      ['cannot be', { headerLength: 1, frameLength: () => NaN }, '00'],
      ['asks for more without end', { headerLength: 1, frameLength: () => ({ more: 2 ** 40 }) }, '00'],
      ['the function throws at', summed, '7f0000'],
    ])('refuses a frame whose header %s, and leaves nothing of it', (_, options, frame) => {
      const sink = new ByteSink()
      sink.byte(9)
      const error = framingError('ERR_FRAME_UNENCODABLE', () =>
        headerPrefixed(options).encoder().encode(hex(frame), sink),
      )
      expect(error.length).toBe(frame.length / 2)
      expect(toHex(sink.take())).toBe('09')
    })

    it('refuses a frame that check finds wrong, however it says so', () => {
      expect(encode(summed, summedFrame('01'))).toBe(summedFrame('01'))
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encode(summed, '7e010100')).length).toBe(4)
      const check = (): boolean => {
        throw new FramingError('ERR_FRAME_MALFORMED', 'Checksum is 1, not 2')
      }
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encode({ ...tagged, check }, '0100')).cause).toMatchObject({
        message: 'Checksum is 1, not 2',
      })
    })

    it('refuses a frame over the limit, and points at the first byte over it', () => {
      const options = { ...tagged, maxFrameLength: 2 }
      expect(encode(options, '0102aabb')).toBe('0102aabb')
      expect(framingError('ERR_FRAME_TOO_LONG', () => encode(options, '0103aabbcc'))).toMatchObject({
        offset: 4,
        limit: 2,
        length: 3,
      })
    })

    it('refuses a header that encodeHeader made shorter or longer than strip', () => {
      const options = { ...tagged, strip: 2, encodeHeader: () => Uint8Array.of(1) }
      expect(framingError('ERR_FRAME_UNENCODABLE', () => encode(options, 'aa')).message).toBe(
        'encodeHeader made 1 bytes, and strip takes off 2',
      )
    })

    it('passes on what a function throws that is no FramingError, and leaves nothing of the frame', () => {
      const codec = headerPrefixed({
        headerLength: 1,
        frameLength() {
          throw new SyntaxError('a bug')
        },
      })
      const sink = new ByteSink()
      expect(() => codec.encoder().encode(hex('00'), sink)).toThrow(SyntaxError)
      expect(sink.length).toBe(0)
    })

    it('does not exist where strip takes off what nobody can put back', () => {
      const codec = headerPrefixed({ ...tagged, strip: 2 })
      expect(() => codec.encoder()).toThrow(TypeError)
      expect(() => codec.encoder()).toThrow('With strip: 2 the encoder has no header to write: give encodeHeader')
      expect([...new FrameParser(codec).push(hex('0101aa'))]).toEqual([hex('aa')])
    })
  })

  it.skipIf(typeof globalThis.process?.memoryUsage !== 'function')(
    'a declared length allocates nothing before its bytes arrive',
    () => {
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      }
      for (const [frameLength, options] of [
        [8 * MiB, {}],
        [2 ** 52, { maxFrameLength: Infinity }],
        [2 ** 52, { onTooLong: 'skip' }],
        [2 ** 52, { onTooLong: 'split' }],
      ] satisfies [number, Partial<HeaderPrefixedOptions>][]) {
        const before = used()
        const codec = headerPrefixed({ headerLength: 1, frameLength: () => frameLength, ...options })
        const parsers = Array.from({ length: 100 }, () => new FrameParser(codec))
        for (const parser of parsers) expect([...parser.push(bin('a')), ...parser.push(bin('abc'))]).toEqual([])
        expect(used() - before).toBeLessThan(16 * MiB)
      }
    },
  )

  describe('wrong options throw at once and say what would be right', () => {
    const { frameLength } = tagged
    it.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
      ['no options', undefined, TypeError, 'The options of headerPrefixed must be an object, not undefined'],
      ['no headerLength', { frameLength }, RangeError, 'headerLength must be a whole number of 1 or more'],
      ['a header of nothing', { headerLength: 0, frameLength }, RangeError, 'not 0'],
      ['no frameLength', { headerLength: 1 }, TypeError, 'frameLength must be a function, not undefined'],
      ['a length for all', { headerLength: 1, frameLength: 5 }, TypeError, 'frameLength must be a function, not 5'],
      ['a check that is none', { ...tagged, check: true }, TypeError, 'check must be a function'],
      ['a header for all', { ...tagged, encodeHeader: bin('a') }, TypeError, 'encodeHeader must be a function'],
      ['a strip below 0', { ...tagged, strip: -1 }, RangeError, 'strip must be a whole number of 0 or more, not -1'],
      ['an unknown resync', { ...tagged, onMalformed: 'resync' }, TypeError, "onMalformed must be 'error' or 'skip'"],
      ['emitting what is not whole', { ...tagged, onTrailing: 'emit' }, TypeError, "must be 'error' or 'drop'"],
      ['a misspelt option', { ...tagged, maxLength: 1 }, TypeError, 'headerPrefixed has no option "maxLength"'],
      ['no limit, unless it is spelled out', { ...tagged, maxFrameLength: 0 }, RangeError, 'or Infinity, not 0'],
    ])('%s', (_, options, type, message) => {
      const make = (): unknown => headerPrefixed(options as HeaderPrefixedOptions)
      expect(make).toThrow(type)
      expect(make).toThrow(message)
    })
  })
})
