/**
 * What a pipe between two streams of ours does, in all that the standard lets one observe: the same whether it goes past the queues of
 * both or not. Sockets here are pairs in memory; test/sockets/pipe.test.ts has those over TCP.
 */

import { describe, expect, test } from 'vitest'
import { delimiter, delimiterEncoder, delimiterFramer, encoder, framer, lines, type Codec } from '../../src/index.ts'
import { duplexPair } from '../../src/sockets/duplex-pair.ts'
import { bytes, collect, type Piping, pipings, rejection, settle, text, usePipes } from './support.ts'

/** Where lines come from: a stream of bytes or of frames. */
interface From {
  readonly readable: ReadableStream<unknown>
  /** Has these lines come, in one chunk or as frames. */
  send(...lines: string[]): Promise<unknown>
  end(): void
  /** Fails, after what was sent, with an error of this code. */
  fail(): string
}

/** Where lines go. */
interface To {
  readonly writable: WritableStream<unknown>
  /** The lines that arrive there. */
  readonly arrived: AsyncIterator<string>
  /** Fails with an error that is this, or has this code. */
  fail(): unknown
}

const boom = new Error('boom')
const ignore = (): void => {}

async function* linesOf(readable: ReadableStream<Uint8Array>, areFrames: boolean): AsyncGenerator<string> {
  const reader = readable.getReader()
  let rest = ''
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (areFrames) yield text(read.value)
    else {
      const parts = (rest + text(read.value)).split('\n')
      rest = parts.pop()!
      yield* parts
    }
  }
  if (rest !== '') throw new Error(`The end came within a line: ${rest}`)
}

async function take(from: AsyncIterator<string>, n: number): Promise<string[]> {
  const all: string[] = []
  while (all.length < n) {
    const { done, value } = await from.next()
    if (done === true) throw new Error(`The end came after ${all.length} lines`)
    all.push(value)
  }
  return all
}

/** All lines until the end, which is an error or undefined. */
async function rest(from: AsyncIterator<string>): Promise<{ lines: string[]; error: unknown }> {
  const all: string[] = []
  try {
    for (let { done, value } = await from.next(); done !== true; { done, value } = await from.next()) all.push(value)
  } catch (error) {
    return { lines: all, error }
  }
  return { lines: all, error: undefined }
}

const joined = (all: string[]): Uint8Array => bytes(all.map((line) => `${line}\n`).join(''))

function fromSocket(): From {
  const [near, far] = duplexPair()
  const writer = far.writable.getWriter()
  return {
    readable: near.readable,
    send: (...all) => writer.write(joined(all)).catch(ignore),
    end: () => void writer.close().catch(ignore),
    fail() {
      far.reset()
      return 'ECONNRESET'
    },
  }
}

function fromFramer({ option: streams }: Piping): From {
  const { readable, writable } = delimiterFramer('\n', { streams, maxFrameLength: 2_000 })
  const writer = writable.getWriter()
  writer.closed.catch(ignore)
  return {
    readable,
    send: (...all) => writer.write(joined(all)).catch(ignore),
    end: () => void writer.close().catch(ignore),
    fail() {
      writer.write(new Uint8Array(3_000)).catch(ignore)
      return 'ERR_FRAME_TOO_LONG'
    },
  }
}

function fromEncoder({ option: streams }: Piping): From {
  const { readable, writable } = delimiterEncoder('\n', { streams })
  const writer = writable.getWriter()
  writer.closed.catch(ignore)
  return {
    readable,
    send: (...all) => Promise.all(all.map((line) => writer.write(bytes(line)).catch(ignore))),
    end: () => void writer.close().catch(ignore),
    fail() {
      writer.write(bytes('not\none line')).catch(ignore)
      return 'ERR_FRAME_UNENCODABLE'
    },
  }
}

function toSocket(): To {
  const [near, far] = duplexPair()
  return {
    writable: near.writable,
    arrived: linesOf(far.readable, false),
    fail() {
      far.reset()
      return expect.objectContaining({ code: 'ECONNRESET' })
    },
  }
}

function toStage(readable: ReadableStream<Uint8Array>, writable: WritableStream<unknown>, areFrames: boolean): To {
  let arrived: AsyncIterator<string> | undefined
  return {
    writable,
    get arrived() {
      return (arrived ??= linesOf(readable, areFrames))
    },
    fail() {
      readable.cancel(boom).catch(ignore)
      return boom
    },
  }
}

