import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { delimiter, type DelimiterOptions } from '../../src/codec/delimiter.ts'
import { fixedLength } from '../../src/codec/fixed-length.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../../src/codec/length-prefixed.ts'
import { lines, type LinesOptions } from '../../src/codec/lines.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, unbin, utf8 } from '../support/bytes.ts'
import { verifyChunkInvariance, type CodecMaker, type Run } from '../support/chunk-invariance.ts'
import {
  joinGarbage,
  readDelimited,
  readField,
  readLengthPrefixed,
  searchDelimiters,
  searchNewlines,
  type DelimitedRules,
  type LengthRules,
  type Reading,
} from '../support/reference.ts'
import { takes } from '../support/takes.ts'

const RUNS = { numRuns: 400 }

/** What a run gave, in the words of the reference. */
function readingOf(run: Run<unknown>): Reading {
  const reading: Reading = {
    frames: run.frames.map((frame) => (frame instanceof Uint8Array ? unbin(frame) : String(frame))),
    skips: run.skips.map(({ offset, length, reason }: SkipInfo) => `${length} at ${offset} (${reason})`),
  }
  if (run.error === undefined) return reading
  if (!(run.error instanceof FramingError)) throw run.error
  const { code, offset, partial } = run.error
  reading.error = { code, offset: offset!, ...(partial === undefined ? {} : { partial: unbin(partial) }) }
  return reading
}

function read(maker: CodecMaker<unknown>, input: string): Reading {
  return readingOf(verifyChunkInvariance(maker, bin(input), { randomRuns: 3 }))
}

/** Gives the frames to an encoder one by one: those that it took, and the bytes. A refused frame must leave no trace. */
function encodeWhatItTakes<Frame>(
  codec: Codec<unknown, Frame>,
  frames: readonly Frame[],
): [taken: Frame[], bytes: Uint8Array] {
  const encoder = codec.encoder()
  const sink = new ByteSink()
  const taken = frames.filter((frame) => takes(encoder, frame, sink))
  encoder.end?.(sink)
  return [taken, sink.take()]
}

function decodeUnderCut<Frame>(codec: Codec<Frame, never>, bytes: Uint8Array, cuts: readonly number[]): Frame[] {
  const parser = new FrameParser(codec)
  const frames: Frame[] = []
  let from = 0
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    frames.push(...parser.push(bytes.slice(from, cut)))
    from = cut
  }
  frames.push(...parser.end())
  return frames
}

const cuts = fc.array(fc.nat(), { maxLength: 6 })
const word = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })

/** Every text over the alphabet of at most `longest` characters. */
function allTexts(alphabet: string, longest: number): string[] {
  const texts = ['']
  for (let i = 0; i < texts.length; i++) {
    if (texts[i]!.length < longest) for (const char of alphabet) texts.push(texts[i]! + char)
  }
  return texts
}

