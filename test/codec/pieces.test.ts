import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { contentLength } from '../../src/codec/content-length.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { headerPrefixed } from '../../src/codec/header-prefixed.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { netstring } from '../../src/codec/netstring.ts'
import { octetCounted } from '../../src/codec/octet-counted.ts'
import { pieces, type DeclaredCodec, type FramePiece } from '../../src/codec/pieces.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { varintPrefixed } from '../../src/codec/varint-prefixed.ts'
import { framer } from '../../src/streams/framer.ts'
import { bin, unbin } from '../support/bytes.ts'

const KiB = 1024
const MiB = 1024 * KiB

interface Policies {
  maxFrameLength?: number
  onTooLong?: 'error' | 'skip' | 'split'
  onTrailing?: 'error' | 'drop'
  onSkip?: (info: SkipInfo) => void
  copy?: 'auto' | 'always' | 'never'
}
type Make = (policies?: Policies) => DeclaredCodec

/** Every rule that has pieces, with what a frame of n bytes has before it, as a header that the test can check. */
const rules: [name: string, make: Make][] = [
  ['lengthPrefixed', (policies) => lengthPrefixed({ width: 2, ...policies })],
  ['lengthPrefixed with its header', (policies) => lengthPrefixed({ width: 2, strip: 0, ...policies })],
  ['lengthPrefixed that strips payload', (policies) => lengthPrefixed({ width: 2, strip: 3, ...policies })],
  ['lengthPrefixed with sync', (policies) => lengthPrefixed({ width: 1, sync: '#!', ...policies })],
  ['varintPrefixed', (policies) => varintPrefixed(policies)],
  [
    'varintPrefixed with its header',
    (policies) => varintPrefixed({ encoding: 'mqtt', offset: 1, strip: 0, ...policies }),
  ],
  ['headerPrefixed', (policies) => headerPrefixed({ ...growing, ...policies })],
  ['headerPrefixed, stripped', (policies) => headerPrefixed({ ...growing, strip: 1, encodeHeader, ...policies })],
  ['netstring', (policies) => netstring(policies)],
  ['octetCounted', (policies) => octetCounted(policies)],
  ['contentLength', (policies) => contentLength(policies)],
]
const growing = {
  headerLength: 1,
  frameLength: (header: Uint8Array): number | { more: number } =>
    header[0] !== 255 ? 1 + header[0]! : header.length < 3 ? { more: 2 } : 3 + header[1]! * 256 + header[2]!,
}
const encodeHeader = (frame: Uint8Array): Uint8Array => Uint8Array.of(frame.length)

interface Result {
  pieces: FramePiece[]
  error?: unknown
  skips: SkipInfo[]
}

function run(make: Make, policies: Policies, chunks: readonly Uint8Array[]): Result {
  const result: Result = { pieces: [], skips: [] }
  const parser = new FrameParser(pieces(make({ ...policies, onSkip: (info) => result.skips.push(info) })))
  try {
    for (const chunk of chunks) for (const piece of parser.push(chunk)) result.pieces.push(piece)
    for (const piece of parser.end()) result.pieces.push(piece)
  } catch (error) {
    result.error = error
  }
  return result
}

/** Puts frames together again, and checks on the way that pieces say of themselves what is so. */
function join(parts: readonly FramePiece[]): { frames: string[]; open: string | undefined } {
  const frames: string[] = []
  let open: string | undefined
  for (const { bytes, first, last, frameLength } of parts) {
    expect(first).toBe(open === undefined)
    open = (open ?? '') + unbin(bytes)
    expect(bytes.length > 0 || (frameLength === 0 && first && last)).toBe(true)
    expect(last).toBe(open.length === frameLength)
    if (!last) continue
    frames.push(open)
    open = undefined
  }
  return { frames, open }
}

function cutUp(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((to, i) => bytes.slice(at[i], to))
}

/** Bytes that are frames of that rule: payloads of all these lengths. */
function wireOf(make: Make, lengths: readonly number[]): Uint8Array {
  const stripped = make({ maxFrameLength: 60_000 })
  return Uint8Array.from(
    lengths.flatMap((length) => {
      const payload = new Uint8Array(length).map((_, i) => 97 + ((i * 7) % 26))
      for (const prefix of prefixes(length)) {
        try {
          return [...encodeFrames(stripped, [Uint8Array.from([...prefix, ...payload])])]
        } catch (error) {
          if (!(error instanceof FramingError)) throw error
        }
      }
      throw new Error('No header fits')
    }),
  )
}

