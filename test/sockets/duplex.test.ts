// A conversation over any two streams: what the streams allow is kept as strictly as over a socket of the system.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type DuplexOptions, fromDuplex, type Socket, type Transport } from '../../src/sockets/index.ts'
import { mebi, outcome, pattern, PatternCheck, readAll } from './peer.ts'

/** A transport whose every step the test takes: what comes in, what becomes of writes, what it was told. */
class Wire implements Transport {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>
  readonly taken: Uint8Array[] = []
  readonly said: unknown[] = []
  pulls = 0
  /** While it is set, writes wait for it. */
  hold: Promise<void> | undefined
  #source!: ReadableStreamDefaultController
  #sink!: WritableStreamDefaultController

  constructor(type: 'bytes' | 'chunks' = 'chunks') {
    const source = {
      start: (controller: unknown) => {
        this.#source = controller as ReadableStreamDefaultController
      },
      pull: () => void this.pulls++,
      cancel: (reason: unknown) => void this.said.push(['cancel', reason]),
    }
    this.readable =
      type === 'bytes'
        ? new ReadableStream({ ...source, type })
        : new ReadableStream<Uint8Array<ArrayBuffer>>(source, { highWaterMark: 0 })
    this.writable = new WritableStream({
      start: (controller) => {
        this.#sink = controller
      },
      write: async (chunk) => {
        await this.hold
        this.taken.push(chunk.slice())
      },
      close: () => void this.said.push('end'),
      abort: (reason) => void this.said.push(['abort', reason]),
    })
  }

  give(chunk: unknown): void {
    this.#source.enqueue(chunk)
  }

  end(): void {
    this.#source.close()
  }

  failRead(error: unknown): void {
    this.#source.error(error)
  }

  failWrite(error: unknown): void {
    this.#sink.error(error)
  }

  get bytes(): number {
    return this.taken.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }
}

const forever = new Promise<void>(() => {})

function over(wire: Wire, more: Partial<Transport> = {}, options: DuplexOptions = {}): Socket {
  const { readable, writable } = wire
  return fromDuplex({ readable, writable, ...more }, options)
}

describe('writing', () => {
  test('counts bytes, and settles a write when the transport has them', async () => {
    const wire = new Wire()
    let release = (): void => {}
    wire.hold = new Promise((resolve) => (release = resolve))
    const socket = over(wire, {}, { highWaterMark: 1_000 })
    const writer = socket.writable.getWriter()
    const writes = [
      writer.write(pattern(0, 100)),
      writer.write(new ArrayBuffer(100)),
      writer.write(new DataView(new ArrayBuffer(200), 50, 100)),
      writer.write(new SharedArrayBuffer(20)),
      writer.write(new Uint8Array(0)),
    ]
    expect(writer.desiredSize).toBe(680)
    expect(socket.stats.outgoing.waiting).toBe(320)
    expect(await outcome(writes[0]!, 30)).toBe('pending')
    release()
    await Promise.all(writes)
    expect(wire.bytes).toBe(320)
    expect(writer.desiredSize).toBe(1_000)
    expect(socket.stats.outgoing).toMatchObject({ bytes: 320, waiting: 0 })
  })

  test('stops a writer that heeds ready at highWaterMark', async () => {
    const wire = new Wire()
    wire.hold = forever
    const writer = over(wire, {}, { highWaterMark: 1_000 }).writable.getWriter()
    await writer.ready
    writer.write(new Uint8Array(600)).catch(() => {})
    await writer.ready
    writer.write(new Uint8Array(600)).catch(() => {})
    expect(await outcome(writer.ready, 30)).toBe('pending')
    await outcome(writer.abort())
  })

  test('abort in the middle of a stuck write settles at once, and resets the transport', async () => {
    const wire = new Wire()
    wire.hold = forever
    const reset = vi.fn()
    const socket = over(wire, { reset })
    const writer = socket.writable.getWriter()
    const stuck = writer.write(pattern(0, 10))
    const reading = socket.readable.getReader().read()
    await sleep(5)
    const aborted = writer.abort('a bare string')
    expect(await outcome(stuck, 100)).toMatchObject({ code: 'ABORT_ERR', cause: 'a bare string' })
    expect(await outcome(aborted, 100)).not.toBe('pending')
    expect(await outcome(reading, 100)).toMatchObject({ code: 'ABORT_ERR' })
    expect(await outcome(socket.closed, 100)).toMatchObject({ name: 'SocketError', code: 'ABORT_ERR' })
    expect(reset).toHaveBeenCalledOnce()
    expect(wire.said).toContainEqual(['cancel', expect.objectContaining({ code: 'ABORT_ERR' })])
    expect(await outcome(socket.close(), 100)).toBe('done')
  })

  test('a chunk that is not bytes rejects with a TypeError and resets', async () => {
    const wire = new Wire()
    const socket = over(wire)
    const error = await outcome(socket.writable.getWriter().write('text' as unknown as Uint8Array))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    expect(await outcome(socket.closed)).toBe(error)
    expect(wire.said).toContainEqual(['abort', error])
  })

  test('shutdown while the stream is locked sends what was written, then the end; later writes are EPIPE', async () => {
    const wire = new Wire()
    const socket = over(wire)
    const writer = socket.writable.getWriter()
    for (let i = 0; i < 10; i++) void writer.write(pattern(i * 10, 10))
    await socket.shutdown('write')
    expect(wire.bytes).toBe(100)
    expect(wire.said).toEqual(['end'])
    wire.end()
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    expect(await outcome(socket.closed)).toBe('done')
    await writer.close()
    expect(() => socket.shutdown('everything' as 'read')).toThrow("how must be 'read', 'write' or 'both'")
  })

  test('a failure of its writable errors writes, and leaves what comes in to be read to its end', async () => {
    const wire = new Wire()
    const socket = over(wire)
    wire.failWrite(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))
    expect(await outcome(socket.writable.getWriter().closed)).toMatchObject({ code: 'EPIPE', phase: 'write' })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'EPIPE' })
    wire.give(pattern(0, 1_000))
    wire.end()
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    expect(await outcome(socket.close())).toBe('done')
  })
})