describe('delimiter', () => {
  const delimiters: fc.Arbitrary<readonly string[]> = fc.oneof(
    fc.array(word('abc', 1, 4), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(
      ['abab'],
      ['aab'],
      ['a', 'ab', 'abc'],
      ['ab', 'b'],
      ['b', 'ab'],
      ['a', 'ab', 'b'],
      ['a', 'ab', 'cac'],
    ),
  )
  const options = fc.record({
    disposition: fc.constantFrom('discard' as const, 'suffix' as const, 'prefix' as const),
    emitEmpty: fc.boolean(),
    limit: fc.constantFrom(1, 2, 3, 5, Infinity),
    onTooLong: fc.constantFrom('error' as const, 'skip' as const, 'split' as const, 'truncate' as const),
    onTrailing: fc.constantFrom('error' as const, 'emit' as const, 'drop' as const),
  })
  const make = (
    list: readonly string[],
    rules: DelimitedRules,
    onSkip?: (info: SkipInfo) => void,
  ): Codec<Uint8Array> => {
    const { limit, onTrailing, ...rest } = rules
    const given = { ...rest, ...(rest.disposition === 'prefix' ? {} : { onTrailing }), maxFrameLength: limit, onSkip }
    return delimiter(list, given as DelimiterOptions)
  }

  it('reads any bytes as a search through the whole input does, under every cut', () => {
    fc.assert(
      fc.property(delimiters, options, word('abcd', 0, 16), (list, rules, input) => {
        const expected = readDelimited(input, searchDelimiters(list), rules)
        expect(read((onSkip) => make(list, rules, onSkip), input)).toEqual(expected)
      }),
      RUNS,
    )
  })

  // Frames such as the encoder's user has: payloads, with the delimiter at the side where the decoder leaves it.
  const frames = fc.array(fc.tuple(word('abcd', 0, 6), fc.nat()), { maxLength: 6 })
  const dress = (list: readonly string[], { disposition }: DelimitedRules, [payload, n]: [string, number]): string => {
    const mark = list[n % list.length]!
    return disposition === 'discard' ? payload : disposition === 'suffix' ? payload + mark : mark + payload
  }

  it('reads back every frame that it agreed to write', () => {
    let taken = 0
    fc.assert(
      fc.property(delimiters, options, frames, cuts, (list, rules, parts, where) => {
        const codec = make(list, rules)
        const [written, bytes] = encodeWhatItTakes(
          codec,
          parts.map((part) => bin(dress(list, rules, part))),
        )
        taken += written.length
        expect(decodeUnderCut(codec, bytes, where).map(unbin)).toEqual(written.map(unbin))
      }),
      { numRuns: 3000 },
    )
    expect(taken).toBeGreaterThan(1000)
  })

  it('refuses a first frame only if something that may follow would make it another', () => {
    const verdicts = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(delimiters, options, frames, (list, rules, [part]) => {
        if (part === undefined) return
        const frame = dress(list, rules, part)
        const search = searchDelimiters(list)
        const { disposition } = rules
        // The encoder writes the first delimiter that is not the start of another.
        const mark = list.find((one) => !list.some((other) => other !== one && other.startsWith(one)))!
        const next = disposition === 'prefix' ? ['', ...list] : disposition === 'suffix' ? [''] : [mark]
        const streams = next.flatMap((one) =>
          one === '' && disposition === 'prefix' ? [frame] : allTexts('abcd', 3).map((more) => frame + one + more),
        )
        const whatever: DelimitedRules = { ...rules, onTooLong: 'skip', onTrailing: 'drop', limit: Infinity }
        const sound =
          frame !== '' || disposition === 'discard'
            ? // An empty frame that is dropped must not hide that a frame was read in two.
              streams.every(
                (stream) => readDelimited(stream, search, { ...whatever, emitEmpty: true }).frames[0] === frame,
              )
            : false
        const limited = readDelimited(streams[0]!, search, { ...whatever, limit: rules.limit })
        const expected = sound && limited.frames[0] === frame && limited.skips[0]?.endsWith('(too-long)') !== true
        expect(takes(make(list, rules).encoder(), bin(frame)), `${frame} with ${list.join()}`).toBe(expected)
        verdicts[expected ? 'taken' : 'refused']++
      }),
      { numRuns: 3000 },
    )
    expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(300)
  })
})