function toFramer({ option: streams }: Piping): To {
  const { readable, writable } = delimiterFramer('\n', { streams })
  return toStage(readable, writable, true)
}

function toEncoder({ option: streams }: Piping): To {
  const { readable, writable } = delimiterEncoder('\n', { streams })
  return toStage(readable, writable, false)
}

type Pair = [name: string, from: (piping: Piping) => From, to: (piping: Piping) => To]
const stages: Pair[] = [
  ['an encoder to a framer', fromEncoder, toFramer],
  ['a framer to an encoder', fromFramer, toEncoder],
]
const sockets: Pair[] = [
  ['a socket to a framer', fromSocket, toFramer],
  ['an encoder to a socket', fromEncoder, toSocket],
  ['a socket to a socket', fromSocket, toSocket],
]

describe.each(pipings)('over $name', (piping) => {
  usePipes(piping)
  // Sockets have the runtime's own streams, which the platform does not pipe into those of another implementation.
  describe.each(piping.option === undefined ? [...stages, ...sockets] : stages)(
    'a pipe from %s',
    { timeout: 4_000 },
    (_, from, to) => {
      const ends = (): { source: From; destination: To } => ({ source: from(piping), destination: to(piping) })

      test('passes everything on in order, then the end; both are unlocked', async () => {
        const { source, destination } = ends()
        const piped = source.readable.pipeTo(destination.writable)
        const all = Array.from({ length: 3_000 }, (_, i) => `line ${i}${'.'.repeat(i % 97)}`)
        for (let at = 0; at < all.length; at += 500) void source.send(...all.slice(at, at + 500))
        source.end()
        expect(await rest(destination.arrived)).toEqual({ lines: all, error: undefined })
        expect(await piped).toBeUndefined()
        expect([source.readable.locked, destination.writable.locked]).toEqual([false, false])
        await expect(destination.writable.getWriter().closed).resolves.toBeUndefined()
      })

      test('is made by the platform, or by us where pipes are fused', async () => {
        const { source, destination } = ends()
        const { prototype } = piping.classes.ReadableStream
        const { pipeTo } = prototype
        let calls = 0
        prototype.pipeTo = function (...args) {
          calls++
          return pipeTo.apply(this, args)
        }
        try {
          void source.readable.pipeTo(destination.writable).catch(ignore)
        } finally {
          prototype.pipeTo = pipeTo
        }
        expect(calls).toBe(piping.isFused ? 0 : 1)
      })

      test('passes on one by one what comes one by one, without delay', async () => {
        const { source, destination } = ends()
        void source.readable.pipeTo(destination.writable).catch(ignore)
        for (const line of ['one', '', 'three', 'four']) {
          void source.send(line)
          expect(await take(destination.arrived, 1)).toEqual([line])
        }
      })

      test('locks both at once, and refuses streams that are locked, without touching the other', async () => {
        const { source, destination } = ends()
        const other = ends()
        void source.readable.pipeTo(destination.writable).catch(ignore)
        expect([source.readable.locked, destination.writable.locked]).toEqual([true, true])
        expect(await rejection(source.readable.pipeTo(other.destination.writable))).toBeInstanceOf(TypeError)
        expect(await rejection(other.source.readable.pipeTo(destination.writable))).toBeInstanceOf(TypeError)
        expect([other.source.readable.locked, other.destination.writable.locked]).toEqual([false, false])
      })

      test('what was written before comes first; what an abandoned read has left, too', async () => {
        const { source, destination } = ends()
        await settle()
        const reader = source.readable.getReader()
        reader.read().catch(ignore)
        reader.releaseLock()
        void source.send('first')
        await settle()
        const before = to === toEncoder ? bytes('before') : bytes('before\n')
        const writer = destination.writable.getWriter()
        void writer.write(before)
        writer.releaseLock()
        void source.readable.pipeTo(destination.writable).catch(ignore)
        void source.send('second', 'third')
        expect(await take(destination.arrived, 4)).toEqual(['before', 'first', 'second', 'third'])
      })

      test('with preventClose leaves the destination open for the next one', async () => {
        const { source, destination } = ends()
        const next = from(piping)
        void source.send('one')
        source.end()
        const arrived = take(destination.arrived, 2)
        await source.readable.pipeTo(destination.writable, { preventClose: true })
        expect(destination.writable.locked).toBe(false)
        void next.send('two')
        next.end()
        await next.readable.pipeTo(destination.writable)
        expect(await arrived).toEqual(['one', 'two'])
        expect(await rest(destination.arrived)).toEqual({ lines: [], error: undefined })
      })

      test("passes on the source's error, after what came before it", async () => {
        const { source, destination } = ends()
        const piped = rejection(source.readable.pipeTo(destination.writable))
        void source.send('one', 'two')
        expect(await take(destination.arrived, 2)).toEqual(['one', 'two'])
        const code = source.fail()
        const error = await piped
        expect(error).toMatchObject({ code })
        const { error: arrived } = await rest(destination.arrived)
        if (to === toSocket) expect(arrived).toMatchObject({ code: 'ECONNRESET' })
        else expect(arrived).toBe(error)
        expect([source.readable.locked, destination.writable.locked]).toEqual([false, false])
      })

      test('with preventAbort leaves the destination usable when the source fails', async () => {
        const { source, destination } = ends()
        const next = from(piping)
        const piped = rejection(source.readable.pipeTo(destination.writable, { preventAbort: true }))
        void source.send('one')
        expect(await take(destination.arrived, 1)).toEqual(['one'])
        const code = source.fail()
        expect(await piped).toMatchObject({ code })
        void next.readable.pipeTo(destination.writable).catch(ignore)
        void next.send('two')
        expect(await take(destination.arrived, 1)).toEqual(['two'])
      })

      test("cancels the source with the destination's error, while it waits and while it writes", async () => {
        for (const isBusy of [false, true]) {
          const { source, destination } = ends()
          const piped = rejection(source.readable.pipeTo(destination.writable))
          if (isBusy) for (let i = 0; i < 400; i++) void source.send('x'.repeat(1_000))
          await settle()
          const error = destination.fail()
          expect(await piped).toEqual(error)
          expect([source.readable.locked, destination.writable.locked]).toEqual([false, false])
          expect((await source.readable.getReader().read()).done).toBe(true)
        }
      })

      test('with preventCancel leaves the source as it is when the destination fails, and nothing is lost', async () => {
        const { source, destination } = ends()
        const piped = rejection(source.readable.pipeTo(destination.writable, { preventCancel: true }))
        await settle()
        const error = destination.fail()
        expect(await piped).toEqual(error)
        void source.send('one')
        await settle()
        const next = to(piping)
        void source.readable.pipeTo(next.writable).catch(ignore)
        void source.send('two')
        expect(await take(next.arrived, 2)).toEqual(['one', 'two'])
      })

      test('cancels the source when the destination is closed already', async () => {
        const { source, destination } = ends()
        void destination.arrived.next().catch(ignore)
        await destination.writable.close()
        void source.send('one')
        await settle()
        expect(await rejection(source.readable.pipeTo(destination.writable))).toBeInstanceOf(TypeError)
        expect((await source.readable.getReader().read()).done).toBe(true)
      })

      test('closes the destination when the source is closed already', async () => {
        const { source, destination } = ends()
        source.end()
        const reader = source.readable.getReader()
        expect((await reader.read()).done).toBe(true)
        reader.releaseLock()
        const arrived = rest(destination.arrived)
        expect(await source.readable.pipeTo(destination.writable)).toBeUndefined()
        expect(await arrived).toEqual({ lines: [], error: undefined })
      })

      test('aborts the destination when the source has failed already', async () => {
        const { source, destination } = ends()
        const reader = source.readable.getReader()
        const reading = rejection(reader.read())
        const code = source.fail()
        const error = await reading
        reader.releaseLock()
        expect(error).toMatchObject({ code })
        const arrived = rest(destination.arrived)
        expect(await rejection(source.readable.pipeTo(destination.writable))).toBe(error)
        expect((await arrived).error).toBeDefined()
      })

      test('with a signal that has aborted does nothing but end both', async () => {
        const { source, destination } = ends()
        void source.send('one')
        await settle()
        const signal = AbortSignal.abort(boom)
        expect(await rejection(source.readable.pipeTo(destination.writable, { signal }))).toBe(boom)
        expect((await source.readable.getReader().read()).done).toBe(true)
        expect(await rejection(destination.writable.getWriter().closed)).toBeDefined()
        expect((await rest(destination.arrived)).lines).toEqual([])
      })

      test('a signal ends both, with its reason', async () => {
        const { source, destination } = ends()
        const abort = new AbortController()
        const piped = rejection(source.readable.pipeTo(destination.writable, { signal: abort.signal }))
        void source.send('one')
        expect(await take(destination.arrived, 1)).toEqual(['one'])
        abort.abort(boom)
        expect(await piped).toBe(boom)
        expect([source.readable.locked, destination.writable.locked]).toEqual([false, false])
        expect((await source.readable.getReader().read()).done).toBe(true)
        if (to !== toSocket) expect(await rest(destination.arrived)).toEqual({ lines: [], error: boom })
      })

      test('with preventCancel and preventAbort a signal ends the pipe alone, and the next one goes on', async () => {
        const { source, destination } = ends()
        const abort = new AbortController()
        const options = { signal: abort.signal, preventCancel: true, preventAbort: true }
        const piped = rejection(source.readable.pipeTo(destination.writable, options))
        void source.send('one')
        expect(await take(destination.arrived, 1)).toEqual(['one'])
        await settle()
        abort.abort(boom)
        expect(await piped).toBe(boom)
        void source.send('two')
        await settle()
        void source.readable.pipeTo(destination.writable).catch(ignore)
        void source.send('three')
        expect(await take(destination.arrived, 2)).toEqual(['two', 'three'])
      })

      test('reads no more than the buffers hold while nobody reads, then all that is left', async () => {
        const { source, destination } = ends()
        let accepted = 0
        const line = 'x'.repeat(999)
        let isFull = false
        const sending = (async () => {
          for (let i = 0; i < 800; i++) {
            await source.send(line)
            if (!isFull) accepted++
          }
          source.end()
        })()
        const piped = source.readable.pipeTo(destination.writable)
        await settle()
        await settle()
        isFull = true
        // Both ends hold some 64 KiB here and there; none of them more than a few times that.
        expect(accepted).toBeLessThan(600)
        expect((await rest(destination.arrived)).lines).toEqual(Array.from({ length: 800 }, () => line))
        await Promise.all([sending, piped])
      })

      test('takes its options as the standard reads them', async () => {
        const { source, destination } = ends()
        const seen: string[] = []
        const options = Object.defineProperties(
          {},
          Object.fromEntries(
            ['preventClose', 'preventCancel', 'preventAbort', 'signal'].map((name) => [
              name,
              { get: () => void seen.push(name) },
            ]),
          ),
        )
        void source.readable.pipeTo(destination.writable, options).catch(ignore)
        expect(seen.sort()).toEqual(['preventAbort', 'preventCancel', 'preventClose', 'signal'])
        const other = ends()
        const throwing = {
          get preventAbort(): boolean {
            throw boom
          },
        }
        expect(await rejection(other.source.readable.pipeTo(other.destination.writable, throwing))).toBe(boom)
        const wrong = { signal: 'now' as unknown as AbortSignal }
        expect(await rejection(other.source.readable.pipeTo(other.destination.writable, wrong))).toBeInstanceOf(
          TypeError,
        )
        const nothing = undefined as unknown as WritableStream
        expect(await rejection(other.source.readable.pipeTo(nothing))).toBeDefined()
        expect([other.source.readable.locked, other.destination.writable.locked]).toEqual([false, false])
      })

      test('pipeThrough gives the other half, refuses what is locked or no pair, and its failure shows on the streams', async () => {
        const { source, destination } = ends()
        const readable = new piping.classes.ReadableStream()
        const pair = { readable, writable: destination.writable }
        expect(() => source.readable.pipeThrough({ readable } as never)).toThrow(TypeError)
        expect(() => source.readable.pipeThrough({ writable: destination.writable } as never)).toThrow(TypeError)
        expect(() => source.readable.pipeThrough(undefined as never)).toThrow(TypeError)
        expect(source.readable.pipeThrough(pair)).toBe(readable)
        expect(() => source.readable.pipeThrough(pair)).toThrow(TypeError)
        // Nobody handles the pipe's promise: vitest would report it.
        destination.fail()
        await settle()
        expect((await source.readable.getReader().read()).done).toBe(true)
      })
    },
  )

  const { option: streams } = piping

  test('a decoder that fails ends both sides, after the good frames; the source is cancelled with its error', async () => {
    const source = delimiterEncoder(';', { streams })
    const frames = delimiterFramer('\n', { streams, maxFrameLength: 3 })
    const piped = rejection(source.readable.pipeTo(frames.writable))
    const writer = source.writable.getWriter()
    writer.write(bytes('one\ntwo\nthree')).catch(ignore)
    const arrived = await rest(linesOf(frames.readable, true))
    expect(arrived.lines).toEqual(['one', 'two'])
    expect(arrived.error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', frameIndex: 2 })
    expect(await piped).toBe(arrived.error)
    expect(await rejection(writer.closed)).toBe(arrived.error)
  })

  test('a frame that cannot be encoded ends the pipe, after those before it', async () => {
    const frames = delimiterFramer(';', { streams })
    const out = delimiterEncoder('\n', { streams })
    const piped = rejection(frames.readable.pipeTo(out.writable))
    const writer = frames.writable.getWriter()
    writer.write(bytes('one;two;not\none;four;')).catch(ignore)
    const arrived = await rest(linesOf(out.readable, false))
    expect(arrived.lines).toEqual(['one', 'two'])
    expect(arrived.error).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', frameIndex: 2 })
    expect(await piped).toBe(arrived.error)
    expect(await rejection(writer.closed)).toBe(arrived.error)
  })

  test('frames of all sizes arrive as they were sent, also where small ones let many be taken and large ones follow', async () => {
    const frames = delimiterFramer('\n', { streams })
    const out = delimiterEncoder('\n', { streams })
    const piped = frames.readable.pipeTo(out.writable)
    // A few bytes, thousands of them, and more than is ever copied, in every order.
    const sizes = [3, 3, 3, 40_000, 3, 100_000, 1, 1, 70_000, 70_000, 500, 500, 500, 9_000, 9_000, 0, 0, 65_536, 2]
    const sent = Array.from({ length: 120 }, (_, i) =>
      String.fromCharCode(97 + (i % 26)).repeat(sizes[(i * i + i) % sizes.length]!),
    )
    const writer = frames.writable.getWriter()
    void writer.write(joined(sent.slice(0, 60)))
    for (const one of sent.slice(60)) void writer.write(joined([one]))
    void writer.close()
    expect(await rest(linesOf(out.readable, false))).toEqual({ lines: sent, error: undefined })
    expect(frames.stats.frames).toBe(sent.length)
    await piped
  })

  test('an encoder whose codec writes every frame from the same memory sends each as it was', async () => {
    const memory = new Uint8Array(100_000)
    const inner = delimiter('\n').encoder()
    const codec: Codec<Uint8Array> = {
      ...delimiter('\n'),
      encoder: () => ({
        encode(frame, sink) {
          memory.set(frame)
          inner.encode(memory.subarray(0, frame.length), sink)
        },
      }),
    }
    const frames = delimiterFramer('\n', { streams })
    const out = encoder(codec, { streams })
    void frames.readable.pipeTo(out.writable)
    const sent = Array.from({ length: 60 }, (_, i) =>
      String.fromCharCode(97 + (i % 26)).repeat(i % 4 === 3 ? 80_000 : 5),
    )
    const writer = frames.writable.getWriter()
    void writer.write(joined(sent))
    void writer.close()
    expect((await rest(linesOf(out.readable, false))).lines).toEqual(sent)
  })

  test('no frame is decoded before the destination has room for it', async () => {
    let decoded = 0
    const inner = delimiter('\n')
    const counting: Codec<Uint8Array> = {
      ...inner,
      decoder: () => {
        const decoder = inner.decoder()
        return {
          decode(queue) {
            const frame = decoder.decode(queue)
            if (frame !== undefined) decoded++
            return frame
          },
        }
      },
    }
    const frames = framer(counting, { streams })
    const out = encoder(delimiter('\n'), { streams })
    const piped = frames.readable.pipeTo(out.writable)
    const writer = frames.writable.getWriter()
    void writer.write(joined(Array.from({ length: 4_000 }, () => 'x'.repeat(999))))
    await settle()
    // 64 KiB in the encoder, and the 64 KiB that its strategy lets wait before it.
    expect(decoded).toBeGreaterThanOrEqual(64)
    expect(decoded).toBeLessThanOrEqual(132)
    void writer.close()
    expect((await rest(linesOf(out.readable, false))).lines).toHaveLength(4_000)
    await piped
  })

  test('a strategy of the user counts as in any stream', async () => {
    const frames = delimiterFramer('\n', { streams })
    const strategy = { highWaterMark: 5, size: () => 1 }
    const out = encoder(delimiter('\n'), { streams, writableStrategy: strategy })
    void frames.readable.pipeTo(out.writable).catch(ignore)
    const writer = frames.writable.getWriter()
    void writer.write(joined(Array.from({ length: 100 }, () => 'x'.repeat(9_999))))
    await settle()
    // Seven make 64 KiB; of those that wait the last of the seven is the first.
    expect(frames.stats.frames).toBe(11)
  })

  test('a frame that is no bytes fails a stream that takes bytes', async () => {
    const frames = framer(lines(), { streams })
    const end = delimiterFramer('\n', { streams })
    const piped = rejection(frames.readable.pipeTo(end.writable as WritableStream<unknown>))
    const writer = frames.writable.getWriter()
    writer.write(bytes('one\n')).catch(ignore)
    expect(await piped).toBeInstanceOf(TypeError)
    expect(await rejection(end.readable.getReader().read())).toBeInstanceOf(TypeError)
  })

  test('a chain of many stages carries all, and an error at its end reaches its beginning', async () => {
    const first = delimiterFramer('\n', { streams })
    let stream: ReadableStream<Uint8Array> = first.readable
    for (let i = 0; i < 5; i++) {
      stream = stream.pipeThrough(delimiterEncoder('\n', { streams })).pipeThrough(delimiterFramer('\n', { streams }))
    }
    const writer = first.writable.getWriter()
    const all = Array.from({ length: 1_000 }, (_, i) => `line ${i}`)
    void writer.write(joined(all))
    const reader = stream.getReader()
    for (const line of all) expect(text((await reader.read()).value)).toBe(line)
    await reader.cancel(boom)
    expect(await rejection(writer.closed)).toBe(boom)
  })
})

describe.each(pipings.filter(({ isFused }) => isFused))('over $name', (piping) => {
  const { classes, option: streams } = piping

  test('frames that came together leave together, without a delay', async () => {
    const frames = delimiterFramer('\n', { streams })
    const out = frames.readable.pipeThrough(delimiterEncoder('\n', { streams }))
    const writer = frames.writable.getWriter()
    const reader = out.getReader()
    const read = reader.read()
    void writer.write(bytes('one\ntwo\nthree\nfo'))
    expect(text((await read).value)).toBe('one\ntwo\nthree\n')
  })

  // A pipe of the platform puts some into the destination's queue. From Node 24.16 on it also loses one, and rejects a promise that nobody has:
  // https://github.com/nodejs/node/issues/63732
  test('a frame that cannot be encoded takes none of those behind it along, where the source is kept', async () => {
    const frames = delimiterFramer(';', { streams })
    const out = delimiterEncoder('\n', { streams })
    const piped = rejection(frames.readable.pipeTo(out.writable, { preventCancel: true }))
    const writer = frames.writable.getWriter()
    const behind = Array.from({ length: 200 }, (_, i) => `behind ${i}`)
    writer.write(bytes(['one', 'two', 'three', 'not\none', ...behind, ''].join(';'))).catch(ignore)
    expect((await rest(linesOf(out.readable, false))).lines).toEqual(['one', 'two', 'three'])
    expect(await piped).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', frameIndex: 3 })
    const again = delimiterEncoder('\n', { streams })
    void frames.readable.pipeTo(again.writable)
    void writer.close()
    expect((await rest(linesOf(again.readable, false))).lines).toEqual(behind)
  })

  test('a stream of the platform at the other end has the platform do it', async () => {
    const frames = delimiterFramer('\n', { streams })
    const through = new classes.TransformStream<Uint8Array, Uint8Array>()
    const out = frames.readable.pipeThrough(through).pipeThrough(delimiterEncoder(';', { streams }))
    const writer = frames.writable.getWriter()
    void writer.write(bytes('one\ntwo\n'))
    void writer.close()
    expect((await collect(out)).map((chunk) => text(chunk)).join('')).toBe('one;two;')
  })
})
