import { describe, expect, test } from 'vitest'
import {
  delimiter,
  delimiterFramer,
  framer,
  FramingError,
  lines,
  linesFramer,
  type FramerStream,
} from '../../src/index.ts'
import { bytes, collect, firstBytes, pipings, rejection, settle, source, state, text, usePipes } from './support.ts'
import { asBuffer } from '../support/bytes.ts'

/** Every way to read all frames: each must give the same. */
const readings: readonly [name: string, read: (frames: FramerStream<string>['readable']) => Promise<string[]>][] = [
  ['for await', (frames) => collect(frames)],
  ['values()', (frames) => collect(frames.values())],
  ['batches', async (frames) => (await collect(frames.values({ batch: true }))).flat()],
  [
    'a reader',
    async (frames) => {
      const all: string[] = []
      const reader = frames.getReader()
      for (let read = await reader.read(); !read.done; read = await reader.read()) all.push(read.value)
      return all
    },
  ],
  [
    'ten reads at a time',
    async (frames) => {
      const all: string[] = []
      const reader = frames.getReader()
      for (;;) {
        const reads = await Promise.all(Array.from({ length: 10 }, () => reader.read()))
        for (const read of reads) if (!read.done) all.push(read.value)
        if (reads.some((read) => read.done)) return all
      }
    },
  ],
  [
    'ten next() at a time',
    async (frames) => {
      const all: string[] = []
      const iterator = frames.values()
      for (;;) {
        const reads = await Promise.all(Array.from({ length: 10 }, () => iterator.next()))
        for (const read of reads) if (!read.done) all.push(read.value)
        if (reads.some((read) => read.done)) return all
      }
    },
  ],
]

