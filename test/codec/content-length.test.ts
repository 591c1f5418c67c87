import { describe, expect, it } from 'vitest'

import { contentLength, type ContentLengthOptions } from '../../src/codec/content-length.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { json } from '../../src/codec/text.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, framingError, unbin, utf8 } from '../support/bytes.ts'
import { verifyChunkInvariance } from '../support/chunk-invariance.ts'

const MiB = 1024 * 1024

/** Frames, skip reports and the error, from bytes as text, the same under every cut. */
function decode(options: ContentLengthOptions, wire: string): [string[], SkipInfo[], unknown] {
  const run = verifyChunkInvariance((onSkip) => contentLength({ ...options, onSkip }), bin(wire), { randomRuns: 10 })
  return [run.frames.map(unbin), [...run.skips], run.error]
}

const errorOf = (options: ContentLengthOptions, wire: string): unknown => decode(options, wire)[2]
const lenient = { lenient: true } as const
const block = (...lines: string[]): string => [...lines, '', ''].join('\r\n')
const good = 'Content-Length: 1\r\n\r\na'

/** The error of a block behind a good frame, with its offset counted from the block's first byte. */
function errorIn(options: ContentLengthOptions, wire: string): { code?: string; at?: number; message?: string } {
  const [frames, , error] = decode(options, good + wire)
  expect(frames[0]).toBe('a')
  const { code, offset, message, frameIndex } = error as {
    code: string
    offset: number
    message: string
    frameIndex: number
  }
  expect(frameIndex).toBe(1)
  return { code, at: offset - good.length, message }
}