describe.each(['chunks', 'bytes'] as const)('reading a stream of %s', (type) => {
  test('takes nothing before it is asked', async () => {
    const wire = new Wire(type)
    const socket = over(wire)
    await sleep(5)
    const { pulls } = wire
    wire.give(pattern(0, 100))
    await sleep(5)
    expect(socket.stats.incoming).toMatchObject({ bytes: 0, waiting: 0 })
    expect(wire.pulls).toBe(pulls)
    const reader = socket.readable.getReader()
    expect((await reader.read()).value).toEqual(pattern(0, 100))
    expect(socket.stats.incoming.bytes).toBe(100)
  })

  test('fills a BYOB reader as far as bytes are there, keeps the rest, and counts it', async () => {
    const wire = new Wire(type)
    const socket = over(wire)
    wire.give(pattern(0, 1_000))
    const reader = socket.readable.getReader({ mode: 'byob' })
    const first = await reader.read(new Uint8Array(300))
    expect(first.value).toEqual(pattern(0, 300))
    expect(socket.stats.incoming).toMatchObject({ bytes: 1_000, waiting: 700 })
    const second = await reader.read(new Uint8Array(5_000))
    expect(second.value).toEqual(pattern(300, 700))
    expect(second.value?.buffer.byteLength).toBe(5_000)
    const last = reader.read(new Uint8Array(5_000))
    wire.end()
    expect(await last).toEqual({ done: true, value: new Uint8Array(0) })
  })

  test('{ min } waits for that many bytes, and gets what there is at the end', async () => {
    const wire = new Wire(type)
    const reader = over(wire).readable.getReader({ mode: 'byob' })
    const reading = reader.read(new Uint8Array(64), { min: 10 })
    wire.give(pattern(0, 4))
    expect(await outcome(reading, 20)).toBe('pending')
    wire.give(pattern(4, 7))
    expect((await reading).value).toEqual(pattern(0, 11))
    const last = reader.read(new Uint8Array(64), { min: 10 })
    wire.give(pattern(11, 3))
    wire.end()
    const { value, done } = await last
    expect(done).toBe(true)
    expect(value).toEqual(pattern(11, 3))
  })

  test('what was taken before an error is delivered before the error, whatever fails first', async () => {
    for (const breaks of ['readable', 'reset', 'closed'] as const) {
      const wire = new Wire(type)
      let failClosed = (_: unknown): void => {}
      const socket = over(wire, { closed: new Promise((_, reject) => (failClosed = reject)) })
      wire.give(pattern(0, 1_000))
      const byob = socket.readable.getReader({ mode: 'byob' })
      await byob.read(new Uint8Array(100))
      byob.releaseLock()
      const error = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
      if (breaks === 'readable') wire.failRead(error)
      else if (breaks === 'closed') failClosed(error)
      else socket.reset()
      const code = breaks === 'reset' ? 'ECONNABORTED' : 'ECONNRESET'
      expect(await outcome(socket.closed)).toMatchObject({ name: 'SocketError', code })
      const rest = socket.readable.getReader({ mode: 'byob' })
      expect((await rest.read(new Uint8Array(5_000))).value).toEqual(pattern(100, 900))
      expect(await outcome(rest.read(new Uint8Array(1)))).toMatchObject({ code })
      expect(await outcome(socket.writable.getWriter().closed)).toMatchObject({ code })
    }
  })

  test('cancel leaves writing alone, and discards up to 16 MiB', async () => {
    const wire = new Wire(type)
    const socket = over(wire)
    await socket.readable.cancel()
    expect(wire.said).toEqual([])
    for (let i = 0; i < 16; i++) wire.give(new Uint8Array(mebi))
    await sleep(5)
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 10))
    expect(wire.bytes).toBe(10)
    wire.give(new Uint8Array(1))
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNABORTED', phase: 'close' })
    expect(await outcome(writer.closed)).toMatchObject({ code: 'ECONNABORTED' })
  })

  test('an error while nobody reads fails the conversation', async () => {
    const wire = new Wire(type)
    const socket = over(wire)
    wire.failRead(new Error('cut'))
    expect(await outcome(socket.closed)).toMatchObject({ name: 'SocketError', phase: 'read', message: 'cut' })
    expect(await outcome(socket.writable.getWriter().closed)).toMatchObject({ message: 'cut' })
    expect(await readAll(socket.readable)).toMatchObject({ received: 0, error: { message: 'cut' } })
  })
})

