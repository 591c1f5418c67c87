import { describe, expect, test } from 'vitest'
import {
  delimiterEncoder,
  encoder,
  fixedLengthEncoder,
  FramingError,
  lengthPrefixed,
  lengthPrefixedEncoder,
  linesEncoder,
  linesFramer,
  mapCodec,
  type Codec,
} from '../../src/index.ts'
import { bytes, collect, pipings, pulled, rejection, settle, state, text, usePipes } from './support.ts'

const MiB = 1024 * 1024

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

  test('a large frame is not copied: two chunks leave, its head and its own memory', async () => {
    const stream = lengthPrefixedEncoder({ streams })
    const frame = new Uint8Array(MiB).fill(7)
    void stream.writable.getWriter().write(frame)
    const reader = stream.readable.getReader()
    expect((await reader.read()).value).toEqual(new Uint8Array([0, 16, 0, 0]))
    const { value } = await reader.read()
    expect(value?.buffer).toBe(frame.buffer)
    expect([value?.byteOffset, value?.byteLength]).toEqual([0, MiB])
  })

  test('its write is over when the reader has asked for what comes after it, and not before', async () => {
    const stream = lengthPrefixedEncoder({ streams })
    const writer = stream.writable.getWriter()
    const reader = stream.readable.getReader()
    const written = writer.write(new Uint8Array(MiB))
    expect((await reader.read()).value?.length).toBe(4)
    expect(await state(written)).toBe('pending')
    expect((await reader.read()).value?.length).toBe(MiB)
    expect(await state(written)).toBe('pending')
    const next = reader.read()
    expect(await state(written)).toBe('fulfilled')
    await writer.write(new Uint8Array([9]))
    expect((await next).value).toEqual(new Uint8Array([0, 0, 0, 1, 9]))
  })

  test('what a rule puts behind a large frame does not hold its write', async () => {
    const stream = delimiterEncoder('\n', { streams })
    const writer = stream.writable.getWriter()
    const reader = stream.readable.getReader()
    const written = writer.write(new Uint8Array(MiB))
    expect((await reader.read()).value?.length).toBe(MiB)
    expect(await state(written)).toBe('pending')
    expect(text((await reader.read()).value)).toBe('\n')
    expect(await state(written)).toBe('fulfilled')
  })

  test('one buffer serves for all large frames, each written when the write before it is over', async () => {
    for (const make of [() => lengthPrefixedEncoder({ streams }), () => fixedLengthEncoder(MiB, { streams })]) {
      const stream = make()
      const writer = stream.writable.getWriter()
      const write = async (): Promise<void> => {
        const frame = new Uint8Array(MiB)
        for (let i = 1; i <= 5; i++) {
          await writer.write(frame.fill(i))
          frame.fill(0)
        }
        await writer.close()
      }
      const written = write()
      const seen: number[] = []
      const reader = stream.readable.getReader()
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const { value } = read
        // Whoever reads takes his time with each chunk.
        await settle()
        if (value.length < MiB) continue
        expect(value.every((byte) => byte === value[0])).toBe(true)
        seen.push(value[0]!)
      }
      await written
      expect(seen).toEqual([1, 2, 3, 4, 5])
    }
  })

  test('so it does where a codec has made them, through a pipe to whoever is slow', async () => {
    const scratch = new Uint8Array(100_000)
    const filled = mapCodec(lengthPrefixed(), {
      decode: (frame) => frame[0]!,
      encode: (value: number) => scratch.fill(value),
    })
    let next = 0
    const numbers = pulled<number>(implementation, (controller) => {
      if (++next <= 20) controller.enqueue(next)
      else controller.close()
    })
    const seen: number[] = []
    const slow = new classes.WritableStream<Uint8Array>({
      async write(chunk) {
        await settle()
        if (chunk.length === 100_000 && chunk.every((byte) => byte === chunk[0])) seen.push(chunk[0]!)
      },
    })
    await numbers.pipeThrough(encoder(filled, { streams })).pipeTo(slow)
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  test("with copy 'always', or a queue of its own, what leaves is a copy", async () => {
    const frame = new Uint8Array(MiB).fill(7)
    for (const stream of [
      lengthPrefixedEncoder({ copy: 'always', streams }),
      lengthPrefixedEncoder({ streams, readableStrategy: { highWaterMark: 1 } }),
    ]) {
      const reader = stream.readable.getReader()
      const read = reader.read()
      await stream.writable.getWriter().write(frame)
      const { value } = await read
      expect(value?.length).toBe(MiB + 4)
      expect(value?.buffer).not.toBe(frame.buffer)
    }
  })

  test('large frames, small ones and the end come in order', async () => {
    const stream = delimiterEncoder('\n', { streams })
    const writer = stream.writable.getWriter()
    const lengths = [3, 100_000, 0, 5, 70_000, 70_000, 1]
    for (const [i, length] of lengths.entries()) void writer.write(new Uint8Array(length).fill(0x61 + i))
    const closed = writer.close()
    const all = (await drain(stream.readable)).join('')
    expect(all).toBe(lengths.map((length, i) => `${String.fromCharCode(0x61 + i).repeat(length)}\n`).join(''))
    await closed
  })

  test('a large frame that cannot be written leaves nothing; all before it leave first', async () => {
    const stream = delimiterEncoder('\n', { streams })
    const writer = stream.writable.getWriter()
    const wrong = new Uint8Array(100_000)
    wrong[99_999] = 0x0a
    for (const length of [100_000, 3, 80_000, 2]) void writer.write(new Uint8Array(length).fill(0x61))
    const refused = rejection(writer.write(wrong))
    const reader = stream.readable.getReader()
    let length = 0
    const failed = rejection(
      (async () => {
        for (;;) length += (await reader.read()).value!.length
      })(),
    )
    expect(await failed).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', offset: 99_999, frameIndex: 4 })
    expect(await refused).toBe(await failed)
    expect(length).toBe(180_005 + 4)
  })

  test('a rule whose encoder fails within a large frame takes back all of it', async () => {
    const half: Codec<Uint8Array> = {
      decoder: () => ({ decode: () => undefined }),
      encoder: () => ({
        encode(frame, out) {
          out.text('head')
          out.pass(frame)
          out.text('tail')
          if (frame[0] === 1) throw new FramingError('ERR_FRAME_UNENCODABLE', 'half of it is written')
        },
      }),
    }
    const stream = encoder(half, { streams })
    const writer = stream.writable.getWriter()
    void writer.write(new Uint8Array([2]))
    const refused = rejection(writer.write(new Uint8Array(100_000).fill(1)))
    const reader = stream.readable.getReader()
    expect(text((await reader.read()).value)).toBe('head\x02tail')
    expect(await rejection(reader.read())).toBe(await refused)
  })

  test('abort and cancel free the write of a large frame, before it leaves and while the reader has it', async () => {
    for (const reads of [0, 1, 2]) {
      for (const end of ['abort', 'cancel'] as const) {
        const stream = lengthPrefixedEncoder({ streams })
        const writer = stream.writable.getWriter()
        const reader = stream.readable.getReader()
        const waiting = rejection(writer.write(new Uint8Array(MiB)))
        for (let i = 0; i < reads; i++) await reader.read()
        const reason = new Error('gone')
        await (end === 'abort' ? writer.abort(reason) : reader.cancel(reason))
        expect(await waiting).toBe(reason)
      }
    }
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

  test("what is more than it looks holds its writer all the same: its memory is the caller's when the write has settled", async () => {
    const messages = mapCodec(lengthPrefixed(), {
      decode: (payload) => ({ payload }),
      encode: (message: { payload: Uint8Array }) => message.payload,
    })
    const payload = new Uint8Array(100_000).fill(1)
    const stream = encoder(messages, { streams })
    const writer = stream.writable.getWriter()
    const reader = stream.readable.getReader()
    const written = writer.write({ payload })
    expect((await reader.read()).value).toEqual(new Uint8Array([0, 1, 0x86, 0xa0]))
    const chunk = (await reader.read()).value!
    expect(chunk.buffer).toBe(payload.buffer)
    expect(await state(written)).toBe('pending')
    void reader.read()
    expect(await state(written)).toBe('fulfilled')
    void writer.close()
  })

  test('frames that are nothing but their head fill the buffer, and then writes wait, and fail with the transport', async () => {
    const stream = lengthPrefixedEncoder({ streams })
    const writer = stream.writable.getWriter()
    const writes = Array.from({ length: 16_385 }, () => writer.write(new Uint8Array(0)))
    expect(await state(writes[16_382]!)).toBe('fulfilled')
    expect(await state(writes[16_383]!)).toBe('pending')
    const failed = Promise.allSettled([...writes, writer.closed])
    await stream.readable.cancel(new Error('over'))
    expect((await failed).filter(({ status }) => status === 'rejected').length).toBe(3)
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
