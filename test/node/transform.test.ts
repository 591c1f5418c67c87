/** Codecs as node:stream Transforms: what pipeline() users expect, and what a peer must not be able to do. */

import { once } from 'node:events'
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { pipeline as nodePipeline } from 'node:stream/promises'
import { describe, expect, test, vi } from 'vitest'
import { delimiter, FramingError, lengthPrefixed, lines, type Codec } from '../../src/index.ts'
import { decodeTransform, encodeTransform, type DecodeTransform } from '../../src/node/index.ts'
import { bytes, collect, firstBytes, rejection, text } from '../streams/support.ts'

// The types of node:stream know the stages of a pipeline less well than it does.
const pipeline = nodePipeline as (...stages: unknown[]) => Promise<void>

const MiB = 1024 * 1024

/** Lets everything that is already decided happen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

function chunksOf(all: Uint8Array, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < all.length; at += size) chunks.push(Buffer.from(all.subarray(at, at + size)))
  return chunks
}

/** `loops` put what they take into `all`, so that it is known when they fail. */
type Read = (input: Readable, stream: DecodeTransform<string>, all?: string[]) => Promise<string[]>

async function loopOver(frames: AsyncIterable<string>, all: string[]): Promise<string[]> {
  for await (const line of frames) all.push(line)
  return all
}

/** Every way to read a Node stream: each must give the same. */
const loops = new Set(['for await', 'an async function in a pipeline'])
const readings: readonly [name: string, read: Read][] = [
  ['for await', (input, stream, all = []) => loopOver(input.pipe(stream), all)],
  [
    "'data' events",
    async (input, stream) => {
      const all: string[] = []
      stream.on('data', (line: string) => all.push(line))
      // A pipeline is done when its last stream has taken everything.
      await Promise.all([pipeline(input, stream), once(stream, 'end')])
      return all
    },
  ],
  [
    "'data' events of a reader who pauses",
    async (input, stream) => {
      const all: string[] = []
      stream.on('data', (line: string) => {
        all.push(line)
        if (all.length % 3 > 0) return
        stream.pause()
        setImmediate(() => stream.resume())
      })
      // A pipeline is done when its last stream has taken everything.
      await Promise.all([pipeline(input, stream), once(stream, 'end')])
      return all
    },
  ],
  [
    "'readable' events",
    async (input, stream) => {
      const all: string[] = []
      stream.on('readable', () => {
        for (let line = stream.read() as string | null; line !== null; line = stream.read()) all.push(line)
      })
      // A pipeline is done when its last stream has taken everything.
      await Promise.all([pipeline(input, stream), once(stream, 'end')])
      return all
    },
  ],
  [
    'a slow Writable in a pipeline',
    async (input, stream) => {
      const all: string[] = []
      const slow = new Writable({
        objectMode: true,
        highWaterMark: 2,
        write(line: string, _, callback) {
          all.push(line)
          setImmediate(callback)
        },
      })
      await pipeline(input, stream, slow)
      return all
    },
  ],
  [
    'an async function in a pipeline',
    async (input, stream, all = []) => {
      await pipeline(input, stream, (frames: AsyncIterable<string>) => loopOver(frames, all))
      return all
    },
  ],
  ['compose', (input, stream) => collect(input.compose(stream) as unknown as AsyncIterable<string>)],
  [
    'Readable.toWeb',
    (input, stream) => collect(Readable.toWeb(input.pipe(stream) as Readable) as unknown as AsyncIterable<string>),
  ],
]

