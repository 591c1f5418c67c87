// Both directions at once: where sending first and reading afterwards stands still for ever, an exchange goes through.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { framed, lines } from '../../src/index.ts'
import { connect, duplexPair, exchange, type Socket } from '../../src/sockets/index.ts'
import { listeningPeer, mebi, outcome, type Peer, pattern, readAll } from './peer.ts'

function* chunks(total: number): Generator<Uint8Array<ArrayBuffer>, undefined> {
  for (let sent = 0; sent < total; sent += 65_536) yield pattern(sent, Math.min(65_536, total - sent))
}

const total = 32 * mebi
const nothing: Uint8Array[] = []

/** Ends its side, and reads all. */
async function drain(socket: Socket): Promise<{ received: number; error: unknown }> {
  void socket.shutdown('write').catch(() => {})
  return readAll(socket.readable)
}

describe('over TCP, with a peer that sends 32 MiB and reads only when they are sent', () => {
  async function stubborn(): Promise<{ peer: Peer; socket: Socket }> {
    const { peer, address } = await listeningPeer()
    const socket = connect(address)
    await peer.next('connection')
    peer.tell(`send ${total}`)
    peer.tell('end')
    void peer.next('sent').then(
      () => peer.tell('read'),
      () => {},
    )
    return { peer, socket }
  }

  test('sending first, then reading, stands still', async () => {
    const { socket } = await stubborn()
    const writer = socket.writable.getWriter()
    const sending = (async () => {
      for (const chunk of chunks(total)) await writer.write(chunk)
    })()
    expect(await outcome(sending, 1_000)).toBe('pending')
    expect(socket.stats.outgoing.bytes).toBeLessThan(8 * mebi)
    socket.reset()
    await outcome(sending)
  })

  test('an exchange goes through', { timeout: 60_000 }, async () => {
    const { peer, socket } = await stubborn()
    const result = await exchange(socket, { send: chunks(total), receive: readAll })
    expect(result).toEqual({ received: total, error: undefined })
    expect(await peer.next('end')).toMatchObject({ received: total, intact: true })
    await socket.closed
  })

  test('a peer that only sends and one that only reads are no obstacle to each other', async () => {
    const { peer, address } = await listeningPeer('read')
    const socket = connect(address)
    await peer.next('connection')
    peer.tell(`send ${8 * mebi}`)
    peer.tell('end')
    const result = await exchange(socket, { send: chunks(8 * mebi), receive: readAll })
    expect(result).toEqual({ received: 8 * mebi, error: undefined })
    expect(await peer.next('end')).toMatchObject({ received: 8 * mebi, intact: true })
  })

  test('a failure of ours resets the connection', async () => {
    const { peer, address } = await listeningPeer('read')
    const socket = connect(address)
    await Promise.all([peer.next('connection'), socket.opened])
    const receive = (): never => {
      throw new Error('not what I expected')
    }
    const failed = exchange(socket, { send: [pattern(0, 10)], receive })
    expect(await outcome(failed)).toMatchObject({ message: 'not what I expected' })
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })
})

describe('what is sent', () => {
  const bytes = new TextEncoder().encode('hello')
  test.each<[string, () => Parameters<typeof exchange<Uint8Array, ReadableStream, unknown>>[1]['send']]>([
    ['an array', () => [bytes]],
    ['a generator', () => [bytes].values()],
    [
      'an async generator',
      async function* () {
        yield bytes
      },
    ],
    ['a ReadableStream', () => new Blob([bytes]).stream()],
    ['a function', () => async (writer) => writer.write(bytes)],
    [
      'a function that ends it itself',
      () => async (writer) => void (await Promise.all([writer.write(bytes), writer.close()])),
    ],
  ])('%s: then our end follows', async (_, send) => {
    const [client, server] = duplexPair()
    const all = await Promise.all([
      exchange(client, { send: send(), receive: drainText }),
      exchange(server, { send: [], receive: drainText }),
    ])
    expect(all).toEqual(['', 'hello'])
    await Promise.all([client.closed, server.closed])
    expect(client.writable.locked).toBe(false)
  })

  const drainText = (readable: ReadableStream): Promise<string> => new Response(readable).text()

  test('is taken while there is room, and no faster', async () => {
    const [client, server] = duplexPair({ highWaterMark: 65_536 })
    let taken = 0
    function* count(): Generator<Uint8Array, undefined> {
      for (const chunk of chunks(4 * mebi)) {
        taken += chunk.byteLength
        yield chunk
      }
    }
    const exchanging = exchange(client, { send: count(), receive: readAll })
    expect(await outcome(exchanging, 30)).toBe('pending')
    expect(taken).toBeLessThanOrEqual(4 * 65_536)
    expect(await drain(server)).toEqual({ received: 4 * mebi, error: undefined })
    await exchanging
  })
})

