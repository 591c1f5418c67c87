// Accepting conversations: three views of one bounded queue, and a listener that ends when it is told to.

import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connect, listen, type Listener, type ListenerOptions, type Socket } from '../../src/sockets/index.ts'
import { outcome, type Peer, pattern, readAll, startPeer } from './peer.ts'

async function listening(options: Partial<ListenerOptions> = {}): Promise<{ listener: Listener; port: number }> {
  const listener = listen({ port: 0, hostname: '127.0.0.1', ...options })
  const { localPort } = await listener.opened
  return { listener, port: localPort }
}

/** Connections from another process. */
async function dialled(port: number, count: number, mode = 'silent', atLeast = count): Promise<Peer> {
  const peer = startPeer('idle')
  await peer.next('ready')
  peer.tell(`dial ${port} ${count} ${mode}`)
  for (let i = 0; i < atLeast; i++) await peer.next('connect')
  return peer
}

async function words(socket: Socket): Promise<string> {
  return new Response(socket.readable).text()
}

describe('a listener', () => {
  test('hands each conversation out once, to accept(), its readable and for await alike', async () => {
    const { listener, port } = await listening()
    const { readable } = await listener.opened
    const reader = readable.getReader()
    const early = [listener.accept(), reader.read(), listener[Symbol.asyncIterator]().next()] as const
    const peer = await dialled(port, 6, 'read')
    await Promise.all(early)
    const sockets = [
      await early[0],
      (await early[1]).value!,
      (await early[2]).value!,
      (await reader.read()).value!,
      await listener.accept(),
    ]
    for await (const socket of listener) {
      sockets.push(socket)
      break // leaves it open
    }
    const ports = await Promise.all(sockets.map(async (socket) => (await socket.opened).remotePort))
    expect(new Set(ports).size).toBe(6)
    for (const socket of sockets) socket.reset()
    for (let i = 0; i < 6; i++) await peer.next('close')
    await listener.close()
  })

  test('a conversation has both directions, and both addresses', async () => {
    const { listener, port } = await listening()
    const peer = await dialled(port, 1, 'read')
    const socket = await listener.accept()
    expect(await socket.opened).toMatchObject({
      localPort: port,
      localAddress: '127.0.0.1',
      remoteAddress: '127.0.0.1',
    })
    peer.tell('send 1000000')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 1_000_000, error: undefined })
    void socket.writable.close()
    expect(await outcome(socket.closed)).toBe('done')
    expect(await peer.next('end')).toMatchObject({ received: 0 })
    await listener.close()
  })

  test('keeps what waits unread: no byte is taken before a conversation is handed out', async () => {
    const { listener, port } = await listening()
    const peer = await dialled(port, 1)
    peer.tell('send 1000')
    await peer.next('sent')
    await sleep(50)
    const socket = await listener.accept()
    expect(socket.stats.incoming.bytes).toBe(0)
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    await socket.close()
    await listener.close()
  })

  test('gives a peer that has gone while it waited: its bytes, then its end', async () => {
    const { listener, port } = await listening()
    const peer = await dialled(port, 1)
    peer.tell('send 1000')
    peer.tell('end')
    await peer.next('sent')
    await sleep(50)
    const socket = await listener.accept()
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    await socket.close()
    await listener.close()
  })

  test('gives a peer that has reset while it waited: an error, and the listener lives on', async () => {
    const { listener, port } = await listening()
    const peer = await dialled(port, 1)
    peer.tell('send 1000')
    await peer.next('sent')
    peer.tell('reset')
    await peer.next('close')
    await sleep(50)
    const socket = await listener.accept()
    expect(await readAll(socket.readable)).toMatchObject({ received: 1_000, error: { code: 'ECONNRESET' } })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNRESET' })
    const next = await dialled(port, 1, 'read')
    expect(await outcome(listener.accept().then((another) => another.reset()))).toBe('done')
    await next.next('close')
    await listener.close()
  })

  test('resets what comes when backlog connections wait', async () => {
    const { listener, port } = await listening({ backlog: 3 })
    const peer = await dialled(port, 10, 'read', 3) // some are reset before they know that they were connected
    for (let i = 0; i < 7; i++) expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
    const sockets = await Promise.all([listener.accept(), listener.accept(), listener.accept()])
    expect(await outcome(listener.accept(), 100)).toBe('pending')
    for (const socket of sockets) socket.reset()
    await listener.close()
  })

  test('resets what comes when maxConnections live, and takes more when one is over', async () => {
    const { listener, port } = await listening({ maxConnections: 2 })
    const first = await dialled(port, 2, 'read')
    const sockets = [await listener.accept(), await listener.accept()]
    const second = await dialled(port, 1, 'read', 0)
    expect(await second.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
    sockets[0]?.reset()
    await first.next('close')
    await sleep(20)
    await dialled(port, 1)
    const third = await listener.accept()
    expect(await outcome(third.opened)).toMatchObject({ localPort: port })
    for (const socket of [...sockets, third]) socket.reset()
    await listener.close()
  })

  test('EADDRINUSE rejects opened, closed and accept', async () => {
    const { listener, port } = await listening()
    const second = listen({ port, hostname: '127.0.0.1' })
    const accepted = outcome(second.accept())
    const error = await outcome(second.opened)
    expect(error).toMatchObject({
      name: 'SocketError',
      code: 'EADDRINUSE',
      syscall: 'listen',
      phase: 'accept',
      address: '127.0.0.1',
      port,
    })
    expect(await accepted).toBe(error)
    expect(await outcome(second.closed)).toBe(error)
    expect(await outcome(second.accept())).toBe(error)
    expect(await outcome(second[Symbol.asyncIterator]().next())).toBe(error)
    expect(await outcome(second.close())).toBe('done')
    await listener.close()
  })

  test('a host that is not ours rejects opened', async () => {
    expect(await outcome(listen({ port: 0, hostname: '192.0.2.1' }).opened)).toMatchObject({ code: 'EADDRNOTAVAIL' })
  })

  test('reusePort shares a port between listeners, or is refused where that has no effect', async () => {
    const first = listen({ port: 0, hostname: '127.0.0.1', reusePort: true })
    const opened = await outcome(first.opened)
    if (opened instanceof Error) {
      expect(opened).toMatchObject({ name: 'SocketError', code: 'ENOTSUP', phase: 'accept' })
      expect(opened.message).toContain('reusePort has no effect here')
      expect(await outcome(first.accept())).toBe(opened)
      return
    }
    const port = (await first.opened).localPort
    const second = listen({ port, hostname: '127.0.0.1', reusePort: true })
    expect(await second.opened).toMatchObject({ localPort: port })
    expect(await outcome(listen({ port, hostname: '127.0.0.1' }).opened)).toMatchObject({ code: 'EADDRINUSE' })
    await dialled(port, 100)
    let total = 0
    const serve = async (listener: Listener): Promise<number> => {
      let count = 0
      for await (const socket of listener) {
        socket.reset()
        count++
        if (++total === 100) for (const each of [first, second]) void each.close()
      }
      return count
    }
    expect(Math.min(...(await Promise.all([serve(first), serve(second)])))).toBeGreaterThan(10)
  })

  test('reusePort can be given up before it listens', async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1', reusePort: true })
    const closing = outcome(listener.close())
    expect(await outcome(listener.opened)).toMatchObject({ code: 'ERR_LISTENER_CLOSED' })
    expect(await closing).toBe('done')
  })

  test('a unix-domain socket is listened on by its path, which goes with the listener', async () => {
    const path = join(tmpdir(), `framewright-listen-${process.pid}.sock`)
    const listener = listen({ path })
    expect(await listener.opened).toMatchObject({ localAddress: path, localPort: 0 })
    const client = connect({ path })
    const server = await listener.accept()
    expect(await server.opened).toEqual({ localAddress: path, localPort: 0, remoteAddress: '', remotePort: 0 })
    void server.writable.getWriter().write(new TextEncoder().encode('hello'))
    await Promise.all([server.shutdown('write'), client.shutdown('write')])
    expect(await words(client)).toBe('hello')
    expect(await words(server)).toBe('')
    await listener.close()
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  test.each<[object, typeof TypeError | typeof RangeError, string]>([
    [{}, TypeError, 'port must be a number'],
    [{ port: -1 }, RangeError, 'port must be an integer from 0 to 65535'],
    [{ port: 0, host: 'localhost' }, TypeError, `unknown property 'host'`],
    [{ port: 0, hostname: '' }, TypeError, 'hostname must be a string'],
    [{ port: 0, backlog: 0 }, RangeError, 'backlog must be an integer from 1'],
    [{ port: 0, maxConnections: 0.5 }, RangeError, 'maxConnections must be an integer from 1'],
    [{ port: 0, path: '/x' }, TypeError, 'not a mixture'],
    [{ port: 0, whenFull: 'drop' }, TypeError, `whenFull must be 'reset', 'close' or 'hold', not drop`],
    [{ port: 0, reusePort: 1 }, TypeError, 'reusePort must be a boolean'],
    [{ port: 0, unlinkStale: true }, TypeError, 'not a mixture'],
    [{ path: '/x', reusePort: true }, TypeError, 'not a mixture'],
    [{ path: '/x', unlinkStale: 'yes' }, TypeError, 'unlinkStale must be a boolean'],
    [{ port: 0, reuseport: true }, TypeError, `unknown property 'reuseport'`],
  ])('refuses %o at once', (options, type, message) => {
    expect(() => listen(options as ListenerOptions)).toThrow(type)
    expect(() => listen(options as ListenerOptions)).toThrow(message)
  })
})

