/** The rules that declare their length, against each of them said once more as plainly as can be: the whole input as one string. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { contentLength } from '../../src/codec/content-length.ts'
import { FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { headerPrefixed, type HeaderPrefixedOptions } from '../../src/codec/header-prefixed.ts'
import { netstring } from '../../src/codec/netstring.ts'
import { octetCounted } from '../../src/codec/octet-counted.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { varintPrefixed } from '../../src/codec/varint-prefixed.ts'
import { bin, unbin } from '../support/bytes.ts'
import { verifyChunkInvariance, type CodecMaker } from '../support/chunk-invariance.ts'
import { readDelimited, searchDelimiters, type Reading } from '../support/reference.ts'
import { takes } from '../support/takes.ts'

// ---- the reference

interface Policies {
  limit: number
  onTooLong: 'error' | 'skip' | 'split' | 'truncate'
  onTrailing: 'error' | 'drop'
}

interface HeadFound {
  length: number
  payload: bigint
  strip: number
  lengthAt: number
}

/** The head at `from`: found, cut by the end of the input, or wrong at a byte. */
type ReadHead = (input: string, from: number) => HeadFound | 'cut' | { wrongAt: number }

interface Rule {
  readHead: ReadHead
  trailer: string
  /** Goes on a byte later where something is wrong. */
  resync: boolean
  check?: ((frame: string) => boolean) | undefined
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

/** Reads one frame at `from`. The position behind it, or undefined where reading is over. */
function readOne(input: string, from: number, rule: Rule, policies: Policies, reading: Reading): number | undefined {
  const { trailer } = rule
  const { limit, onTooLong, onTrailing } = policies
  const fail = (code: string, offset: number): undefined => {
    reading.error = { code: `ERR_FRAME_${code}`, offset }
  }
  const cutAt = (at: number): undefined => {
    const partial = input.slice(at)
    if (onTrailing === 'error') reading.error = { code: 'ERR_FRAME_TRUNCATED', offset: input.length, partial }
    else if (partial !== '') reading.skips.push(`${partial.length} at ${at} (trailing)`)
  }
  const begin = from
  const reportGarbage = (): void => {
    if (from > begin) reading.skips.push(`${from - begin} at ${begin} (malformed)`)
  }
  for (; from < input.length; from++) {
    const head = rule.readHead(input, from)
    if (head === 'cut') break
    if ('wrongAt' in head) {
      if (rule.resync) continue
      return fail('MALFORMED', head.wrongAt)
    }
    const total = BigInt(head.length + trailer.length) + head.payload
    const payloadEnd = from + head.length + Number(head.payload)
    if (head.payload <= limit && total <= MOST) {
      const end = from + Number(total)
      if (end > input.length) break
      const right = input.slice(payloadEnd, end) === trailer && rule.check?.(input.slice(from, end)) !== false
      if (!right && rule.resync) continue
      if (!right) return fail('MALFORMED', trailer === '' ? from : payloadEnd)
      reportGarbage()
      reading.frames.push(input.slice(from + head.strip, payloadEnd))
      return end
    }
    reportGarbage()
    if (onTooLong === 'error' || total > MOST) return fail('TOO_LONG', from + head.lengthAt)
    let at = from
    for (let first = true; at < payloadEnd && (first || onTooLong === 'split') && onTooLong !== 'skip'; first = false) {
      const most = first ? Math.max(head.length + limit, head.strip) : limit
      const size = Math.min(payloadEnd - at, most)
      if (input.length - at < size) return cutAt(at)
      reading.frames.push(input.slice(at + (first ? head.strip : 0), at + size))
      at += size
    }
    const left = Math.min(payloadEnd, input.length) - at
    if (left > 0) reading.skips.push(`${left} at ${at} (too-long)`)
    if (payloadEnd > input.length) return cutAt(input.length)
    const behind = input.slice(payloadEnd, payloadEnd + trailer.length)
    if (!trailer.startsWith(behind)) return fail('MALFORMED', payloadEnd)
    if (behind !== trailer) return cutAt(payloadEnd)
    return payloadEnd + trailer.length
  }
  reportGarbage()
  return from < input.length ? cutAt(from) : undefined
}

function readDeclared(input: string, rule: Rule, policies: Policies): Reading {
  const reading: Reading = { frames: [], skips: [] }
  for (let at: number | undefined = 0; at !== undefined;) at = readOne(input, at, rule, policies, reading)
  return reading
}

/** The first byte with which a text can no longer become a head: what makes it wrong. */
function wrongByte(text: string, whole: RegExp, partial: RegExp): number | undefined {
  for (let n = 1; n <= text.length; n++) {
    if (whole.test(text.slice(0, n))) return undefined
    if (!partial.test(text.slice(0, n))) return n - 1
  }
  return undefined
}

function readDecimal(zero: boolean, end: string): ReadHead {
  const number = zero ? '(?:0|[1-9][0-9]{0,15})' : '[1-9][0-9]{0,15}'
  const whole = new RegExp(`^(${number})${end}$`)
  const partial = new RegExp(`^${number}$`)
  return (input, from) => {
    const text = input.slice(from, from + 18)
    const wrong = wrongByte(text, whole, partial)
    if (wrong !== undefined) return { wrongAt: from + wrong }
    const found = new RegExp(`^(${number})${end}`).exec(text)
    if (found === null) return 'cut'
    const { length } = found[0]
    return { length, payload: BigInt(found[1]!), strip: length, lengthAt: 0 }
  }
}

interface VarintShape {
  encoding: 'leb128' | 'mqtt' | 'quic'
  maxVarintBytes: number
  requireMinimal: boolean
  offset: number
  keep: boolean
}

function minimalBytes(value: bigint, encoding: VarintShape['encoding']): number {
  if (encoding === 'quic') return value < 64n ? 1 : value < 16_384n ? 2 : value < 1n << 30n ? 4 : 8
  return Math.max(1, Math.ceil(value.toString(2).length / 7))
}

function readVarintHead({ encoding, maxVarintBytes, requireMinimal, offset, keep }: VarintShape): ReadHead {
  return (input, from) => {
    const bytes = Array.from(input.slice(from + offset), (char) => BigInt(char.charCodeAt(0)))
    if (bytes.length === 0) return 'cut'
    const wrong = { wrongAt: from + offset }
    let size: number
    let payload: bigint
    if (encoding === 'quic') {
      size = 2 ** Number(bytes[0]! >> 6n)
      if (size > maxVarintBytes) return wrong
      if (size > bytes.length) return 'cut'
      payload = bytes.slice(0, size).reduce((sum, byte) => sum * 256n + byte, 0n) & ((1n << BigInt(8 * size - 2)) - 1n)
    } else {
      size = bytes.findIndex((byte) => byte < 128n) + 1
      if (size > maxVarintBytes || (size === 0 && bytes.length >= maxVarintBytes)) return wrong
      if (size === 0) return 'cut'
      payload = bytes.slice(0, size).reduceRight((sum, byte) => sum * 128n + (byte & 127n), 0n)
    }
    // What is above 2^53-1 is too long in any form.
    if (requireMinimal && payload <= MOST && size > minimalBytes(payload, encoding)) return wrong
    const length = offset + size
    return { length, payload, strip: keep ? 0 : length, lengthAt: offset }
  }
}

function readBlock(most: number, lenient: boolean): ReadHead {
  return (input, from) => {
    const text = input.slice(from)
    let length: { value: bigint; at: number } | undefined
    for (let at = 0; ;) {
      const lf = text.indexOf('\n', at)
      if ((lf < 0 ? text.length : lf + 1) > most) return { wrongAt: from + most }
      if (lf < 0) return 'cut'
      const line = text.slice(at, lf + 1)
      if (!lenient && !line.endsWith('\r\n')) return { wrongAt: from + lf }
      const content = line.replace(/\r?\n$/, '')
      if (content === '') {
        if (length === undefined) return { wrongAt: from + at }
        return { length: lf + 1, payload: length.value, strip: lf + 1, lengthAt: length.at }
      }
      const field = (
        lenient ? /^([!#-'*+.^_`|~\w-]+)[ \t]*:([ \t]*)([^]*?)[ \t]*$/ : /^([!#-'*+.^_`|~\w-]+):([ \t]*)([^]*?)[ \t]*$/
      ).exec(content)
      if (field === null) return { wrongAt: from + at }
      if (field[1]!.toLowerCase() === 'content-length') {
        const value = field[3]!
        const valueAt = value === '' ? at + content.indexOf(':') + 1 : at + content.indexOf(':') + 1 + field[2]!.length
        if (!/^\d{1,16}$/.test(value)) return { wrongAt: from + valueAt }
        if (length !== undefined && !(lenient && length.value === BigInt(value))) return { wrongAt: from + at }
        length = { value: BigInt(value), at: valueAt }
      }
      at = lf + 1
    }
  }
}

interface HeaderShape {
  headerLength: number
  frameLength: (header: Uint8Array) => number | { more: number }
  strip: number
}

function readFunctionHead({ headerLength, frameLength, strip }: HeaderShape): ReadHead {
  return (input, from) => {
    for (let length = headerLength; from + length <= input.length;) {
      let answer: number | { more: number }
      try {
        answer = frameLength(bin(input.slice(from, from + length)))
      } catch {
        return { wrongAt: from }
      }
      if (typeof answer === 'number') {
        if (answer < length || answer < strip) return { wrongAt: from }
        return { length, payload: BigInt(answer - length), strip, lengthAt: 0 }
      }
      length += answer.more
    }
    return 'cut'
  }
}

// ---- what the codecs do

function read(maker: CodecMaker<Uint8Array>, input: string): Reading {
  const run = verifyChunkInvariance(maker, bin(input), { randomRuns: 2 })
  const reading: Reading = {
    frames: run.frames.map(unbin),
    skips: run.skips.map(({ offset, length, reason }: SkipInfo) => `${length} at ${offset} (${reason})`),
  }
  if (run.error === undefined) return reading
  if (!(run.error instanceof FramingError)) throw run.error
  const { code, offset, partial } = run.error
  reading.error = { code, offset: offset!, ...(partial === undefined ? {} : { partial: unbin(partial) }) }
  // The reference does not say where an own error of the header's function points.
  return reading
}

function decodeUnderCut(codec: Codec<Uint8Array>, bytes: Uint8Array, cuts: readonly number[]): string[] {
  const parser = new FrameParser(codec)
  const frames: string[] = []
  let from = 0
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    frames.push(...Array.from(parser.push(bytes.slice(from, cut)), unbin))
    from = cut
  }
  frames.push(...Array.from(parser.end(), unbin))
  return frames
}

const cuts = fc.array(fc.nat(), { maxLength: 6 })
const word = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
/** Pieces of what a peer may send, in any order. */
const parts = (...list: string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...list), { maxLength: 9 }).map((some) => some.join(''))
const policies: fc.Arbitrary<Policies> = fc.record({
  limit: fc.constantFrom(1, 2, 3, 5, Infinity),
  onTooLong: fc.constantFrom('error' as const, 'skip' as const, 'split' as const, 'truncate' as const),
  onTrailing: fc.constantFrom('error' as const, 'drop' as const),
})
const optionsOf = ({ limit, ...rest }: Policies) => ({ ...rest, maxFrameLength: limit })

/** A rule under test: its shapes, its codec, its reference, its hostile inputs and its frames. */
interface Subject<Shape> {
  shapes: fc.Arbitrary<Shape>
  make: (shape: Shape, policies: Policies, onSkip?: (info: SkipInfo) => void) => Codec<Uint8Array>
  reference: (input: string, shape: Shape, policies: Policies) => Reading
  noise: fc.Arbitrary<string>
  /** What an application may give to the encoder, and what goes before it on the wire (undefined: no header can be). */
  frame: (shape: Shape) => fc.Arbitrary<string>
  header: (frame: string, shape: Shape) => string | undefined
  footer: string
}

function describeRule<Shape>(name: string, subject: Subject<Shape>): void {
  const { shapes, make, reference, noise, frame, header, footer } = subject
  const framesOf = shapes.chain((shape) => fc.tuple(fc.constant(shape), fc.array(frame(shape), { maxLength: 5 })))

  describe(name, () => {
    it('reads any bytes as taking the whole input apart does, under every cut', () => {
      const seen = { frames: 0, errors: 0, skips: 0 }
      fc.assert(
        fc.property(shapes, policies, noise, (shape, policy, input) => {
          const expected = reference(input, shape, policy)
          expect(read((onSkip) => make(shape, policy, onSkip), input)).toEqual(expected)
          seen.frames += expected.frames.length
          seen.skips += expected.skips.length
          if (expected.error !== undefined) seen.errors++
        }),
        { numRuns: 250 },
      )
      expect(Math.min(seen.frames, seen.errors, seen.skips)).toBeGreaterThan(10)
    })

    it('reads frames, and what comes behind them, as taking the whole input apart does, under every cut', () => {
      let frames = 0
      fc.assert(
        fc.property(framesOf, policies, noise, ([shape, some], policy, end) => {
          const wire = some.map((one) => {
            const before = header(one, shape)
            return before === undefined ? '' : before + one + footer
          })
          const input = wire.join('') + end.slice(0, 6)
          const expected = reference(input, shape, policy)
          expect(read((onSkip) => make(shape, policy, onSkip), input)).toEqual(expected)
          frames += expected.frames.length
        }),
        { numRuns: 60 },
      )
      expect(frames).toBeGreaterThan(20)
    })

    it('refuses a frame, or reads it back; and refuses none that it would read back', () => {
      const verdicts = { taken: 0, refused: 0 }
      fc.assert(
        fc.property(framesOf, policies, cuts, ([shape, some], policy, where) => {
          const strict: Policies = { ...policy, onTooLong: 'error', onTrailing: 'error' }
          const codec = make(shape, strict)
          const encoder = codec.encoder()
          const sink = new ByteSink()
          const taken: string[] = []
          for (const one of some) {
            const before = header(one, shape)
            const reading = before === undefined ? undefined : reference(before + one + footer, shape, strict)
            const expected =
              reading !== undefined &&
              reading.error === undefined &&
              reading.skips.length === 0 &&
              reading.frames.length === 1 &&
              reading.frames[0] === one
            expect(takes(encoder, bin(one), sink), JSON.stringify(one)).toBe(expected)
            verdicts[expected ? 'taken' : 'refused']++
            if (expected) taken.push(one)
          }
          expect(decodeUnderCut(codec, sink.take(), where)).toEqual(taken)
        }),
        { numRuns: 300 },
      )
      expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(10)
    })
  })
}

// ---- the rules

const varints: fc.Arbitrary<VarintShape> = fc
  .record({
    encoding: fc.constantFrom('leb128' as const, 'mqtt' as const, 'quic' as const),
    bytes: fc.constantFrom(1, 2, 3, 4, 8, 10),
    requireMinimal: fc.boolean(),
    offset: fc.constantFrom(0, 0, 1, 2),
    keep: fc.boolean(),
  })
  .map(({ bytes, ...rest }) => ({
    ...rest,
    maxVarintBytes: Math.min(bytes, { leb128: 10, mqtt: 4, quic: 8 }[rest.encoding]),
  }))
const varint = (value: number, encoding: VarintShape['encoding']): string => {
  if (encoding === 'quic') return String.fromCharCode(...(value < 64 ? [value] : [64 + (value >> 8), value & 255]))
  return String.fromCharCode(...(value < 128 ? [value] : [(value & 127) | 128, value >> 7]))
}
const varintFrame = ({ encoding, offset, keep }: VarintShape): fc.Arbitrary<string> => {
  const payload = fc.oneof(
    { weight: 4, arbitrary: word('ab\0\x80', 0, 6) },
    { weight: 1, arbitrary: word('a', 60, 140) },
  )
  if (!keep) return payload
  const lead = word('xy', offset, offset)
  return fc.oneof(
    fc.tuple(lead, payload).map(([before, body]) => before + varint(body.length, encoding) + body),
    fc
      .tuple(lead, payload)
      .map(
        ([before, body]) =>
          `${before}${encoding === 'quic' ? `\x40` : ''}${String.fromCharCode(encoding === 'quic' ? body.length % 64 : (body.length % 128) | 128)}${encoding === 'quic' ? '' : '\0'}${body}`,
      ),
    word('\0\x01\x02\x03\x80a', 0, 5),
  )
}
describeRule<VarintShape>('varintPrefixed', {
  shapes: varints,
  make: ({ keep, ...shape }, policy, onSkip) =>
    varintPrefixed({ ...shape, ...optionsOf(policy), onSkip, strip: keep ? 0 : undefined }),
  reference: (input, shape, policy) =>
    readDeclared(input, { readHead: readVarintHead(shape), trailer: '', resync: false }, policy),
  noise: word('\0\0\0\x01\x01\x02\x03\x06\x40\x41\x80\x80\x81\xc0\xff', 0, 20),
  frame: varintFrame,
  header: (frame, { keep, offset, encoding }) => (keep ? '' : '\0'.repeat(offset) + varint(frame.length, encoding)),
  footer: '',
})

describeRule<undefined>('netstring', {
  shapes: fc.constant(undefined),
  make: (_, policy, onSkip) => netstring({ ...optionsOf(policy), onSkip }),
  reference: (input, _, policy) =>
    readDeclared(input, { readHead: readDecimal(true, ':'), trailer: ',', resync: false }, policy),
  noise: fc.oneof(
    parts('1:a,', '0:,', '3:abc,', '2:ab', ',', ':', '0', '1', 'a', '9007199254740992:', '12', '6:1:a,0:,'),
    word('0123:,a', 0, 12),
  ),
  frame: () => word('0:,a', 0, 7),
  header: (frame) => `${frame.length}:`,
  footer: ',',
})

describeRule<boolean>('octetCounted', {
  shapes: fc.boolean(),
  make: (autoDetect, policy, onSkip) => octetCounted({ autoDetect, ...optionsOf(policy), onSkip }),
  reference(input, autoDetect, policy) {
    const rule = { readHead: readDecimal(false, ' '), trailer: '', resync: false }
    if (!autoDetect) return readDeclared(input, rule, policy)
    const all: Reading = { frames: [], skips: [] }
    for (let at: number | undefined = 0; at !== undefined && at < input.length;) {
      if (/[1-9]/.test(input[at]!)) {
        at = readOne(input, at, rule, policy, all)
        continue
      }
      const lf = input.indexOf('\n', at)
      const end: number = lf < 0 ? input.length : lf + 1
      const lines = { ...policy, disposition: 'discard', emitEmpty: false } as const
      const one = readDelimited(input.slice(0, end), searchDelimiters(['\n']), lines, at)
      all.frames.push(...one.frames)
      all.skips.push(...one.skips)
      if (one.error !== undefined) return { ...all, error: one.error }
      at = end
    }
    return all
  },
  noise: fc.oneof(
    parts('1 a', '3 abc', '5 ab\n1 ', '\n', '<1>\n', '<1>abcde\n', '0 \n', '2', ' ', 'a', '9007199254740992 ', '7 a'),
    word('0123 \na', 0, 14),
  ),
  frame: () => word('01 \na', 0, 7),
  header: (frame) => (frame === '' ? undefined : `${frame.length} `),
  footer: '',
})

interface BlockShape {
  most: number
  lenient: boolean
}
describeRule<BlockShape>('contentLength', {
  shapes: fc.record({ most: fc.constantFrom(20, 21, 22, 40, 8192), lenient: fc.boolean() }),
  make: ({ most, lenient }, policy, onSkip) =>
    contentLength({ maxHeaderLength: most, lenient, ...optionsOf(policy), onSkip }),
  reference: (input, { most, lenient }, policy) =>
    readDeclared(input, { readHead: readBlock(most, lenient), trailer: '', resync: false }, policy),
  noise: fc.oneof(
    parts(
      'Content-Length:',
      'content-LENGTH: ',
      ' ',
      '\t',
      '2',
      '1',
      '0',
      '\r\n',
      '\r\n',
      '\r\n\r\n',
      '\n',
      '\r',
      'X: y\r\n',
      'x',
      ':',
    ),
    parts(
      'Content-Length: 2\r\n',
      'Content-Length : 1\n',
      '\r\n',
      '\n',
      'ab',
      'content-length:\t02 \r\n',
      'A:b\r\n',
      'ab',
      'Content-Length: 9007199254740992\r\n',
      '\r\n',
    ),
    parts(
      'Content-Length: 2\r\n\r\nab',
      'Content-Length: 0\r\n\r\n',
      'Content-Length: 6\n\nabcdef',
      'Content-Length: 4\r\n\r\nab',
      'Content-Length: 12\r\n\r\nContent-Leng',
    ),
  ),
  frame: () => fc.oneof(word('a\r\n:', 0, 7), word('a', 9, 11), word('a', 99, 101)),
  header: (frame) => `Content-Length: ${frame.length}\r\n\r\n`,
  footer: '',
})

interface FunctionShape extends HeaderShape {
  checked: boolean
  resync: boolean
}
const even = (frame: Uint8Array): boolean => frame.reduce((sum, byte) => sum + byte, 0) % 2 === 0
const headers: Omit<HeaderShape, 'strip'>[] = [
  { headerLength: 2, frameLength: (header) => 2 + header[1]! },
  { headerLength: 1, frameLength: (header) => (header.length === 1 ? header[0]! : NaN) },
  {
    headerLength: 1,
    frameLength: (header) =>
      header[0] !== 3 ? 1 + header[0]! : header.length < 3 ? { more: 2 } : 3 + header[1]! * 256 + header[2]!,
  },
  {
    headerLength: 2,
    frameLength(header) {
      if (header[0] !== 1) throw new FramingError('ERR_FRAME_MALFORMED', 'The header begins with 1', { offset: 0 })
      return 3 + header[1]!
    },
  },
]
const makeHeaderPrefixed: Subject<FunctionShape>['make'] = (
  { headerLength, frameLength, strip, checked, resync },
  policy,
  onSkip,
) => {
  const options: HeaderPrefixedOptions = { ...optionsOf(policy), headerLength, frameLength, strip, onSkip }
  return headerPrefixed({
    ...options,
    check: checked ? even : undefined,
    onMalformed: resync ? 'skip' : 'error',
    encodeHeader: (frame) => bin(functionHeader(unbin(frame), strip)),
  })
}
/** As good a header as there is: a type of 1, and a length that two of the functions above understand. */
function functionHeader(frame: string, strip: number): string {
  return String.fromCharCode(1, frame.length % 256, 0, 0).slice(0, strip)
}
describeRule<FunctionShape>('headerPrefixed', {
  shapes: fc
    .record({
      kind: fc.constantFrom(0, 1, 2),
      strip: fc.constantFrom(0, 0, 1, 2, 4),
      checked: fc.boolean(),
      resync: fc.boolean(),
    })
    .map(({ kind, ...rest }) => ({ ...headers[kind]!, ...rest })),
  make: makeHeaderPrefixed,
  reference: (input, { checked, resync, ...shape }, policy) =>
    readDeclared(
      input,
      {
        readHead: readFunctionHead(shape),
        trailer: '',
        resync,
        check: checked ? (frame) => even(bin(frame)) : undefined,
      },
      policy,
    ),
  noise: word('\0\0\x01\x01\x02\x02\x03\x04\x08\xff', 0, 20),
  frame: () => word('\0\x01\x02\x03\x04', 0, 7),
  header: (frame, { strip }) => functionHeader(frame, strip),
  footer: '',
})

describe('headerPrefixed with a header that is refused', () => {
  it('finds the frames between garbage as looking at every byte does, under every cut', () => {
    let frames = 0
    fc.assert(
      fc.property(policies, fc.boolean(), word('\0\x01\x01\x02\x03\x05', 0, 24), (policy, checked, input) => {
        const shape = { ...headers[3]!, strip: 0, checked, resync: true }
        const check = checked ? (frame: string) => even(bin(frame)) : undefined
        const expected = readDeclared(
          input,
          { readHead: readFunctionHead(shape), trailer: '', resync: true, check },
          policy,
        )
        expect(read((onSkip) => makeHeaderPrefixed(shape, policy, onSkip), input)).toEqual(expected)
        frames += expected.frames.length
      }),
      { numRuns: 150 },
    )
    expect(frames).toBeGreaterThan(20)
  })
})