/** What a frame may have to bring along: nothing, or a header of one of the rules above. */
function prefixes(n: number): number[][] {
  const varint = n < 128 ? [n] : [(n % 128) | 128, n >> 7]
  return [[], [n >> 8, n & 255], [n & 255], [0x30, ...varint], [n], [255, n >> 8, n & 255]]
}

describe.each(rules)('pieces(%s)', (_, make) => {
  const lengths = [1, 0, 5, 2, 130, 1, 0]
  const wire = wireOf(make, lengths)
  const whole = Array.from(new FrameParser(make()).push(wire.slice()), unbin)

  it('gives the same frames as the codec itself, in pieces, under every cut', () => {
    expect(whole.length).toBe(lengths.length)
    for (let cut = 0; cut <= wire.length; cut++) {
      for (const cuts of [[cut], [cut, cut + 1], [cut, cut, cut + 3]]) {
        const { pieces: parts, error } = run(make, {}, cutUp(wire, cuts))
        expect(error).toBeUndefined()
        expect(join(parts)).toEqual({ frames: whole, open: undefined })
      }
    }
    const bytewise = run(
      make,
      {},
      Array.from(wire, (byte) => Uint8Array.of(byte)),
    ).pieces
    expect(join(bytewise).frames).toEqual(whole)
    expect(bytewise.length).toBeGreaterThan(130)
  })

  it('a frame that comes in one chunk is one piece', () => {
    expect(
      run(make, {}, [wire.slice()]).pieces.map(({ first, last, frameLength }) => ({ first, last, frameLength })),
    ).toEqual(whole.map(({ length }) => ({ first: true, last: true, frameLength: length })))
  })

  it('gives what has arrived at once, and holds nothing back', () => {
    const parser = new FrameParser(pieces(make()))
    let got = 0
    for (const byte of wire) {
      for (const piece of parser.push(Uint8Array.of(byte))) got += piece.bytes.length
      // Only heads wait: those of contentLength are the longest.
      expect(parser.pending).toBeLessThanOrEqual(23)
    }
    expect(got).toBe(whole.reduce((sum, frame) => sum + frame.length, 0))
  })

  it('under a random cut they join to the frames', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 300 }), { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (some, cuts) => {
          const usable = some.map((n) => Math.min(n, 250))
          const bytes = wireOf(make, usable)
          const expected = Array.from(new FrameParser(make()).push(bytes.slice()), unbin)
          const { pieces: parts, error } = run(make, {}, cutUp(bytes, cuts))
          expect(error).toBeUndefined()
          expect(join(parts)).toEqual({ frames: expected, open: undefined })
        },
      ),
      { numRuns: 100 },
    )
  })

  it('of hostile bytes they come to the same frames, skip reports and error as the codec itself', () => {
    const bytes = fc
      .array(fc.constantFrom(...bin('\0\0\x01\x02\x05\xff\x80#!0127:,Content-Length: \r\n')), { maxLength: 30 })
      .map((list) => Uint8Array.from(list))
    const policies = fc.record({
      maxFrameLength: fc.constantFrom(1, 3, 100, Infinity),
      onTooLong: fc.constantFrom('error' as const, 'skip' as const),
      onTrailing: fc.constantFrom('error' as const, 'drop' as const),
    })
    fc.assert(
      fc.property(bytes, policies, fc.array(fc.nat(), { maxLength: 4 }), (hostile, policy, cuts) => {
        const frames: string[] = []
        const skips: SkipInfo[] = []
        const parser = new FrameParser(make({ ...policy, onSkip: (info) => skips.push(info) }))
        let error: unknown
        try {
          for (const frame of parser.push(hostile.slice())) frames.push(unbin(frame))
          expect([...parser.end()]).toEqual([])
        } catch (thrown) {
          error = thrown
        }
        const actual = run(make, policy, cutUp(hostile, cuts))
        const joined = join(actual.pieces)
        const trailing = skips.at(-1)?.reason === 'trailing'
        // Of a frame that breaks off, pieces have been delivered: that cannot be dropped any more, so it is an error.
        const brokenOff = joined.open !== undefined
        // And a trailer that is missing or wrong comes too late for a frame that has been delivered.
        const late = joined.frames.length > frames.length
        expect(joined.frames.slice(0, frames.length)).toEqual(frames)
        if (brokenOff || late) {
          expect(error !== undefined || trailing).toBe(true)
          if (brokenOff) expect(actual.error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: hostile.length })
          return
        }
        expect(actual.skips).toEqual(skips)
        const facts = (one: unknown): unknown =>
          one instanceof FramingError ? { code: one.code, offset: one.offset, limit: one.limit } : one
        expect(facts(actual.error)).toEqual(facts(error))
      }),
      { numRuns: 300 },
    )
  })

  it('a frame over the limit is an error before any piece of it, or left out and reported', () => {
    const over = wireOf(make, [2, 200, 3])
    const frames = Array.from(new FrameParser(make()).push(over.slice()), unbin)
    const strict = run(make, { maxFrameLength: 100 }, cutUp(over, [7, 30, 31]))
    expect(join(strict.pieces)).toEqual({ frames: frames.slice(0, 1), open: undefined })
    expect(strict.error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', limit: 100, frameIndex: strict.pieces.length })
    const skips: SkipInfo[] = []
    const codec = make({ maxFrameLength: 100, onTooLong: 'skip', onSkip: (info) => skips.push(info) })
    const rest = Array.from(new FrameParser(codec).push(over.slice()), unbin)
    const skipping = run(make, { maxFrameLength: 100, onTooLong: 'skip' }, cutUp(over, [7, 30, 31]))
    expect(join(skipping.pieces).frames).toEqual(rest)
    expect(skipping.skips).toEqual(skips)
    expect(skips[0]!.length).toBeGreaterThanOrEqual(200)
  })

  it('a frame that the end of the input cuts is an error, whatever came of it', () => {
    const cut = wireOf(make, [1, 50])
    const [, second] = Array.from(new FrameParser(make()).push(cut.slice()), unbin) as [string, string]
    for (let missing = 1; missing < 50; missing++) {
      const { pieces: parts, error } = run(make, {}, [cut.slice(0, cut.length - missing)])
      const { frames, open } = join(parts)
      expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: cut.length - missing })
      if (frames.length === 1) expect(second.startsWith(open ?? '')).toBe(true)
      expect(frames.length).toBeLessThanOrEqual(2)
      // A frame that has begun cannot be dropped: somebody waits for its end.
      if (open !== undefined) {
        const dropping = run(make, { onTrailing: 'drop' }, [cut.slice(0, cut.length - missing)])
        expect(dropping.error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', length: missing })
      }
    }
  })

  it('an encoder takes whole frames, as that of the codec does', () => {
    expect(wireOf(make, [3])).toEqual(
      encodeFrames(pieces(make()), [new FrameParser(make({})).push(wireOf(make, [3])).next().value!]),
    )
  })
})

