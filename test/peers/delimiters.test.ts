// What others make of the same bytes: a test that fails here says that a peer has changed.
import { DelimiterParser } from '@serialport/parser-delimiter'
import { describe, expect, it } from 'vitest'

import { delimiter } from '../../src/codec/delimiter.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { bin } from '../support/bytes.ts'
import { ours, theirs } from './support.ts'

describe('the Delimiter parser of serialport', () => {
  it.each([
    ['one byte', '#', 'a#bc#d#'],
    ['several bytes', 'CRLF', 'abCRLFdeCRLF'],
    ['one that overlaps itself: AAB in AAABA', 'AAB', 'AAABA'],
    ['a last frame without its delimiter', '#', 'a#bc'],
  ])('agrees with delimiter on %s, whole and byte by byte', async (_, mark, text) => {
    for (const chunks of [[text], Array.from(text)]) {
      const parser = new DelimiterParser({ delimiter: mark })
      expect(ours(delimiter(mark, { onTrailing: 'emit' }), ...chunks)).toEqual(await theirs(parser, ...chunks))
    }
  })

  it('agrees on the delimiter as a suffix', async () => {
    const parser = new DelimiterParser({ delimiter: '\r\n', includeDelimiter: true })
    const chunks = ['a\r', '\n\r\nb\r\n']
    expect(ours(delimiter('\r\n', { disposition: 'suffix' }), ...chunks)).toEqual(await theirs(parser, ...chunks))
  })

  it('loses empty frames; ours gives them', async () => {
    const text = '##a##'
    expect(await theirs(new DelimiterParser({ delimiter: '#' }), text)).toEqual([['a']])
    expect(ours(delimiter('#'), text)).toEqual([['', '', 'a', '']])
  })

  it('in object mode gives them, and one more that never was at the end', async () => {
    const text = '##a#'
    const parser = new DelimiterParser({ delimiter: '#', readableObjectMode: true })
    expect(await theirs(parser, text)).toEqual([['', '', 'a', '']])
    expect(ours(delimiter('#', { onTrailing: 'emit' }), text)).toEqual([['', '', 'a']])
  })

  it('gives what was cut off at the end as a frame like any other; ours says so unless told otherwise', async () => {
    expect(await theirs(new DelimiterParser({ delimiter: '#' }), 'a#bc')).toEqual([['a', 'bc']])
    expect(ours(delimiter('#'), 'a#bc')).toEqual([['a'], 'ERR_FRAME_TRUNCATED'])
  })

  it('has no limit: it keeps whatever comes; ours stops at the first byte past it', () => {
    const parser = new DelimiterParser({ delimiter: '#' })
    for (let i = 0; i < 64; i++) parser.write(Buffer.alloc(16 * 1024))
    expect(parser.buffer.length).toBe(1024 * 1024)
    parser.destroy()
    const limited = new FrameParser(delimiter('#', { maxFrameLength: 1000 }))
    expect(() => [...limited.push(new Uint8Array(1001))]).toThrow(
      expect.objectContaining({ code: 'ERR_FRAME_TOO_LONG', offset: 1000 }),
    )
  })
})

/**
 * What the delimiter streams of Deno's standard library say that they do, over the whole input: what stands between delimiters, with the
 * delimiter left out, at the end or at the beginning; what is left at the end of the input is a last piece, be it empty.
 */
function denoStyle(input: string, mark: string, disposition: 'discard' | 'suffix' | 'prefix'): string[] {
  const parts = input.split(mark)
  return parts.map((part, i) => {
    if (disposition === 'suffix') return i < parts.length - 1 ? part + mark : part
    return disposition === 'prefix' && i > 0 ? mark + part : part
  })
}

describe('splitting as Deno documents it', () => {
  const inputs = ['a#b#', 'a##b#c', '#', '##', '#a', 'abc', 'abCRLFdeCRLF', 'CRLFCRLFx', 'abCRCRLF', '\r\n\r\r\n']
  const marks = ['#', 'CRLF', '\r\n']

  it.each(['discard', 'suffix'] as const)(
    "agrees with delimiter, disposition '%s', but for the empty piece at the end, which is no frame",
    (disposition) => {
      for (const mark of marks) {
        for (const input of inputs) {
          const expected = denoStyle(input, mark, disposition)
          if (expected.at(-1) === '') expected.pop()
          const codec = delimiter(mark, { disposition, onTrailing: 'emit' })
          expect(ours(codec, input)).toEqual([expected])
          // The streams have lost bytes of a delimiter that came in three chunks and more: "abCR", "de".
          expect(ours(codec, ...Array.from(input))).toEqual([expected])
        }
      }
    },
  )

  it("agrees with delimiter, disposition 'prefix', but for the empty piece at the start, which is no frame", () => {
    for (const mark of marks) {
      for (const input of inputs) {
        const expected = denoStyle(input, mark, 'prefix')
        if (expected[0] === '') expected.shift()
        expect(ours(delimiter(mark, { disposition: 'prefix' }), ...Array.from(input))).toEqual([expected])
      }
    }
  })
})

it('none of them has an encoder; ours refuses a delimiter in the payload, and one that the payload would make', () => {
  for (const [mark, frame] of [
    ['#', 'a#b'],
    ['abab', 'xab'],
  ] as const) {
    expect(() => encodeFrames(delimiter(mark), [bin(frame)])).toThrow(
      expect.objectContaining({ code: 'ERR_FRAME_UNENCODABLE' }),
    )
  }
})
