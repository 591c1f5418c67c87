import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// Types alone: the code itself is loaded once the counting has begun.
import type { Codec } from '../../src/codec/codec.ts'
import { startCounting, type Work, type WorkCounter } from '../support/count-work.ts'
import { decodingWork } from '../support/decoding-work.ts'

async function load() {
  return {
    ...(await import('../../src/codec/frame-parser.ts')),
    ...(await import('../../src/codec/delimiter.ts')),
    ...(await import('../../src/codec/lines.ts')),
    ...(await import('../../src/codec/fixed-length.ts')),
    ...(await import('../../src/codec/length-prefixed.ts')),
    ...(await import('../../src/codec/varint-prefixed.ts')),
    ...(await import('../../src/codec/header-prefixed.ts')),
    ...(await import('../../src/codec/netstring.ts')),
    ...(await import('../../src/codec/octet-counted.ts')),
    ...(await import('../../src/codec/content-length.ts')),
    ...(await import('../../src/codec/pieces.ts')),
  }
}
type Library = Awaited<ReturnType<typeof load>>
type Make = (library: Library) => Codec<unknown, never>

const KiB = 1024

describe('work is linear in bytes', () => {
  let counter: WorkCounter<Library>
  beforeAll(async () => {
    counter = await startCounting(/\/src\/(bytes|codec)\//, load)
  })
  afterAll(() => counter.stop())

  const workOf = (make: Make, bytes: Uint8Array, size: number, frames: number): Promise<Work> =>
    decodingWork(counter, make, bytes, size, frames)

  /** Four times the input must cost four times the work and not more: what rescans costs sixteen times as much. */
  async function expectLinear(make: Make, bytesOf: (n: number) => Uint8Array, n: number, size: number): Promise<void> {
    const once = await workOf(make, bytesOf(n), size, 0)
    const fourTimes = await workOf(make, bytesOf(4 * n), size, 0)
    expect(once.steps).toBeGreaterThan(n / size)
    expect(fourTimes.steps).toBeLessThan(5 * once.steps)
    expect(fourTimes.searched).toBeLessThan(1.01 * 4 * n)
  }

  const plain = (n: number): Uint8Array => new Uint8Array(n).fill(0x61)
  /** `text` again and again, every time at the start of `size` bytes. */
  const every = (size: number, text: string) => (n: number) =>
    Uint8Array.from({ length: n }, (_, i) => text.charCodeAt(i % size) || 0x78)

  /** `text`, then as many more bytes as are wanted. */
  const starting = (text: string) => (n: number) => Uint8Array.from({ length: n }, (_, i) => text.charCodeAt(i) || 0x61)
  it.each([
    ['delimiter, none there', (l) => l.delimiter('\n'), plain],
    ['delimiter, always half there', (l) => l.delimiter('\r\n'), every(2, '\rx')],
    ['delimiter that overlaps itself', (l) => l.delimiter('aaaaab'), plain],
    ['several delimiters', (l) => l.delimiter(['\r\n', '\n.\n', 'aa!']), plain],
    ['lines, none there', (l) => l.lines(), plain],
    ['lines, CR again and again', (l) => l.lines({ newline: 'crlf' }), every(1, '\r')],
    ['lines, LF where only CRLF ends a line', (l) => l.lines({ newline: 'crlf' }), every(1, '\n')],
    ['lengthPrefixed, one large frame', (l) => l.lengthPrefixed({ width: 1, adjust: 5_000_000 }), plain],
    ['lengthPrefixed, no marker', (l) => l.lengthPrefixed({ sync: 'xyz' }), plain],
    ['lengthPrefixed, markers half there', (l) => l.lengthPrefixed({ sync: 'aaaab' }), plain],
    ['fixedLength, one large frame', (l) => l.fixedLength(5_000_000), plain],
    ['varintPrefixed, one large frame', (l) => l.varintPrefixed(), starting('\x80\x80\xc0\x02')],
    [
      'headerPrefixed, one large frame',
      (l) => l.headerPrefixed({ headerLength: 9, frameLength: () => 5_000_000 }),
      plain,
    ],
    [
      'headerPrefixed, garbage all the way',
      (l) => l.headerPrefixed({ headerLength: 2, frameLength: () => -1, onMalformed: 'skip' }),
      plain,
    ],
    [
      'headerPrefixed, what check finds wrong at every byte',
      (l) =>
        l.headerPrefixed({
          headerLength: 2,
          frameLength: () => 64,
          check: () => false,
          onMalformed: 'skip',
          onTrailing: 'drop',
        }),
      plain,
    ],
    ['netstring, one large frame', (l) => l.netstring(), starting('5000000:')],
    ['octetCounted, one large frame', (l) => l.octetCounted({ autoDetect: true }), starting('5000000 ')],
    ['octetCounted, a line without end', (l) => l.octetCounted({ autoDetect: true }), plain],
    ['contentLength, one large frame', (l) => l.contentLength(), starting('Content-Length: 5000000\r\n\r\n')],
    [
      'contentLength, one header line without end',
      (l) => l.contentLength({ maxHeaderLength: 5_000_000 }),
      starting('A:'),
    ],
    [
      'contentLength, header lines without end',
      (l) => l.contentLength({ maxHeaderLength: 5_000_000 }),
      every(5, 'A:b\r\n'),
    ],
    [
      'contentLength, header lines of LF alone',
      (l) => l.contentLength({ maxHeaderLength: 5_000_000, lenient: true }),
      every(4, 'A:b\n'),
    ],
    ['contentLength, CR again and again', (l) => l.contentLength({ maxHeaderLength: 5_000_000 }), every(1, '\r')],
    ['a declared frame left out', (l) => l.netstring({ maxFrameLength: 10, onTooLong: 'skip' }), starting('5000000:')],
    [
      'markers of headers that cannot be',
      (l) => l.lengthPrefixed({ width: 1, sync: 'a', adjust: -200, onMalformed: 'skip' }),
      plain,
    ],
    [
      'markers that are all false',
      (l) => l.lengthPrefixed({ width: 1, sync: 'a', onTooLong: 'skip', maxFrameLength: 9 }),
      plain,
    ],
    ['a long frame left out', (l) => l.delimiter('\r\n', { maxFrameLength: 10, onTooLong: 'skip' }), every(3, 'ab\r')],
  ] satisfies [string, Make, (n: number) => Uint8Array][])(
    '%s: in chunks of one byte and in large ones',
    async (_, make, bytesOf) => {
      await expectLinear(make, bytesOf, 4 * KiB, 1)
      await expectLinear(make, bytesOf, 128 * KiB, KiB)
    },
  )

  // What lies at the border of two chunks makes the decoder look back by a chunk: by one, and not to the front of a long frame.
  it.each([
    ['an LF that ends no line at the start of every chunk', (l) => l.lines({ newline: 'crlf' }), '\n', ''],
    [
      'what any of several delimiters could start with across every border',
      (l) => l.delimiter(['#+1', '#+2', '#-']),
      '+',
      '#',
    ],
    ['half a delimiter that overlaps itself across every border', (l) => l.delimiter('##+#'), '+', '##'],
    ['half a marker across every border', (l) => l.lengthPrefixed({ sync: '##+#' }), '+', '##'],
  ] satisfies [string, Make, string, string][])('%s', async (_, make, start, end) => {
    const text = start.padEnd(KiB - end.length, 'x') + end
    await expectLinear(make, every(KiB, text), 1024 * KiB, KiB)
  })

  it('200,000 chunks of one byte cost 200,000 times the same', async () => {
    const bytes = plain(200_000)
    const few = await workOf((l) => l.delimiter('\r\n'), bytes.subarray(0, 20_000), 1, 0)
    const all = await workOf((l) => l.delimiter('\r\n'), bytes, 1, 0)
    expect(all.steps).toBeLessThan(1.1 * 10 * few.steps)
  })

  it.each([
    ['delimiter', (l) => l.delimiter('\n', { maxFrameLength: Infinity }), '', '\n'],
    ['lines', (l) => l.lines({ newline: 'crlf', maxFrameLength: Infinity }), '', '\r\n'],
    ['fixedLength', (l, n) => l.fixedLength(n, { maxFrameLength: Infinity }), '', ''],
    ['lengthPrefixed', (l, n) => l.lengthPrefixed({ width: 1, adjust: n, maxFrameLength: Infinity }), '\0', ''],
    [
      'headerPrefixed',
      (l, n) =>
        l.headerPrefixed({ headerLength: 1, frameLength: () => 1 + n, check: () => true, maxFrameLength: Infinity }),
      '\0',
      '',
    ],
  ] satisfies [string, (library: Library, n: number) => ReturnType<Make>, string, string][])(
    'a frame of 16 MiB in chunks of 16 bytes costs per byte what one of 1 MiB costs (%s)',
    async (_, make, start, end) => {
      const work = async (n: number): Promise<Work> => {
        const bytes = new Uint8Array(start.length + n + end.length).fill(0x61, start.length)
        bytes.set(Buffer.from(end), start.length + n)
        return workOf((library) => make(library, n), bytes, 16, 1)
      }
      const small = await work(1024 * KiB)
      const large = await work(16 * 1024 * KiB)
      expect(large.steps).toBeLessThan(1.1 * 16 * small.steps)
      expect(large.searched).toBeLessThan(1.01 * 16 * 1024 * KiB)
    },
  )

  it.each([
    ['digits of a netstring', (l) => l.netstring(), '1234567890123456'],
    ['digits of a counted message', (l) => l.octetCounted({ autoDetect: true }), '1234567890123456'],
    ['bytes of a varint', (l) => l.varintPrefixed({ maxVarintBytes: 10 }), '\x81\x80\x80\x80\x80\x80\0'],
    ['a header block', (l) => l.contentLength(), 'Content-Length: 2000\r\nContent-Type: text/plain\r\n\r\n'],
  ] satisfies [string, Make, string][])(
    '%s that come one by one are looked at a few times each',
    async (_, make, head) => {
      const bytes = Uint8Array.from(head, (char) => char.charCodeAt(0))
      const whole = await workOf(make, bytes, bytes.length, 0)
      const bytewise = await workOf(make, bytes, 1, 0)
      expect(whole.steps).toBeGreaterThan(head.length)
      // What a chunk costs by itself, and no more.
      expect(bytewise.steps).toBeLessThan(whole.steps + 40 * head.length)
    },
  )

  it('a frame in pieces costs per byte what a frame of a quarter of its length costs', async () => {
    const work = async (n: number): Promise<Work> => {
      const chunks = n / (16 * KiB)
      return workOf(
        (l) => l.pieces(l.lengthPrefixed({ width: 1, adjust: n - 1, maxFrameLength: Infinity })),
        new Uint8Array(n),
        16 * KiB,
        chunks,
      )
    }
    const small = await work(4 * 1024 * KiB)
    const large = await work(16 * 1024 * KiB)
    expect(large.steps).toBeLessThan(1.1 * 4 * small.steps)
  })

  it('a million small frames out of one chunk cost a million times the same', async () => {
    const lines = every(4, 'abc\n')
    const some = await workOf((l) => l.delimiter('\n'), lines(40_000), 40_000, 10_000)
    const many = await workOf((l) => l.delimiter('\n'), lines(4_000_000), 4_000_000, 1_000_000)
    expect(many.steps).toBeLessThan(1.1 * 100 * some.steps)
    expect(many.searched).toBeLessThan(4_100_000)
  })
})
