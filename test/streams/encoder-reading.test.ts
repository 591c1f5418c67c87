/** Reading the chunks of an encoder: its readers and loops take them past the stream's queue, and behave as the standard's. */

import { describe, expect, test } from 'vitest'
import { delimiterEncoder, lengthPrefixedEncoder, linesEncoder } from '../../src/index.ts'
import { bytes, collect, implementations, pipings, rejection, settle, state, text, usePipes } from './support.ts'

const KiB = 1024

describe.each(pipings)('the chunks of an encoder over $name', (implementation) => {
  usePipes(implementation)
  const { classes, option: streams } = implementation

  function written(...lines: string[]) {
    const stream = linesEncoder({ streams })
    const writer = stream.writable.getWriter()
    for (const line of lines) writer.write(line).catch(() => {})
    writer.closed.catch(() => {})
    return { stream, writer, readable: stream.readable }
  }

  async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
    return text(bytes((await collect(chunks)).map((chunk) => text(chunk)).join('')))
  }

  test('come to a loop in order, to the end, and it locks the stream while it lasts', async () => {
    const { writer, readable } = written('a', 'b')
    await settle()
    const iterator = readable[Symbol.asyncIterator]()
    expect(readable.locked).toBe(true)
    expect(() => readable.getReader()).toThrow(TypeError)
    expect(text((await iterator.next()).value)).toBe('a\nb\n')
    const waiting = [iterator.next(), iterator.next(), iterator.next()]
    await settle()
    for (const line of ['c', 'd']) {
      void writer.write(line)
      await settle()
    }
    void writer.close()
    expect((await Promise.all(waiting)).map(({ value, done }) => (done ? done : text(value)))).toEqual([
      'c\n',
      'd\n',
      true,
    ])
    expect(readable.locked).toBe(false)
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
  })

  test('that are left when the input has ended come before the end', async () => {
    for (const asked of [false, true]) {
      const { writer, readable } = written()
      const all = asked ? textOf(readable) : undefined
      await settle()
      for (const line of ['a', 'b', 'c']) void writer.write(line)
      await writer.close()
      expect(await (all ?? textOf(readable))).toBe('a\nb\nc\n')
    }
  })

  test('wait for the next reader where a loop is left and the stream is not cancelled', async () => {
    const { writer, readable } = written('a')
    for await (const chunk of readable.values({ preventCancel: true })) {
      expect(text(chunk)).toBe('a\n')
      break
    }
    expect(readable.locked).toBe(false)
    await settle()
    void writer.write('b')
    expect(text((await readable.getReader().read()).value)).toBe('b\n')
  })

  test('are wanted no more when a loop is left: the writable side errors with what it was left with', async () => {
    const { writer, readable } = written('a')
    const iterator = readable[Symbol.asyncIterator]()
    await iterator.next()
    const asked = iterator.next()
    const returned = iterator.return!('bye' as never)
    expect(await state(returned)).toBe('pending')
    void writer.write('b')
    expect(text((await asked).value)).toBe('b\n')
    expect(await returned).toEqual({ value: 'bye', done: true })
    expect(await rejection(writer.closed)).toBe('bye')
  })

  test('never overtake those that an abandoned read has left in the queue', async () => {
    for (const reads of [1, 2]) {
      const { writer, readable } = written()
      await settle()
      const left = readable.getReader()
      left.closed.catch(() => {})
      const abandoned = Array.from({ length: reads }, () => rejection(left.read()))
      await settle()
      left.releaseLock()
      for (const error of await Promise.all(abandoned)) expect(error).toBeInstanceOf(TypeError)
      for (const line of ['a', 'b', 'c']) {
        void writer.write(line)
        await settle()
      }
      void writer.close()
      expect(await textOf(readable)).toBe('a\nb\nc\n')
    }
  })

  test('come to reads in the order of the reads, and none to a reader that has left', async () => {
    const { writer, readable } = written()
    const reader = readable.getReader()
    const early = [reader.read(), reader.read()]
    for (const line of ['a', 'b']) {
      void writer.write(line)
      await settle()
    }
    expect((await Promise.all(early)).map(({ value }) => text(value))).toEqual(['a\n', 'b\n'])
    reader.releaseLock()
    expect(await rejection(reader.read())).toBeInstanceOf(TypeError)
    const next = readable.getReader()
    void writer.write('c')
    expect(text((await next.read()).value)).toBe('c\n')
    const Reader = new classes.ReadableStream().getReader().constructor as typeof ReadableStreamDefaultReader
    expect(next).toBeInstanceOf(Reader)
  })

  test('come before an error of the encoder, and all who wait are told of it, and of an abort', async () => {
    for (const turns of [0, 1]) {
      const { writer, readable } = written('a')
      writer.write('not\none').catch(() => {})
      if (turns > 0) await settle()
      const iterator = readable[Symbol.asyncIterator]()
      expect(text((await iterator.next()).value)).toBe('a\n')
      expect(await rejection(iterator.next())).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE' })
      expect((await iterator.next()).done).toBe(true)
    }
    const { writer, readable } = written()
    const reader = readable.getReader()
    reader.closed.catch(() => {})
    const refused = [reader.read(), reader.read()].map(rejection)
    await settle()
    const gone = new Error('gone')
    void writer.abort(gone)
    expect(await Promise.all(refused)).toEqual([gone, gone])
    expect(await rejection(reader.read())).toBe(gone)
  })

  test('end for all reads that wait when the reader cancels', async () => {
    const { readable, writer } = written()
    const reader = readable.getReader()
    const waiting = [reader.read(), reader.read()]
    await settle()
    await reader.cancel('enough')
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ value: undefined, done: true })))
    expect((await reader.read()).done).toBe(true)
    expect(await rejection(writer.closed)).toBe('enough')
  })

  test('hold a frame of some KiB, and its memory is its writer’s when the write has settled, however slow the reader is', async () => {
    for (const slow of [false, true]) {
      const stream = delimiterEncoder('\n', { streams })
      const writer = stream.writable.getWriter()
      const write = async (): Promise<void> => {
        const frame = new Uint8Array(20 * KiB)
        for (let i = 1; i <= 5; i++) {
          await writer.write(frame.fill(64 + i))
          frame.fill(0)
        }
        await writer.close()
      }
      const done = write()
      let all = ''
      for await (const chunk of stream.readable) {
        if (slow) await settle()
        all += text(chunk)
      }
      await done
      expect(all).toBe([1, 2, 3, 4, 5].map((i) => `${String.fromCharCode(64 + i).repeat(20 * KiB)}\n`).join(''))
    }
  })

  test('a frame of some KiB holds nobody up where no more chunks are asked for', async () => {
    const stream = lengthPrefixedEncoder({ streams })
    const writer = stream.writable.getWriter()
    const frame = new Uint8Array(20 * KiB).fill(7)
    await settle()
    const reader = stream.readable.getReader()
    const first = reader.read()
    for (let i = 0; i < 3; i++) await writer.write(frame)
    frame.fill(0)
    void writer.close()
    const chunks = [(await first).value!]
    for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value)
    const all = chunks.flatMap((chunk) => [...chunk])
    expect(all.length).toBe(3 * (20 * KiB + 4))
    expect(all.filter((byte) => byte === 7).length).toBe(3 * 20 * KiB)
  })

  test('gather while nobody waits for them, frames of some KiB too', async () => {
    const stream = lengthPrefixedEncoder({ streams })
    const writer = stream.writable.getWriter()
    for (let i = 0; i < 3; i++) await writer.write(new Uint8Array(20 * KiB))
    expect((await stream.readable.getReader().read()).value?.length).toBe(3 * (20 * KiB + 4))
  })
})

