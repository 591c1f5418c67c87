/** `frameTimeout`: what a peer who sends a byte now and then can do. The clock is the test's. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  ByteReader,
  delimiterFramer,
  FramingError,
  framer,
  lengthPrefixed,
  lines,
  linesFramer,
} from '../../src/index.ts'
import { bytes, implementations, rejection, text } from './support.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Lets time pass, and all that follows from it. */
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

describe.each(implementations)('with frameTimeout over $name', (implementation) => {
  const { classes, option: streams } = implementation

  function slow(frameTimeout: number | undefined) {
    let controller!: ReadableStreamDefaultController<Uint8Array>
    const stream = new classes.ReadableStream<Uint8Array>({ start: (c) => void (controller = c) }, { highWaterMark: 0 })
    const reader = new ByteReader(stream, { frameTimeout })
    return { reader, feed: (data: string) => controller.enqueue(bytes(data)), close: () => controller.close() }
  }

  describe('a ByteReader', () => {
    test.each(['readExactly', 'readUntil', 'readLine', 'readFrame', 'peek', 'frames'] as const)(
      '%s: a peer who drips bytes is late however often one comes, and no byte is lost',
      async (name) => {
        const { reader, feed } = slow(1000)
        const codec = lengthPrefixed({ width: 1 })
        const calls = {
          readExactly: () => reader.readExactly(9),
          readUntil: () => reader.readUntil('\n'),
          readLine: () => reader.readLine(),
          readFrame: () => reader.readFrame(codec),
          peek: () => reader.peek(9),
          frames: () => reader.frames(codec).next(),
        }
        const call = rejection(calls[name]())
        for (const byte of '\x08ab') {
          feed(byte)
          await pass(400)
        }
        const error = await call
        expect(error).toBeInstanceOf(FramingError)
        expect(error).toMatchObject({ code: 'ERR_FRAME_TIMEOUT', offset: 3, length: 3 })
        expect(vi.getTimerCount()).toBe(0)
        feed('c\n')
        expect(text(await reader.readExactly(5))).toBe('\x08abc\n')
      },
    )

    test('waiting for the first byte is not late, nor is a frame that waits for its reader', async () => {
      const { reader, feed } = slow(1000)
      const first = reader.readLine()
      await pass(60_000)
      feed('one\ntw')
      expect(await first).toBe('one')
      await pass(60_000)
      const second = reader.readLine()
      await pass(900)
      feed('o\n')
      expect(await second).toBe('two')
      expect(vi.getTimerCount()).toBe(0)
    })

    test('each frame has all the time', async () => {
      const { reader, feed } = slow(1000)
      for (let i = 0; i < 5; i++) {
        const line = reader.readLine()
        feed('a')
        await pass(900)
        feed('b\n')
        expect(await line).toBe('ab')
      }
    })

    test('giving up and asking again does not start the clock anew for the same frame', async () => {
      const { reader, feed } = slow(1000)
      feed('a')
      let late: unknown
      for (let i = 0; i < 5 && late === undefined; i++) {
        const controller = new AbortController()
        const line = rejection(reader.readLine({ signal: controller.signal }))
        await pass(300)
        controller.abort()
        const error = await line
        if (error instanceof FramingError) late = [i, error.code]
      }
      expect(late).toEqual([3, 'ERR_FRAME_TIMEOUT'])
      const again = reader.readLine()
      await pass(900)
      feed('b\n')
      expect(await again).toBe('ab')
    })

    test('the end, a failure and cancel() stop the clock', async () => {
      for (const stop of ['close', 'cancel'] as const) {
        const { reader, feed, close } = slow(1000)
        const call = rejection(reader.readExactly(2))
        feed('a')
        await pass(10)
        expect(vi.getTimerCount()).toBe(1)
        if (stop === 'close') close()
        else await reader.cancel()
        expect(await call).toMatchObject(stop === 'close' ? { code: 'ERR_FRAME_TRUNCATED' } : { name: 'TypeError' })
        expect(vi.getTimerCount()).toBe(0)
      }
    })

    test('bytes that a rule skips between frames are no frame', async () => {
      const { reader, feed } = slow(1000)
      const codec = lines({ newline: 'any' })
      const first = reader.readFrame(codec)
      feed('one\r')
      expect(await first).toBe('one')
      const second = reader.readFrame(codec)
      feed('\n')
      await pass(60_000)
      feed('two\r')
      expect(await second).toBe('two')
    })

    test('without it nobody is ever late, and there is no timer', async () => {
      const { reader, feed } = slow(undefined)
      const call = reader.readExactly(2)
      feed('a')
      await pass(10)
      expect(vi.getTimerCount()).toBe(0)
      await pass(1e9)
      feed('b')
      expect(text(await call)).toBe('ab')
    })
  })

  describe('a framer', () => {
    test('errors both sides for a peer who drips bytes', async () => {
      const frames = linesFramer({ streams, frameTimeout: 1000 })
      const writer = frames.writable.getWriter()
      const closed = rejection(writer.closed)
      const read = rejection(frames.readable.getReader().read())
      for (let i = 0; i < 3; i++) {
        void writer.write(bytes('x')).catch(() => {})
        await pass(400)
      }
      const error = await read
      expect(error).toMatchObject({ code: 'ERR_FRAME_TIMEOUT', offset: 3, length: 3 })
      expect(await closed).toBe(error)
      expect(vi.getTimerCount()).toBe(0)
    })

    test('a frame that waits for its reader is not late, whole or not', async () => {
      const frames = delimiterFramer('\n', { streams, frameTimeout: 1000 })
      const writer = frames.writable.getWriter()
      void writer.write(bytes('one\ntwo\nthr')).catch(() => {})
      await pass(60_000)
      const iterator = frames.readable.values()
      expect(text((await iterator.next()).value)).toBe('one')
      await pass(60_000)
      expect(text((await iterator.next()).value)).toBe('two')
      await pass(60_000)
      expect(vi.getTimerCount()).toBe(0)
      const third = iterator.next()
      await pass(900)
      expect(vi.getTimerCount()).toBe(1)
      void writer.write(bytes('ee\n'))
      expect(text((await third).value)).toBe('three')
      expect(vi.getTimerCount()).toBe(0)
    })

    test('waiting for the first byte is not late; each frame has all the time', async () => {
      const frames = framer(lines(), { streams, frameTimeout: 1000 })
      const writer = frames.writable.getWriter()
      const reader = frames.readable.getReader()
      for (let i = 0; i < 3; i++) {
        const read = reader.read()
        await pass(60_000)
        void writer.write(bytes('a'))
        await pass(900)
        void writer.write(bytes('b\n'))
        expect((await read).value).toBe('ab')
      }
    })

    test('the end, an abort and a cancel stop the clock', async () => {
      for (const stop of ['close', 'abort', 'cancel'] as const) {
        const frames = linesFramer({ streams, frameTimeout: 1000 })
        const writer = frames.writable.getWriter()
        writer.closed.catch(() => {})
        const reader = frames.readable.getReader()
        const read = reader.read().then(
          ({ value }) => value,
          (error: unknown) => error,
        )
        void writer.write(bytes('a')).catch(() => {})
        await pass(10)
        expect(vi.getTimerCount()).toBe(1)
        if (stop === 'cancel') await reader.cancel('c')
        else if (stop === 'abort') await writer.abort('b')
        else await writer.close()
        expect(await read).toBe({ close: 'a', abort: 'b', cancel: undefined }[stop])
        expect(vi.getTimerCount()).toBe(0)
      }
    })

    test('a time that cannot be is refused at once', () => {
      for (const frameTimeout of [0, -1, Number.NaN, Infinity, 2 ** 31, '5' as never]) {
        expect(() => linesFramer({ frameTimeout })).toThrow(RangeError)
        expect(() => framer(lines(), { frameTimeout })).toThrow(RangeError)
      }
    })
  })
})
