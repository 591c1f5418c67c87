import { describe, expect, test } from 'vitest'
import {
  delimiterEncoder,
  encoder,
  fixedLengthEncoder,
  lengthPrefixed,
  lengthPrefixedEncoder,
  linesEncoder,
  linesFramer,
  type Codec,
} from '../../src/index.ts'
import { bytes, collect, pipings, pulled, rejection, settle, state, text, usePipes } from './support.ts'

describe.each(pipings)('an encoder over $name', (implementation) => {
  usePipes(implementation)
  const { classes, option: streams } = implementation

  async function drain(readable: ReadableStream<Uint8Array>): Promise<string[]> {
    const chunks: string[] = []
    const reader = readable.getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(text(read.value))
    return chunks
  }

  test('is a TransformStream, and its halves are what they say', () => {
    const stream = linesEncoder({ streams })
    expect(stream).toBeInstanceOf(classes.TransformStream)
    expect(stream.readable).toBeInstanceOf(classes.ReadableStream)
    expect(stream.writable).toBeInstanceOf(classes.WritableStream)
    expect(Object.prototype.toString.call(stream)).toBe('[object EncoderStream]')
  })

  test('each named encoder writes what its codec says', async () => {
    const written = async (stream: TransformStream<Uint8Array, Uint8Array>): Promise<number[]> => {
      const writer = stream.writable.getWriter()
      void writer.write(new Uint8Array([1, 2, 3]))
      void writer.close()
      return [...bytes((await drain(stream.readable)).join(''))]
    }
    expect(await written(delimiterEncoder(new Uint8Array([0, 0]), { streams }))).toEqual([1, 2, 3, 0, 0])
    expect(await written(fixedLengthEncoder(3, { streams }))).toEqual([1, 2, 3])
    expect(await written(lengthPrefixedEncoder({ width: 2, streams }))).toEqual([0, 3, 1, 2, 3])
  })

  test('frames written while nobody asks leave as one chunk, in order', async () => {
    const stream = linesEncoder({ streams })
    const writer = stream.writable.getWriter()
    await Promise.all([writer.write('a'), writer.write('b'), writer.write('c')])
    const reader = stream.readable.getReader()
    expect(text((await reader.read()).value)).toBe('a\nb\nc\n')
  })

  test('a lone frame leaves at once when the transport is waiting', async () => {
    const stream = linesEncoder({ streams })
    const writer = stream.writable.getWriter()
    const reader = stream.readable.getReader()
    for (const line of ['a', 'b', 'c']) {
      const read = reader.read()
      await writer.write(line)
      expect(text((await read).value)).toBe(`${line}\n`)
    }
  })

  test('above 64 KiB a write waits until the transport asks again', async () => {
    const stream = linesEncoder({ streams })
    const writer = stream.writable.getWriter()
    const line = 'x'.repeat(1023)
    let written = 0
    for (let i = 0; i < 100; i++) void writer.write(line).then(() => written++)
    await settle()
    expect(written).toBe(63)
    const reader = stream.readable.getReader()
    expect((await reader.read()).value?.length).toBe(65_536)
    await settle()
    expect(written).toBe(100)
    expect((await reader.read()).value?.length).toBe(36 * 1024)
  })

  test('backpressure is felt by those who pipe into it', async () => {
    let made = 0
    const frames = pulled<string>(implementation, (controller) => {
      made++
      controller.enqueue('x'.repeat(1023))
    })
    const reader = frames.pipeThrough(linesEncoder({ streams })).getReader()
    await settle()
    // 64 KiB gathered, and the 64 KiB that its strategy lets queue.
    expect(made).toBeGreaterThanOrEqual(64)
    expect(made).toBeLessThanOrEqual(130)
    await reader.cancel()
  })

  test('a frame larger than everything leaves whole, as one chunk', async () => {
    const stream = lengthPrefixedEncoder({ streams })
    void stream.writable.getWriter().write(new Uint8Array(1_000_000))
    expect((await stream.readable.getReader().read()).value?.length).toBe(1_000_004)
  })

  test("a frame's memory is the caller's again when its write has settled", async () => {
    const stream = delimiterEncoder('\n', { streams })
    const writer = stream.writable.getWriter()
    const frame = bytes('one')
    await writer.write(frame)
    frame.fill(0x78)
    await writer.write(frame)
    expect(text((await stream.readable.getReader().read()).value)).toBe('one\nxxx\n')
  })

  test('its writer is one of its implementation, and locks the stream', () => {
    const { writable } = linesEncoder({ streams })
    const Writer = new classes.WritableStream().getWriter().constructor as typeof WritableStreamDefaultWriter
    expect(writable.getWriter()).toBeInstanceOf(Writer)
    expect(writable.locked).toBe(true)
    expect(() => writable.getWriter()).toThrow(TypeError)
  })

  test('a write counts until the next microtask, whichever way it takes, and nobody overtakes one that waits', async () => {
    const stream = delimiterEncoder('\n', { streams })
    const writer = stream.writable.getWriter()
    const sizes = [40_000, 100, 40_000, 5, 60_000, 7, 1]
    const wrote = sizes.map((size, i) => {
      const before = writer.desiredSize!
      const written = writer.write(new Uint8Array(size).fill(48 + i))
      expect(writer.desiredSize).toBe(before - size)
      return written
    })
    void writer.close()
    const all = (await drain(stream.readable)).join('')
    expect(all).toBe(sizes.map((size, i) => `${`${i}`.repeat(size)}\n`).join(''))
    expect(await Promise.all(wrote)).toEqual(sizes.map(() => undefined))
  })

  test.each([
    ['closes', (writer: WritableStreamDefaultWriter<string>) => writer.close()],
    ['aborts', (writer: WritableStreamDefaultWriter<string>) => writer.abort(new Error('over'))],
    ['leaves', async (writer: WritableStreamDefaultWriter<string>) => writer.releaseLock()],
  ])('a writer that %s writes nothing more, from the first turn on', async (_, end) => {
    for (const turns of [0, 1]) {
      const stream = linesEncoder({ streams })
      const writer = stream.writable.getWriter()
      writer.closed.catch(() => {})
      if (turns > 0) await settle()
      writer.write('a').catch(() => {})
      const ended = end(writer)
      // Some versions of node throw it.
      const written = (async () => writer.write('b'))()
      expect(await rejection(written)).toBeInstanceOf(Error)
      const text = drain(stream.readable).catch(() => [])
      await Promise.all([ended, stream.writable.locked ? undefined : stream.writable.close()])
      expect((await text).join('')).not.toContain('b')
    }
  })

  test('a stream that was closed or aborted without a writer takes nothing more', async () => {
    for (const end of ['close', 'abort'] as const) {
      const stream = linesEncoder({ streams })
      stream.writable[end](new Error('over')).catch(() => {})
      const writer = stream.writable.getWriter()
      writer.closed.catch(() => {})
      // Some versions of node throw it.
      const written = (async () => writer.write('b'))()
      expect(await rejection(written)).toBeInstanceOf(Error)
    }
  })

  test('a strategy of your own is asked once for each frame', async () => {
    const asked: string[] = []
    const size = (frame: string): number => asked.push(frame)
    const stream = linesEncoder({ streams, writableStrategy: { highWaterMark: 10, size } })
    const writer = stream.writable.getWriter()
    void writer.write('a')
    await writer.write('b')
    expect(asked).toEqual(['a', 'b'])
  })

  test('closing sends what has gathered, and what the rule puts at the end', async () => {
    const sequence: Codec<string> = {
      decoder: () => ({ decode: () => undefined }),
      encoder: () => ({ encode: (frame, out) => out.text(frame), end: (out) => out.text('.') }),
    }
    const stream = encoder(sequence, { streams })
    const writer = stream.writable.getWriter()
    void writer.write('a')
    void writer.write('b')
    await writer.close()
    expect((await drain(stream.readable)).join('')).toBe('ab.')
  })

  test('a frame of no bytes sends no chunk', async () => {
    const nothing: Codec<string> = {
      decoder: () => ({ decode: () => undefined }),
      encoder: () => ({ encode: (frame, out) => out.text(frame) }),
    }
    const stream = encoder(nothing, { streams })
    const reader = stream.readable.getReader()
    const read = reader.read()
    const writer = stream.writable.getWriter()
    await writer.write('')
    expect(await state(read)).toBe('pending')
    await writer.write('x')
    expect(text((await read).value)).toBe('x')
  })

  test('a frame that cannot be written errors both sides, after the frames before it have left', async () => {
    const stream = linesEncoder({ streams })
    const writer = stream.writable.getWriter()
    void writer.write('one')
    void writer.write('two')
    const error = await rejection(writer.write('two\nlines'))
    expect(error).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', offset: 3, frameIndex: 2 })
    expect(await rejection(writer.closed)).toBe(error)
    const reader = stream.readable.getReader()
    expect(text((await reader.read()).value)).toBe('one\ntwo\n')
    expect(await rejection(reader.read())).toBe(error)
  })

  test('a frame that cannot be written errors a transport that is waiting', async () => {
    const stream = linesEncoder({ streams, maxFrameLength: 3 })
    const read = rejection(stream.readable.getReader().read())
    const error = await rejection(stream.writable.getWriter().write('long'))
    expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', limit: 3, length: 4 })
    expect(await read).toBe(error)
  })

  test('aborting errors the readable side, also while a write waits for room', async () => {
    const stream = linesEncoder({ streams })
    const writer = stream.writable.getWriter()
    const waiting = rejection(writer.write('x'.repeat(70_000)))
    await settle()
    const reason = new Error('gone')
    expect(await state(writer.abort(reason))).toBe('fulfilled')
    expect(await waiting).toBe(reason)
    expect(await rejection(stream.readable.getReader().read())).toBe(reason)
  })

  test('cancelling the readable side errors the writable one, and frees a write that waits', async () => {
    const stream = linesEncoder({ streams })
    const writer = stream.writable.getWriter()
    const waiting = rejection(writer.write('x'.repeat(70_000)))
    await settle()
    await stream.readable.cancel('enough')
    expect(await waiting).toBe('enough')
    expect(await rejection(writer.closed)).toBe('enough')
  })

  test('an encoder into a framer gives back every frame', async () => {
    const frames = Array.from({ length: 1000 }, (_, i) => `frame ${i}`)
    let next = 0
    const given = new classes.ReadableStream<string>({
      pull(controller) {
        if (next < frames.length) controller.enqueue(frames[next++]!)
        else controller.close()
      },
    })
    const back = given.pipeThrough(linesEncoder({ streams })).pipeThrough(linesFramer({ streams }))
    expect(await collect(back)).toEqual(frames)
  })
})

test('an encoder takes any codec, also one whose frames are no bytes', async () => {
  const numbers: Codec<number> = {
    decoder: () => ({ decode: (queue) => (queue.length < 4 ? undefined : queue.uint(0, 4)) }),
    encoder: () => ({ encode: (frame, out) => out.uint(frame, 4) }),
  }
  const stream = encoder(numbers)
  const writer = stream.writable.getWriter()
  expect(writer.desiredSize).toBe(65_536)
  void writer.write(258)
  expect(writer.desiredSize).toBe(65_536 - 1024)
  expect((await stream.readable.getReader().read()).value).toEqual(new Uint8Array([0, 0, 1, 2]))
  expect(encoder(lengthPrefixed()).writable.getWriter().desiredSize).toBe(65_536)
})