describe.each(implementations)('whoever waits for the chunks of an encoder over $name', ({ option: streams }) => {
  test.each(['reader', 'loop'])(
    'with a %s may keep chunks below 64 KiB, whatever the writer does to its memory',
    async (how) => {
      const stream = lengthPrefixedEncoder({ streams })
      const writer = stream.writable.getWriter()
      const sizes = [100, 8 * KiB, 16 * KiB, 60 * KiB]
      const write = async (): Promise<void> => {
        const memory = new Uint8Array(64 * KiB)
        for (const size of sizes) {
          await writer.write(memory.subarray(0, size).fill(7))
          memory.fill(0)
          await settle()
        }
        await writer.close()
      }
      const written = write()
      const chunks: Uint8Array[] = []
      if (how === 'loop') for await (const chunk of stream.readable) chunks.push(chunk)
      else {
        const reader = stream.readable.getReader()
        for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value)
      }
      await written
      const sevens = chunks.map((chunk) => chunk.reduce((n, byte) => n + (byte === 7 ? 1 : 0), 0))
      expect(sevens).toEqual(sizes)
    },
  )

  test('gets plain bytes, also where what was written is of a class of its own', async () => {
    class Own extends Uint8Array {}
    for (const length of [3, 8 * KiB, 64 * KiB]) {
      const stream = lengthPrefixedEncoder({ streams })
      void stream.writable.getWriter().write(new Own(length))
      const reader = stream.readable.getReader()
      let bytes = 0
      while (bytes < length + 4) {
        const { value } = await reader.read()
        expect(value?.constructor).toBe(Uint8Array)
        bytes += value!.length
      }
    }
  })

  test("gets copies under copy 'always', and where the stream has a queue of its own", async () => {
    for (const options of [{ copy: 'always' as const }, { readableStrategy: { highWaterMark: 0 } }]) {
      const stream = lengthPrefixedEncoder({ streams, ...options })
      const reader = stream.readable.getReader()
      const read = reader.read()
      await settle()
      await stream.writable.getWriter().write(new Uint8Array(64 * KiB))
      expect((await read).value?.length).toBe(64 * KiB + 4)
    }
  })
})