describe('reading a stream of chunks', () => {
  test('copies: the memory of a chunk stays its owner’s', async () => {
    const wire = new Wire()
    const socket = over(wire)
    const memory = new Uint8Array(100)
    wire.give(memory.subarray(10, 20))
    const { value } = await socket.readable.getReader().read()
    expect(value?.buffer.byteLength).toBe(10)
    expect(memory.byteLength).toBe(100)
  })

  test('takes every kind of buffer, and nothing else', async () => {
    const wire = new Wire()
    const socket = over(wire)
    for (const chunk of [new ArrayBuffer(1), new Uint8Array(0), new Float64Array(1), new SharedArrayBuffer(2)])
      wire.give(chunk)
    const reader = socket.readable.getReader()
    for (const size of [1, 8, 2]) expect((await reader.read()).value?.byteLength).toBe(size)
    wire.give('text')
    expect(await outcome(reader.read())).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE', phase: 'read' })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  })
})

describe('the end', () => {
  test('both directions end on their own; the transport is let go when both have', async () => {
    const wire = new Wire()
    const close = vi.fn()
    const reset = vi.fn()
    const socket = over(wire, { close, reset })
    wire.give(pattern(0, 10))
    wire.end()
    expect(await readAll(socket.readable)).toEqual({ received: 10, error: undefined })
    expect(await outcome(socket.closed, 30)).toBe('pending')
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 10))
    expect(close).not.toHaveBeenCalled()
    await writer.close()
    expect(await outcome(socket.closed)).toBe('done')
    expect(close).toHaveBeenCalledOnce()
    expect(reset).not.toHaveBeenCalled()
    socket.reset()
    expect(reset).not.toHaveBeenCalled()
  })

  test('with allowHalfOpen: false the end of the peer flushes what is written, then ends ours', async () => {
    const wire = new Wire()
    let release = (): void => {}
    wire.hold = new Promise((resolve) => (release = resolve))
    const socket = over(wire, {}, { allowHalfOpen: false })
    const writer = socket.writable.getWriter()
    const writes = [writer.write(pattern(0, 10)), writer.write(pattern(10, 10))]
    wire.end()
    await readAll(socket.readable)
    const late = writer.write(pattern(20, 10))
    release()
    await Promise.all(writes)
    expect(await outcome(late)).toMatchObject({
      code: 'EPIPE',
      message: expect.stringContaining('allowHalfOpen is false'),
    })
    expect(await outcome(socket.closed)).toBe('done')
    expect(wire.bytes).toBe(20)
    expect(wire.said).toEqual(['end'])
  })

  test('close() flushes, ends, and waits for the peer while the streams are locked', async () => {
    const wire = new Wire()
    const socket = over(wire)
    const writer = socket.writable.getWriter()
    const reader = socket.readable.getReader()
    const reading = reader.read()
    writer.write(pattern(0, 10)).catch(() => {})
    const closing = socket.close()
    expect(await reading).toEqual({ done: true, value: undefined })
    expect(await outcome(closing, 30)).toBe('pending')
    expect(wire.said).toEqual(['end'])
    expect(wire.bytes).toBe(10)
    wire.give(pattern(0, 1_000))
    wire.end()
    expect(await outcome(closing)).toBe('done')
    expect(await outcome(socket.closed)).toBe('done')
    expect(await outcome(Promise.resolve(socket[Symbol.asyncDispose]()))).toBe('done')
  })

  test('close({ deadline }) rejects with ETIMEDOUT if not all is sent, and resolves if only the peer is missing', async () => {
    const stuck = new Wire()
    stuck.hold = forever
    const reset = vi.fn()
    const socket = over(stuck, { reset })
    socket.writable
      .getWriter()
      .write(pattern(0, 10))
      .catch(() => {})
    expect(await outcome(socket.close({ deadline: 20 }))).toMatchObject({ code: 'ETIMEDOUT', phase: 'close' })
    expect(reset).toHaveBeenCalledOnce()

    const silent = new Wire()
    const other = over(silent)
    expect(await outcome(other.close({ deadline: 20 }))).toBe('done')
    expect(await outcome(other.closed)).toBe('done')
    expect(silent.said[0]).toBe('end')
  })

  test('closed settles though the transport does not let go: after 10 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const wire = new Wire()
    const socket = over(wire, { close: () => forever, closed: forever })
    wire.end()
    await readAll(socket.readable)
    await socket.writable.close()
    const closed = vi.fn()
    void socket.closed.then(closed)
    vi.advanceTimersByTime(9_900)
    await sleep(5)
    expect(closed).not.toHaveBeenCalled()
    vi.advanceTimersByTime(100)
    await socket.closed
  })

  test('closed rejects with what the transport fails at when it is let go', async () => {
    const wire = new Wire()
    const socket = over(wire, { close: () => Promise.reject(new Error('unplugged')) })
    wire.end()
    await readAll(socket.readable)
    await socket.writable.close()
    expect(await outcome(socket.closed)).toMatchObject({ name: 'SocketError', phase: 'close', message: 'unplugged' })
  })

  test('nobody needs to watch a promise of it', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    onTestFinished(() => void process.off('unhandledRejection', unhandled))
    for (let i = 0; i < 3; i++) {
      const wire = new Wire()
      const reset = (): Promise<never> => Promise.reject(new Error('reset fails, too'))
      const closed = i === 2 ? Promise.reject(new Error('gone')) : undefined
      const socket = over(wire, { reset, closed })
      if (i === 0) socket.reset()
      if (i === 1) wire.failRead(new Error('cut'))
      await sleep(5)
    }
    expect(unhandled).not.toHaveBeenCalled()
  })
})

