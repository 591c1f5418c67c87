// What others make of the same bytes: a test that fails here says that a peer has changed.
import { ByteLengthParser } from '@serialport/parser-byte-length'
import { PacketLengthParser } from '@serialport/parser-packet-length'
import * as frameStream from 'frame-stream'
import * as itLengthPrefixed from 'it-length-prefixed'
import * as lengthPrefixedStream from 'length-prefixed-stream'
import { describe, expect, it } from 'vitest'

import { fixedLength } from '../../src/codec/fixed-length.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { pieces } from '../../src/codec/pieces.ts'
import { varintPrefixed } from '../../src/codec/varint-prefixed.ts'
import { bin } from '../support/bytes.ts'
import { latin1, ours, theirs, type Outcome } from './support.ts'

/** What it-length-prefixed makes of the chunks; of an error its code. */
function iterated(chunks: readonly string[], options: Parameters<typeof itLengthPrefixed.decode>[1] = {}): Outcome {
  const frames: string[] = []
  try {
    for (const frame of itLengthPrefixed.decode(chunks.map(bin), options)) frames.push(latin1(frame.subarray()))
  } catch (error) {
    return [frames, (error as { code?: string }).code ?? String(error)]
  }
  return [frames]
}

const good = ['\x02ab\x01c', `\xac\x02${'x'.repeat(300)}\x01y`, '\x01a\x01b\x01c']

describe('it-length-prefixed', () => {
  it.each([...good, '\0\x01a\0\0', ''])('agrees with varintPrefixed on %j, whole and byte by byte', (text) => {
    for (const chunks of [[text], Array.from(text)]) expect(ours(varintPrefixed(), ...chunks)).toEqual(iterated(chunks))
  })

  it('reads what ours writes, and ours what it writes', () => {
    const frames = ['', 'a', 'x'.repeat(127), 'y'.repeat(128), 'z'.repeat(20_000)].map(bin)
    const bytes = encodeFrames(varintPrefixed(), frames)
    expect(iterated([latin1(bytes)])).toEqual([frames.map(latin1)])
    const written = [...itLengthPrefixed.encode(frames)].map((part) => latin1(part.subarray())).join('')
    expect(written).toBe(latin1(bytes))
  })

  it('agrees that an end within a length or a frame is an error, each in its own words', () => {
    for (const text of ['\x02ab\x85', '\x02ab\x05c']) {
      expect(iterated([text])).toEqual([['ab'], 'ERR_UNEXPECTED_EOF'])
      expect(ours(varintPrefixed(), text)).toEqual([['ab'], 'ERR_FRAME_TRUNCATED'])
    }
  })

  it('does not notice an end right behind a length; ours does', () => {
    expect(iterated(['\x02ab\x05'])).toEqual([['ab']])
    expect(ours(varintPrefixed(), '\x02ab\x05')).toEqual([['ab'], 'ERR_FRAME_TRUNCATED'])
  })

  it('takes a length with more bytes than it needs for a part of the frame; ours reads it, or refuses it', () => {
    const text = '\x82\x00ab\x01c'
    expect(iterated([text])).toEqual([['\0a'], 'ERR_UNEXPECTED_EOF'])
    expect(ours(varintPrefixed(), text)).toEqual([['ab', 'c']])
    expect(ours(varintPrefixed({ requireMinimal: true }), text)).toEqual([[], 'ERR_FRAME_MALFORMED'])
  })

  it('agrees on the limit, from the length alone', () => {
    expect(iterated(['\x01a\x05'], { maxDataLength: 3 })).toEqual([['a'], 'ERR_MSG_DATA_TOO_LONG'])
    expect(ours(varintPrefixed({ maxFrameLength: 3 }), '\x01a\x05')).toEqual([['a'], 'ERR_FRAME_TOO_LONG'])
  })

  it('calls a length over 2^53 a length with too many bytes; ours calls it too long, and never rounds it', () => {
    const text = '\x81\x80\x80\x80\x80\x80\x80\x10ab'
    expect(iterated([text], { maxDataLength: Infinity })).toEqual([[], 'ERR_MSG_LENGTH_TOO_LONG'])
    const parser = new FrameParser(varintPrefixed({ maxVarintBytes: 10, maxFrameLength: Infinity }))
    parser.push(bin(text))
    expect(() => parser.take()).toThrow(expect.objectContaining({ code: 'ERR_FRAME_TOO_LONG', length: Infinity }))
  })
})

