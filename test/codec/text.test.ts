import { describe, expect, it } from 'vitest'

import { cobs } from '../../src/codec/cobs.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { jsonSequence } from '../../src/codec/json-sequence.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { netstring } from '../../src/codec/netstring.ts'
import { json, text, type TextOptions } from '../../src/codec/text.ts'
import { bin, decodeAll, framingError, hex, unbin, utf8 } from '../support/bytes.ts'

describe('text', () => {
  it('gives frames as strings, characters that chunks have cut too', () => {
    const codec = text(delimiter('\n'))
    const bytes = utf8('héllo\n€😀\n')
    expect(decodeAll(codec, ...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual([['héllo', '€😀']])
    expect(encodeFrames(codec, ['héllo', '€😀'])).toEqual(bytes)
  })

  it('delivers empty frames as empty strings', () => {
    expect(decodeAll(text(delimiter('\n')), bin('\n\na\n'))).toEqual([['', '', 'a']])
    expect(encodeFrames(text(delimiter('\n')), ['', 'a'])).toEqual(bin('\na\n'))
  })

  it('takes a byte order mark for a character, in every frame', () => {
    const codec = text(delimiter('\n'))
    const given = ['\uFEFFa', '\uFEFF', 'b\uFEFF']
    expect(decodeAll(codec, encodeFrames(codec, given))).toEqual([given])
  })

  it('gives U+FFFD for what is no UTF-8, in that frame and in no other', () => {
    expect(decodeAll(text(delimiter('\n')), bin('a\xff\n\xe2\x82\n\xacb\n'))).toEqual([
      ['a\uFFFD', '\uFFFD', '\uFFFDb'],
    ])
  })

  it('reads long text as it reads short text: plain ASCII, and with one byte that is none, wherever it stands', () => {
    const ascii = Uint8Array.from({ length: 3000 }, (_, i) => (i % 128 === 10 ? 0 : i % 128))
    const standard = new TextDecoder('utf-8', { ignoreBOM: true })
    for (const length of [511, 512, 513, 2999]) {
      for (const at of [undefined, 0, 1, 100, length - 1]) {
        const frame = ascii.slice(0, length)
        if (at !== undefined) frame[at] = 0xe9
        const wire = Uint8Array.of(...frame, 10)
        expect(decodeAll(text(delimiter('\n')), wire)).toEqual([[standard.decode(frame)]])
        if (at !== undefined) {
          const [, error] = decodeAll(text(delimiter('\n'), { fatal: true }), wire)
          expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED' })
        }
      }
    }
  })

  it('with fatal makes it an error, numbered, with the cause', () => {
    const [frames, error] = decodeAll(text(delimiter('\n'), { fatal: true }), bin('ok\n\xe2\x82\nb\n'))
    expect(frames).toEqual(['ok'])
    expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 3, frameIndex: 1, cause: expect.any(TypeError) })
  })

  it('reads the streams of one codec apart, the one that failed too', () => {
    const codec = text(delimiter('\n'), { fatal: true })
    const [one, two] = [new FrameParser(codec), new FrameParser(codec)]
    framingError('ERR_FRAME_MALFORMED', () => [...one.push(bin('\xe2\x82\n'))])
    expect([...two.push(bin('\xc3\xa9\n'))]).toEqual(['é'])
  })

  it('refuses a lone surrogate, which would be read back as something else', () => {
    for (const [value, offset] of [
      ['a\uD800', 1],
      ['\uDC00b', 0],
      ['😀\uDE00', 2],
    ] as const) {
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(text(netstring()), ['ok', value]))
      expect(error).toMatchObject({ offset, length: value.length, frameIndex: 1 })
    }
  })

  it('refuses what is no string', () => {
    for (const value of [5, null, undefined, bin('a'), ['a']]) {
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(text(netstring()), [value as never]))
      expect(error.cause).toBeInstanceOf(TypeError)
    }
  })

  it('leaves the limits to the framing: they count bytes', () => {
    const codec = text(netstring({ maxFrameLength: 3 }))
    expect(decodeAll(codec, encodeFrames(codec, ['€']))).toEqual([['€']])
    expect(framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(codec, ['éé']))).toMatchObject({ limit: 3, length: 4 })
  })

  it.each<[string, unknown, string]>([
    ['a misspelt option', { fatel: true }, 'text has no option "fatel"; it has fatal'],
    ['fatal that is no boolean', { fatal: 1 }, 'fatal must be true or false, not 1'],
    ['options that are none', null, 'The options of text must be an object, not null'],
    ['an encoding', { encoding: 'latin1' }, 'text has no option "encoding"'],
  ])('wrong options throw a TypeError at once: %s', (_, options, message) => {
    const make = (): unknown => text(netstring(), options as TextOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it('no codec throws a TypeError at once', () => {
    expect(() => text(undefined as never)).toThrow(TypeError)
    expect(() => json(undefined as never)).toThrow(TypeError)
  })
})

describe('json', () => {
  const values = [{ a: [1, 'é\n', null] }, null, false, 0, '', 'text', [], 1.5e300]

  it.each<[string, () => Codec<Uint8Array>]>([
    ['lines', () => delimiter('\n')],
    ['length prefixes', () => lengthPrefixed({ width: 2 })],
    ['netstrings', () => netstring()],
    ['JSON text sequences', () => jsonSequence()],
    ['COBS', () => cobs()],
  ])('gives back the values over %s', (_, rule) => {
    const codec = json(rule())
    expect(decodeAll(codec, encodeFrames(codec, values))).toEqual([values])
  })

  it('writes what JSON.stringify writes, and never a line end within it', () => {
    expect(unbin(encodeFrames(json(delimiter('\n')), [{ a: 'b\n' }, 1]))).toBe('{"a":"b\\n"}\n1\n')
    expect(unbin(encodeFrames(json(delimiter('\n')), ['\uD800']))).toBe('"\\ud800"\n')
  })

  it.each([
    ['no JSON', '{"a":}', SyntaxError],
    ['nothing', '', SyntaxError],
    ['two texts', '1 2', SyntaxError],
    ['no UTF-8', '"\xff"', TypeError],
  ])('takes a frame that is %s for malformed, after the good ones, with the cause', (_, frame, cause) => {
    const [frames, error] = decodeAll(json(netstring()), bin(`1:1,${frame.length}:${frame},`))
    expect(frames).toEqual([1])
    expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', offset: 4, frameIndex: 1, cause: expect.any(cause) })
  })

  it('refuses what JSON cannot say, with the cause', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const [value, message] of [
      [undefined, 'JSON cannot say undefined'],
      [() => 1, 'JSON cannot say a function'],
      [Symbol('s'), 'JSON cannot say a symbol'],
      [1n, 'BigInt'],
      [cycle, /circular|cyclic/i],
      [{ toJSON: () => undefined }, 'JSON cannot say an object (Object)'],
    ] as const) {
      const error = framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(json(cobs()), [1, value]))
      expect(error).toMatchObject({ frameIndex: 1, cause: expect.any(TypeError) })
      expect(error.message).toMatch(message)
    }
  })

  it('refuses what the framing refuses', () => {
    const codec = json(delimiter('"'))
    expect(framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(codec, ['a'])).offset).toBe(0)
    expect(framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(json(cobs({ maxFrameLength: 2 })), [123])).limit).toBe(
      2,
    )
  })

  it('passes through what is wrong with the framing', () => {
    const error = decodeAll(json(cobs()), hex('02 31 00 03 00'))
    expect(error).toMatchObject([[1], { code: 'ERR_FRAME_MALFORMED', offset: 4, frameIndex: 1 }])
  })
})
