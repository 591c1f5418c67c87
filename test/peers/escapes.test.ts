// What others make of the same bytes: a test that fails here says that a peer has changed.
import { SlipDecoder, SlipEncoder } from '@serialport/parser-slip-encoder'
import * as peerCobs from 'cobs'
import * as peerSlip from 'slip'
import { describe, expect, it } from 'vitest'

import { cobs } from '../../src/codec/cobs.ts'
import { encodeFrames } from '../../src/codec/frame-parser.ts'
import { slip, type SlipOptions } from '../../src/codec/slip.ts'
import { bin } from '../support/bytes.ts'
import { latin1, ours, theirs } from './support.ts'

const END = '\xc0'
const ESC = '\xdb'

function range(first: number, last: number): string {
  return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, i) => first + i))
}

describe('cobs (npm)', () => {
  const payloads = ['', '\0', '\0\0', 'a\0b', range(0, 255), range(1, 253), range(1, 255), `${range(1, 254)}\0x`]

  function encodeTheirs(payload: string): string {
    return `${latin1(peerCobs.encode(Buffer.from(payload, 'latin1')))}\0`
  }

  /** The frames that its decoding stream gives; it never ends, so what has come by the next turn is all. */
  async function streamed(...chunks: string[]): Promise<string[]> {
    const frames: string[] = []
    const stream = peerCobs.decodeStream()
    stream.on('data', (frame: Buffer) => frames.push(latin1(frame)))
    for (const chunk of chunks) stream.write(Buffer.from(chunk, 'latin1'))
    stream.end()
    await new Promise((resolve) => setTimeout(resolve, 10))
    return frames
  }

  it('writes what ours writes', () => {
    for (const payload of payloads) expect(latin1(encodeFrames(cobs(), [bin(payload)]))).toBe(encodeTheirs(payload))
  })

  it('writes one byte more behind 254 bytes that end a frame, as the paper does; each reads the other', () => {
    const payload = range(1, 254)
    const [short, long] = [latin1(encodeFrames(cobs(), [bin(payload)])), encodeTheirs(payload)]
    expect([short.length, long.length]).toEqual([256, 257])
    for (const bytes of [short, long]) {
      expect(ours(cobs(), bytes)).toEqual([[payload]])
      expect(latin1(peerCobs.decode(Buffer.from(bytes.slice(0, -1), 'latin1')))).toBe(payload)
    }
  })

  it('agrees on good frames, cut anywhere, zeros between them', async () => {
    const text = `\0\0${encodeTheirs('ab')}\0${encodeTheirs('c\0d')}\0`
    for (const chunks of [[text], Array.from(text)])
      expect(ours(cobs(), ...chunks)).toEqual([await streamed(...chunks)])
  })

  it('loses empty frames; ours gives them', async () => {
    expect(await streamed('\x01\0\x02a\0\x01\0')).toEqual(['a'])
    expect(ours(cobs(), '\x01\0\x02a\0\x01\0')).toEqual([['', 'a', '']])
  })

  it('fills a run that was cut short with zeros; ours says that it is wrong, or leaves the frame out', async () => {
    const text = '\x04a\0\x02b\0'
    expect(await streamed(text)).toEqual(['a\0\0', 'b'])
    expect(ours(cobs(), text)).toEqual([[], 'ERR_FRAME_MALFORMED'])
    expect(ours(cobs({ onMalformed: 'skip' }), text)).toEqual([['b']])
  })

  it('drops an unfinished frame in silence; ours says so', async () => {
    expect(await streamed('\x02a\0\x04b')).toEqual(['a'])
    expect(ours(cobs(), '\x02a\0\x04b')).toEqual([['a'], 'ERR_FRAME_TRUNCATED'])
  })
})

describe('slip (npm)', () => {
  function decodeTheirs(options: object, ...chunks: string[]): string[] {
    const got: string[] = []
    const decoder = new peerSlip.Decoder({
      onMessage: (message) => got.push(latin1(message)),
      onError: () => got.push('error'),
      ...options,
    })
    for (const chunk of chunks) decoder.decode(bin(chunk))
    return got
  }

  it('writes what ours writes, but an END in front of every frame and not of the first alone', () => {
    for (const payload of ['a', `a${END}b${ESC}c`, range(0, 255)]) {
      expect(latin1(peerSlip.encode(bin(payload)))).toBe(latin1(encodeFrames(slip(), [bin(payload)])))
    }
  })

  it('agrees on good frames, whole and byte by byte, ENDs between them', () => {
    const text = `${END}a${END}${END}b${ESC}\xdc${ESC}\xdd${END}`
    for (const chunks of [[text], Array.from(text)])
      expect(ours(slip(), ...chunks)).toEqual([decodeTheirs({}, ...chunks)])
  })

  it('writes an empty frame that nobody can read; ours refuses it', () => {
    const bytes = latin1(peerSlip.encode(new Uint8Array(0)))
    expect([bytes, decodeTheirs({}, bytes)]).toEqual([END + END, []])
    expect(() => encodeFrames(slip(), [new Uint8Array(0)])).toThrow(
      expect.objectContaining({ code: 'ERR_FRAME_UNENCODABLE' }),
    )
  })

  it('takes the byte behind a bad escape for itself; ours says that it is wrong, or leaves the frame out', () => {
    const text = `ab${ESC}xcd${END}e${END}`
    expect(decodeTheirs({}, text)).toEqual(['abxcd', 'e'])
    expect(ours(slip(), text)).toEqual([[], 'ERR_FRAME_MALFORMED'])
    expect(ours(slip({ onMalformed: 'skip' }), text)).toEqual([['e']])
  })

  it('makes one frame of two where ESC stands before END; ours loses the first alone', () => {
    const text = `ab${ESC}${END}e${END}`
    expect(decodeTheirs({}, text)).toEqual([`ab${END}e`])
    expect(ours(slip({ onMalformed: 'skip' }), text)).toEqual([['e']])
  })

  it('refuses every byte if its limit is not above the size of its first buffer; ours means the payload', () => {
    expect(decodeTheirs({ maxMessageSize: 8 }, `abc${END}`)).toEqual(['error', 'error', 'error'])
    expect(ours(slip({ maxFrameLength: 8 }), `abc${END}`)).toEqual([['abc']])
  })

  it('does not know that the input ends; ours says what was unfinished', () => {
    expect(decodeTheirs({}, `a${END}bc`)).toEqual(['a'])
    expect(ours(slip(), `a${END}bc`)).toEqual([['a'], 'ERR_FRAME_TRUNCATED'])
  })
})