describe('closing a listener', () => {
  test('restarts on the same port at once, with connections of the former one in TIME_WAIT', async () => {
    const { listener, port } = await listening()
    const peer = await dialled(port, 5, 'echo')
    for (let i = 0; i < 5; i++) {
      const socket = await listener.accept()
      await socket.writable.close() // the side that ends first keeps TIME_WAIT
      expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
      await socket.closed
      await peer.next('close')
    }
    await listener.close()
    for (let round = 0; round < 3; round++) await (await listening({ port })).listener.close()
  })

  test('ends accept, the readable and for await, and resets who waits', async () => {
    const { listener, port } = await listening()
    const { readable } = await listener.opened
    const reader = readable.getReader()
    const [accepting, reading] = [outcome(listener.accept()), outcome(reader.read())]
    const iterating = outcome(listener[Symbol.asyncIterator]().next())
    await listener.close()
    expect(await accepting).toMatchObject({ code: 'ERR_LISTENER_CLOSED', phase: 'accept' })
    expect(await reading).toEqual({ value: undefined, done: true })
    expect(await iterating).toEqual({ value: undefined, done: true })
    expect(await outcome(listener.accept())).toMatchObject({ code: 'ERR_LISTENER_CLOSED' })
    expect(await outcome(listener.closed)).toBe('done')

    const other = await listening()
    const peer = await dialled(other.port, 3, 'read')
    await sleep(50)
    await other.listener.close()
    for (let i = 0; i < 3; i++) expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
    expect(port).not.toBe(other.port)
  })

  test('waits for the conversations that were handed out, and lets them finish', async () => {
    const { listener, port } = await listening()
    const peer = await dialled(port, 1, 'read')
    const socket = await listener.accept()
    const closing = listener.close()
    expect(await outcome(connect({ hostname: '127.0.0.1', port }).opened)).toMatchObject({ code: 'ECONNREFUSED' })
    expect(await outcome(closing, 100)).toBe('pending')
    await socket.writable.getWriter().write(pattern(0, 1_000))
    peer.tell('end')
    await readAll(socket.readable)
    await socket.shutdown('write')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 1_000 })
    expect(await outcome(closing)).toBe('done')
  })

  test('resets those that are still there at the deadline', async () => {
    const { listener, port } = await listening()
    const peer = await dialled(port, 2, 'read')
    const sockets = [await listener.accept(), await listener.accept()]
    const started = performance.now()
    const unhurried = listener.close({ deadline: Infinity })
    await listener.close({ deadline: 150 })
    await unhurried
    expect(performance.now() - started).toBeGreaterThan(140)
    expect(performance.now() - started).toBeLessThan(1_000)
    for (const socket of sockets) {
      expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNABORTED' })
      expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
    }
  })

  test('before it listens, it never does', async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1' })
    const closing = listener.close()
    expect(await outcome(listener.opened)).toMatchObject({ code: 'ERR_LISTENER_CLOSED' })
    expect(await outcome(closing)).toBe('done')
    expect(await outcome(listener.closed)).toBe('done')
  })

  test('happens when its readable is cancelled, and at the end of a scope', async () => {
    const { listener } = await listening()
    await (await listener.opened).readable.cancel()
    expect(await outcome(listener.closed)).toBe('done')
    const other = await listening()
    await other.listener[Symbol.asyncDispose]()
    expect(await outcome(other.listener.closed)).toBe('done')
  })
})

function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length
}

test('500 conversations leave no handle behind', { timeout: 60_000 }, async () => {
  const { listener, port } = await listening()
  const before = handles()
  for (let round = 0; round < 10; round++) {
    const peer = await dialled(port, 50, 'echo')
    for (let i = 0; i < 50; i++) {
      const socket = await listener.accept()
      const writer = socket.writable.getWriter()
      await writer.write(pattern(0, 100))
      // Every way to end.
      if (i % 5 === 0) socket.reset()
      else if (i % 5 === 1) await writer.abort()
      else if (i % 5 === 2) await socket.close()
      else await writer.close()
      if (i % 5 === 3) await socket.readable.cancel()
      if (i % 5 === 4) expect((await readAll(socket.readable)).received).toBe(100)
    }
    for (let i = 0; i < 50; i++) await peer.next('close')
    peer.stop()
  }
  await sleep(100)
  expect(handles()).toBeLessThanOrEqual(before)
  await listener.close({ deadline: 0 })
  expect(await outcome(listener.closed)).toBe('done')
})
