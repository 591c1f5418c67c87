// What others make of the same bytes: a test that fails here says that a peer has changed.
import { ReadlineParser } from '@serialport/parser-readline'
import binarySplit from 'binary-split'
import split2 from 'split2'
import { describe, expect, it } from 'vitest'

import { delimiter } from '../../src/codec/delimiter.ts'
import { encodeFrames } from '../../src/codec/frame-parser.ts'
import { lines } from '../../src/codec/lines.ts'
import { ours, theirs } from './support.ts'

describe('split2 and lines agree', () => {
  it.each([
    ['LF, CRLF and empty lines', 'one\ntwo\r\n\n\r\nthree\n'],
    ['a last line without its end', 'one\ntwo'],
    ['no lines', ''],
    ['CRs that end no line', 'a\rb\r\rc\n'],
    ['UTF-8', 'h\xc3\xa9\n\xe2\x82\xac\xf0\x9f\x98\x80\n'],
  ])('on %s, whole and byte by byte', async (_, text) => {
    for (const chunks of [[text], Array.from(text)]) {
      expect(ours(lines(), ...chunks)).toEqual(await theirs(split2(), ...chunks))
    }
  })

  it('on bytes that are no UTF-8', async () => {
    const text = 'a\xe2\x82\nb\xff\n'
    expect(ours(lines(), text)).toEqual(await theirs(split2(), text))
  })

  it('on the strict line end, cut by chunks', async () => {
    const chunks = ['a\r', '\nb\n', 'c\r\n']
    expect(ours(lines({ newline: 'crlf' }), ...chunks)).toEqual(await theirs(split2('\r\n'), ...chunks))
  })
})

/** An option that its types do not know. */
const SKIP: object = { skipOverflow: true }

describe('split2 differs from lines', () => {
  it('its limit lets a long line through that is whole within a chunk; ours holds for every line', async () => {
    const text = 'abcdefgh\nab\n'
    expect(await theirs(split2({ maxLength: 3 }), text)).toEqual([['abcdefgh', 'ab']])
    expect(ours(lines({ maxFrameLength: 3 }), text)).toEqual([[], 'ERR_FRAME_TOO_LONG'])
    // The same bytes under another cut: now it holds.
    expect(await theirs(split2({ maxLength: 3 }), 'abcd', 'efgh\nab\n')).toEqual([[], 'maximum buffer reached'])
  })

  it('its limit counts characters of UTF-16; ours counts bytes', async () => {
    const chunks = ['\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac', '\n']
    expect(await theirs(split2({ maxLength: 3 }), ...chunks)).toEqual([['€€€']])
    expect(ours(lines({ maxFrameLength: 3 }), ...chunks)).toEqual([[], 'ERR_FRAME_TOO_LONG'])
  })

  it('it drops a good line behind a skipped one whose CRLF was cut; ours skips the long one alone', async () => {
    const chunks = ['abcdef\r', '\nab\r\ncd\r\n']
    expect(await theirs(split2('\r\n', { maxLength: 3, ...SKIP }), ...chunks)).toEqual([['cd']])
    const skipping = lines({ newline: 'crlf', maxFrameLength: 3, onTooLong: 'skip' })
    expect(ours(skipping, ...chunks)).toEqual([['ab', 'cd']])
  })

  it('it makes an empty line more of a CRLF that was cut, if a CR alone ends a line; ours does not', async () => {
    const chunks = ['a\r', '\nb\n']
    expect(await theirs(split2(/\r\n|\r|\n/), chunks.join(''))).toEqual([['a', 'b']])
    expect(await theirs(split2(/\r\n|\r|\n/), ...chunks)).toEqual([['a', '', 'b']])
    expect(ours(lines({ newline: 'any' }), ...chunks)).toEqual([['a', 'b']])
  })

  it('it keeps a byte order mark in the first line; ours removes it unless ignoreBOM is set', async () => {
    const text = '\xef\xbb\xbfa\n'
    expect(await theirs(split2(), text)).toEqual([['\uFEFFa']])
    expect(ours(lines(), text)).toEqual([['a']])
    expect(ours(lines({ ignoreBOM: true }), text)).toEqual([['\uFEFFa']])
  })
})

describe('binary-split', () => {
  it.each([
    ['lines', '\n', 'a\nbc\nd\n'],
    ['a last line without its end', '\n', 'a\nbc'],
    ['a delimiter of four bytes', 'CRLF', 'abCRLFdeCRLF'],
    ['one that overlaps itself', 'AAB', 'xAABAAABy'],
  ])('agrees with delimiter on %s, whole and byte by byte', async (_, mark, text) => {
    for (const chunks of [[text], Array.from(text)]) {
      expect(ours(delimiter(mark, { onTrailing: 'emit' }), ...chunks)).toEqual(
        await theirs(binarySplit(mark), ...chunks),
      )
    }
  })

  it('loses empty lines; ours gives them', async () => {
    const text = '\n\na\n\nb\n'
    expect(await theirs(binarySplit('\n'), text)).toEqual([['a', 'b']])
    expect(ours(lines(), text)).toEqual([['', '', 'a', '', 'b']])
  })
})

describe('the Readline parser of serialport', () => {
  it('agrees with lines on whole lines of UTF-8', async () => {
    const text = 'a\nh\xc3\xa9\n\xe2\x82\xac\n'
    for (const chunks of [[text], Array.from(text)]) {
      expect(ours(lines(), ...chunks)).toEqual(await theirs(new ReadlineParser(), ...chunks))
    }
  })

  it('loses empty lines and keeps the CR of CRLF; ours gives them and removes it', async () => {
    const text = 'a\r\n\nb\n'
    expect(await theirs(new ReadlineParser(), text)).toEqual([['a\r', 'b']])
    expect(ours(lines(), text)).toEqual([['a', '', 'b']])
  })

  it('carries half a character over into the next line; ours decodes each line on its own', async () => {
    const text = 'a\xe2\x82\nb\n'
    expect(await theirs(new ReadlineParser(), text)).toEqual([['a', '\uFFFDb']])
    expect(ours(lines(), text)).toEqual([['a\uFFFD', 'b']])
  })
})

it('none of them has an encoder; ours refuses a line that would be read back as two', () => {
  expect(() => encodeFrames(lines(), ['a\nb'])).toThrow(expect.objectContaining({ code: 'ERR_FRAME_UNENCODABLE' }))
  expect(() => encodeFrames(lines(), ['a\r'])).toThrow(expect.objectContaining({ code: 'ERR_FRAME_UNENCODABLE' }))
})