describe('decodeTransform', () => {
  test('is a Transform to whoever asks', () => {
    const stream = decodeTransform(lines())
    expect(stream).toBeInstanceOf(Transform)
    expect(stream).toBeInstanceOf(Duplex)
    expect(stream.readableObjectMode).toBe(true)
    expect(stream.writableObjectMode).toBe(false)
    expect(stream.readableHighWaterMark).toBe(16)
    expect(stream.writableHighWaterMark).toBe(65_536)
  })

  test.each(readings)('gives every frame in order, however the chunks are cut, read by %s', async (_, read) => {
    const expected = Array.from({ length: 150 }, (_, i) => (i % 10 === 3 ? '' : `line ${i}`))
    const all = bytes(expected.join('\n'))
    for (const size of [1, 7, 64, all.length]) {
      expect(await read(Readable.from(chunksOf(all, size)), decodeTransform(lines()))).toEqual(expected)
    }
  })

  test.each(readings)('gives the frames before an error, then the error, read by %s', async (name, read) => {
    const expected = Array.from({ length: 40 }, (_, i) => `${i}`)
    const all = bytes(`${expected.join('\n')}\nlonger\nmore\n`)
    for (const size of [1, 5, all.length]) {
      const taken: string[] = []
      const pushed: string[] = []
      const stream = decodeTransform(lines({ maxFrameLength: 4 }))
      const push = stream.push.bind(stream)
      stream.push = (frame: string, encoding) => {
        if (frame !== null) pushed.push(frame)
        return push(frame, encoding)
      }
      const input = Readable.from(chunksOf(all, size))
      // Without pipeline an error of the input's destination ends nothing but the destination.
      const error = await rejection(read(input, stream, taken))
      expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', frameIndex: 40, limit: 4 })
      // A loop has them from the stream. Queues behind it drop what they hold when it fails: there it is what they were given that counts.
      expect(loops.has(name) ? taken : pushed).toEqual(expected)
      expect(stream.destroyed).toBe(true)
    }
  })

  test('the frames before an error reach a reader who comes late and takes them one by one', async () => {
    for (const how of ['for await', 'data', 'read']) {
      const stream = decodeTransform(lines({ maxFrameLength: 4 }))
      const failed = new Promise((resolve) => stream.once('error', resolve))
      let written: unknown = 'waits'
      stream.write('a\nb\nc\nlonger\n', (error) => (written = error))
      await settle()
      expect(stream.destroyed).toBe(false)
      expect(written).toBe('waits')
      const got: string[] = []
      if (how === 'data') stream.on('data', (line: string) => got.push(line))
      else if (how === 'read') for (let i = 0; i < 3; i++) got.push(stream.read() as string)
      else
        await rejection(
          (async () => {
            for await (const line of stream) got.push(line)
          })(),
        )
      const error = await failed
      expect(got).toEqual(['a', 'b', 'c'])
      expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 10, frameIndex: 3 })
      expect(written).toBe(error)
    }
  })

  test('an unfinished frame at the end is an error, after the frames before it', async () => {
    const got: string[] = []
    const error = await rejection(
      pipeline(
        Readable.from([Buffer.from('a;b;half')]),
        decodeTransform(delimiter(';')),
        async (frames: AsyncIterable<Uint8Array>) => {
          for await (const frame of frames) got.push(text(frame))
        },
      ),
    )
    expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 8, frameIndex: 2 })
    expect(text((error as FramingError).partial)).toBe('half')
    expect(got).toEqual(['a', 'b'])
  })

  test("a chunk of 4 MiB of delimiters makes 16 frames and not four million, and the chunk's callback waits", async () => {
    const stream = decodeTransform(delimiter('\n'))
    let written = false
    stream.write(new Uint8Array(4 * MiB).fill(0x0a), () => (written = true))
    await settle()
    expect(stream.stats).toMatchObject({ frames: 16, pending: 4 * MiB - 16 })
    expect(stream.readableLength).toBe(16)
    expect(stream.writableNeedDrain).toBe(true)
    let count = 0
    stream.on('data', () => {
      count++
      if (count === 1000) stream.pause()
    })
    await settle()
    expect(count).toBe(1000)
    expect(stream.stats.frames).toBeLessThanOrEqual(1000 + 16)
    expect(written).toBe(false)
    stream.resume()
    stream.end()
    await new Promise((resolve) => stream.once('end', resolve))
    expect(count).toBe(4 * MiB)
    expect(written).toBe(true)
  })

  test('a slow reader at the end of a pipeline holds the source back', async () => {
    let produced = 0
    const source = new Readable({
      highWaterMark: 64 * 1024,
      read() {
        produced += 64 * 1024
        this.push(Buffer.alloc(64 * 1024, `${'x'.repeat(63)}\n`))
      },
    })
    let taken = 0
    const sink = new Writable({
      objectMode: true,
      write(_frame, _encoding, callback) {
        taken++
        if (taken < 2000) setImmediate(callback)
      },
    })
    const ran = pipeline(source, decodeTransform(delimiter('\n')), sink)
    while (taken < 2000) await settle()
    await settle()
    // What was read, a chunk under way, a full buffer on either side.
    expect(produced).toBeLessThanOrEqual(5 * 64 * 1024)
    sink.destroy(new Error('enough'))
    await expect(ran).rejects.toThrow('enough')
    expect(source.destroyed).toBe(true)
  })

  test('destroying it in the middle calls back whoever writes, and decodes no more', async () => {
    const stream = decodeTransform(lines())
    const written = new Promise((resolve) => stream.write('a\n'.repeat(100), resolve))
    const reason = new Error('stop')
    const failed = new Promise((resolve) => stream.once('error', resolve))
    stream.destroy(reason)
    expect(await failed).toBe(reason)
    await settle()
    expect(stream.closed).toBe(true)
    expect(stream.stats.frames).toBe(16)
    expect(await written).toBe(reason)
    const other = encodeTransform(lines())
    const stuck = new Promise((resolve) =>
      other.write('x'.repeat(200_000), () => other.write('y'.repeat(70_000), resolve)),
    )
    await settle()
    other.destroy()
    expect(await stuck).toMatchObject({ code: 'ERR_STREAM_DESTROYED' })
  })

  test('chunks that came while others were read are called back in their order, when all their frames are through', async () => {
    const stream = decodeTransform(lines())
    const done: number[] = []
    for (let i = 0; i < 40; i++) stream.write(`${i}a\n${i}b\n`, () => done.push(i))
    await settle()
    expect([stream.stats.frames, done]).toEqual([16, [0, 1, 2, 3, 4, 5, 6]])
    const got: string[] = []
    stream.on('data', (line: string) => got.push(line))
    await settle()
    expect(got).toEqual(Array.from({ length: 40 }, (_, i) => [`${i}a`, `${i}b`]).flat())
    expect(done).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  test('all chunks that wait are told when it is destroyed, or when one of them is wrong', async () => {
    for (const wrong of [false, true]) {
      const stream = decodeTransform(lines({ maxFrameLength: 5 }))
      const told: unknown[] = []
      for (let i = 0; i < 30; i++) {
        stream.write(wrong && i === 20 ? 'too long\n' : `${i}\n`, (error) => error && told.push([i, error.message]))
      }
      await settle()
      const failed = once(stream, 'error')
      if (wrong) stream.resume()
      else stream.destroy(new Error('enough'))
      const [error] = (await failed) as [Error]
      await settle()
      const waiting = Array.from({ length: 30 }, (_, i) => i).slice(wrong ? 16 : 15)
      expect(told).toEqual(waiting.map((i) => [i, error.message]))
    }
  })

  test('a reader who destroys it while he gets a frame gets no other one', async () => {
    const stream = decodeTransform(lines())
    const got: string[] = []
    stream.on('data', (line: string) => {
      got.push(line)
      if (line === 'b') stream.destroy()
    })
    await settle()
    stream.write('a\nb\nc\nd\n')
    await settle()
    expect(got).toEqual(['a', 'b'])
    expect(stream.stats.frames).toBe(2)
  })

  test('a reader who asks for more while he gets a frame gets them in order', async () => {
    const expected = Array.from({ length: 20_000 }, (_, i) => `${i}`)
    const stream = decodeTransform(lines())
    const got: string[] = []
    stream.on('data', (line: string) => {
      stream.read(0)
      got.push(line)
    })
    await settle()
    stream.end(expected.join('\n'))
    await once(stream, 'end')
    expect(got).toEqual(expected)
  })

  test('a signal destroys it', async () => {
    const controller = new AbortController()
    const stream = decodeTransform(lines(), { signal: controller.signal })
    const failed = new Promise((resolve) => stream.once('error', resolve))
    controller.abort()
    expect(await failed).toMatchObject({ name: 'AbortError' })
  })

  test('takes strings, Buffers and Uint8Arrays, as every Node stream that counts bytes', async () => {
    const stream = decodeTransform(lines())
    stream.write('aä\n')
    stream.write('YgoK', 'base64')
    stream.write(Buffer.from('c\n'))
    stream.write(new Uint8Array([0x64, 0x0a]))
    stream.end()
    expect(await collect(stream)).toEqual(['aä', 'b', '', 'c', 'd'])
  })

  test('finishes without a reader where what it holds fits, as other Transforms do', async () => {
    const stream = decodeTransform(lines())
    const finished = new Promise<void>((resolve) => stream.once('finish', resolve))
    stream.end('a\nb')
    await finished
    expect(await collect(stream)).toEqual(['a', 'b'])
  })

  test('closes by itself when both sides are over', async () => {
    const stream = decodeTransform(lines())
    const closed = new Promise<void>((resolve) => stream.once('close', resolve))
    stream.resume()
    stream.end('a\n')
    await closed
    expect(stream.destroyed).toBe(true)
  })

  test('a frame that is null is an error: for a Node stream it would be the end', async () => {
    const nulls: Codec<null | number> = {
      decoder: () => ({ decode: (queue) => (queue.length === 0 ? undefined : queue.take(1)[0] || null) }),
      encoder: () => ({ encode: (frame, out) => out.byte(frame ?? 0) }),
    }
    const stream = decodeTransform(nulls)
    stream.end(new Uint8Array([1, 0, 2]))
    const got: unknown[] = []
    await expect(
      (async () => {
        for await (const frame of stream) got.push(frame)
      })(),
    ).rejects.toThrow(/cannot carry the frame null/)
    expect(got).toEqual([1])
  })

  test('its options are those of Node, and a wrong one is refused at once', async () => {
    const stream = decodeTransform(lines(), { readableHighWaterMark: 2, writableHighWaterMark: 10, signal: undefined })
    stream.write('a\nb\nc\nd\n')
    await settle()
    expect(stream.stats.frames).toBe(2)
    expect(stream.writableHighWaterMark).toBe(10)
    expect(() => decodeTransform(lines(), { highWaterMark: 1 } as never)).toThrow(/no option "highWaterMark"/)
    expect(() => decodeTransform(lines(), { readableHighWaterMark: 0 })).toThrow(RangeError)
    expect(() => decodeTransform(lines(), { frameTimeout: -1 })).toThrow(RangeError)
  })

  test.each([
    ['decodeTransform', decodeTransform],
    ['encodeTransform', encodeTransform],
  ] as const)('%s with a signal: it is destroyed when that is aborted, or was before', async (_, make) => {
    for (const before of [true, false]) {
      const controller = new AbortController()
      if (before) controller.abort()
      const stream = make(lines(), { signal: controller.signal })
      const failed = once(stream, 'error')
      if (!before) controller.abort()
      expect(await failed).toMatchObject([{ name: 'AbortError', code: 'ABORT_ERR' }])
      expect(stream.destroyed).toBe(true)
    }
  })

  describe('with frameTimeout', () => {
    test('a peer who drips bytes is late; a frame that waits for its reader is not', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
      try {
        const stream = decodeTransform(lines(), { frameTimeout: 1000 })
        const failed = new Promise((resolve) => stream.once('error', resolve))
        stream.write(`${'a\n'.repeat(20)}b`)
        await vi.advanceTimersByTimeAsync(60_000)
        expect(stream.stats.frames).toBe(16)
        let count = 0
        stream.on('data', () => count++)
        await vi.advanceTimersByTimeAsync(900)
        expect(count).toBe(20)
        // The next frame has all the time, also where its first byte comes with the last one of this.
        stream.write('\nc')
        await vi.advanceTimersByTimeAsync(900)
        stream.write('\n')
        await vi.advanceTimersByTimeAsync(60_000)
        expect(count).toBe(22)
        expect(vi.getTimerCount()).toBe(0)
        for (let i = 0; i < 3; i++) {
          if (!stream.destroyed) stream.write('x')
          await vi.advanceTimersByTimeAsync(400)
        }
        expect(await failed).toMatchObject({ code: 'ERR_FRAME_TIMEOUT', offset: 47, length: 3 })
        expect(vi.getTimerCount()).toBe(0)
      } finally {
        vi.useRealTimers()
      }
    })
  })

  describe('rest', () => {
    test('has every byte after the last frame, from the same chunk and from later ones', async () => {
      for (let size = 1; size <= 8; size++) {
        const stream = decodeTransform(firstBytes(3))
        Readable.from(chunksOf(bytes('abcdefgh'), size)).pipe(stream)
        // A plain `for await` destroys the stream when the frames have ended.
        expect(await collect(stream.iterator({ destroyOnReturn: false }))).toEqual([97, 98, 99])
        expect(await textOf(stream.rest)).toBe('defgh')
      }
    })

    test('holds its writer back while nobody reads it, and ends with the input', async () => {
      const stream = decodeTransform(firstBytes(1))
      stream.resume()
      let written = false
      stream.write('abc', () => (written = true))
      await settle()
      expect(written).toBe(false)
      const rest = textOf(stream.rest)
      await settle()
      expect(written).toBe(true)
      stream.end('d')
      expect(await rest).toBe('bcd')
      await settle()
      expect(stream.destroyed).toBe(true)
    })

    test('ends with the frames where the decoder does not finish, and fails with them', async () => {
      const ended = decodeTransform(lines())
      const rest = textOf(ended.rest)
      ended.resume()
      ended.end('a\n')
      expect(await rest).toBe('')

      const failed = decodeTransform(lines())
      const reason = new Error('gone')
      const read = rejection(textOf(failed.rest))
      failed.on('error', () => {})
      failed.destroy(reason)
      expect(await read).toBe(reason)
    })

    test('destroying it destroys the stream', async () => {
      const stream = decodeTransform(firstBytes(1))
      stream.resume()
      stream.write('abc')
      await settle()
      stream.rest.destroy()
      await settle()
      expect(stream.destroyed).toBe(true)
    })
  })
})

