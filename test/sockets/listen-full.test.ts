// A listener that is full: what becomes of the connections for which there is no room.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { listen, type Listener, type ListenerOptions, type Socket } from '../../src/sockets/index.ts'
import { outcome, type Peer, readAll, startPeer } from './peer.ts'

async function listening(options: Partial<ListenerOptions>): Promise<{ listener: Listener; port: number }> {
  const listener = listen({ port: 0, hostname: '127.0.0.1', ...options })
  return { listener, port: (await listener.opened).localPort }
}

async function dialled(port: number, count: number, mode = 'silent'): Promise<Peer> {
  const peer = startPeer('idle')
  await peer.next('ready')
  peer.tell(`dial ${port} ${count} ${mode}`)
  return peer
}

/** One connection that has said its name. */
async function named(port: number, name: string): Promise<Peer> {
  const peer = startPeer('connect', port)
  await peer.next('connect')
  peer.tell(`text ${name}`)
  return peer
}

async function name(socket: Socket): Promise<string> {
  const reader = socket.readable.getReader()
  const { value } = await reader.read()
  reader.releaseLock()
  return new TextDecoder().decode(value)
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length
}

describe("whenFull 'close'", () => {
  test('ends what comes beyond backlog with a FIN, even if it has sent something', async () => {
    const { listener, port } = await listening({ backlog: 3, whenFull: 'close' })
    const peer = await dialled(port, 6, 'read')
    peer.tell('send 100000')
    for (let i = 0; i < 3; i++) {
      expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 0 })
    }
    peer.tell('send 100000') // three of them go on; what the others send is discarded
    peer.tell('end')
    for (let i = 0; i < 3; i++) await peer.next('close')
    expect(peer.count('error')).toBe(0)
    for (let i = 0; i < 3; i++) {
      const socket = await listener.accept()
      expect(await readAll(socket.readable)).toEqual({ received: 200_000, error: undefined })
      await socket.close()
    }
    expect(await outcome(listener.close())).toBe('done')
  })

  test('lets go of a connection that does not end its own side, and of all when the listener closes', async () => {
    const { listener, port } = await listening({ maxConnections: 1, whenFull: 'close' })
    const peer = await dialled(port, 2, 'read')
    await peer.next('end')
    const socket = await listener.accept()
    const before = sockets()
    socket.reset()
    expect(await outcome(listener.close(), 1_000)).toBe('done') // does not wait for the one that was turned away
    expect(sockets()).toBeLessThan(before)
  })

  test('keeps no more of them than backlog', async () => {
    const { listener, port } = await listening({ backlog: 5, whenFull: 'close' })
    const before = sockets()
    const peer = await dialled(port, 100, 'read')
    for (let i = 0; i < 95; i++) expect(await peer.next('end', 'error')).toMatchObject({ event: 'end' })
    expect(sockets() - before).toBeLessThanOrEqual(10)
    await listener.close()
  })
})

describe("whenFull 'hold'", () => {
  test('holds what comes beyond maxConnections, unread, until one is over, and then gives it all', async () => {
    const { listener, port } = await listening({ maxConnections: 2, whenFull: 'hold' })
    for (const letter of 'ab') await named(port, letter)
    const [first, second] = [await listener.accept(), await listener.accept()]
    const third = await named(port, 'c')
    const accepting = listener.accept()
    expect(await outcome(accepting, 200)).toBe('pending')
    expect(third.count('error') + third.count('end')).toBe(0)
    first.reset()
    const socket = await accepting
    expect(await name(socket)).toBe('c')
    third.tell('end')
    expect((await readAll(socket.readable)).error).toBe(undefined)
    for (const each of [second, socket]) each.reset()
    await listener.close()
  })

  test('holds what comes beyond backlog, and hands all out in the order in which they came', async () => {
    const { listener, port } = await listening({ backlog: 3, whenFull: 'hold' })
    for (const letter of 'abcdef') await named(port, letter)
    let order = ''
    for (let i = 0; i < 6; i++) {
      const socket = await listener.accept()
      order += await name(socket)
      socket.reset()
    }
    expect(order).toBe('abcdef')
    await listener.close()
  })

  test('holds as many as backlog, and resets what comes beyond', async () => {
    const { listener, port } = await listening({ backlog: 3, whenFull: 'hold' })
    const peer = await dialled(port, 10, 'read')
    for (let i = 0; i < 4; i++) expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
    await sleep(100)
    expect(peer.count('error') + peer.count('end')).toBe(0)
    for (let i = 0; i < 6; i++) (await listener.accept()).reset()
    expect(await outcome(listener.accept(), 100)).toBe('pending')
    await listener.close()
  })

  test('never lets more than maxConnections live while it serves all', async () => {
    const { listener, port } = await listening({ maxConnections: 5, whenFull: 'hold' })
    const peer = await dialled(port, 60, 'echo')
    let [living, most, served] = [0, 0, 0]
    const serve = async (socket: Socket): Promise<void> => {
      most = Math.max(most, ++living)
      await sleep(5)
      const closed = socket.closed.then(() => living--)
      await socket.close()
      await closed
      if (++served === 60) void listener.close()
    }
    for await (const socket of listener) void serve(socket)
    expect(served).toBe(60)
    expect(most).toBe(5)
    for (let i = 0; i < 60; i++) await peer.next('close')
  })

  test('gives a peer that has gone while it was held: its bytes, then its end', async () => {
    const { listener, port } = await listening({ maxConnections: 1, whenFull: 'hold' })
    await named(port, 'a')
    const first = await listener.accept()
    const peer = startPeer('connect', port)
    await peer.next('connect')
    peer.tell('send 1000')
    peer.tell('end')
    await peer.next('sent')
    first.reset()
    const socket = await listener.accept()
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    await socket.close()
    await listener.close()
  })

  test('resets what is held when the listener closes', async () => {
    const { listener, port } = await listening({ maxConnections: 1, whenFull: 'hold' })
    const peer = await dialled(port, 4, 'read')
    const socket = await listener.accept()
    for (let i = 0; i < 4; i++) await peer.next('connect')
    await sleep(50)
    const closing = listener.close()
    for (let i = 0; i < 3; i++) expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
    expect(await outcome(closing, 100)).toBe('pending') // for the one that was handed out
    socket.reset()
    expect(await outcome(closing)).toBe('done')
    expect(await outcome(listener.closed)).toBe('done')
  })
})

test('a straggler that is stuck in a write is reset at the deadline of close(), its listener ends', async () => {
  const { listener, port } = await listening({})
  const peer = await dialled(port, 1)
  const socket = await listener.accept()
  const writing = outcome(socket.writable.getWriter().write(new Uint8Array(64 * 2 ** 20)), 5_000)
  const started = performance.now()
  await listener.close({ deadline: 200 })
  expect(performance.now() - started).toBeLessThan(1_500)
  expect(await writing).toMatchObject({ code: 'ECONNABORTED' })
  peer.tell('read')
  expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
})