describe('lines', () => {
  const newlines = fc.constantFrom('lf' as const, 'crlf' as const, 'any' as const)
  const options = fc.record({
    emitEmpty: fc.boolean(),
    limit: fc.constantFrom(1, 2, 3, 5, Infinity),
    onTooLong: fc.constantFrom('error' as const, 'skip' as const, 'split' as const, 'truncate' as const),
    onTrailing: fc.constantFrom('error' as const, 'emit' as const, 'drop' as const),
  })

  it('reads any ASCII as a search through the whole input does, under every cut', () => {
    fc.assert(
      fc.property(newlines, options, word('ab\r\n', 0, 16), (newline, { limit, ...rest }, input) => {
        const expected = readDelimited(input, searchNewlines(newline), { ...rest, limit, disposition: 'discard' })
        const maker: CodecMaker<string> = (onSkip) => lines({ newline, ...rest, maxFrameLength: limit, onSkip })
        expect(read(maker, input)).toEqual(expected)
      }),
      RUNS,
    )
  })

  it('reads any bytes as decoding the whole input first does', () => {
    const bytes = word('a\r\n\x80\xbf\xc3\xe2\xef\xbb\xf0\xff\x9f', 0, 14)
    fc.assert(
      fc.property(newlines, fc.boolean(), bytes, (newline, ignoreBOM, input) => {
        const text = new TextDecoder('utf-8', { ignoreBOM }).decode(bin(input))
        const expected = text.split({ lf: /\r?\n/, crlf: /\r\n/, any: /\r\n|\r|\n/ }[newline])
        if (expected.at(-1) === '') expected.pop()
        expect(verifyChunkInvariance(() => lines({ newline, ignoreBOM }), bin(input)).frames).toEqual(expected)
      }),
      RUNS,
    )
  })

  it('gives the byte at which a line stops being UTF-8', () => {
    const bytes = word('a\n\x80\xbf\xc3\xe2\xef\xbb\xf0\xff\x9f', 0, 10)
    fc.assert(
      fc.property(bytes, (input) => {
        const { error } = verifyChunkInvariance(() => lines({ fatal: true, ignoreBOM: true }), bin(input), {
          randomRuns: 2,
        })
        const valid = (text: string): boolean => {
          try {
            new TextDecoder('utf-8', { fatal: true }).decode(bin(text))
            return true
          } catch {
            return false
          }
        }
        if (error === undefined) {
          expect(valid(input)).toBe(true)
          return
        }
        // The byte is the first with which the text can no longer be completed.
        const { offset } = error as FramingError
        const completed = (text: string): boolean =>
          ['', '\x80', '\xbf', '\x90', '\x80\x80', '\xbf\x80', '\x90\x80\x80', '\x80\x80\x80'].some((more) =>
            valid(text + more),
          )
        expect(completed(input.slice(0, offset))).toBe(true)
        expect(
          offset === input.length || input[offset!] === '\n'
            ? valid(input.slice(0, offset))
            : completed(input.slice(0, offset! + 1)),
        ).toBe(false)
      }),
      RUNS,
    )
  })

  const line = fc.string({
    unit: fc.constantFrom('a', 'b', '\r', '\n', '\uFEFF', 'é', '€', '😀', '\uD800', '\uDC00', '\uFFFD', '\0'),
    maxLength: 5,
  })
  const settings = fc.record({
    newline: newlines,
    strict: fc.boolean(),
    ignoreBOM: fc.boolean(),
    emitEmpty: fc.boolean(),
    maxFrameLength: fc.constantFrom(1, 3, 6, Infinity),
    fatal: fc.boolean(),
  })
  const make = ({ strict, ...options }: typeof settings extends fc.Arbitrary<infer T> ? T : never): Codec<string> =>
    lines((options.newline === 'crlf' ? { ...options, rejectBareLF: strict } : options) as LinesOptions)

  it('reads back every line that it agreed to write', () => {
    let taken = 0
    fc.assert(
      fc.property(settings, fc.array(line, { maxLength: 6 }), cuts, (options, given, where) => {
        const codec = make(options)
        const [written, bytes] = encodeWhatItTakes(codec, given)
        taken += written.length
        expect(decodeUnderCut(codec, bytes, where)).toEqual(written)
      }),
      { numRuns: 2000 },
    )
    expect(taken).toBeGreaterThan(1000)
  })

  it('refuses a line only if it would be read back as something else', () => {
    const verdicts = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(settings, fc.boolean(), line, (options, first, text) => {
        const codec = make(options)
        const encoder = codec.encoder()
        if (!first) encoder.encode('a', new ByteSink())
        const end = options.newline === 'crlf' ? '\r\n' : '\n'
        const expected = ['', 'a', '\r', '\n', '\r\n', '\n\n'].every((more) => {
          const parser = new FrameParser(codec)
          const before = first ? [] : ['a']
          const got: string[] = []
          try {
            for (const one of parser.push(utf8([...before, text, more].join(end)))) {
              got.push(one)
              if (got.length > before.length) break
            }
          } catch {
            return false
          }
          return got[before.length] === text && parser.pending === utf8(more).length
        })
        expect(takes(encoder, text), JSON.stringify(text)).toBe(expected)
        verdicts[expected ? 'taken' : 'refused']++
      }),
      { numRuns: 3000 },
    )
    expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(300)
  })

  it('reads back latin1, and refuses what it has no byte for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'ÿ', '€', 'Ā', '\r', '\uFEFF'), maxLength: 4 })),
        cuts,
        (given, where) => {
          const codec = lines({ encoding: 'latin1' })
          const [written, bytes] = encodeWhatItTakes(codec, given)
          expect(decodeUnderCut(codec, bytes, where)).toEqual(written)
          expect(written).toEqual(given.filter((text) => !/[Ā\uFEFF]|\r$/.test(text)))
        },
      ),
      RUNS,
    )
  })
})

describe('fixedLength', () => {
  it('reads back exactly the frames that have the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(word('ab', 0, 5)), cuts, (length, given, where) => {
        const codec = fixedLength(length)
        const [written, bytes] = encodeWhatItTakes(codec, given.map(bin))
        expect(written.map(unbin)).toEqual(given.filter((frame) => frame.length === length))
        expect(decodeUnderCut(codec, bytes, where)).toEqual(written)
      }),
      RUNS,
    )
  })
})

