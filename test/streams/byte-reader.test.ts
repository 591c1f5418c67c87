import { describe, expect, test } from 'vitest'
import { ByteReader, delimiter, fixedLength, FramingError, lengthPrefixed, lines, type Codec } from '../../src/index.ts'
import {
  bytes,
  collect,
  firstBytes,
  implementations,
  rejection,
  settle,
  source,
  state,
  text,
  type Implementation,
} from './support.ts'
import { asBuffer, nextTurn } from '../support/bytes.ts'

/** A source that the test feeds by hand, and that says how often it was asked. */
function fed({ classes }: Implementation) {
  const log: unknown[] = []
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const stream = new classes.ReadableStream<Uint8Array>(
    {
      start(c) {
        controller = c
      },
      pull: () => void log.push('pull'),
      cancel: (reason) => void log.push(['cancel', reason]),
    },
    { highWaterMark: 0 },
  )
  const pulls = (): number => log.filter((entry) => entry === 'pull').length
  return { stream, log, pulls, feed: (data: string) => controller.enqueue(bytes(data)), controller }
}

/** The bytes whole, byte by byte, under every two-way cut, and with empty chunks in between. */
function* everyCut(all: Uint8Array): Generator<Uint8Array[]> {
  yield [all]
  yield Array.from(all, (_, i) => all.subarray(i, i + 1))
  for (let cut = 1; cut < all.length; cut++) yield [all.subarray(0, cut), new Uint8Array(0), all.subarray(cut)]
}

async function restOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let all = ''
  const reader = stream.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) all += String.fromCharCode(...read.value)
  return all
}

const binary = lengthPrefixed({ width: 2 })
const any = lines({ newline: 'any' })

/** What protocols do: several rules one after the other. Every cut must give the same. */
const handoffs: readonly [
  name: string,
  input: string,
  talk: (reader: ByteReader) => Promise<unknown[]>,
  expected: unknown[],
][] = [
  [
    'STARTTLS: lines, then raw bytes',
    'EHLO a\r\nSTARTTLS\r\n\x16\x03\x01\x00\r\n\xff',
    async (reader) => [await reader.readLine(), await reader.readLine(), await restOf(reader.detach())],
    ['EHLO a', 'STARTTLS', '\x16\x03\x01\x00\r\n\xff'],
  ],
  [
    'HTTP upgrade: a header block, then frames, then raw bytes',
    'GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n\x00\x02hi\x00\x00tail\r\n\r\n',
    async (reader) => [
      text(await reader.readUntil('\r\n\r\n')),
      text(await reader.readFrame(binary)),
      text(await reader.readFrame(binary)),
      await restOf(reader.detach()),
    ],
    ['GET / HTTP/1.1\r\nUpgrade: x', 'hi', '', 'tail\r\n\r\n'],
  ],
  [
    'a PROXY header of version 2, told by its signature: a head, a body of the length that it says, then another rule',
    '\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0cABCDEFGHIJKLone\ntwo\n',
    async (reader) => [
      (await reader.peek(12)).length,
      (await reader.readExactly(16))[15],
      text(await reader.readExactly(12)),
      await reader.readFrame(any),
      await reader.readLine(),
    ],
    [12, 12, 'ABCDEFGHIJKL', 'one', 'two'],
  ],
  [
    'IMAP literals: a line, so many bytes, and the line goes on, twice',
    'a LOGIN {3}\r\nsue {7}\r\n\r\nse\nt\r\r\nnext\r\n',
    async (reader) => {
      const codec = lines({ newline: 'crlf' })
      return [
        await reader.readFrame(codec),
        text(await reader.readExactly(3)),
        await reader.readFrame(codec),
        text(await reader.readExactly(7)),
        await reader.readFrame(codec),
        await reader.readFrame(codec),
        await reader.readFrame(codec),
      ]
    },
    ['a LOGIN {3}', 'sue', ' {7}', '\r\nse\nt\r', '', 'next', undefined],
  ],
  [
    "newline 'any': an LF behind a CR is swallowed by the next line, and seen by any other rule",
    'one\r\ntwo\r\n\x00\x01xthree\r\n\nfour',
    async (reader) => [
      await reader.readFrame(any),
      await reader.readFrame(any),
      text(await reader.readExactly(1)),
      text(await reader.readFrame(binary)),
      await reader.readFrame(any),
      await reader.readFrame(any),
      await reader.readFrame(any),
      await reader.readFrame(any),
    ],
    ['one', 'two', '\n', 'x', 'three', '', 'four', undefined],
  ],
  [
    'frames until the loop is left, a call within the loop, and read() for what is left',
    'two\nAB\nnone\nend\nraw\n',
    async (reader) => {
      const seen: unknown[] = []
      for await (const line of reader.frames(lines())) {
        seen.push(line)
        if (line === 'two') seen.push(text(await reader.readExactly(2)))
        if (line === 'end') break
      }
      let rest = ''
      for (let some = await reader.read(2); some !== undefined; some = await reader.read(2)) rest += text(some)
      return [...seen, rest]
    },
    ['two', 'AB', '', 'none', 'end', 'raw\n'],
  ],
  [
    'a decoder that finishes on its own, twice',
    'abcdef',
    async (reader) => {
      const codec = firstBytes(2)
      return [
        ...(await collect(reader.frames(codec))),
        text(await reader.readExactly(1)),
        ...(await collect(reader.frames(codec))),
        await restOf(reader.detach()),
      ]
    },
    [97, 98, 'c', 100, 101, 'f'],
  ],
  [
    'a delimiter that looks like it has begun, bytes in another encoding, a byte order mark in the middle',
    '\xef\xbb\xbfone\n\xef\xbb\xbf\xc3\xa4\naabaaab!\xff',
    async (reader) => [
      await reader.readLine(),
      await reader.readLine(),
      text(await reader.readUntil('aaab')),
      text(await reader.readUntil(bytes('!'))),
      reader.offset,
      await restOf(reader.detach()),
    ],
    ['one', '\uFEFFä', 'aab', '', 21, '\xff'],
  ],
]

