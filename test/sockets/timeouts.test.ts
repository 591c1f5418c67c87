// readTimeout, writeTimeout, idleTimeout: what counts as waiting, what does not, and what is left afterwards.

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connect, fromNodeSocket, listen, SocketError, type SocketOptions } from '../../src/sockets/index.ts'
import { ca, identity } from './tls-peer.ts'
import { listeningPeer, mebi, outcome, pattern, readAll, startPeer } from './peer.ts'

const limit = 400
/** A limit is at most an eighth too long; the rest is for a machine that is busy. */
const late = limit * 1.125 + 400

/** Milliseconds until a promise settles. */
async function duration(promise: Promise<unknown>): Promise<number> {
  const started = performance.now()
  await outcome(promise, 10_000)
  return performance.now() - started
}

/** The three ways to a conversation, each with a peer in another process. */
const ways = {
  connect: async (options: SocketOptions) => {
    const { peer, address } = await listeningPeer('read')
    const socket = connect(address, options)
    await socket.opened
    return { peer, socket }
  },
  listen: async (options: SocketOptions) => {
    const listener = listen({ port: 0, hostname: '127.0.0.1' }, options)
    const peer = startPeer('connect', (await listener.opened).localPort, 'read')
    const socket = await listener.accept()
    void listener.close()
    return { peer, socket }
  },
  fromNodeSocket: async (options: SocketOptions) => {
    const { peer, port } = await listeningPeer('read')
    const socket = fromNodeSocket(net.connect(port, '127.0.0.1'), options)
    await socket.opened
    return { peer, socket }
  },
}

describe.each(Object.entries(ways))('a conversation of %s', (_, open) => {
  test('fails with ETIMEDOUT when a read waits for longer than readTimeout, and the peer is reset', async () => {
    const { peer, socket } = await open({ readTimeout: limit })
    const reading = socket.readable.getReader().read()
    const waited = await duration(reading)
    expect(waited).toBeGreaterThanOrEqual(limit - 1)
    expect(waited).toBeLessThan(late)
    const error = await outcome(reading)
    expect(error).toBeInstanceOf(SocketError)
    expect(error).toMatchObject({ code: 'ETIMEDOUT', phase: 'read' })
    expect((error as Error).message).toMatch(/^a read has waited for 4\d\d ms; 0 bytes had arrived before$/)
    expect(await outcome(socket.closed)).toBe(error)
    expect(await outcome(socket.writable.getWriter().write(pattern(0, 1)))).toBe(error)
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })

  test('fails with ETIMEDOUT when no byte moves for idleTimeout', async () => {
    const { peer, socket } = await open({ idleTimeout: limit })
    const waited = await duration(socket.closed)
    expect(waited).toBeGreaterThanOrEqual(limit - 50) // it has begun with `opened`
    expect(waited).toBeLessThan(late)
    const error = await outcome(socket.closed)
    expect(error).toMatchObject({ code: 'ETIMEDOUT', phase: 'close' })
    expect((error as Error).message).toMatch(/no byte has moved in either direction for 4\d\d ms; 0 bytes had arrived/)
    expect(await outcome(socket.readable.getReader().read())).toBe(error)
    expect(await outcome(socket.writable.getWriter().ready)).toBe(error)
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })
})