describe('lengthPrefixed', () => {
  const shapes: fc.Arbitrary<LengthRules> = fc
    .record({
      width: fc.integer({ min: 1, max: 8 }),
      endian: fc.constantFrom('big' as const, 'little' as const),
      before: fc.constantFrom(0, 0, 1, 3),
      adjust: fc.constantFrom(0, 0, 'head' as const, 'width' as const, 2, -1),
      strip: fc.constantFrom('head' as const, 'head' as const, 0, 1, 'more' as const),
      flags: fc.boolean(),
      sync: fc.constantFrom('', '', '\x01', '\x01\x02', '\x01\x01\x02'),
      limit: fc.constantFrom(2, 3, 5, Infinity),
      onTooLong: fc.constantFrom('error' as const, 'skip' as const, 'split' as const, 'truncate' as const),
      onTrailing: fc.constantFrom('error' as const, 'drop' as const),
    })
    .map(({ before, flags, ...rest }) => {
      const offset = before + rest.sync.length
      const head = offset + rest.width
      const adjust = rest.adjust === 'head' ? -head : rest.adjust === 'width' ? -rest.width : rest.adjust
      const strip = rest.strip === 'head' ? head : rest.strip === 'more' ? head + 1 : rest.strip
      const mask = flags ? (1n << BigInt(8 * rest.width - 2)) - 1n : undefined
      return { ...rest, offset, adjust, strip, mask }
    })
  const make = ({ limit, mask, sync, ...rest }: LengthRules, onSkip?: (info: SkipInfo) => void): Codec<Uint8Array> => {
    const options: LengthPrefixedOptions = { ...rest, mask, maxFrameLength: limit, onSkip }
    return lengthPrefixed(sync === '' ? options : { ...options, sync })
  }
  /** Mostly zeros, so that length fields of many bytes are short now and then. */
  const noise = word('\0\0\0\0\0\0\x01\x01\x02\x02\x03\x06\x80\xff', 0, 24)

  it('reads any bytes as taking the whole input apart does, under every cut', () => {
    fc.assert(
      fc.property(shapes, noise, (rules, input) => {
        expect(joinGarbage(read((onSkip) => make(rules, onSkip), input))).toEqual(
          joinGarbage(readLengthPrefixed(input, rules)),
        )
      }),
      { numRuns: 1500 },
    )
  })

  it('reads well-formed frames as taking the whole input apart does, under every cut', () => {
    let frames = 0
    fc.assert(
      fc.property(shapes, fc.array(word('\0\x01\x02', 0, 8), { maxLength: 4 }), noise, (rules, payloads, end) => {
        const roomy = { ...rules, limit: Infinity, strip: rules.offset + rules.width }
        const [, bytes] = encodeWhatItTakes(make(roomy), payloads.map(bin))
        const input = unbin(bytes) + end.slice(0, 5)
        const run = read((onSkip) => make(rules, onSkip), input)
        frames += run.frames.length
        expect(joinGarbage(run)).toEqual(joinGarbage(readLengthPrefixed(input, rules)))
      }),
      { numRuns: 1500 },
    )
    expect(frames).toBeGreaterThan(1000)
  })

  it('reads back every frame that it agreed to write', () => {
    let taken = 0
    fc.assert(
      fc.property(shapes, fc.array(noise, { maxLength: 5 }), cuts, (rules, given, where) => {
        const codec = make(rules)
        const [written, bytes] = encodeWhatItTakes(codec, given.map(bin))
        taken += written.length
        expect(decodeUnderCut(codec, bytes, where)).toEqual(written)
      }),
      { numRuns: 3000 },
    )
    expect(taken).toBeGreaterThan(1000)
  })

  it('refuses a frame only if no header makes it readable', () => {
    const verdicts = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(shapes, noise, fc.boolean(), (rules, body, honest) => {
        const { width, endian, offset, strip, adjust, mask, sync, limit } = rules
        const head = offset + width
        const text = honest ? body.padEnd(head - strip, '\0') : body
        const field = BigInt(strip + text.length - head - adjust)
        const digits = Array.from({ length: width }, (_, i) => Number((field >> BigInt(8 * i)) & 0xffn))
        if (endian === 'big') digits.reverse()
        const header = sync + '\0'.repeat(offset - sync.length) + String.fromCharCode(...digits)
        const full = (header + '\0'.repeat(Math.max(0, strip - head))).slice(0, Math.max(head, strip))
        // A frame that brings its header along: now and then with the right one.
        const frame = honest && strip < head ? full.slice(strip) + text.slice(head - strip) : text
        const stream = full.slice(0, strip) + frame
        const fits =
          field >= 0n &&
          field <= BigInt(Number.MAX_SAFE_INTEGER) &&
          stream.length >= head &&
          readField(full, rules) === field
        const reading = readLengthPrefixed(stream, { ...rules, onTooLong: 'error', onTrailing: 'error' })
        const expected =
          fits &&
          reading.error === undefined &&
          reading.frames.length === 1 &&
          reading.frames[0] === frame &&
          reading.skips.length === 0
        expect(takes(make(rules).encoder(), bin(frame)), JSON.stringify({ limit, mask: String(mask) })).toBe(expected)
        verdicts[expected ? 'taken' : 'refused']++
      }),
      { numRuns: 3000 },
    )
    expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(300)
  })
})

describe('encodeFrames', () => {
  it('gives the number of the frame that was refused', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 }), (n) => {
        const frames = [...Array.from({ length: n }, () => 'good'), 'bad\n', 'good']
        try {
          encodeFrames(lines(), frames)
          expect.unreachable()
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', frameIndex: n })
        }
      }),
      { numRuns: 20 },
    )
  })
})
