/**
 * `for await` over decodeTransform goes past Node's buffer where nobody can tell. So each of these holds for it and for Node's own iterator
 * over the same stream.
 */

import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { lengthPrefixed, lines, type ByteQueue, type Codec, type Decoder } from '../../src/index.ts'
import { decodeTransform, type DecodeTransform, type DecodeTransformOptions } from '../../src/node/index.ts'
import { bytes, rejection } from '../streams/support.ts'

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

type Loop = AsyncIterableIterator<string, undefined>

const iterators: readonly [
  name: string,
  begin: (stream: DecodeTransform<string>, options?: { destroyOnReturn?: boolean }) => Loop,
][] = [
  [
    'ours',
    (stream, options) => (options === undefined ? stream[Symbol.asyncIterator]() : stream.iterator(options)) as Loop,
  ],
  [
    "Node's",
    (stream, options) =>
      (options === undefined
        ? Readable.prototype[Symbol.asyncIterator].call(stream)
        : Readable.prototype.iterator.call(stream, options)) as Loop,
  ],
]

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`)
const text = (from: number, to: number): Uint8Array =>
  bytes(
    numbers(from, to)
      .map((line) => `${line}\n`)
      .join(''),
  )

describe.each(iterators)('a loop over decodeTransform, %s', (_, begin) => {
  const make = (options?: DecodeTransformOptions, codec: Codec<string, never> = lines()): DecodeTransform<string> =>
    decodeTransform(codec, options)

  /** A loop that has taken the first `n` of the lines that were written. */
  async function begun(
    stream: DecodeTransform<string>,
    n: number,
    options?: { destroyOnReturn?: boolean },
  ): Promise<Loop> {
    const loop = begin(stream, options)
    for (let i = 0; i < n; i++) expect(await loop.next()).toEqual({ value: `${i}`, done: false })
    return loop
  }

  test.each([1, 7, 1000])('gives all frames in their order, out of chunks of %i bytes', async (size) => {
    const all = text(0, 2000)
    const chunks: Uint8Array[] = []
    for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size))
    const stream = Readable.from(chunks).pipe(make())
    const got: string[] = []
    for await (const line of { [Symbol.asyncIterator]: () => begin(stream) }) got.push(line)
    expect(got).toEqual(numbers(0, 2000))
    expect(stream.readableEnded).toBe(true)
    expect(stream.destroyed).toBe(true)
  })

  test('gives frames that are empty strings', async () => {
    const stream = make()
    stream.end(bytes('\n\n1\n\n'))
    const loop = begin(stream)
    const got = [await loop.next(), await loop.next(), await loop.next(), await loop.next(), await loop.next()]
    expect(got.map(({ value }) => value)).toEqual(['', '', '1', '', undefined])
  })

  test('answers calls that are made at once in their order, whether the frames are there or come, and then says done', async () => {
    const stream = make()
    stream.write(text(0, 30))
    const loop = await begun(stream, 3)
    const answers = Array.from({ length: 60 }, () => loop.next())
    await settle()
    stream.write(text(30, 31))
    await settle()
    stream.write(text(31, 50))
    await settle()
    stream.end()
    const values = (await Promise.all(answers)).map(({ value }) => value)
    expect(values).toEqual([...numbers(3, 50), ...Array.from({ length: 13 }, () => undefined)])
    expect(await loop.next()).toEqual({ value: undefined, done: true })
  })

  test('throws what is wrong after the good frames before it, once, and then says done', async () => {
    const stream = make({}, lines({ maxFrameLength: 5 }))
    stream.write(bytes(`0\n1\n2\n${'3\n'.repeat(40)}`))
    const loop = await begun(stream, 3)
    stream.write(bytes('4\ntoo long\n'))
    for (let i = 0; i < 40; i++) expect((await loop.next()).value).toBe('3')
    expect((await loop.next()).value).toBe('4')
    expect(await rejection(loop.next())).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', frameIndex: 44 })
    expect(await loop.next()).toEqual({ value: undefined, done: true })
    expect(stream.destroyed).toBe(true)
  })

  test('throws to the call that waits, and the calls behind it are done', async () => {
    const stream = make({}, lines({ onTrailing: 'error' }))
    stream.write(text(0, 2))
    const loop = await begun(stream, 2)
    const waiting = [rejection(loop.next()), loop.next(), loop.next()]
    await settle()
    stream.end(bytes('unfinished'))
    expect(await waiting[0]).toMatchObject({ code: 'ERR_FRAME_TRUNCATED' })
    expect(await Promise.all(waiting.slice(1))).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ])
  })

  test('a break destroys the stream', async () => {
    const stream = make()
    stream.write(text(0, 100))
    const closed = once(stream, 'close').catch((error: unknown) => error)
    const loop = await begun(stream, 20)
    expect(await loop.return!()).toEqual({ value: undefined, done: true })
    expect(stream.destroyed).toBe(true)
    expect(await closed).toMatchObject({ name: 'AbortError' })
    expect(await loop.next()).toEqual({ value: undefined, done: true })
  })

  test('an error thrown into it destroys the stream and comes back', async () => {
    const stream = make()
    stream.write(text(0, 100))
    const loop = await begun(stream, 20)
    const error = new Error('enough')
    expect(await rejection(loop.throw!(error))).toBe(error)
    expect(stream.destroyed).toBe(true)
    expect(await loop.next()).toEqual({ value: undefined, done: true })
  })

  test('to leave it before it has begun does nothing to the stream', async () => {
    const stream = make()
    stream.write(text(0, 3))
    const loop = begin(stream)
    expect(await loop.return!()).toEqual({ value: undefined, done: true })
    expect(await loop.next()).toEqual({ value: undefined, done: true })
    expect(stream.destroyed).toBe(false)
    await begun(stream, 3)
  })

  test('to leave it while a call waits is the next thing after that call', async () => {
    const stream = make()
    stream.write(text(0, 2))
    const loop = await begun(stream, 2)
    const order: string[] = []
    const next = loop.next().then(({ value }) => order.push(`next ${value}`))
    const left = loop.return!().then(() => order.push('left'))
    await settle()
    expect([order, stream.destroyed]).toEqual([[], false])
    stream.write(text(2, 4))
    await Promise.all([next, left])
    expect([order, stream.destroyed]).toEqual([['next 2', 'left'], true])
  })

  test('with destroyOnReturn: false what it has not taken is there for others', async () => {
    const stream = make()
    stream.write(text(0, 100))
    const loop = await begun(stream, 30, { destroyOnReturn: false })
    await loop.return!()
    expect(await loop.next()).toEqual({ value: undefined, done: true })
    expect(stream.destroyed).toBe(false)
    expect(stream.read()).toBe('30')
    const rest: string[] = []
    stream.on('data', (line: string) => rest.push(line))
    stream.end(text(100, 120))
    await once(stream, 'end')
    expect(rest).toEqual(numbers(31, 120))
  })

  test('a second loop goes on where the first one was left', async () => {
    const stream = make()
    stream.write(text(0, 100))
    const first = await begun(stream, 30, { destroyOnReturn: false })
    await first.return!()
    stream.end()
    const rest: string[] = []
    for await (const line of { [Symbol.asyncIterator]: () => begin(stream) }) rest.push(line)
    expect(rest).toEqual(numbers(30, 100))
  })

  test('two loops at once share the frames, each of which comes once', async () => {
    const stream = Readable.from([text(0, 100), text(100, 101), text(101, 300)]).pipe(make())
    const got: string[] = []
    const read = async (): Promise<void> => {
      for await (const line of { [Symbol.asyncIterator]: () => begin(stream) }) got.push(line)
    }
    await Promise.all([read(), read()])
    expect(got.sort((a, b) => Number(a) - Number(b))).toEqual(numbers(0, 300))
  })

  test('read() and unshift() besides it take and give what is next', async () => {
    const stream = make()
    stream.write(text(0, 100))
    const loop = await begun(stream, 20)
    expect(stream.read()).toBe('20')
    expect((await loop.next()).value).toBe('21')
    stream.unshift('again')
    const got = []
    for (let i = 0; i < 79; i++) got.push((await loop.next()).value)
    expect(got).toEqual(['again', ...numbers(22, 100)])
  })

  test.each(['on', 'addListener', 'prependListener'] as const)(
    "'data' listeners (%s) besides it hear each frame from then on",
    async (add) => {
      const stream = make()
      stream.write(text(0, 40))
      const loop = await begun(stream, 20)
      const heard: string[] = []
      stream[add]('data', (line: string) => heard.push(line))
      for (let i = 20; i < 40; i++) expect((await loop.next()).value).toBe(`${i}`)
      const waiting = loop.next()
      await settle()
      stream.write(text(40, 41))
      expect((await waiting).value).toBe('40')
      expect(heard).toEqual(numbers(20, 41))
    },
  )

  test("listeners of 'readable' besides it find what it has not taken", async () => {
    const stream = make()
    stream.write(text(0, 100))
    const loop = await begun(stream, 30)
    const found: string[] = []
    stream.once('readable', () => found.push(stream.read() as string, stream.read() as string))
    await settle()
    expect(found).toEqual(['30', '31'])
    for (let i = 32; i < 100; i++) expect((await loop.next()).value).toBe(`${i}`)
  })

  test("a 'data' listener that comes while a call waits hears the frame that it waits for", async () => {
    const stream = make()
    stream.write(text(0, 2))
    const loop = await begun(stream, 2)
    const waiting = loop.next()
    await settle()
    const heard: string[] = []
    stream.on('data', (line: string) => heard.push(line))
    stream.write(text(2, 3))
    expect((await waiting).value).toBe('2')
    expect(heard).toEqual(['2'])
  })

  test('destroy() takes the frames that wait with it, and the call that comes is told', async () => {
    const stream = make()
    stream.write(text(0, 30))
    const loop = await begun(stream, 20)
    stream.destroy()
    expect(await rejection(loop.next())).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
    expect(await loop.next()).toEqual({ value: undefined, done: true })
  })

  test('destroy() while a call waits: it is told, with the reason where there is one', async () => {
    for (const reason of [undefined, new Error('gone')]) {
      const stream = make()
      stream.write(text(0, 2))
      const loop = await begun(stream, 2)
      const waiting = rejection(loop.next())
      await settle()
      stream.destroy(reason)
      if (reason === undefined) expect(await waiting).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
      else expect(await waiting).toBe(reason)
    }
  })

  test('a frame that comes too late ends the call that waits for it', async () => {
    const stream = make({ frameTimeout: 20 })
    stream.write(text(0, 2))
    const loop = await begun(stream, 2)
    stream.write(bytes('slow'))
    expect(await rejection(loop.next())).toMatchObject({ code: 'ERR_FRAME_TIMEOUT', length: 4 })
  })

  test('holds the writer back: a chunk is done when no more than 16 of its frames are left', async () => {
    const stream = make()
    let done = 0
    for (let i = 0; i < 3; i++) stream.write(text(i * 100, (i + 1) * 100), () => done++)
    const loop = await begun(stream, 50)
    expect([stream.stats.frames <= 66, done]).toEqual([true, 0])
    for (let i = 50; i < 80; i++) await loop.next()
    expect(done).toBe(0)
    for (let i = 80; i < 100; i++) await loop.next()
    await settle()
    expect([stream.stats.frames <= 116, done]).toEqual([true, 1])
  })

  test('its body may wait for a write, and for the end of the writable side, while frames are left', async () => {
    const stream = make()
    const got: string[] = []
    stream.write(text(0, 10))
    for await (const line of { [Symbol.asyncIterator]: () => begin(stream) }) {
      got.push(line)
      if (line === '5') await new Promise((resolve) => stream.write(text(10, 14), resolve))
      if (line === '12') await new Promise<void>((resolve) => stream.end(text(14, 20), resolve))
    }
    expect(got).toEqual(numbers(0, 20))
  })

  test("'end' and 'close' come when the loop has everything", async () => {
    const stream = make()
    const events: string[] = []
    for (const name of ['finish', 'end', 'close']) stream.on(name, () => events.push(name))
    stream.end(text(0, 40))
    const loop = await begun(stream, 39)
    await settle()
    expect(events).toEqual(['finish'])
    expect((await loop.next()).value).toBe('39')
    expect((await loop.next()).done).toBe(true)
    await settle()
    expect(events).toEqual(['finish', 'end', 'close'])
  })

  test('tells a source that stands still that its frames are through', async () => {
    const stream = decodeTransform(lengthPrefixed({ width: 1 }))
    const loop = begin(stream as never)
    for (let i = 0; i < 5; i++) {
      const written = new Promise((resolve) => stream.write(Uint8Array.of(1, i), resolve))
      expect((await loop.next()).value).toEqual(Uint8Array.of(i))
      await written
    }
    await loop.return!()
  })
})

test('the loop goes past the buffer, also for frames that it waits for, and one by one in the middle of a chunk', async () => {
  const stream = decodeTransform(lines())
  let reads = 0
  let pushes = 0
  const { read, push } = stream
  stream.read = function counted(size?: number) {
    reads++
    return read.call(stream, size) as unknown
  }
  stream.push = function counted(frame: unknown) {
    pushes++
    return push.call(stream, frame)
  }
  stream.write(text(0, 20))
  const loop = stream[Symbol.asyncIterator]()
  for (let i = 0; i < 20; i++) await loop.next()
  const before = [reads, pushes]
  // As many as there is room for, and the one that came while Node's iterator had not answered yet: the loop takes those as it begins.
  expect([before[0]! >= 1, before[1]]).toEqual([true, 17])
  for (let i = 20; i < 2000; i += 40) {
    const next = loop.next()
    stream.write(text(i, i + 40))
    expect((await next).value).toBe(`${i}`)
    for (let j = 1; j < 40; j++) expect((await loop.next()).value).toBe(`${i + j}`)
  }
  expect([reads, pushes]).toEqual(before)
})

test('the loop takes over in the first chunk, whatever has been decoded ahead of it', async () => {
  const stream = decodeTransform(lines())
  let pushes = 0
  const { push } = stream
  stream.push = function counted(frame: unknown) {
    pushes++
    return push.call(stream, frame)
  }
  stream.write(text(0, 1000))
  const loop = stream[Symbol.asyncIterator]()
  for (let i = 0; i < 1000; i++) expect((await loop.next()).value).toBe(`${i}`)
  expect(pushes).toBeLessThanOrEqual(17)
})

test('a loop whose body waits for something else finds the stream gone on meanwhile: the chunk is done, and the next one is there', async () => {
  const stream = decodeTransform(lines())
  let done = false
  stream.write(text(0, 100), () => (done = true))
  const got: string[] = []
  for await (const line of stream) {
    got.push(line)
    if (line === '70') expect(done).toBe(false)
    // Ten are left, fewer than may be ahead of the loop.
    if (line === '89') await new Promise<void>((resolve) => stream.end(text(100, 105), resolve))
  }
  expect(got).toEqual(numbers(0, 105))
})

test.each([20, 25, 40])(
  'a frame that is null is an error behind the frames before it, the %ith of a chunk too',
  async (n) => {
    const codec = { decoder: () => new Numbering(n) } as unknown as Codec<number, never>
    const stream = decodeTransform(codec)
    stream.write(new Uint8Array(100))
    const got: number[] = []
    const error = await rejection(
      (async () => {
        for await (const number of stream) got.push(number)
      })(),
    )
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringContaining('null') })
    expect(got).toEqual(Array.from({ length: n }, (_, i) => i))
  },
)

/** A number for each byte, and null instead of the nth. */
class Numbering implements Decoder<number | null> {
  readonly #n: number
  #count = 0

  constructor(n: number) {
    this.#n = n
  }

  decode(bytes: ByteQueue): number | null | undefined {
    if (bytes.length === 0) return undefined
    bytes.skip(1)
    return this.#count === this.#n ? null : this.#count++
  }
}