describe('readTimeout', () => {
  test('begins anew with every byte, and counts only while a read waits', async () => {
    const { peer, socket } = await ways.connect({ readTimeout: limit })
    const reader = socket.readable.getReader()
    const reading = reader.read()
    await sleep(limit * 0.75)
    peer.tell('text a')
    expect((await reading).value).toEqual(new TextEncoder().encode('a'))
    await sleep(limit * 2) // nobody reads: nothing waits
    const second = reader.read()
    expect(await outcome(second, limit * 0.75)).toBe('pending')
    peer.tell('text b')
    expect((await second).value).toEqual(new TextEncoder().encode('b'))
    socket.reset()
  })

  test('begins anew with every byte of a read that wants several', async () => {
    const { peer, socket } = await ways.connect({ readTimeout: limit })
    const reading = socket.readable.getReader({ mode: 'byob' }).read(new Uint8Array(4), { min: 4 })
    for (const letter of 'abcd') {
      await sleep(limit / 2)
      peer.tell(`text ${letter}`)
    }
    expect(new TextDecoder().decode((await reading).value)).toBe('abcd')
    socket.reset()
  })

  test('does not count a read whose reader has left', async () => {
    const { peer, socket } = await ways.connect({ readTimeout: limit })
    const reader = socket.readable.getReader()
    reader.read().catch(() => {})
    reader.releaseLock()
    expect(await outcome(socket.closed, late)).toBe('pending')
    peer.tell('text a')
    expect((await socket.readable.getReader().read()).value).toHaveLength(1)
    socket.reset()
  })

  test('tells in its message how many bytes had arrived', async () => {
    const { peer, socket } = await ways.connect({ readTimeout: 100 })
    peer.tell('send 1000')
    const { received, error } = await readAll(socket.readable)
    expect(received).toBe(1_000)
    expect(error).toMatchObject({ code: 'ETIMEDOUT', phase: 'read' })
    expect((error as Error).message).toContain('; 1000 bytes had arrived before')
  })

  test('does not count the time in which this program itself stood still', async () => {
    const { peer, socket } = await ways.connect({ readTimeout: limit })
    const reading = socket.readable.getReader().read()
    await sleep(limit / 4)
    peer.tell('text a') // arrives while nothing runs here
    await new Promise((resolve) => setImmediate(resolve)) // what comes next are the timers, and only then what has arrived
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limit * 3)
    expect((await reading).value).toHaveLength(1)
    socket.reset()
  })
})

describe('writeTimeout', () => {
  test('fails a write that the peer does not read, says how many bytes wait, and resets', async () => {
    const { peer, address } = await listeningPeer('silent')
    const socket = connect(address, { writeTimeout: limit })
    const writer = socket.writable.getWriter()
    const writing = writer.write(new Uint8Array(64 * mebi))
    await sleep(limit / 4)
    expect(socket.stats.outgoing.waiting).toBe(64 * mebi)
    const error = await outcome(writing, 5_000)
    expect(error).toMatchObject({ code: 'ETIMEDOUT', phase: 'write' })
    expect((error as Error).message).toMatch(/^nothing could be sent for 4\d\d ms; 67108864 bytes wait to be sent$/)
    expect(await outcome(socket.closed)).toBe(error)
    expect(await outcome(socket.readable.getReader().read())).toBe(error)
    peer.tell('read')
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })

  test(
    'lets one large write take as long as it needs while the kernel takes some of it',
    { timeout: 20_000 },
    async () => {
      const { peer, address } = await listeningPeer('slow')
      const socket = connect(address, { writeTimeout: 500, stallTimeout: 500, noDelay: true })
      const started = performance.now()
      await socket.writable.getWriter().write(pattern(0, 48 * mebi))
      expect(performance.now() - started).toBeGreaterThan(1_000) // or this has shown nothing
      await socket.shutdown('write')
      expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 48 * mebi, intact: true })
      socket.reset()
    },
  )

  test('sees that over TLS, too', { timeout: 20_000 }, async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1', secureTransport: 'on', ...identity('server') })
    const { localPort: port } = await listener.opened
    // The window opens in steps of more than a MiB, so that a slow reader looks like none for a while.
    const tls = { secureTransport: 'on', ca, writeTimeout: 500, stallTimeout: 500 } as const
    const socket = connect({ hostname: '127.0.0.1', port }, tls)
    const started = performance.now()
    const writing = outcome(socket.writable.getWriter().write(pattern(0, 24 * mebi)), 15_000)
    const server = await listener.accept()
    let received = 0
    const reader = server.readable.getReader()
    while (received < 24 * mebi) {
      received += (await reader.read()).value!.byteLength
      if (performance.now() - started < 3_000) await sleep(4)
    }
    expect(await writing).toBe('done')
    expect(performance.now() - started).toBeGreaterThan(1_000)
    for (const each of [socket, server]) each.reset()
    await listener.close()
  })

  test('does not count while there is nothing to write', async () => {
    const { peer, socket } = await ways.connect({ writeTimeout: 100 })
    const writer = socket.writable.getWriter()
    await sleep(300)
    await writer.write(pattern(0, 10))
    await sleep(300)
    await writer.close()
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 10 })
    socket.reset()
  })

  test('ends a close() that cannot flush', async () => {
    const { address } = await listeningPeer('silent')
    const socket = connect(address, { writeTimeout: 150 })
    await socket.opened
    void socket.writable
      .getWriter()
      .write(new Uint8Array(64 * mebi))
      .catch(() => {})
    expect(await outcome(socket.close({ deadline: Infinity }), 5_000)).toMatchObject({
      code: 'ETIMEDOUT',
      phase: 'write',
    })
  })
})