describe('length-prefixed-stream', () => {
  const { decode, encode } = lengthPrefixedStream

  it.each(good)('agrees with varintPrefixed on %j, whole and byte by byte', async (text) => {
    for (const chunks of [[text], Array.from(text)]) {
      expect(ours(varintPrefixed(), ...chunks)).toEqual(await theirs(decode(), ...chunks))
    }
  })

  it('writes what ours writes', async () => {
    const frames = ['a', 'x'.repeat(127), 'y'.repeat(128)]
    const [written] = await theirs(encode(), ...frames)
    expect(written.join('')).toBe(latin1(encodeFrames(varintPrefixed(), frames.map(bin))))
  })

  it('loses empty frames unless told otherwise; ours gives them', async () => {
    expect(await theirs(decode(), '\0\x01a\0')).toEqual([['a']])
    expect(await theirs(decode({ allowEmpty: true }), '\0\x01a\0')).toEqual([['', 'a', '']])
    expect(ours(varintPrefixed(), '\0\x01a\0')).toEqual([['', 'a', '']])
  })

  it('drops an unfinished frame in silence; ours says so', async () => {
    for (const text of ['\x02ab\x05cd', '\x02ab\x05', '\x02ab\x85']) {
      expect(await theirs(decode(), text)).toEqual([['ab']])
      expect(ours(varintPrefixed(), text)).toEqual([['ab'], 'ERR_FRAME_TRUNCATED'])
    }
  })

  it('has no limit unless one is given; ours has 8 MiB', async () => {
    expect(await theirs(decode({ limit: 3 }), '\x05abcde')).toEqual([[], 'Message is larger than max length'])
    const length = '\x81\x80\x80\x04'
    const [frames] = await theirs(decode(), length, ...Array.from({ length: 9 }, () => 'x'.repeat(1024 * 1024)))
    expect((frames[0] as string).length).toBe(8 * 1024 * 1024 + 1)
    expect(ours(varintPrefixed(), length)).toEqual([[], 'ERR_FRAME_TOO_LONG'])
  })

  it('takes memory for what was declared, whatever has arrived; ours does not', () => {
    const declared = 64 * 1024 * 1024
    const grown = (action: () => unknown): number => {
      const before = process.memoryUsage().arrayBuffers
      const kept = action()
      const after = process.memoryUsage().arrayBuffers
      expect(kept).toBeDefined()
      return after - before
    }
    const bytes = [0x80, 0x80, 0x80, 0x20, 0x61]
    expect(grown(() => decode().write(Buffer.from(bytes)))).toBeGreaterThanOrEqual(declared)
    const parser = new FrameParser(varintPrefixed({ maxFrameLength: Infinity }))
    expect(grown(() => [parser.push(new Uint8Array(bytes)).next()])).toBeLessThan(1024 * 1024)
  })

  it('throws out of write() for a length over 2^53; ours gives an error like any other', () => {
    const text = '\xff\xff\xff\xff\xff\xff\xff\xff\x7fab'
    expect(() => decode().write(Buffer.from(text, 'latin1'))).toThrow(RangeError)
    const codec = varintPrefixed({ maxVarintBytes: 10, maxFrameLength: Infinity })
    expect(ours(codec, text)).toEqual([[], 'ERR_FRAME_TOO_LONG'])
  })
})