describe('the SLIP parsers of serialport', () => {
  const LETTERS = { start: 0x28, end: 0x29, esc: 0x2f, escStart: 0x73, escEnd: 0x65, escEsc: 0x71 } as const
  const inTheirWords = ({ start, end, esc, escStart, escEnd, escEsc }: SlipOptions): object => ({
    START: start,
    END: end,
    ESC: esc,
    ESC_START: escStart,
    ESC_END: escEnd,
    ESC_ESC: escEsc,
  })

  it('write what ours writes, but for the END in front of the first frame', async () => {
    const frames = ['a', `b${END}${ESC}`, 'c']
    const [written] = await theirs(new SlipEncoder(), ...frames)
    expect(END + written.join('')).toBe(latin1(encodeFrames(slip(), frames.map(bin))))
    const [started] = await theirs(new SlipEncoder(inTheirWords(LETTERS)), 'a(b)', '/')
    expect(started.join('')).toBe(latin1(encodeFrames(slip(LETTERS), [bin('a(b)'), bin('/')])))
  })

  it('agree on good frames, whole and byte by byte, with START and without', async () => {
    for (const [options, text] of [
      [{}, `${END}a${END}${END}b${ESC}\xdc${ESC}\xdd${END}`],
      [LETTERS, 'xy(a/sb)z(c/e/q)'],
    ] as const) {
      for (const chunks of [[text], Array.from(text)]) {
        expect(ours(slip(options), ...chunks)).toEqual(await theirs(new SlipDecoder(inTheirWords(options)), ...chunks))
      }
    }
  })

  it('cut a frame in two at a bad escape; ours says that it is wrong, or leaves it out whole', async () => {
    const text = `ab${ESC}xcd${END}e${END}`
    expect(await theirs(new SlipDecoder(), text)).toEqual([['ab', 'xcd', 'e']])
    expect(ours(slip(), text)).toEqual([[], 'ERR_FRAME_MALFORMED'])
    expect(ours(slip({ onMalformed: 'skip' }), text)).toEqual([['e']])
  })

  it('take END behind ESC for the start of the next frame; ours for the end of a bad one', async () => {
    const text = `ab${ESC}${END}e${END}`
    expect(await theirs(new SlipDecoder(), text)).toEqual([['ab', `${END}e`]])
    expect(ours(slip({ onMalformed: 'skip' }), text)).toEqual([['e']])
  })

  it('join what stands before and behind a START within a frame; ours says that an END was lost', async () => {
    expect(await theirs(new SlipDecoder(inTheirWords(LETTERS)), '(ab(cd)(e)')).toEqual([['abcd', 'e']])
    expect(ours(slip(LETTERS), '(ab(cd)(e)')).toEqual([[], 'ERR_FRAME_MALFORMED'])
    expect(ours(slip({ ...LETTERS, onMalformed: 'skip' }), '(ab(cd)(e)')).toEqual([['e']])
  })

  it('do not read back a START of 0; ours does', async () => {
    const zero = { start: 0, escStart: 1, end: 2, esc: 3, escEnd: 4, escEsc: 5 }
    const [written] = await theirs(new SlipEncoder(inTheirWords(zero)), 'a\0b')
    expect(written).toEqual(['\0a\x03\x01b\x02'])
    expect(await theirs(new SlipDecoder(inTheirWords(zero)), '\0a\x03\x01b\x02')).toEqual([['a', '\x01b']])
    expect(ours(slip(zero), '\0a\x03\x01b\x02')).toEqual([['a\0b']])
  })

  it('write a START in the payload as it is if it has no escape; ours wants one', async () => {
    expect(await theirs(new SlipEncoder({ START: 0x28 }), 'a(b')).toEqual([[`(a(b${END}`]])
    expect(() => slip({ start: 0x28 })).toThrow('start and escStart go together')
  })

  it('give an unfinished frame as if it were whole; ours says so', async () => {
    expect(await theirs(new SlipDecoder(), `a${END}bc${ESC}`)).toEqual([['a', 'bc']])
    expect(ours(slip(), `a${END}bc${ESC}`)).toEqual([['a'], 'ERR_FRAME_TRUNCATED'])
  })
})