describe('pieces', () => {
  it('are views of the chunks that brought them: nothing is copied, and none spans two chunks', () => {
    const chunks = [new Uint8Array(5000).fill(1), new Uint8Array(3000).fill(2), new Uint8Array(2000).fill(3)]
    const header = Uint8Array.of(9998 >> 8, 9998 & 255)
    chunks[0]!.set(header)
    const expected = [
      [4998, true, false, 9998],
      [3000, false, false, 9998],
      [2000, false, true, 9998],
    ]
    const arriving = run(() => lengthPrefixed({ width: 2 }), {}, chunks).pieces
    const parser = new FrameParser(pieces(lengthPrefixed({ width: 2 })))
    for (const chunk of chunks) parser.push(chunk)
    // Whether they are asked for as the chunks come, or when all of them are there.
    for (const parts of [arriving, [...parser.end()]]) {
      expect(parts.map(({ bytes, first, last, frameLength }) => [bytes.length, first, last, frameLength])).toEqual(
        expected,
      )
      parts.forEach(({ bytes }, i) => expect(bytes.buffer).toBe(chunks[i]!.buffer))
    }
  })

  it('are copies under copy: always', () => {
    const chunk = bin('\x02ab')
    const [piece] = new FrameParser(pieces(lengthPrefixed({ width: 1, copy: 'always' }))).push(chunk)
    chunk.fill(0)
    expect(unbin(piece!.bytes)).toBe('ab')
  })

  it('come one by one: those of frames that nobody asked for stay bytes', () => {
    const parser = new FrameParser(pieces(lengthPrefixed({ width: 1 })))
    const iterator = parser.push(bin('\x02ab\x01c\0\x03de'))
    expect(unbin(iterator.next().value!.bytes)).toBe('ab')
    expect(parser.pending).toBe(6)
    expect([...iterator].map(({ bytes, last }) => [unbin(bytes), last])).toEqual([
      ['c', true],
      ['', true],
      ['de', false],
    ])
  })

  it('strip takes off the start of a frame also where that comes late', () => {
    const codec = lengthPrefixed({ width: 1, strip: 3 })
    const parser = new FrameParser(pieces(codec))
    const seen = Array.from('\x05abcde', (char) => [...parser.push(bin(char))].map(({ bytes }) => unbin(bytes)).join())
    expect(seen).toEqual(['', '', '', 'c', 'd', 'e'])
  })

  describe('of netstrings: the comma is looked at when the payload has been delivered', () => {
    it('a wrong one is malformed, at its place, behind the last piece', () => {
      const { pieces: parts, error } = run(netstring, {}, [bin('1:a,3:ab'), bin('cX1:d,')])
      expect(join(parts).frames).toEqual(['a', 'abc'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 9 })
    })

    it('a missing one is a cut frame', () => {
      expect(run(netstring, {}, [bin('3:abc')]).error).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset: 5,
        length: 1,
      })
      expect(run(netstring, {}, [bin('0:')]).error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 2 })
      expect(run(netstring, { onTrailing: 'drop' }, [bin('3:abc')]).error).toBeUndefined()
    })

    it('a wrong one behind a frame that is left out is malformed too', () => {
      const options = { maxFrameLength: 2, onTooLong: 'skip' } as const
      for (const chunks of [['3:abcX1:d,'], ['3:abc', 'X'], ['3:a', 'bcX']]) {
        const { pieces: parts, error, skips } = run(netstring, options, chunks.map(bin))
        expect(parts).toEqual([])
        expect(skips).toEqual([{ offset: 0, length: 5, reason: 'too-long' }])
        expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 5 })
      }
      expect(join(run(netstring, options, [bin('3:abc,1:d,')]).pieces).frames).toEqual(['d'])
    })
  })

  describe('when the input ends', () => {
    const one: Make = (policies) => lengthPrefixed({ width: 2, ...policies })

    it('within a head: the length is that of the head, as the codec itself says it', () => {
      for (const wire of ['\0', '\0\x01a\0']) {
        const { error } = run(one, {}, [bin(wire)])
        expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: wire.length, partial: bin('\0'), length: 2 })
      }
    })

    it('exactly behind a head: the length is that of the frame', () => {
      expect(run(one, {}, [bin('\0\x03')]).error).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset: 2,
        partial: bin('\0\x03'),
        length: 5,
      })
      expect(run(one, { onTrailing: 'drop' }, [bin('\0\x03')])).toEqual({
        pieces: [],
        skips: [{ offset: 0, length: 2, reason: 'trailing' }],
      })
    })

    it('within a payload: the length is what is missing', () => {
      expect(run(one, {}, [bin('\0\x03a')]).error).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset: 3,
        partial: bin(''),
        length: 2,
      })
    })

    it('within a frame that is left out', () => {
      const { error, skips } = run(one, { maxFrameLength: 2, onTooLong: 'skip' }, [bin('\0\x05abc')])
      expect(skips).toEqual([{ offset: 0, length: 5, reason: 'too-long' }])
      expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 5, length: 2 })
      const dropping = { maxFrameLength: 2, onTooLong: 'skip', onTrailing: 'drop' } as const
      expect(run(one, dropping, [bin('\0\x05abc')]).error).toBeUndefined()
    })

    it('a head can be dropped, and is reported; a frame of which pieces are out cannot', () => {
      const head = run(one, { onTrailing: 'drop' }, [bin('\0\x01a\0')])
      expect(head.error).toBeUndefined()
      expect(head.skips).toEqual([{ offset: 3, length: 1, reason: 'trailing' }])
      expect(run(one, { onTrailing: 'drop' }, [bin('\0\x02a')]).error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED' })
    })
  })

  it('with sync, garbage and false markers are left out and reported as for whole frames', () => {
    const make: Make = (policies) =>
      lengthPrefixed({ width: 1, sync: '#', adjust: -1, onMalformed: 'skip', ...policies })
    const policies = { maxFrameLength: 3, onTooLong: 'skip' } as const
    const { pieces: parts, skips } = run(make, policies, [bin('xx#\0y#'), bin('\x03'), bin('ab#\x99#'), bin('\x01')])
    expect(join(parts).frames).toEqual(['ab', ''])
    expect(skips).toEqual([
      { offset: 0, length: 5, reason: 'sync' },
      { offset: 9, length: 2, reason: 'sync' },
    ])
  })

  it('with a function that throws, onMalformed: skip goes on a byte later', () => {
    const codec = headerPrefixed({
      headerLength: 2,
      frameLength(header) {
        if (header[0] !== 1) throw new FramingError('ERR_FRAME_MALFORMED', 'no')
        return 2 + header[1]!
      },
      onMalformed: 'skip',
    })
    expect(join(run(() => codec, {}, [bin('xyz\x01\x02ab\0\x01\0')]).pieces).frames).toEqual(['\x01\x02ab', '\x01\0'])
  })

  it('a length above 2^53-1 is too long for pieces too', () => {
    for (const onTooLong of ['error', 'skip'] as const) {
      const make: Make = (policies) => lengthPrefixed({ width: 8, ...policies })
      const { error } = run(make, { maxFrameLength: Infinity, onTooLong }, [new Uint8Array(8).fill(255)])
      expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', length: Infinity })
    }
  })

  it('errors are final', () => {
    const parser = new FrameParser(pieces(netstring()))
    let first: unknown
    try {
      for (const _ of parser.push(bin('1:aX'))) expect(first).toBeUndefined()
    } catch (error) {
      first = error
    }
    expect(first).toMatchObject({ code: 'ERR_FRAME_MALFORMED' })
    expect(() => parser.take()).toThrow(first)
  })

  describe('throws at once where it has no meaning', () => {
    it.each<[string, unknown, string]>([
      ['frames that do not declare their length', delimiter('\n'), 'takes a codec whose frames declare their length'],
      [
        'octet counting, which may be lines',
        octetCounted({ autoDetect: true }),
        'takes a codec whose frames declare their length',
      ],
      ['nothing', undefined, 'takes a codec whose frames declare their length'],
      ['split', lengthPrefixed({ onTooLong: 'split' }), "onTooLong 'split' has no meaning for pieces"],
      ['truncate', netstring({ onTooLong: 'truncate' }), "onTooLong 'truncate' has no meaning for pieces"],
      [
        'frames that are checked as a whole',
        headerPrefixed({ headerLength: 1, frameLength: () => 1, check: () => true }),
        'A frame that is checked as a whole cannot be read in pieces',
      ],
    ])('%s', (_, codec, message) => {
      expect(() => pieces(codec as DeclaredCodec)).toThrow(TypeError)
      expect(() => pieces(codec as DeclaredCodec)).toThrow(message)
    })
  })

  it.skipIf(typeof globalThis.process?.memoryUsage !== 'function')(
    'a frame of 64 MiB goes through a framer with the memory of a few chunks',
    async () => {
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      }
      const size = 64 * MiB
      const chunkSize = 64 * KiB
      const stream = framer(pieces(lengthPrefixed({ maxFrameLength: size })))
      const chunk = new Uint8Array(chunkSize).fill(7)
      let sent = 0
      let peak = 0
      const writer = stream.writable.getWriter()
      const writing = (async () => {
        await writer.write(Uint8Array.of(size >> 24, size >> 16, size >> 8, size))
        for (; sent < size; sent += chunkSize) {
          await writer.ready
          await writer.write(chunk)
        }
        await writer.close()
      })()
      const before = used()
      let got = 0
      let count = 0
      let lasts = 0
      for await (const { bytes, last, frameLength } of stream.readable) {
        if (bytes.buffer !== chunk.buffer || frameLength !== size) throw new Error('Not a view of the chunk')
        got += bytes.length
        if (sent - got > 2 * chunkSize) throw new Error('Held back')
        if (last) lasts++
        if (++count % 64 === 0) peak = Math.max(peak, used() - before)
      }
      await writing
      expect([got, count, lasts]).toEqual([size, size / chunkSize, 1])
      expect(peak).toBeLessThan(16 * MiB)
    },
  )
})