describe('encodeTransform', () => {
  test('is a Transform to whoever asks', () => {
    const stream = encodeTransform(lines())
    expect(stream).toBeInstanceOf(Transform)
    expect(stream.writableObjectMode).toBe(true)
    expect(stream.readableObjectMode).toBe(false)
    expect(stream.readableHighWaterMark).toBe(65_536)
    expect(stream.writableHighWaterMark).toBe(16)
  })

  test('writes what the decoder reads: strings, bytes, empty frames', async () => {
    const texts = ['one', '', 'zwei ä', '\u{1F600}']
    const out = new PassThrough()
    const all = textOf(out)
    await pipeline(Readable.from(texts), encodeTransform(lines()), out)
    expect(await all).toBe('one\n\nzwei ä\n\u{1F600}\n')
    const frames = [bytes('a'), bytes(''), bytes('b\0c')]
    const codec = lengthPrefixed({ width: 2 })
    const back = Readable.from(frames).pipe(encodeTransform(codec)).pipe(decodeTransform(codec))
    expect((await collect(back)).map(text)).toEqual(['a', '', 'b\0c'])
  })

  test('gives Buffers', async () => {
    const stream = encodeTransform(lines())
    stream.end('a')
    expect(await collect(stream)).toEqual([Buffer.from('a\n')])
  })

  test('frames of one tick leave as one chunk, and a lone one leaves at the end of its tick', async () => {
    const stream = encodeTransform(lines())
    const chunks: string[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
    await settle()
    for (let i = 0; i < 100; i++) stream.write(`${i}`)
    await new Promise<void>((resolve) => process.nextTick(resolve))
    expect(chunks).toEqual([Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')])
    stream.write('lone')
    await new Promise<void>((resolve) => process.nextTick(resolve))
    expect(chunks.slice(1)).toEqual(['lone\n'])
  })

  test('without a reader it holds so much and no more, and then writes wait', async () => {
    const stream = encodeTransform(lines())
    let done = 0
    for (let i = 0; i < 1000; i++) {
      stream.write('x'.repeat(1023), () => done++)
      if (i % 10 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    }
    await settle()
    // 64 KiB in the readable side, as much in the encoder, and one that waits.
    expect(done).toBeGreaterThan(64)
    expect(done).toBeLessThan(3 * 64 + 16)
    expect(stream.writableNeedDrain).toBe(true)
    stream.end()
    let length = 0
    for await (const chunk of stream) length += (chunk as Buffer).length
    expect(length).toBe(1000 * 1024)
    expect(done).toBe(1000)
  })

  test('a frame that would not be read back is an error, after the bytes of the frames before it', async () => {
    const got: string[] = []
    const error = await rejection(
      pipeline(
        Readable.from(['a', 'b', 'not\none', 'c']),
        encodeTransform(lines()),
        async (chunks: AsyncIterable<Buffer>) => {
          for await (const chunk of chunks) got.push(chunk.toString())
        },
      ),
    )
    expect(error).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', frameIndex: 2 })
    expect(got.join('')).toBe('a\nb\n')
  })

  test('an error at once, with nothing before it, reaches the write and the stream', async () => {
    const stream = encodeTransform(lines({ maxFrameLength: 3 }))
    const failed = new Promise((resolve) => stream.once('error', resolve))
    const written = new Promise((resolve) => stream.write('long', resolve))
    const error = await failed
    expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', frameIndex: 0, limit: 3 })
    expect(await written).toBe(error)
    expect(stream.destroyed).toBe(true)
  })

  test('what the rule puts at the end is written there, and may be refused', async () => {
    const counted = (limit: number): Codec<never, string> => ({
      decoder: () => ({ decode: () => undefined }),
      encoder() {
        let frames = 0
        return {
          encode(frame, out) {
            frames++
            out.text(frame)
          },
          end(out) {
            out.text(`=${frames}`)
            if (frames > limit) throw new FramingError('ERR_FRAME_UNENCODABLE', 'too many')
          },
        }
      },
    })
    expect(await textOf(Readable.from(['a', 'b']).pipe(encodeTransform(counted(2))))).toBe('ab=2')
    const stream = encodeTransform(counted(1))
    stream.write('a')
    stream.end('b')
    let got = ''
    const error = await rejection(
      (async () => {
        for await (const chunk of stream) got += String(chunk)
      })(),
    )
    expect(error).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', frameIndex: 2 })
    expect(got).toBe('ab')
  })

  test('what was written has been copied when its callback comes', async () => {
    const stream = encodeTransform(lengthPrefixed({ width: 1 }))
    const frame = bytes('ab')
    await new Promise((resolve) => stream.write(frame, resolve))
    frame.fill(0)
    stream.end()
    expect(await textOf(stream)).toBe('\x02ab')
  })

  describe('with a large frame', () => {
    const frameOf = (byte: number): Uint8Array => new Uint8Array(MiB).fill(byte)

    test("gives the frame's own memory to whoever listens, and calls back when he has had it", async () => {
      const stream = encodeTransform(lengthPrefixed())
      const frame = frameOf(7)
      const seen: [boolean, number][] = []
      let isWritten = false
      stream.on('data', (chunk: Buffer) => {
        expect(isWritten).toBe(false)
        seen.push([chunk.buffer === frame.buffer, chunk.length])
      })
      await new Promise<void>((resolve) =>
        stream.write(frame, () => {
          isWritten = true
          resolve()
        }),
      )
      expect(seen).toEqual([
        [false, 4],
        [true, MiB],
      ])
    })

    test('calls back whoever wrote it only when a paused listener goes on', async () => {
      const stream = encodeTransform(delimiter('\n'))
      let got = 0
      stream.on('data', (chunk: Buffer) => {
        got += chunk.length
        if (got === MiB) stream.pause()
      })
      await settle()
      let written = false
      stream.write(frameOf(7), () => (written = true))
      await settle()
      expect([got, written]).toEqual([MiB, false])
      stream.resume()
      await settle()
      expect([got, written]).toEqual([MiB + 1, true])
    })

    test('one buffer serves for all frames through a pipe to whoever is slow', async () => {
      for (const [slow, wait] of [
        [1, () => settle()],
        [20_000, () => new Promise<void>((resolve) => setImmediate(resolve))],
      ] as const) {
        const encoding = encodeTransform(lengthPrefixed())
        const seen: number[] = []
        let rest = 0
        const sink = new Writable({
          highWaterMark: slow,
          async write(chunk: Buffer, _encoding, callback) {
            await wait()
            if (rest === 0) rest = chunk.readUInt32BE(0)
            else {
              expect(chunk.length).toBe(rest)
              expect(chunk.every((byte) => byte === chunk[0])).toBe(true)
              seen.push(chunk[0]!)
              rest = 0
            }
            callback()
          },
        })
        const piped = pipeline(encoding, sink)
        const frame = new Uint8Array(100_000)
        for (let i = 1; i <= 20; i++) {
          await new Promise((resolve) => encoding.write(frame.fill(i), resolve))
          frame.fill(0)
        }
        encoding.end()
        await piped
        expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
      }
    })

    test.each(['for await', 'one read for each event'])(
      'gives copies to a reader who reads himself: %s',
      async (how) => {
        const stream = encodeTransform(lengthPrefixed())
        const frame = new Uint8Array(MiB)
        const chunks: Buffer[] = []
        const read =
          how === 'for await'
            ? (async () => {
                for await (const chunk of stream) {
                  await settle()
                  chunks.push(chunk as Buffer)
                }
              })()
            : new Promise<void>((resolve) => {
                stream.on('readable', () => {
                  const chunk = stream.read() as Buffer | null
                  if (chunk !== null) chunks.push(chunk)
                })
                stream.on('end', resolve)
              })
        for (let i = 1; i <= 5; i++) {
          await new Promise((resolve) => stream.write(frame.fill(i), resolve))
          frame.fill(0)
        }
        stream.end()
        await read
        const codec = lengthPrefixed()
        const back = await collect(Readable.from(chunks).pipe(decodeTransform(codec)))
        expect(back.map((one: Uint8Array) => [one.length, one[0], one[MiB - 1]])).toEqual(
          [1, 2, 3, 4, 5].map((i) => [MiB, i, i]),
        )
      },
    )

    test('gives a copy where nobody listens yet', async () => {
      const stream = encodeTransform(lengthPrefixed())
      const frame = frameOf(7)
      await new Promise((resolve) => stream.write(frame, resolve))
      frame.fill(0)
      stream.end()
      const all = Buffer.concat(await collect(stream))
      expect(all.subarray(4).every((byte) => byte === 7)).toBe(true)
    })

    test("gives a copy with copy 'always'", async () => {
      const stream = encodeTransform(lengthPrefixed({ copy: 'always' }))
      const frame = frameOf(7)
      const buffers: ArrayBufferLike[] = []
      stream.on('data', (chunk: Buffer) => buffers.push(chunk.buffer))
      await new Promise((resolve) => stream.write(frame, resolve))
      expect(buffers).not.toContain(frame.buffer)
      expect(buffers.length).toBeGreaterThan(0)
    })

    test('loses nothing before a frame that cannot be written, and frees its write when it is destroyed', async () => {
      const stream = encodeTransform(delimiter('\n'))
      let length = 0
      stream.on('data', (chunk: Buffer) => (length += chunk.length))
      const failed = new Promise((resolve) => stream.once('error', resolve))
      stream.write(frameOf(1))
      stream.write(frameOf(2))
      const refused = new Promise((resolve) => stream.write(frameOf(0x0a), resolve))
      expect(await failed).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', frameIndex: 2 })
      expect(await refused).toBe(await failed)
      expect(length).toBe(2 * MiB + 2)

      const paused = encodeTransform(delimiter('\n'))
      paused.on('data', () => paused.pause())
      await settle()
      const stuck = new Promise((resolve) => paused.write(frameOf(1), resolve))
      await settle()
      paused.destroy()
      expect(await stuck).toMatchObject({ code: 'ERR_STREAM_DESTROYED' })
    })
  })

  test('a destroyed one stays silent', async () => {
    const stream = encodeTransform(lines())
    stream.on('data', () => expect.unreachable())
    stream.write('a')
    stream.destroy()
    await settle()
    expect(stream.destroyed).toBe(true)
  })

  test('an unknown option is refused at once', () => {
    expect(() => encodeTransform(lines(), { frameTimeout: 5 } as never)).toThrow(/no option "frameTimeout"/)
  })
})