describe('idleTimeout', () => {
  test('begins anew with bytes in either direction, and with a read of what waits', async () => {
    const { peer, socket } = await ways.connect({ idleTimeout: limit })
    const reader = socket.readable.getReader({ mode: 'byob' })
    const writer = socket.writable.getWriter()
    peer.tell('text abc')
    await sleep(limit / 2)
    for (let i = 0; i < 3; i++) {
      await reader.read(new Uint8Array(1))
      await sleep(limit / 2)
    }
    for (let i = 0; i < 3; i++) {
      await writer.write(pattern(i, 1))
      await sleep(limit / 2)
    }
    for (let i = 0; i < 3; i++) {
      peer.tell('text x')
      await sleep(limit / 2)
    }
    expect(await outcome(socket.closed, 0)).toBe('pending')
    expect(await outcome(socket.closed, 5_000)).toMatchObject({ code: 'ETIMEDOUT', phase: 'close' })
  })

  test('gives the reader what had arrived, and then the error', async () => {
    const { peer, socket } = await ways.connect({ idleTimeout: 150 })
    peer.tell('send 5000')
    expect(await outcome(socket.closed, 5_000)).toMatchObject({ code: 'ETIMEDOUT' })
    expect(await readAll(socket.readable)).toMatchObject({ received: 5_000, error: { code: 'ETIMEDOUT' } })
  })

  test('merely lets go of a connection that has sent all and is read no more', async () => {
    const { peer, address } = await listeningPeer('read')
    const socket = connect(address, { idleTimeout: 150 })
    await socket.writable.getWriter().write(pattern(0, 1_000))
    await socket.shutdown('both')
    expect(await outcome(socket.closed, 5_000)).toBe('done')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 1_000 })
  })

  test('ends a half-open connection on which nothing more is sent', async () => {
    const { peer, socket } = await ways.connect({ idleTimeout: 150 })
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    expect(await outcome(socket.closed, 5_000)).toMatchObject({ code: 'ETIMEDOUT' })
    await peer.next('error')
  })
})

test('a conversation without a limit has no timer, one with all limits has one that does not count and goes with it', async () => {
  const { address } = await listeningPeer('read')
  const all = { readTimeout: 5_000, writeTimeout: 5_000, idleTimeout: 5_000, stallTimeout: 5_000 }
  const set: { delay: number; timer: NodeJS.Timeout }[] = []
  const cleared: unknown[] = []
  const { setInterval, clearInterval } = globalThis
  globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
    const timer = setInterval(...args)
    set.push({ delay: args[1] ?? 0, timer })
    return timer
  }) as typeof setInterval
  globalThis.clearInterval = (timer) => {
    cleared.push(timer)
    clearInterval(timer)
  }
  try {
    const plain = connect(address)
    await plain.opened
    expect(set).toEqual([])
    const watched = connect(address, all)
    await watched.opened
    await watched.writable.getWriter().write(pattern(0, 100_000))
    expect(set.map(({ delay }) => delay)).toEqual([625])
    expect(set[0]?.timer.hasRef()).toBe(false) // it does not keep the process alive
    expect(cleared).toEqual([])
    for (const socket of [plain, watched]) socket.reset()
    await outcome(watched.close()) // which waits until the descriptor is gone
    expect(cleared).toHaveLength(1)
    expect(cleared[0]).toBe(set[0]?.timer)
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval })
  }
})

test.each([
  [{ readTimeout: 0 }, RangeError, 'readTimeout must be an integer from 1'],
  [{ writeTimeout: 1.5 }, RangeError, 'writeTimeout must be an integer from 1'],
  [{ idleTimeout: 2 ** 31 }, RangeError, 'idleTimeout must be an integer from 1'],
  [{ stallTimeout: '5' }, TypeError, 'stallTimeout must be a number (ms)'],
  [{ timeout: 5 }, TypeError, `unknown property 'timeout'`],
])('refuses %o at once', (options, type, message) => {
  const wrong = options as SocketOptions
  for (const call of [
    () => connect('127.0.0.1:1', wrong),
    () => listen({ port: 0 }, wrong),
    () => fromNodeSocket(new net.Socket(), wrong),
  ]) {
    expect(call).toThrow(type)
    expect(call).toThrow(message)
  }
})