describe('what is received', () => {
  test('goes to a WritableStream', async () => {
    const [client, server] = duplexPair()
    const got: number[] = []
    const receive = new WritableStream<Uint8Array>({ write: (chunk) => void got.push(chunk.byteLength) })
    const echo = server.readable.pipeTo(server.writable)
    const result: void = await exchange(client, { send: [pattern(0, 5)], receive })
    expect(result).toBeUndefined()
    expect(got).toEqual([5])
    await echo
  })

  test('what a function leaves unread is discarded, and sending goes on', async () => {
    const [client, server] = duplexPair({ highWaterMark: 1_000 })
    const sent = exchange(server, { send: chunks(mebi), receive: readAll })
    const first = await exchange(client, {
      send: chunks(mebi),
      receive: async (readable) => {
        for await (const chunk of readable) return chunk.byteLength
        return 0
      },
    })
    expect(first).toBe(1_000)
    expect(await sent).toEqual({ received: mebi, error: undefined })
  })

  test('frames, both ways, over a framed pair', async () => {
    const [client, server] = duplexPair({ highWaterMark: 1_000 })
    const echo = server.readable.pipeTo(server.writable)
    const words = Array.from({ length: 5_000 }, (_, i) => `word ${i}`)
    const heard = await exchange(framed(client, lines()), {
      send: words,
      receive: async (readable) => {
        const frames: string[] = []
        for await (const batch of readable.values({ batch: true })) frames.push(...batch)
        return frames
      },
    })
    expect(heard).toEqual(words)
    await echo
  })
})

describe('the first failure ends both directions and is the result', () => {
  test('of the source of chunks', async () => {
    const [client, server] = duplexPair()
    const seen = vi.fn()
    const failed = exchange(client, {
      send: (async function* () {
        yield pattern(0, 10)
        throw new Error('no more data')
      })(),
      receive: (readable) => readAll(readable).then(seen),
    })
    expect(await outcome(failed)).toMatchObject({ message: 'no more data' })
    expect((await readAll(server.readable)).error).toMatchObject({ code: 'ECONNRESET' })
    await sleep(5)
    expect(seen).toHaveBeenCalledWith(
      expect.objectContaining({ error: expect.objectContaining({ code: 'ABORT_ERR' }) }),
    )
  })

  test('of the receiver: the source is told to stop, also while it is asked for more', async () => {
    for (const kind of ['iterator', 'stream']) {
      const [client] = duplexPair()
      const stopped = vi.fn(async () => ({ done: true, value: undefined }) as const)
      const next = (): Promise<never> => new Promise(() => {})
      const send =
        kind === 'stream'
          ? new ReadableStream<Uint8Array>({ cancel: () => void stopped() })
          : { [Symbol.asyncIterator]: () => ({ next, return: stopped }) }
      const failed = exchange(client, { send, receive: async () => Promise.reject(new Error('wrong')) })
      expect(await outcome(failed)).toMatchObject({ message: 'wrong' })
      await sleep(5)
      expect(stopped).toHaveBeenCalledOnce()
    }
  })

  test('of the connection, also while there is nothing to send', async () => {
    const [client, server] = duplexPair()
    const failed = exchange(client, {
      send: new ReadableStream<Uint8Array>(),
      receive: async () => new Promise<never>(() => {}),
    })
    server.reset()
    expect(await outcome(failed)).toMatchObject({ code: 'ECONNRESET' })
  })

  test('of a stream that takes what comes in', async () => {
    const [client, server] = duplexPair()
    const receive = new WritableStream<Uint8Array>({
      write: () => {
        throw new Error('disk full')
      },
    })
    const failed = exchange(client, { send: new ReadableStream<Uint8Array>(), receive })
    await server.writable.getWriter().write(pattern(0, 10))
    expect(await outcome(failed)).toMatchObject({ message: 'disk full' })
    expect((await readAll(server.readable)).error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('and no promise is left without a handler', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    onTestFinished(() => void process.off('unhandledRejection', unhandled))
    const [client, server] = duplexPair({ highWaterMark: 100 })
    const failed = exchange(client, {
      send: async (writer) => {
        await writer.write(pattern(0, 5_000))
      },
      receive: async (readable) => {
        for await (const chunk of readable) void chunk
      },
    })
    await sleep(5)
    server.reset()
    expect(await outcome(failed)).toMatchObject({ code: 'ECONNRESET' })
    await sleep(10)
    expect(unhandled).not.toHaveBeenCalled()
  })
})

test('wrong arguments are refused at once, and lock nothing', () => {
  const [client] = duplexPair()
  const receive = (): void => {}
  const wrong =
    (options: unknown): (() => unknown) =>
    () =>
      exchange(client, options as never)
  expect(wrong({ send: 'text', receive })).toThrow('send must be an iterable of chunks, a ReadableStream or a function')
  expect(wrong({ send: pattern(0, 1), receive })).toThrow('a single chunk is put in an array')
  expect(wrong({ send: {}, receive })).toThrow(TypeError)
  expect(wrong({ send: nothing, receive: 1 })).toThrow('receive must be a function or a WritableStream')
  expect(wrong({ send: nothing, receive, signal: 1 })).toThrow("unknown property 'signal'")
  expect(client.readable.locked || client.writable.locked).toBe(false)
  const send = new ReadableStream<Uint8Array>()
  send.getReader()
  expect(wrong({ send, receive })).toThrow('send is locked')
  client.writable.getWriter()
  expect(wrong({ send: nothing, receive })).toThrow('the writable is locked')
})
