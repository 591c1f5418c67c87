/** Lines are decoded many at a time: that must give what decoding each by itself gives, whatever the text is and however it was cut. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameParser, FramingError, lines, type LinesOptions } from '../../src/index.ts'

const utf8 = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Bytes of a line: plain, with characters of several bytes, or with what is no UTF-8; short, or longer than what is decoded at once. */
const content: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .integer({ min: 0, max: 60 })
      .map((n) => utf8.encode('plain text, and more of it. '.repeat(3).slice(0, n))),
  },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => utf8.encode(text.replace(/[\r\n]/gu, ' '))),
  },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0xff : byte))),
  },
  { weight: 1, arbitrary: fc.integer({ min: 900, max: 20_000 }).map((n) => new Uint8Array(n).fill(0x78)) },
)

interface Sample {
  /** Each with its end of line. */
  readonly lines: readonly { readonly bytes: Uint8Array; readonly cr: boolean }[]
  readonly sizes: readonly number[]
}

const sample: fc.Arbitrary<Sample> = fc.record({
  lines: fc.array(fc.record({ bytes: content, cr: fc.boolean() }), { minLength: 1, maxLength: 120 }),
  sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 3000 }), fc.constant(65_536)), {
    minLength: 1,
    maxLength: 5,
  }),
})

function wireOf(all: Sample['lines'], crlf: boolean): Uint8Array {
  return Uint8Array.from(all.flatMap(({ bytes, cr }) => [...bytes, ...(cr || crlf ? [0x0d, 0x0a] : [0x0a])]))
}

/** What a parser makes of the bytes, cut into chunks of these sizes in turn: lines, and the error where there is one. */
function parsed(options: LinesOptions, wire: Uint8Array, sizes: readonly number[]): [lines: string[], error: unknown] {
  const parser = new FrameParser(lines(options))
  const got: string[] = []
  try {
    for (let at = 0, i = 0; at < wire.length; at += sizes[i++ % sizes.length]!) {
      for (const line of parser.push(wire.slice(at, at + sizes[i % sizes.length]!))) got.push(line)
    }
    for (const line of parser.end()) got.push(line)
  } catch (error) {
    return [got, error]
  }
  return [got, undefined]
}

describe('lines, decoded many at a time', () => {
  test.each(['lf', 'crlf', 'any'] as const)('are what each is by itself, with newline %s', (newline) => {
    fc.assert(
      fc.property(sample, ({ lines: all, sizes }) => {
        const wire = wireOf(all, newline === 'crlf')
        const expected = all.map(({ bytes }) => decoder.decode(bytes))
        expect(parsed({ newline, ignoreBOM: true }, wire, sizes)).toEqual([expected, undefined])
      }),
      { numRuns: 150 },
    )
  })

  test('with fatal the first one that is no text is the same error, whatever the cuts', () => {
    fc.assert(
      fc.property(sample, ({ lines: all, sizes }) => {
        const wire = wireOf(all, false)
        const [whole, expected] = parsed({ fatal: true }, wire, [wire.length])
        const [got, error] = parsed({ fatal: true }, wire, sizes)
        expect(got).toEqual(whole)
        if (expected === undefined) expect(error).toBeUndefined()
        else {
          const { code, offset, length, frameIndex, message } = expected as FramingError
          expect(error).toMatchObject({ code, offset, length, frameIndex, message })
        }
      }),
      { numRuns: 150 },
    )
  })

  test('empty ones are left out and long ones are refused where that is asked for, among others that are neither', () => {
    fc.assert(
      fc.property(sample, ({ lines: all, sizes }) => {
        const fits = all.map(({ bytes, cr }) => ({ bytes, cr })).filter(({ bytes }) => bytes.length <= 50)
        const expected = fits.filter(({ bytes }) => bytes.length > 0).map(({ bytes }) => decoder.decode(bytes))
        const options = { emitEmpty: false, maxFrameLength: 50, onTooLong: 'skip', ignoreBOM: true } as const
        expect(parsed(options, wireOf(all, false), sizes)).toEqual([expected, undefined])
      }),
      { numRuns: 150 },
    )
  })

  test('LF within lines that end with CRLF is text', () => {
    const all = Array.from({ length: 400 }, (_, i) => (i % 7 === 0 ? `one\ntwo\n${i}` : `line ${i}`))
    const wire = utf8.encode(all.map((line) => `${line}\r\n`).join(''))
    for (const size of [1, 16, 100, 1460, wire.length]) {
      expect(parsed({ newline: 'crlf' }, wire, [size])).toEqual([all, undefined])
    }
  })

  test('a line across chunks begins with the text that is known and ends with what follows, also within a character', () => {
    const short = 'short\n'.repeat(30)
    for (const long of [`${'a'.repeat(40)}äöü€😀${'b'.repeat(40)}`, 'ä'.repeat(60), 'x'.repeat(100)]) {
      const wire = utf8.encode(`${short}${long}\n${short}`)
      for (let cut = short.length; cut < short.length + 140; cut++) {
        const [got] = parsed({}, wire, [cut, wire.length])
        expect(got[30]).toBe(long)
        expect(got.length).toBe(61)
      }
    }
  })
})