const latin1 = (input: string): Uint8Array => Uint8Array.from(input, (char) => char.charCodeAt(0))

describe.each(implementations)('a ByteReader over $name', (implementation) => {
  const { classes, option: streams } = implementation
  const reading = (...chunks: string[]): ByteReader =>
    new ByteReader(source(implementation, chunks.map(bytes)), { streams })

  test.each(handoffs)('loses and replays no byte under any cut: %s', async (_, input, talk, expected) => {
    const all = latin1(input)
    for (const chunks of everyCut(all)) {
      const reader = new ByteReader(source(implementation, chunks), { streams })
      expect(await talk(reader), `cut ${chunks.map((chunk) => chunk.length).join(' ')}`).toEqual(expected)
    }
  })

  test.each(handoffs)(
    'gives the same when every call is made before any byte is there: %s',
    async (_, input, talk, expected) => {
      const { stream, controller } = fed(implementation)
      const talked = talk(new ByteReader(stream, { streams }))
      for (const byte of latin1(input)) {
        await nextTurn()
        controller.enqueue(Uint8Array.of(byte))
      }
      controller.close()
      expect(await talked).toEqual(expected)
    },
  )

  describe('read', () => {
    test('gives at least one byte and at most so many, and undefined at the end', async () => {
      const reader = reading('abc', '', 'd')
      expect(text(await reader.read(2))).toBe('ab')
      expect(text(await reader.read(2))).toBe('c')
      expect(text(await reader.read())).toBe('d')
      expect(await reader.read(1)).toBeUndefined()
      expect(await reader.read(1)).toBeUndefined()
    })

    test('refuses a number that can give nothing', async () => {
      const reader = reading('abc')
      for (const max of [0, -1, 1.5, Number.NaN, '1' as never])
        await expect(reader.read(max)).rejects.toThrow(RangeError)
      expect(text(await reader.read(Infinity))).toBe('abc')
    })
  })

  describe('readExactly', () => {
    test('says what is there when the input ends too early, and leaves it there', async () => {
      const reader = reading('ab', 'cde')
      expect(text(await reader.readExactly(2))).toBe('ab')
      const error = await rejection(reader.readExactly(4))
      expect(error).toBeInstanceOf(FramingError)
      expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 5, length: 4 })
      expect(text((error as FramingError).partial)).toBe('cde')
      expect(text(await reader.readExactly(3))).toBe('cde')
      expect(text(await reader.readExactly(0))).toBe('')
      await expect(reader.readExactly(1)).rejects.toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 5, length: 1 })
    })

    test('refuses what is no number of bytes', async () => {
      await expect(reading('abc').readExactly(-1)).rejects.toThrow(RangeError)
      await expect(reading('abc').readExactly(Infinity)).rejects.toThrow(RangeError)
    })
  })

  describe('readUntil', () => {
    test('finds a delimiter that lies over three chunks', async () => {
      const reader = reading('ab\r', '\n', '\rcd\r\n', '\r', '\nrest')
      expect(text(await reader.readUntil('\r\n\r\n'))).toBe('ab\r\n\rcd')
      expect(text(await reader.read())).toBe('rest')
    })

    test('allows exactly the limit, and one byte more is an error at that byte which keeps all bytes', async () => {
      expect(text(await reading('abcd', '\r', '\n').readUntil('\r\n', { maxLength: 4 }))).toBe('abcd')
      for (const chunks of everyCut(bytes('..abcde\r\n'))) {
        const reader = new ByteReader(source(implementation, chunks), { streams })
        await reader.readExactly(2)
        const error = await rejection(reader.readUntil('\r\n', { maxLength: 4 }))
        expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 6, limit: 4 })
        expect(text(await reader.readUntil('\r\n'))).toBe('abcde')
      }
    })

    test('stops at the first byte over the limit, though no delimiter ever comes', async () => {
      const { stream, feed, pulls } = fed(implementation)
      const reader = new ByteReader(stream)
      const read = rejection(reader.readUntil('\n', { maxLength: 3 }))
      await settle()
      feed('abcd')
      expect(await read).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 3 })
      expect(pulls()).toBe(1)
      expect(reader.buffered).toBe(4)
    })

    test('says what is there when the input ends without the delimiter, and leaves it there', async () => {
      const reader = reading('ab\r')
      const error = await rejection(reader.readUntil('\r\n'))
      expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 3 })
      expect(text((error as FramingError).partial)).toBe('ab\r')
      expect(text(await reader.read())).toBe('ab\r')
      await expect(reader.readUntil('\n')).rejects.toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 3 })
    })

    test('copies a delimiter of bytes, and refuses what is none', async () => {
      const { stream, feed } = fed(implementation)
      const reader = new ByteReader(stream)
      const mark = bytes(';!')
      const read = reader.readUntil(mark)
      mark.fill(0)
      feed('a;!')
      expect(text(await read)).toBe('a')
      await expect(reader.readUntil('')).rejects.toThrow(RangeError)
      await expect(reader.readUntil(10 as never)).rejects.toThrow(TypeError)
      await expect(reader.readUntil('x', { maxLength: -1 })).rejects.toThrow(RangeError)
    })
  })

  describe('readLine', () => {
    test('is what lines() is: LF, one CR before it, UTF-8, a byte order mark at the start, a last line without a newline', async () => {
      const reader = reading('\uFEFFö\r\n', '\n\r\r\n', '\uFEFFx')
      const all: unknown[] = []
      for (let line = await reader.readLine(); line !== undefined; line = await reader.readLine()) all.push(line)
      expect(all).toEqual(['ö', '', '\r', '\uFEFFx'])
      expect(await reader.readLine()).toBeUndefined()
    })

    test('a stream of a byte order mark alone, or of a part of one, and an empty one', async () => {
      expect(await reading('\uFEFF').readLine()).toBeUndefined()
      expect(await reading().readLine()).toBeUndefined()
      const half = new ByteReader(source(implementation, [Uint8Array.of(0xef, 0xbb)]))
      expect(await half.readLine()).toBe('\uFFFD')
    })

    test('has a limit, over which the bytes stay', async () => {
      const reader = reading('abcd\r\n', 'efghi\n')
      expect(await reader.readLine({ maxLength: 4 })).toBe('abcd')
      await expect(reader.readLine({ maxLength: 4 })).rejects.toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 10,
        limit: 4,
      })
      expect(await reader.readLine()).toBe('efghi')
    })
  })

  test('lines, and bytes from within them, come as they lie in the stream, however they are asked for and cut', async () => {
    let seed = 42
    const below = (n: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      return seed % n
    }
    const words = ['', 'a', 'status: ok', 'ä', '\u{1F600} smile', '\r', 'x'.repeat(300), 'y'.repeat(2_000)]
    for (let round = 0; round < 20; round++) {
      const wide = round % 2 === 1
      const word = (): string => words[below(wide ? words.length : 3)]!
      let all = ''
      while (all.length < 30_000) all += word() + word() + (below(3) === 0 ? '\r\n' : '\n')
      const wire = bytes(all)
      const chunks: Uint8Array[] = []
      for (let at = 0; at < wire.length;) {
        const n = 1 + below(round % 3 === 0 ? 50 : 9_000)
        chunks.push(wire.slice(at, at + n))
        at += n
      }
      const reader = new ByteReader(source(implementation, chunks))
      let at = 0
      while (at < wire.length) {
        if (below(4) === 0) {
          const n = Math.min(below(40), wire.length - at)
          expect(await reader.readExactly(n)).toEqual(wire.subarray(at, at + n))
          at += n
        } else {
          const lf = wire.indexOf(0x0a, at)
          const stop = lf > at && wire[lf - 1] === 0x0d ? lf - 1 : lf
          expect(await reader.readLine()).toBe(new TextDecoder().decode(wire.subarray(at, stop)))
          at = lf + 1
        }
      }
      expect(await reader.readLine()).toBeUndefined()
    }
  })

  describe('peek', () => {
    test('takes nothing, waits for all bytes, and gives fewer only at the end', async () => {
      const reader = reading('a', 'b', 'cd')
      expect(text(await reader.peek(3))).toBe('abc')
      expect(reader.offset).toBe(0)
      expect(text(await reader.peek(9))).toBe('abcd')
      expect(text(await reader.readExactly(4))).toBe('abcd')
      expect(text(await reader.peek(1))).toBe('')
      await expect(reader.peek(-1)).rejects.toThrow(RangeError)
    })

    test('between two frames it leaves the decoder as it is', async () => {
      const reader = reading('one\r', '\ntwo\r\n')
      expect(await reader.readFrame(any)).toBe('one')
      expect(text(await reader.peek(1))).toBe('\n')
      expect(await reader.readFrame(any)).toBe('two')
    })
  })

  describe('readFrame', () => {
    test('counts offsets from the start of the stream and frames from where the codec began', async () => {
      const reader = reading('head\nok\ntoo long\nafter')
      const codec = lines({ maxFrameLength: 4 })
      await reader.readExactly(5)
      expect(await reader.readFrame(codec)).toBe('ok')
      await expect(reader.readFrame(codec)).rejects.toMatchObject({
        code: 'ERR_FRAME_TOO_LONG',
        offset: 12,
        frameIndex: 1,
      })
    })

    test('an error is final for its codec and not for the reader', async () => {
      const reader = reading('long line\nok\n')
      const codec = lines({ maxFrameLength: 3 })
      const error = await rejection(reader.readFrame(codec))
      expect(await rejection(reader.readFrame(codec))).toBe(error)
      expect(await rejection(collect(reader.frames(codec)))).toBe(error)
      expect(text(await reader.readUntil('\n'))).toBe('long line')
      expect(await reader.readFrame(codec)).toBe('ok')
    })

    test('a frame cut off by the end is an error, with its bytes in partial', async () => {
      for (const codec of [delimiter('\n'), lengthPrefixed({ width: 1 })] as Codec<Uint8Array>[]) {
        const reader = reading('\x01\n\x05abc')
        await reader.readExactly(2)
        const error = (await rejection(reader.readFrame(codec))) as FramingError
        expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 6, frameIndex: 0 })
        expect(text(error.partial)).toBe('\x05abc')
        expect(await rejection(reader.readFrame(codec))).toBe(error)
        expect(await reader.read()).toBeUndefined()
      }
    })

    test('a decoder without an end of its own, whose input ends in a frame: the bytes are in partial', async () => {
      const pairs: Codec<Uint8Array> = {
        decoder: () => ({ decode: (queue) => (queue.length < 2 ? undefined : queue.take(2)) }),
        encoder: () => ({ encode: (frame, out) => out.bytes(frame) }),
      }
      const reader = reading('abc')
      expect(text(await reader.readFrame(pairs))).toBe('ab')
      const error = (await rejection(reader.readFrame(pairs))) as FramingError
      expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 3, frameIndex: 1 })
      expect(text(error.partial)).toBe('c')
      expect(await reading('abcd').readFrame(pairs)).toHaveLength(2)
    })

    test('keeps what a decoder knows while it is given up and asked again', async () => {
      const { stream, feed } = fed(implementation)
      const reader = new ByteReader(stream)
      const skips: unknown[] = []
      const codec = lines({ maxFrameLength: 3, onTooLong: 'skip', onSkip: (info) => skips.push(info) })
      const controller = new AbortController()
      const given = rejection(reader.readFrame(codec, { signal: controller.signal }))
      feed('far too')
      await settle()
      controller.abort('later')
      expect(await given).toBe('later')
      feed(' long\nok\n')
      expect(await reader.readFrame(codec)).toBe('ok')
      expect(skips).toEqual([{ offset: 0, length: 12, reason: 'too-long' }])
    })

    test('two codecs in turn: each begins anew where the other has taken bytes', async () => {
      const reader = reading('\x00\x01a1\n\x00\x01b2\n')
      const all: unknown[] = []
      for (let i = 0; i < 2; i++) all.push(text(await reader.readFrame(binary)), await reader.readFrame(lines()))
      expect(all).toEqual(['a', '1', 'b', '2'])
      expect(await reader.readFrame(binary)).toBeUndefined()
    })
  })

  describe('frames', () => {
    test('gives every frame, however it is read, and then is over', async () => {
      const expected = Array.from({ length: 300 }, (_, i) => `line ${i}`)
      const all = bytes(expected.join('\n'))
      for (const size of [1, 7, 1000, all.length]) {
        const chunks: Uint8Array[] = []
        for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size))
        const frames = new ByteReader(source(implementation, chunks)).frames(lines())
        expect(await collect(frames)).toEqual(expected)
        expect(await frames.next()).toEqual({ value: undefined, done: true })
        const many = new ByteReader(source(implementation, chunks)).frames(lines())
        const reads = await Promise.all(Array.from({ length: 301 }, () => many.next()))
        expect(reads.map((read) => read.value)).toEqual([...expected, undefined])
      }
    })

    test('gives the frames before an error, then the error, then nothing', async () => {
      const frames = reading('a\nb\nlong\n').frames(lines({ maxFrameLength: 1 }))
      expect((await frames.next()).value).toBe('a')
      expect((await frames.next()).value).toBe('b')
      await expect(frames.next()).rejects.toMatchObject({ code: 'ERR_FRAME_TOO_LONG', frameIndex: 2, offset: 5 })
      expect(await frames.next()).toEqual({ value: undefined, done: true })
    })

    test('an error that has to be waited for ends it too', async () => {
      const { stream, controller } = fed(implementation)
      const frames = new ByteReader(stream).frames(lines())
      const next = rejection(frames.next())
      await settle()
      controller.error('gone')
      expect(await next).toBe('gone')
      expect(await frames.next()).toEqual({ value: undefined, done: true })
    })

    test('is left with nothing taken but what was given, and neither cancels nor unlocks', async () => {
      const input = source(implementation, [bytes('a\nb\nc')])
      const reader = new ByteReader(input)
      for await (const line of reader.frames(lines())) {
        expect(line).toBe('a')
        break
      }
      expect('cancelled' in input).toBe(false)
      expect(input.locked).toBe(true)
      expect(reader.offset).toBe(2)
      expect(await collect(reader.frames(lines()))).toEqual(['b', 'c'])
    })
  })

  describe('the source', () => {
    test('is asked only while a call waits, and for one chunk at a time', async () => {
      const { stream, feed, pulls } = fed(implementation)
      const reader = new ByteReader(stream)
      await settle()
      expect(pulls()).toBe(0)
      const first = reader.readExactly(4)
      await settle()
      expect(pulls()).toBe(1)
      feed('ab')
      await settle()
      expect(pulls()).toBe(2)
      feed('cdef')
      expect(text(await first)).toBe('abcd')
      expect(text(await reader.read())).toBe('ef')
      await settle()
      expect(pulls()).toBe(2)
    })

    test('that fails: what has arrived is served, then every call rejects with its error', async () => {
      const { stream, feed, controller } = fed(implementation)
      const reader = new ByteReader(stream, { streams })
      const reason = new Error('reset')
      const peeked = reader.peek(3)
      feed('one\ntw')
      await peeked
      const waiting = rejection(reader.readExactly(7))
      await settle()
      controller.error(reason)
      expect(await waiting).toBe(reason)
      expect(await reader.readLine()).toBe('one')
      expect(await rejection(reader.readLine())).toBe(reason)
      expect(await rejection(reader.readFrame(lines()))).toBe(reason)
      expect(text(await reader.read())).toBe('tw')
      expect(await rejection(reader.read())).toBe(reason)
      expect(await rejection(reader.detach().getReader().read())).toBe(reason)
    })

    test('is unlocked at its end', async () => {
      const input = source(implementation, [bytes('a')])
      const reader = new ByteReader(input)
      expect(input.locked).toBe(true)
      await expect(reader.readExactly(2)).rejects.toThrow(FramingError)
      expect(input.locked).toBe(false)
      expect(text(await reader.read())).toBe('a')
    })

    test('that gives something other than bytes is cancelled, with an error that says what came', async () => {
      const input = source(implementation, ['text' as never])
      const reader = new ByteReader(input)
      const error = await rejection(reader.read())
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toContain('the string "text"')
      expect(input.cancelled).toBe(error)
    })

    test('may be anything with getReader(), and its chunks anything that is bytes', async () => {
      const chunks = [bytes('ab').buffer, asBuffer(bytes('cd')), new DataView(bytes('ef').buffer)] as Uint8Array[]
      const released: string[] = []
      const reader = new ByteReader({
        getReader: () => ({
          read: async () => ({ done: chunks.length === 0, value: chunks.shift() }),
          cancel: async () => {},
          releaseLock: () => void released.push('released'),
        }),
      })
      expect(text(await reader.readExactly(6))).toBe('abcdef')
      expect(await reader.read()).toBeUndefined()
      expect(released).toEqual(['released'])
    })

    test('must be one, and not be locked', () => {
      expect(() => new ByteReader(undefined as never)).toThrow(TypeError)
      expect(() => new ByteReader({} as never)).toThrow(/needs a ReadableStream/)
      const input = source(implementation, [])
      input.getReader()
      expect(() => new ByteReader(input)).toThrow(TypeError)
      expect(() => new ByteReader(source(implementation, []), { timeout: 1 } as never)).toThrow(/no option "timeout"/)
      expect(() => new ByteReader(source(implementation, []), { frameTimeout: 0 })).toThrow(RangeError)
      expect(() => new ByteReader(source(implementation, []), { frameTimeout: 2 ** 31 })).toThrow(RangeError)
    })
  })

  describe('calls made without waiting', () => {
    test('are served in order, each where the one before stopped', async () => {
      const { stream, feed } = fed(implementation)
      const reader = new ByteReader(stream)
      const all = Promise.all([
        reader.readExactly(2),
        reader.readLine(),
        reader.readFrame(binary),
        reader.readUntil(';'),
        reader.read(1),
      ])
      for (const char of 'ab\r\n\x00\x01xy;z') feed(char)
      const [two, line, frame, until, one] = await all
      expect([text(two), line, text(frame), text(until), text(one)]).toEqual(['ab', '', 'x', 'y', 'z'])
    })

    test('one that fails does not take the others with it', async () => {
      const reader = reading('abc\n')
      const [wrong, line] = await Promise.allSettled([reader.readUntil('\n', { maxLength: 1 }), reader.readLine()])
      expect(wrong.status).toBe('rejected')
      expect(line).toEqual({ status: 'fulfilled', value: 'abc' })
    })

    test('one that is given up makes room for the next, wherever it stands in the line', async () => {
      const { stream, feed } = fed(implementation)
      const reader = new ByteReader(stream)
      const controller = new AbortController()
      const { signal } = controller
      const first = rejection(reader.readExactly(100, { signal }))
      const second = reader.readExactly(1)
      const third = rejection(reader.readLine({ signal }))
      const fourth = reader.readExactly(2)
      feed('abcd')
      await settle()
      controller.abort('enough')
      expect(await first).toBe('enough')
      expect(await third).toBe('enough')
      expect(text(await second)).toBe('a')
      expect(text(await fourth)).toBe('bc')
      expect(await rejection(reader.read(1, { signal }))).toBe('enough')
      expect(text(await reader.read(1))).toBe('d')
    })
  })

  describe('a signal', () => {
    test.each(['read', 'readExactly', 'readUntil', 'readLine', 'readFrame', 'peek', 'frames'] as const)(
      'given up while it waits, %s takes nothing, and the chunk that was asked for is not lost',
      async (name) => {
        const { stream, feed, pulls } = fed(implementation)
        const reader = new ByteReader(stream)
        const controller = new AbortController()
        const options = { signal: controller.signal }
        const calls = {
          read: () => reader.read(9, options),
          readExactly: () => reader.readExactly(9, options),
          readUntil: () => reader.readUntil('!', options),
          readLine: () => reader.readLine(options),
          readFrame: () => reader.readFrame(fixedLength(9), options),
          peek: () => reader.peek(9, options),
          frames: () => reader.frames(fixedLength(9), options).next(),
        }
        const call = rejection(calls[name]())
        await settle()
        controller.abort()
        expect(await call).toMatchObject({ name: 'AbortError' })
        expect(await rejection(calls[name]())).toMatchObject({ name: 'AbortError' })
        feed('abc')
        expect(text(await reader.readExactly(3))).toBe('abc')
        expect(pulls()).toBe(1)
      },
    )

    test('of the reader ends it: calls that wait and later ones reject, and the source is cancelled', async () => {
      const { stream, log } = fed(implementation)
      const controller = new AbortController()
      const reader = new ByteReader(stream, { signal: controller.signal })
      const waiting = [rejection(reader.readLine()), rejection(reader.read())]
      await settle()
      const reason = new Error('over')
      controller.abort(reason)
      expect(await Promise.all(waiting)).toEqual([reason, reason])
      expect(await rejection(reader.readLine())).toBe(reason)
      expect(() => reader.detach()).toThrow(reason)
      expect(log).toContainEqual(['cancel', reason])
      expect(stream.locked).toBe(false)
    })

    test('of the reader that was aborted before: nothing is read', async () => {
      const { stream, log } = fed(implementation)
      const reader = new ByteReader(stream, { signal: AbortSignal.abort('no') })
      expect(await rejection(reader.read())).toBe('no')
      expect(log).toEqual([['cancel', 'no']])
    })
  })

  describe('detach', () => {
    test('has the chunk that was under way when a call was given up', async () => {
      const { stream, feed, controller } = fed(implementation)
      const reader = new ByteReader(stream, { streams })
      const abort = new AbortController()
      const read = rejection(reader.readExactly(5, { signal: abort.signal }))
      feed('ab')
      await settle()
      abort.abort()
      await read
      const rest = reader.detach()
      const all = restOf(rest)
      await settle()
      feed('cd')
      feed('ef')
      controller.close()
      expect(await all).toBe('abcdef')
      expect(rest).toBeInstanceOf(classes.ReadableStream)
    })

    test('pulls only when it is read', async () => {
      const { stream, feed, pulls } = fed(implementation)
      const reader = new ByteReader(stream, { streams })
      const peeked = reader.peek(1)
      await settle()
      feed('a')
      await peeked
      const out = reader.detach().getReader()
      await settle()
      expect(pulls()).toBe(1)
      expect(text((await out.read()).value)).toBe('a')
      await settle()
      expect(pulls()).toBe(1)
      void out.read()
      await settle()
      expect(pulls()).toBe(2)
    })

    test('leaves a reader that refuses every call', async () => {
      const reader = reading('abc')
      const rest = reader.detach()
      for (const call of [
        reader.read(),
        reader.readLine(),
        reader.readFrame(binary),
        reader.peek(1),
        reader.cancel(),
      ]) {
        await expect(call).rejects.toThrow(/was detached/)
      }
      await expect(collect(reader.frames(lines()))).rejects.toThrow(/was detached/)
      expect(() => reader.detach()).toThrow(/was detached/)
      await reader[Symbol.asyncDispose]()
      expect(await restOf(rest)).toBe('abc')
    })

    test('is refused while a call waits, which is served all the same', async () => {
      const { stream, feed } = fed(implementation)
      const reader = new ByteReader(stream, { streams })
      const line = reader.readLine()
      expect(() => reader.detach()).toThrow(/while a read waits/)
      feed('one\ntwo')
      expect(await line).toBe('one')
      expect(text((await reader.detach().getReader().read()).value)).toBe('two')
    })

    test('cancelling what it gives cancels the source', async () => {
      const { stream, log } = fed(implementation)
      const reader = new ByteReader(stream, { streams })
      await reader.detach().cancel('no thanks')
      expect(log).toContainEqual(['cancel', 'no thanks'])
    })
  })

  describe('cancel', () => {
    test('cancels the source, and refuses calls that wait and later ones', async () => {
      const { stream, log } = fed(implementation)
      const reader = new ByteReader(stream)
      const waiting = rejection(reader.readLine())
      await settle()
      await reader.cancel('bye')
      expect(await waiting).toMatchObject({ name: 'TypeError', cause: 'bye' })
      expect(await rejection(reader.read())).toMatchObject({ name: 'TypeError', cause: 'bye' })
      expect(log).toContainEqual(['cancel', 'bye'])
      expect(stream.locked).toBe(false)
      await reader.cancel()
      expect(log).toHaveLength(2)
    })

    test('gives back what the source makes of it', async () => {
      const stuck = new classes.ReadableStream<Uint8Array>({
        cancel() {
          throw new Error('cannot')
        },
      })
      await expect(new ByteReader(stuck).cancel()).rejects.toThrow('cannot')
    })

    test('await using does it, once, and does not mind a source that has failed or a reader that is over', async () => {
      const { stream, log } = fed(implementation)
      const reader = new ByteReader(stream)
      const waiting = rejection(reader.readLine())
      await reader[Symbol.asyncDispose]()
      await reader[Symbol.asyncDispose]()
      expect(await waiting).toBeInstanceOf(TypeError)
      expect(log.filter((entry) => Array.isArray(entry))).toEqual([['cancel', undefined]])

      const broken = fed(implementation)
      const other = new ByteReader(broken.stream)
      const read = rejection(other.read())
      broken.controller.error('gone')
      expect(await read).toBe('gone')
      await other[Symbol.asyncDispose]()
    })
  })

  test('a frame that is there costs no question to the source', async () => {
    const { stream, feed } = fed(implementation)
    const reader = new ByteReader(stream)
    const first = reader.readLine()
    feed('a\nb\nc\n')
    await first
    expect(await state(reader.readLine())).toBe('fulfilled')
    let order = ''
    const frame = reader.readFrame(lines()).then(() => (order += 'frame'))
    const tick = Promise.resolve().then(() => (order += ' tick'))
    await Promise.all([frame, tick])
    expect(order).toBe('frame tick')
  })
})