describe('frame-stream', () => {
  const { decode, encode } = frameStream

  it.each([
    [1, '\x02ab\x01c'],
    [2, '\0\x02ab\0\x01c'],
    [4, '\0\0\0\x02ab\0\0\0\x01c'],
  ])('agrees with lengthPrefixed on lengths of %i bytes, whole and byte by byte', async (width, text) => {
    for (const chunks of [[text], Array.from(text)]) {
      expect(ours(lengthPrefixed({ width }), ...chunks)).toEqual(await theirs(decode({ lengthSize: width }), ...chunks))
    }
    const [written] = await theirs(encode({ lengthSize: width }), 'ab', 'c')
    expect(written.join('')).toBe(text)
  })

  it('agrees on the limit, from the length alone', async () => {
    const text = '\0\0\0\x01a\0\0\0\x05'
    expect(await theirs(decode({ maxSize: 3 }), text)).toEqual([
      ['a'],
      'Message is larger than the allowed maximum of 3',
    ])
    expect(ours(lengthPrefixed({ maxFrameLength: 3 }), text)).toEqual([['a'], 'ERR_FRAME_TOO_LONG'])
  })

  it('agrees on pieces of large frames as they arrive', async () => {
    const chunks = ['\0\0\0\x05ab', 'cde\0\0\0\x01f']
    expect(await theirs(decode({ unbuffered: true }), ...chunks)).toEqual([['ab', 'cde', 'f']])
    const parser = new FrameParser(pieces(lengthPrefixed()))
    const got = chunks.flatMap((chunk) => [...parser.push(bin(chunk))].map(({ bytes }) => latin1(bytes)))
    expect(got).toEqual(['ab', 'cde', 'f'])
  })

  it('loses empty frames; ours gives them', async () => {
    const text = '\0\0\0\0\0\0\0\x01c\0\0\0\0'
    expect(await theirs(decode(), text)).toEqual([['c']])
    expect(ours(lengthPrefixed(), text)).toEqual([['', 'c', '']])
  })

  it('drops an unfinished frame in silence; ours says so', async () => {
    for (const text of ['\0\0\0\x01a\0\0\0\x05bc', '\0\0\0\x01a\0\0\0\x05', '\0\0\0\x01a\0']) {
      expect(await theirs(decode(), text)).toEqual([['a']])
      expect(ours(lengthPrefixed(), text)).toEqual([['a'], 'ERR_FRAME_TRUNCATED'])
    }
  })

  it('has no lengths of 3 or 8 bytes; ours has all from 1 to 8', () => {
    for (const lengthSize of [3, 8]) expect(() => decode({ lengthSize })).toThrow('Invalid frame length size')
    for (let width = 1; width <= 8; width++) {
      expect(ours(lengthPrefixed({ width }), `${'\0'.repeat(width - 1)}\x01a`)).toEqual([['a']])
    }
  })
})

describe('the parsers of serialport', () => {
  it('ByteLength agrees with fixedLength, whole and byte by byte', async () => {
    for (const chunks of [['abcdefgh'], Array.from('abcdefgh')]) {
      expect(ours(fixedLength(3, { onTrailing: 'emit' }), ...chunks)).toEqual(
        await theirs(new ByteLengthParser({ length: 3 }), ...chunks),
      )
    }
  })

  it('ByteLength gives a short last block as if it were whole; ours says so unless told otherwise', async () => {
    expect(await theirs(new ByteLengthParser({ length: 3 }), 'abcde')).toEqual([['abc', 'de']])
    expect(ours(fixedLength(3), 'abcde')).toEqual([['abc'], 'ERR_FRAME_TRUNCATED'])
  })

  const marked = lengthPrefixed({ width: 1, offset: 1, strip: 0, sync: new Uint8Array([0xaa]) })

  it('PacketLength agrees with a length behind a marker, noise in front of it skipped, whole and byte by byte', async () => {
    const text = 'xx\xaa\x02ab\xaa\0y\xaa\x01c'
    for (const chunks of [[text], Array.from(text)]) {
      expect(ours(marked, ...chunks)).toEqual(await theirs(new PacketLengthParser(), ...chunks))
    }
  })

  it('PacketLength gives the header alone of a packet over its limit, and may take its payload for packets', async () => {
    const text = '\xaa\x05a\xaa\x01de\xaa\x01c'
    expect(await theirs(new PacketLengthParser({ maxLen: 3 }), text)).toEqual([['\xaa\x05', '\xaa\x01d', '\xaa\x01c']])
    const limited = lengthPrefixed({ width: 1, offset: 1, strip: 0, sync: new Uint8Array([0xaa]), maxFrameLength: 3 })
    expect(ours(limited, text)).toEqual([[], 'ERR_FRAME_TOO_LONG'])
  })

  it('PacketLength gives an unfinished packet as if it were whole; ours says so', async () => {
    expect(await theirs(new PacketLengthParser(), '\xaa\x05ab')).toEqual([['\xaa\x05ab']])
    expect(ours(marked, '\xaa\x05ab')).toEqual([[], 'ERR_FRAME_TRUNCATED'])
  })
})