describe.each(pipings)('a framer over $name', (implementation) => {
  usePipes(implementation)
  const { classes, option: streams } = implementation

  test('is a TransformStream, and its halves are what they say', () => {
    const frames = linesFramer({ streams })
    expect(frames).toBeInstanceOf(classes.TransformStream)
    expect(frames.readable).toBeInstanceOf(classes.ReadableStream)
    expect(frames.writable).toBeInstanceOf(classes.WritableStream)
    expect(Object.prototype.toString.call(frames)).toBe('[object FramerStream]')
    expect(frames.readable).toBe(frames.readable)
  })

  test.each(readings)('gives every frame in order, however the chunks are cut, read by %s', async (_, read) => {
    const expected = Array.from({ length: 250 }, (_, i) => `line ${i}`)
    const all = bytes(expected.join('\n'))
    for (const size of [1, 7, 64, all.length]) {
      const chunks: Uint8Array[] = []
      for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size), new Uint8Array(0))
      const frames = source(implementation, chunks).pipeThrough(linesFramer({ streams }))
      expect(await read(frames as FramerStream<string>['readable'])).toEqual(expected)
    }
  })

  test.each(readings)('gives the frames before an error, then the error, read by %s', async (_, read) => {
    const seen: string[] = []
    const codec = lines({ maxFrameLength: 4 })
    const watched = {
      ...codec,
      decoder() {
        const decoder = codec.decoder()
        return {
          decode(queue: Parameters<typeof decoder.decode>[0]) {
            const frame = decoder.decode(queue)
            if (frame !== undefined) seen.push(frame)
            return frame
          },
        }
      },
    }
    const frames = framer(watched, { streams })
    const input = source(implementation, [bytes('one\ntwo\nlonger\nthree\n')], 'open')
    const piped = rejection(input.pipeTo(frames.writable))
    const error = await rejection(read(frames.readable))
    expect(error).toBeInstanceOf(FramingError)
    expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 12, frameIndex: 2, limit: 4 })
    expect(await piped).toBe(error)
    expect(seen).toEqual(['one', 'two'])
    expect(input.cancelled).toBe(error)
  })

  test('the frames before an error are delivered before it', async () => {
    const frames = linesFramer({ streams, maxFrameLength: 4 })
    const writer = frames.writable.getWriter()
    const written = rejection(writer.write(bytes('one\ntwo\nlonger\n')))
    const got: string[] = []
    const error = await rejection(
      (async () => {
        for await (const line of frames.readable) got.push(line)
      })(),
    )
    expect(got).toEqual(['one', 'two'])
    expect(await written).toBe(error)
    expect(await rejection(writer.closed)).toBe(error)
    expect(await rejection(writer.write(bytes('more\n')))).toBe(error)
    expect(await rejection(frames.readable.getReader().read())).toBe(error)
  })

  test('decodes nothing before somebody reads, and one frame for each read', async () => {
    const frames = linesFramer({ streams })
    const writer = frames.writable.getWriter()
    const written = writer.write(bytes('a\nb\nc\nd'))
    await settle()
    expect(frames.stats).toEqual({ bytesIn: 7, frames: 0, skipped: 0, pending: 7 })
    const reader = frames.readable.getReader()
    expect(await reader.read()).toEqual({ value: 'a', done: false })
    await settle()
    expect(frames.stats).toEqual({ bytesIn: 7, frames: 1, skipped: 0, pending: 5 })
    expect(await state(written)).toBe('pending')
    await reader.read()
    await reader.read()
    expect(await state(written)).toBe('pending')
    void reader.read()
    expect(await state(written)).toBe('fulfilled')
    expect(frames.stats.pending).toBe(1)
  })

  test('the write of a chunk settles at once when its last frame is read and nothing is left of it', async () => {
    const frames = linesFramer({ streams })
    const writer = frames.writable.getWriter()
    const read = frames.readable.getReader().read()
    await writer.write(bytes('whole\n'))
    expect(await read).toEqual({ value: 'whole', done: false })
    await writer.close()
  })

  test("the writable side's desiredSize is the room left in the incoming buffer, in bytes", async () => {
    const frames = delimiterFramer('\n', { streams })
    const writer = frames.writable.getWriter()
    expect(writer.desiredSize).toBe(65_536)
    void writer.write(bytes('x'.repeat(999) + '\n'))
    void writer.write(bytes('y'.repeat(999) + '\n'))
    await settle()
    expect(writer.desiredSize).toBe(65_536 - 2000)
    const reader = frames.readable.getReader()
    await reader.read()
    await settle()
    expect(writer.desiredSize).toBe(65_536 - 1000)
    await reader.read()
    await settle()
    expect(writer.desiredSize).toBe(65_536)
  })

  test('a strategy of the user is honoured on both sides', async () => {
    const frames = framer(lines(), {
      streams,
      writableStrategy: { highWaterMark: 10, size: () => 5 },
      readableStrategy: { highWaterMark: 3 },
    })
    const writer = frames.writable.getWriter()
    expect(writer.desiredSize).toBe(10)
    void writer.write(bytes('a\nb\nc\nd\ne\n'))
    await settle()
    expect(frames.stats.frames).toBe(3)
    void writer.close()
    expect(await collect(frames.readable)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('backpressure reaches the source: nothing is pulled that nobody reads', async () => {
    let pulled = 0
    const input = new classes.ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++
          controller.enqueue(bytes(`${'x'.repeat(1023)}\n`.repeat(64)))
        },
      },
      { highWaterMark: 0 },
    )
    const frames = input.pipeThrough(linesFramer({ streams }))
    const reader = frames.getReader()
    for (let i = 0; i < 64 * 3; i++) await reader.read()
    await settle()
    // Three chunks were read to their end, and one may fill the buffer.
    expect(pulled).toBeLessThanOrEqual(4)
    await reader.cancel()
  })

  test('cancelling the readable side errors the writable one, frees a write that waits, and cancels the source', async () => {
    const frames = linesFramer({ streams })
    const writer = frames.writable.getWriter()
    const waiting = rejection(writer.write(bytes('a\nb\n')))
    const reason = new Error('enough')
    await settle()
    await frames.readable.cancel(reason)
    expect(await waiting).toBe(reason)
    expect(await rejection(writer.closed)).toBe(reason)

    const input = source(implementation, [bytes('a\nb\n'), bytes('c\n')], 'open')
    for await (const line of input.pipeThrough(linesFramer({ streams }))) {
      expect(line).toBe('a')
      break
    }
    await settle()
    expect('cancelled' in input).toBe(true)
  })

  test('aborting the writable side errors the readable one, also while a write waits for a reader who never comes', async () => {
    const frames = linesFramer({ streams })
    const writer = frames.writable.getWriter()
    const waiting = rejection(writer.write(bytes('a\nb\n')))
    await settle()
    const reason = new Error('gone')
    const aborted = writer.abort(reason)
    expect(await state(aborted)).toBe('fulfilled')
    expect(await waiting).toBe(reason)
    expect(await rejection(frames.readable.getReader().read())).toBe(reason)
  })

  test('an abort reaches a read that is waiting', async () => {
    const frames = linesFramer({ streams })
    const read = rejection(frames.readable.values().next())
    await settle()
    const reason = new Error('gone')
    await frames.writable.abort(reason)
    expect(await read).toBe(reason)
  })

  test('closing delivers what is left, and an unfinished frame is an error on both sides', async () => {
    const frames = delimiterFramer('\n', { streams })
    const writer = frames.writable.getWriter()
    void writer.write(bytes('a\nhalf')).catch(() => {})
    const closed = rejection(writer.close())
    const reader = frames.readable.getReader()
    expect(text((await reader.read()).value)).toBe('a')
    const error = await rejection(reader.read())
    expect(error).toMatchObject({ code: 'ERR_FRAME_TRUNCATED', offset: 6, frameIndex: 1 })
    expect(text((error as FramingError).partial)).toBe('half')
    expect(await closed).toBe(error)
  })

  test('closing when nothing is left closes the readable side without a read', async () => {
    const frames = linesFramer({ streams })
    const writer = frames.writable.getWriter()
    const reader = frames.readable.getReader()
    const read = reader.read()
    await writer.write(bytes('a\n'))
    await read
    await writer.close()
    await reader.closed
    expect(await reader.read()).toEqual({ value: undefined, done: true })
  })

  test('an empty stream gives no frame', async () => {
    expect(await collect(source(implementation, []).pipeThrough(linesFramer({ streams })))).toEqual([])
  })

  test('a chunk that is no bytes errors both sides with a TypeError that says what came', async () => {
    const frames = linesFramer({ streams })
    const read = rejection(frames.readable.getReader().read())
    const writer = frames.writable.getWriter()
    const error = await rejection(writer.write('text' as never))
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toContain('the string "text"')
    expect(await read).toBe(error)
  })

  test('takes ArrayBuffer, DataView and Buffer as chunks', async () => {
    const frames = linesFramer({ streams })
    const writer = frames.writable.getWriter()
    const whole = bytes('a\nb\nc\n')
    void writer.write(whole.buffer.slice(0, 2))
    void writer.write(new DataView(whole.buffer, 2, 2))
    void writer.write(asBuffer(bytes('c\n')))
    void writer.close()
    expect(await collect(frames.readable)).toEqual(['a', 'b', 'c'])
  })

  describe('its async iterator', () => {
    const three = (): FramerStream<string>['readable'] =>
      source(implementation, [bytes('a\nb\n'), bytes('c\n')]).pipeThrough(
        linesFramer({ streams }),
      ) as FramerStream<string>['readable']

    test('locks the stream while it lasts, and releases it at the end', async () => {
      const frames = three()
      const iterator = frames.values()
      expect(frames.locked).toBe(true)
      expect(() => frames.getReader()).toThrow(TypeError)
      expect(() => frames.values()).toThrow(TypeError)
      expect(await collect(iterator)).toEqual(['a', 'b', 'c'])
      expect(frames.locked).toBe(false)
      expect(await iterator.next()).toEqual({ value: undefined, done: true })
    })

    test('left early with preventCancel, it leaves the next frame to whoever reads next', async () => {
      const frames = three()
      for await (const line of frames.values({ preventCancel: true })) {
        expect(line).toBe('a')
        break
      }
      expect(frames.locked).toBe(false)
      const reader = frames.getReader()
      expect(await reader.read()).toEqual({ value: 'b', done: false })
      reader.releaseLock()
      expect(await collect(frames)).toEqual(['c'])
    })

    test('return() waits for those who asked before, then cancels', async () => {
      const frames = linesFramer({ streams })
      const writer = frames.writable.getWriter()
      const closed = rejection(writer.closed)
      const iterator = frames.readable.values()
      const asked = iterator.next()
      const returned = iterator.return('bye')
      expect(await state(returned)).toBe('pending')
      void writer.write(bytes('a\nb\n')).catch(() => {})
      expect(await asked).toEqual({ value: 'a', done: false })
      expect(await returned).toEqual({ value: 'bye', done: true })
      expect(await closed).toBe('bye')
      expect(await iterator.next()).toEqual({ value: undefined, done: true })
      expect(frames.readable.locked).toBe(false)
    })

    test('never overtakes a read that waits', async () => {
      const frames = linesFramer({ streams })
      const writer = frames.writable.getWriter()
      const iterator = frames.readable.values()
      const waiting = [iterator.next(), iterator.next(), iterator.next()]
      await writer.write(bytes('a\nb'))
      void writer.write(bytes('\nc\nd\n'))
      expect((await Promise.all([...waiting, iterator.next()])).map((read) => read.value)).toEqual(['a', 'b', 'c', 'd'])
    })

    test('tells all who wait of the end, and of an error', async () => {
      for (const batch of [false, true] as const) {
        const [ending, failing] = [linesFramer({ streams }), linesFramer({ streams })]
        const ended = ending.readable.values({ batch } as { batch?: false })
        const failed = failing.readable.values({ batch } as { batch?: false })
        const waiting = [ended.next(), ended.next()]
        const refused = [failed.next(), failed.next()].map(rejection)
        await settle()
        void ending.writable.close()
        const gone = new Error('gone')
        void failing.writable.abort(gone)
        expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ value: undefined, done: true })))
        expect(await Promise.all(refused)).toEqual([gone, gone])
        expect([ending.readable.locked, failing.readable.locked]).toEqual([false, false])
      }
    })

    test('after an error it is over', async () => {
      const frames = linesFramer({ streams, maxFrameLength: 1 })
      frames.writable
        .getWriter()
        .write(bytes('abc'))
        .catch(() => {})
      const iterator = frames.readable.values()
      await expect(iterator.next()).rejects.toThrow(FramingError)
      expect(await iterator.next()).toEqual({ value: undefined, done: true })
      expect(frames.readable.locked).toBe(false)
    })

    test('is disposed of by await using, as if the loop were left', async () => {
      const input = source(implementation, [bytes('a\nb\n')], 'open')
      const iterator = (input.pipeThrough(linesFramer({ streams })) as FramerStream<string>['readable']).values()
      expect((await iterator.next()).value).toBe('a')
      await iterator[Symbol.asyncDispose]()
      expect((await iterator.next()).done).toBe(true)
      await settle()
      expect('cancelled' in input).toBe(true)
    })

    test('inherits from the prototype of all async iterators', () => {
      const shared = Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())))
      expect(Object.prototype.isPrototypeOf.call(shared, three().values())).toBe(true)
    })
  })

  test('an iterator gives what an abandoned read has left in the queue first', async () => {
    for (const batch of [false, true]) {
      const frames = linesFramer({ streams })
      await settle()
      const reader = frames.readable.getReader()
      reader.read().catch(() => {})
      reader.releaseLock()
      const writer = frames.writable.getWriter()
      void writer.write(bytes('a\nb\nc\n'))
      void writer.close()
      await settle()
      const got = batch
        ? (await collect(frames.readable.values({ batch: true }))).flat()
        : await collect(frames.readable)
      expect(got).toEqual(['a', 'b', 'c'])
    }
  })

  describe('a reader takes what is there from the decoder, and', () => {
    function twoLines() {
      const frames = linesFramer({ streams })
      const writer = frames.writable.getWriter()
      const reader = frames.readable.getReader()
      return { frames, writer, reader }
    }

    test('nobody overtakes a read that waits', async () => {
      const { writer, reader } = twoLines()
      await settle()
      const waiting = [reader.read(), reader.read(), reader.read()]
      void writer.write(bytes('a\nb\nc\nd\n'))
      const later = reader.read()
      expect((await Promise.all([...waiting, later])).map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd'])
    })

    test('what an abandoned read has left in the queue comes first', async () => {
      const { frames, writer, reader } = twoLines()
      await settle()
      for (let i = 0; i < 3; i++) reader.read().catch(() => {})
      reader.releaseLock()
      void writer.write(bytes('a\nb\nc\nd\n'))
      await settle()
      const next = frames.readable.getReader()
      const reads = await Promise.all([next.read(), next.read(), next.read(), next.read()])
      expect(reads.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd'])
    })

    test('one that has left gets nothing, and leaves once', async () => {
      const { frames, writer, reader } = twoLines()
      void writer.write(bytes('a\nb\n'))
      await settle()
      reader.releaseLock()
      expect(await rejection(reader.read())).toBeInstanceOf(TypeError)
      const next = frames.readable.getReader()
      const waiting = next.read()
      reader.releaseLock()
      expect([await waiting, await next.read()].map(({ value }) => value)).toEqual(['a', 'b'])
    })

    test('all reads that wait are told of the end', async () => {
      const { writer, reader } = twoLines()
      const waiting = [reader.read(), reader.read()]
      await settle()
      void writer.close()
      expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ value: undefined, done: true })))
    })

    test('all reads that wait are told of an error', async () => {
      const { writer, reader } = twoLines()
      const gone = new Error('gone')
      const waiting = [reader.read(), reader.read()].map(rejection)
      await settle()
      void writer.abort(gone)
      expect(await Promise.all(waiting)).toEqual([gone, gone])
    })

    test('reads that wait are given up with their reader, and the frames are for the next one', async () => {
      const { frames, writer, reader } = twoLines()
      const waiting = [reader.read(), reader.read()].map(rejection)
      await settle()
      reader.releaseLock()
      expect((await Promise.all(waiting)).map((error) => error instanceof TypeError)).toEqual([true, true])
      const next = frames.readable.getReader()
      const read = next.read()
      void writer.write(bytes('a\nb\n'))
      expect([await read, await next.read()].map(({ value }) => value)).toEqual(['a', 'b'])
    })

    test('a read that waits ends with cancel()', async () => {
      const { reader } = twoLines()
      const waiting = reader.read()
      await settle()
      await reader.cancel('enough')
      expect(await waiting).toEqual({ value: undefined, done: true })
    })

    test('it is a reader of its implementation, which locks the stream and tells its end', async () => {
      const { frames, writer, reader } = twoLines()
      const Reader = new classes.ReadableStream().getReader().constructor as typeof ReadableStreamDefaultReader
      expect(reader).toBeInstanceOf(Reader)
      expect(frames.readable.locked).toBe(true)
      expect(() => frames.readable.getReader()).toThrow(TypeError)
      void writer.close()
      expect(await reader.read()).toEqual({ value: undefined, done: true })
      expect(await reader.closed).toBeUndefined()
      expect(() => linesFramer({ streams }).readable.getReader({ mode: 'byob' } as never)).toThrow(TypeError)
    })

    test('an error comes after the good frames before it', async () => {
      const frames = delimiterFramer('\n', { maxFrameLength: 3, streams })
      const writer = frames.writable.getWriter()
      writer.write(bytes('a\nb\ntoo long\n')).catch(() => {})
      writer.closed.catch(() => {})
      await settle()
      const reader = frames.readable.getReader()
      reader.closed.catch(() => {})
      expect([text((await reader.read()).value), text((await reader.read()).value)]).toEqual(['a', 'b'])
      expect(await rejection(reader.read())).toMatchObject({ code: 'ERR_FRAME_TOO_LONG' })
    })
  })

  describe('batches', () => {
    test('have what is there, at least one frame and at most 128', async () => {
      const input = [bytes('a\nb\nc\nd'), bytes('\n'), bytes('x\n'.repeat(3000))]
      const frames = linesFramer({ streams })
      source(implementation, input)
        .pipeTo(frames.writable)
        .catch(() => {})
      const sizes = (await collect(frames.readable.values({ batch: true }))).map((batch) => batch.length)
      // A fused pipe has read ahead by the second one: there is more in one go.
      const rest = Array.from({ length: 23 }, () => 128)
      expect(sizes).toEqual(implementation.isFused ? [3, ...rest, 57] : [3, 1, ...rest, 56])
    })

    test('give the frames before an error first', async () => {
      const frames = linesFramer({ streams, maxFrameLength: 2 })
      source(implementation, [bytes('a\nb\nlong\n')])
        .pipeTo(frames.writable)
        .catch(() => {})
      const batches = frames.readable.values({ batch: true })
      expect(await batches.next()).toEqual({ value: ['a', 'b'], done: false })
      await expect(batches.next()).rejects.toMatchObject({ code: 'ERR_FRAME_TOO_LONG', frameIndex: 2 })
    })
  })

  describe('tee and pipe', () => {
    test('both branches of a tee get every frame', async () => {
      const frames = source(implementation, [bytes('a\nb\nc\n')]).pipeThrough(linesFramer({ streams }))
      const [one, other] = frames.tee()
      expect(await Promise.all([collect(one), collect(other)])).toEqual([
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ])
    })

    test('framers compose: lines within frames', async () => {
      const inner = source(implementation, [bytes('a\nb;c\n;')]).pipeThrough(delimiterFramer(';', { streams }))
      expect(await collect(inner.pipeThrough(linesFramer({ streams })))).toEqual(['a', 'bc'])
    })

    test('pipeTo writes every frame, and an error aborts where it goes', async () => {
      const got: string[] = []
      let aborted: unknown
      const end = new classes.WritableStream<string>({
        write: (line) => void got.push(line),
        abort: (reason) => void (aborted = reason),
      })
      const frames = source(implementation, [bytes('a\nb\ntoo long\n')]).pipeThrough(
        linesFramer({ streams, maxFrameLength: 3 }),
      )
      const error = await rejection(frames.pipeTo(end))
      expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG' })
      expect(aborted).toBe(error)
      expect(got).toEqual(['a', 'b'])
    })
  })

  describe('rest', () => {
    test('has every byte after the last frame, from the same chunk and from later ones', async () => {
      const all = bytes('abcdefgh')
      for (let size = 1; size <= all.length; size++) {
        const chunks: Uint8Array[] = []
        for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size))
        const frames = framer(firstBytes(3), { streams })
        const piped = source(implementation, chunks).pipeTo(frames.writable)
        expect(String.fromCharCode(...(await collect(frames.readable)))).toBe('abc')
        const rest = await collect(frames.rest as AsyncIterable<Uint8Array>)
        expect(rest.map((chunk) => text(chunk)).join('')).toBe('defgh')
        await piped
      }
    })

    test('holds its writer back while nobody reads it', async () => {
      const frames = framer(firstBytes(1), { streams })
      const writer = frames.writable.getWriter()
      const written = writer.write(bytes('abc'))
      expect(await collect(frames.readable)).toEqual([97])
      expect(await state(written)).toBe('pending')
      const reader = frames.rest.getReader()
      expect(text((await reader.read()).value)).toBe('bc')
      expect(await state(written)).toBe('fulfilled')
      const next = reader.read()
      await writer.write(bytes('d'))
      expect(text((await next).value)).toBe('d')
      const end = reader.read()
      await writer.close()
      expect(await end).toEqual({ value: undefined, done: true })
    })

    test('closes with the frames where the decoder never finishes, and fails with them', async () => {
      const ended = framer(firstBytes(9), { streams })
      const rest = ended.rest.getReader().read()
      void ended.writable.getWriter().close()
      expect(await collect(ended.readable)).toEqual([])
      expect(await rest).toEqual({ value: undefined, done: true })

      const failed = framer(firstBytes(9), { streams })
      const reason = new Error('gone')
      const read = rejection(failed.rest.getReader().read())
      await failed.writable.abort(reason)
      expect(await read).toBe(reason)
    })

    test('cancelling it errors the writable side', async () => {
      const frames = framer(firstBytes(1), { streams })
      const writer = frames.writable.getWriter()
      const written = rejection(writer.write(bytes('abc')))
      expect(await collect(frames.readable)).toEqual([97])
      await frames.rest.cancel('no thanks')
      expect(await written).toBe('no thanks')
    })
  })
})

test('a framer says at once what is wrong with the streams it is given', () => {
  expect(() => framer(delimiter('\n'), { streams: { ReadableStream } as never })).toThrow(
    /streams must have the class WritableStream/,
  )
})