describe('contentLength', () => {
  it('reads and writes what LSP and DAP say: header lines, an empty line, as many bytes', () => {
    const messages = json<{ id: number; text?: string }>(contentLength())
    const bytes = encodeFrames(messages, [{ id: 1 }, { id: 2, text: 'é' }])
    expect(new TextDecoder().decode(bytes)).toBe(
      'Content-Length: 8\r\n\r\n{"id":1}Content-Length: 20\r\n\r\n{"id":2,"text":"é"}',
    )
    expect(decodeAll(messages, bytes)).toEqual([[{ id: 1 }, { id: 2, text: 'é' }]])
    expect(utf8('{"id":2,"text":"é"}').length).toBe(20)
  })

  it('delivers empty contents, and contents that look like a header', () => {
    const inner = block('Content-Length: 5')
    expect(decode({}, `${block('Content-Length: 0')}${block(`Content-Length: ${inner.length}`)}${inner}`)).toEqual([
      ['', inner],
      [],
      undefined,
    ])
  })

  it.each<[string, string]>([
    ['in small letters', 'content-length: 2'],
    ['in capitals', 'CONTENT-LENGTH: 2'],
    ['in mixed case', 'cOnTeNt-LeNgTh: 2'],
    ['without a space', 'Content-Length:2'],
    ['with spaces and tabs around the number', 'Content-Length: \t 2 \t'],
    ['with zeros before the number', 'Content-Length: 0000000000000002'],
  ])('takes the header %s, strict and lenient', (_, line) => {
    for (const options of [{}, lenient]) {
      expect(decode(options, `${block(line)}hi${good}`)).toEqual([['hi', 'a'], [], undefined])
    }
  })

  it('reads over other headers, before and behind, whatever bytes they hold', () => {
    const others = [
      'Content-Type: application/vscode-jsonrpc; charset=utf-8',
      'X-Content-Length: 7',
      'A:',
      "!#$%&'*+-.^_`|~09Az: \xe9\0:",
    ]
    expect(decode({}, `${block(...others, 'Content-Length: 2', ...others)}hi`)).toEqual([['hi'], [], undefined])
  })

  describe('a number that is none is malformed at its first byte, strict and lenient', () => {
    it.each([
      '12abc',
      '+2',
      '-2',
      '0x2',
      '2.0',
      '1e3',
      '2 2',
      '2,2',
      '2, 2',
      '12345678901234567',
      '00000000000000002',
      '\xa02',
      '\x0b2',
      '２',
      '',
    ])('Content-Length: %j', (value) => {
      for (const options of [{}, lenient]) {
        const wire = unbin(utf8(`Content-Length: ${value}\r\n\r\n`))
        expect(errorIn(options, wire)).toMatchObject({ code: 'ERR_FRAME_MALFORMED', at: value === '' ? 15 : 16 })
      }
    })

    it('as soon as its line is there', () => {
      const parser = new FrameParser(contentLength())
      expect([...parser.push(bin('Content-Length: +2\r'))]).toEqual([])
      expect(framingError('ERR_FRAME_MALFORMED', () => [...parser.push(bin('\n'))]).message).toContain(
        'Content-Length is no number of at most 16 digits (at byte 16)',
      )
    })

    it('a CR within it ends no line and is no digit', () => {
      expect(errorIn({}, 'Content-Length: 2\r3\r\n\r\n')).toMatchObject({ code: 'ERR_FRAME_MALFORMED', at: 16 })
      expect(errorIn({}, 'Content-Length: 2\r\r\n\r\n')).toMatchObject({ code: 'ERR_FRAME_MALFORMED', at: 16 })
    })
  })

  describe('a block that breaks the rule is malformed at that byte, as soon as it is there', () => {
    it.each<[string, string, number, string]>([
      ['no Content-Length', block('Content-Type: x'), 17, 'Header block has no Content-Length'],
      ['nothing at all', '\r\n', 0, 'Header block has no Content-Length'],
      ['two that differ', block('Content-Length: 1', 'content-length: 2'), 19, 'more than one Content-Length'],
      ['two that agree', block('Content-Length: 1', 'Content-Length: 1'), 19, 'more than one Content-Length'],
      ['a line without a colon', block('Content-Length: 1', 'hello'), 19, 'Header line is not "name: value"'],
      ['a request line', block('POST / HTTP/1.1', 'Content-Length: 1'), 0, 'Header line is not "name: value"'],
      ['a name of nothing', block(': 5'), 0, 'Header line is not "name: value"'],
      ['a space before the name', block(' Content-Length: 5'), 0, 'Header line is not "name: value"'],
      ['a space before the colon', block('Content-Length : 5'), 0, 'Header line is not "name: value"'],
      ['a folded line', block('X: a', ' b: c', 'Content-Length: 5'), 6, 'Header line is not "name: value"'],
      ['a name with a byte that none has', block('Content\xe9Length: 5'), 0, 'Header line is not "name: value"'],
      ['a line that ends with a bare LF', 'Content-Length: 1\n', 17, 'Header line ends with LF alone'],
      ['an empty line that is a bare LF', 'Content-Length: 1\r\n\n', 19, 'Header line ends with LF alone'],
      ['a bare LF as its first byte', '\nContent-Length: 1\r\n', 0, 'Header line ends with LF alone'],
    ])('%s', (_, wire, at, message) => {
      const error = errorIn({}, wire)
      expect(error).toMatchObject({ code: 'ERR_FRAME_MALFORMED', at })
      expect(error.message).toContain(message)
    })

    it('a bare LF at once, before the block is whole', () => {
      const parser = new FrameParser(contentLength())
      expect(framingError('ERR_FRAME_MALFORMED', () => [...parser.push(bin('A: b\n'))]).offset).toBe(4)
    })
  })

  describe('lenient', () => {
    it.each<[string, string]>([
      ['bare LFs', 'Content-Length: 2\n\nhi'],
      ['bare LFs and CRLFs by turns', 'A: b\r\nContent-Length: 2\n\r\nhi'],
      ['and the other way round', 'A: b\nContent-Length: 2\r\n\nhi'],
      ['white space before the colon', 'Content-Length \t: 2\r\n\r\nhi'],
      ['two lengths that agree', block('Content-Length: 2', 'content-length: 02') + 'hi'],
    ])('takes %s, which strict does not', (_, wire) => {
      expect(decode(lenient, wire + good)).toEqual([['hi', 'a'], [], undefined])
      expect(errorOf({}, wire + good)).toMatchObject({ code: 'ERR_FRAME_MALFORMED' })
    })

    it.each<[string, string, number]>([
      ['two lengths that differ', block('Content-Length: 2', 'Content-Length: 3'), 19],
      ['no length', '\n', 0],
      ['no colon', 'hello\n', 0],
      ['white space before the name', ' Content-Length: 2\n', 0],
      ['nothing but white space for a name', ' \t: 2\n', 0],
    ])('does not take %s', (_, wire, at) => {
      expect(errorIn(lenient, wire)).toMatchObject({ code: 'ERR_FRAME_MALFORMED', at })
    })
  })

  describe('maxHeaderLength', () => {
    const header = block('A: bc', 'Content-Length: 1')

    it('is met exactly by a block of that many bytes, its empty line included', () => {
      expect(decode({ maxHeaderLength: header.length }, `${header}x${header}y`)).toEqual([['x', 'y'], [], undefined])
    })

    it('is broken by one byte more, at that byte', () => {
      const error = errorOf({ maxHeaderLength: header.length - 1 }, `${header}x`)
      expect(error).toMatchObject({
        code: 'ERR_FRAME_MALFORMED',
        offset: header.length - 1,
        frameIndex: 0,
        limit: header.length - 1,
      })
      expect(String(error)).toContain(`Header block is longer than maxHeaderLength of ${header.length - 1} bytes`)
    })

    it('counts each block by itself, and no contents', () => {
      const options = { maxHeaderLength: 21 }
      expect(decode(options, `${block('Content-Length: 4')}abcd${good}`)[0]).toEqual(['abcd', 'a'])
    })

    it('is 8192 unless told otherwise', () => {
      const filler = 8192 - block('X: ', 'Content-Length: 1').length
      const wire = (n: number): Uint8Array => bin(`${block(`X: ${'y'.repeat(n)}`, 'Content-Length: 1')}z`)
      expect(decodeAll(contentLength(), wire(filler))).toEqual([['z']])
      expect(decodeAll(contentLength(), wire(filler + 1))[1]).toMatchObject({ offset: 8192, limit: 8192 })
    })

    it.each<[string, string]>([
      ['one line', 'x'],
      ['many lines', 'A: b\r\n'],
      ['colons', ':x'],
    ])('stops a flood of header bytes without end: %s, in whatever chunks they come', (_, text) => {
      for (const size of [1, 100, 100_000]) {
        const flood = bin(`Content-Length: 1\r\nX:${text.repeat(20_000)}`)
        const parser = new FrameParser(contentLength({ maxHeaderLength: 1000 }))
        const error = framingError('ERR_FRAME_MALFORMED', () => {
          for (let at = 0; at < flood.length; at += size) {
            expect([...parser.push(flood.subarray(at, at + size))]).toEqual([])
            expect(parser.pending).toBeLessThanOrEqual(1000)
          }
        })
        // Lines of colons have a line end never, and so are not looked at before.
        expect(error).toMatchObject({ offset: 1000, limit: 1000 })
      }
    })

    it('an earlier mistake comes first', () => {
      expect(errorOf({ maxHeaderLength: 10 }, 'bad\r\nabcdefghijklmnop')).toMatchObject({ offset: 0 })
    })
  })

  describe('contents over the limit', () => {
    const over = (options: ContentLengthOptions, wire: string): ReturnType<typeof decode> =>
      decode({ maxFrameLength: 3, ...options }, wire)

    it('are an error from their header alone, at the number; contents of exactly the limit are none', () => {
      expect(over({}, `${block('Content-Length: 3')}abc${block('A: b', 'Content-Length:  4')}`)).toMatchObject([
        ['abc'],
        [],
        { code: 'ERR_FRAME_TOO_LONG', offset: 24 + 6 + 17, frameIndex: 1, limit: 3, length: 4 },
      ])
    })

    it('are left out with skip, header and all; cut with truncate; in pieces with split', () => {
      const five = block('Content-Length: 5')
      expect(over({ onTooLong: 'skip' }, `${good}${five}abcde${good}`)).toEqual([
        ['a', 'a'],
        [{ offset: 22, length: 26, reason: 'too-long' }],
        undefined,
      ])
      expect(over({ onTooLong: 'truncate' }, `${five}abcde${good}`)).toEqual([
        ['abc', 'a'],
        [{ offset: 24, length: 2, reason: 'too-long' }],
        undefined,
      ])
      expect(over({ onTooLong: 'split' }, `${five}abcde${good}`)).toEqual([['abc', 'de', 'a'], [], undefined])
    })

    it.each(['error', 'skip', 'split', 'truncate'] as const)(
      "of more than 2^53-1 bytes are an error with onTooLong '%s'",
      (onTooLong) => {
        for (const number of ['9007199254740992', '9007199254740993', '9999999999999999']) {
          const options = { onTooLong, maxFrameLength: Infinity }
          expect(over(options, block(`Content-Length: ${number}`))).toMatchObject([
            [],
            [],
            { code: 'ERR_FRAME_TOO_LONG', offset: 16, length: Infinity },
          ])
        }
      },
    )

    it('2^53-1 is read exactly', () => {
      expect(over({ maxFrameLength: Infinity }, block('Content-Length: 9007199254740991'))[2]).toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        length: 9_007_199_254_740_991,
      })
    })
  })

  describe('input that ends within a frame', () => {
    it.each<[string, string, number | undefined]>([
      ['within a name', 'Cont', undefined],
      ['within a number', 'Content-Length: 2', undefined],
      ['between CR and LF', 'Content-Length: 2\r', undefined],
      ['before the empty line', 'Content-Length: 2\r\n', undefined],
      ['exactly behind the header', 'Content-Length: 2\r\n\r\n', 23],
      ['within the contents', 'Content-Length: 2\r\n\r\nh', 23],
    ])('is an error: %s', (_, wire, length) => {
      expect(errorOf({}, good + wire)).toMatchObject({
        code: 'ERR_FRAME_TRUNCATED',
        offset: good.length + wire.length,
        frameIndex: 1,
        partial: bin(wire),
        length,
      })
    })

    it('can be dropped, and is reported', () => {
      expect(decode({ onTrailing: 'drop' }, `${good}Content-Length: 2\r\n\r\nh`)).toEqual([
        ['a'],
        [{ offset: 22, length: 22, reason: 'trailing' }],
        undefined,
      ])
    })

    it('is none behind a frame, an empty one too', () => {
      expect(decode({}, good + block('Content-Length: 0'))).toEqual([['a', ''], [], undefined])
      expect(decode({}, '')).toEqual([[], [], undefined])
    })
  })

  it('an empty frame comes with the last byte of its header', () => {
    const wire = block('Content-Length: 0')
    expect(verifyChunkInvariance(() => contentLength(), bin(wire), { arrivals: [wire.length] }).frames.length).toBe(1)
  })

  it('the encoder refuses contents over the limit, and leaves nothing of them', () => {
    const codec = contentLength({ maxFrameLength: 3 })
    expect(unbin(encodeFrames(codec, [bin('abc'), bin('')]))).toBe(
      `${block('Content-Length: 3')}abc${block('Content-Length: 0')}`,
    )
    expect(framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(codec, [bin('a'), bin('abcd')]))).toMatchObject({
      offset: 3,
      limit: 3,
      length: 4,
      frameIndex: 1,
    })
  })

  it('the encoder refuses what its decoder would not read back: a header longer than maxHeaderLength', () => {
    const codec = contentLength({ maxHeaderLength: 21 })
    expect(decodeAll(codec, encodeFrames(codec, [bin('a'.repeat(9))]))).toEqual([['a'.repeat(9)]])
    expect(framingError('ERR_FRAME_UNENCODABLE', () => encodeFrames(codec, [bin('a'.repeat(10))]))).toMatchObject({
      length: 10,
      frameIndex: 0,
    })
  })

  it.skipIf(typeof globalThis.process?.memoryUsage !== 'function')(
    'a declared length allocates nothing before its bytes arrive',
    () => {
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      }
      for (const [length, options] of [
        ['8388608', {}],
        ['9007199254740000', { maxFrameLength: Infinity }],
        ['9007199254740000', { onTooLong: 'skip' }],
        ['9007199254740000', { onTooLong: 'split' }],
      ] satisfies [string, ContentLengthOptions][]) {
        const before = used()
        const head = bin(block(`Content-Length: ${length}`))
        const parsers = Array.from({ length: 100 }, () => new FrameParser(contentLength(options)))
        for (const parser of parsers) expect([...parser.push(head.slice()), ...parser.push(bin('abc'))]).toEqual([])
        expect(used() - before).toBeLessThan(16 * MiB)
      }
    },
  )

  it('wrong options throw at once and say what would be right', () => {
    const make = (options: unknown) => () => contentLength(options as ContentLengthOptions)
    expect(make({ maxHeaderLength: 0 })).toThrow('maxHeaderLength must be a whole number of 1 or more, not 0')
    expect(make({ maxHeaderLength: Infinity })).toThrow(RangeError)
    expect(make({ lenient: 'no' })).toThrow('lenient must be true or false, not the string "no"')
    expect(make({ maxFrameLength: 0 })).toThrow(RangeError)
    expect(make({ onTrailing: 'emit' })).toThrow("onTrailing must be 'error' or 'drop', not the string \"emit\"")
    expect(make({ onTooLong: 'none' })).toThrow(TypeError)
    expect(make({ onSkip: {} })).toThrow('onSkip must be a function')
    expect(make({ copy: 'yes' })).toThrow(TypeError)
    expect(make({ maxHeaderSize: 1 })).toThrow('contentLength has no option "maxHeaderSize"; it has maxHeaderLength')
    expect(make(5)).toThrow('The options of contentLength must be an object, not 5')
  })
})