test('an end that comes after a write has found the connection reset is the reset', async () => {
  for (const [code, expected] of [
    ['ECONNRESET', { code: 'ECONNRESET' }],
    ['EPIPE', undefined], // the peer had ended before it reset, so the end is one
  ] as const) {
    const wire = new Wire()
    const socket = fromDuplex(wire)
    wire.give(pattern(0, 100))
    const writing = outcome(socket.writable.getWriter().write(pattern(0, 1)))
    wire.failWrite(Object.assign(new Error(code), { code }))
    await writing
    wire.end()
    const { received, error } = await readAll(socket.readable)
    expect(received).toBe(100)
    if (expected) expect(error).toMatchObject(expected)
    else expect(error).toBeUndefined()
    expect(await outcome(socket.closed)).toMatchObject({ code })
  }
})

describe('opening', () => {
  test('writes and reads wait until it is open; opened tells both ends', async () => {
    const wire = new Wire()
    let open = (_: { remotePort: number }): void => {}
    const opened = new Promise<{ remotePort: number }>((resolve) => (open = resolve))
    const socket = over(wire, { opened, info: { remoteAddress: 'the attic' } })
    const writer = socket.writable.getWriter()
    const write = writer.write(pattern(0, 10))
    const closing = writer.close()
    wire.give(pattern(0, 5))
    const read = socket.readable.getReader().read()
    expect(await outcome(Promise.race([write, read]), 30)).toBe('pending')
    expect(wire.bytes).toBe(0)
    open({ remotePort: 7 })
    expect(await socket.opened).toEqual({
      remoteAddress: 'the attic',
      remotePort: 7,
      localAddress: '',
      localPort: 0,
      alpn: undefined,
    })
    await Promise.all([write, closing])
    expect((await read).value).toEqual(pattern(0, 5))
    expect(wire.said).toEqual(['end'])
  })

  test('if it does not open, both streams and both promises say why', async () => {
    const wire = new Wire()
    wire.end() // as a refused connection of workerd: a clean end
    const close = vi.fn()
    const socket = over(wire, { opened: Promise.reject(new Error('refused')), close })
    const expected = { name: 'SocketError', phase: 'connect', message: 'refused' }
    const write = socket.writable.getWriter().write(pattern(0, 1))
    expect(await outcome(socket.readable.getReader().read())).toMatchObject(expected)
    expect(await outcome(write)).toMatchObject(expected)
    expect(await outcome(socket.opened)).toMatchObject(expected)
    expect(await outcome(socket.closed)).toMatchObject(expected)
    expect(close).toHaveBeenCalledOnce()
  })

  test('close() before it is open gives up', async () => {
    const wire = new Wire()
    const socket = over(wire, { opened: forever })
    expect(await outcome(socket.close())).toBe('done')
    expect(await outcome(socket.opened)).toMatchObject({ code: 'ABORT_ERR', phase: 'connect' })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ABORT_ERR' })
  })

  test('has no TLS of its own', () => {
    const socket = over(new Wire())
    expect(socket.secureTransport).toBe('off')
    expect(socket.upgraded).toBe(false)
    expect(() => socket.startTls()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_ALLOWED', phase: 'tls' }))
  })

  test('readTimeout and writeTimeout hold here, too', async () => {
    const reading = over(new Wire(), {}, { readTimeout: 40 })
    expect(await outcome(reading.readable.getReader().read())).toMatchObject({ code: 'ETIMEDOUT', phase: 'read' })
    const wire = new Wire()
    wire.hold = forever
    const writing = over(wire, {}, { writeTimeout: 40 })
    expect(await outcome(writing.writable.getWriter().write(pattern(0, 9)))).toMatchObject({
      code: 'ETIMEDOUT',
      phase: 'write',
    })
  })

  test('wrong arguments are refused at once, and lock nothing', () => {
    const wire = new Wire()
    const { readable, writable } = wire
    const all = { readable, writable }
    expect(() => fromDuplex({ ...all, readable: 1 as never })).toThrow('readable must be a ReadableStream')
    expect(() => fromDuplex({ ...all, writable: {} as never })).toThrow('writable must be a WritableStream')
    expect(() => fromDuplex({ ...all, onClose: 1 } as never)).toThrow("unknown property 'onClose'")
    expect(() => fromDuplex({ ...all, close: 1 as never })).toThrow('close must be a function')
    expect(() => fromDuplex({ ...all, closed: 1 as never })).toThrow('closed must be a promise')
    expect(() => fromDuplex(all, { noDelay: true } as never)).toThrow("unknown property 'noDelay'")
    expect(() => fromDuplex(all, { highWaterMark: 0 })).toThrow(RangeError)
    expect(readable.locked || writable.locked).toBe(false)
    readable.getReader()
    expect(() => fromDuplex(all)).toThrow('readable is locked')
    expect(writable.locked).toBe(false)
    expect(() => fromDuplex(undefined as never)).toThrow('transport must be { readable, writable }')
  })
})

describe('a child process', () => {
  function start(...args: string[]): { socket: Socket; child: ChildProcessByStdio<Writable, Readable, null> } {
    const child = spawn(args[0]!, args.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const socket = fromDuplex({
      readable: Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
      writable: Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
      closed: once(child, 'close'),
      reset: () => child.kill('SIGKILL'),
    })
    return { socket, child }
  }

  test('is a conversation: 8 MiB there and back, then its end', async () => {
    const { socket } = start('cat')
    const writer = socket.writable.getWriter()
    const sending = (async () => {
      for (let sent = 0; sent < 8 * mebi; sent += 65_536) await writer.write(pattern(sent, 65_536))
      await writer.close()
    })()
    const check = new PatternCheck()
    for await (const chunk of socket.readable) check.take(chunk)
    await sending
    expect(check.received).toBe(8 * mebi)
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('that reads one line and exits has its answer read, though its input is broken', async () => {
    const { socket } = start('head', '-c', '5')
    const writer = socket.writable.getWriter()
    const write = outcome(writer.write(new Uint8Array(4 * mebi).fill(97)))
    expect(await new Response(socket.readable).text()).toBe('aaaaa')
    expect(await write).toMatchObject({ name: 'SocketError', code: 'EPIPE' })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'EPIPE' })
  })

  test('that never reads is killed by a reset, at once', async () => {
    const { socket, child } = start('sleep', '60')
    const stuck = socket.writable.getWriter().write(new Uint8Array(4 * mebi))
    expect(await outcome(stuck, 50)).toBe('pending')
    const exit = once(child, 'exit')
    socket.reset()
    expect(await outcome(stuck, 100)).toMatchObject({ code: 'ECONNABORTED' })
    expect(await exit).toEqual([null, 'SIGKILL'])
  })
})
