// stallTimeout: which direction is full, who does not read, and what is merely slow.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connect, listen, SocketError, StallError } from '../../src/sockets/index.ts'
import { listeningPeer, mebi, outcome, pattern, readAll, startPeer } from './peer.ts'

const highWaterMark = 65_536
const limit = 400

/** Resolves when a count does not change for a while: the buffers are full. */
async function steady(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count()
    await sleep(100)
  }
}

describe('a StallError', () => {
  test('tells the deadlock: both sides send and nobody reads, so that both directions are full', async () => {
    const { peer, address } = await listeningPeer('silent')
    const socket = connect(address, { highWaterMark, stallTimeout: 1_000 })
    await socket.opened
    peer.tell(`send ${64 * mebi}`)
    const writer = socket.writable.getWriter()
    const started = performance.now()
    let written = 0
    let last: unknown = 'done'
    while (last === 'done' && written < 64 * mebi) {
      written += highWaterMark
      last = await outcome(writer.write(pattern(written - highWaterMark, highWaterMark)), 300)
    }
    expect(last).toBe('pending')
    const { stats } = socket
    const error = await outcome(socket.closed, 5_000)
    expect(error).toBeInstanceOf(StallError)
    expect(error).toBeInstanceOf(SocketError)
    if (!(error instanceof StallError)) throw error
    expect(error).toMatchObject({
      name: 'StallError',
      code: 'ERR_STALLED',
      phase: 'write',
      full: 'both',
      notReading: 'both',
    })
    expect(error.incoming.waiting).toBe(stats.incoming.waiting)
    expect(error.incoming.waiting).toBeGreaterThanOrEqual(highWaterMark)
    expect(error.outgoing.waiting).toBe(highWaterMark)
    expect(stats.outgoing.bytes + error.outgoing.waiting).toBe(written)
    for (const { since } of [error.incoming, error.outgoing]) {
      expect(since).toBeGreaterThan(started - 100)
      expect(performance.now() - since!).toBeGreaterThan(900)
    }
    expect(error.message).toMatch(/^the connection stands still: neither side has read for 1\d\d\d ms; /)
    expect(error.message).toContain(`; ${highWaterMark} bytes wait to be sent and ${error.incoming.waiting} bytes that`)
    // Both halves end with it: the writable at once, the readable after what had arrived; the peer is reset.
    expect(await outcome(writer.closed)).toBe(error)
    const rest = await readAll(socket.readable)
    expect(rest).toEqual({ received: error.incoming.waiting, error })
    peer.tell('read')
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })

  test('tells of a peer that does not read', async () => {
    const { address } = await listeningPeer('silent')
    const socket = connect(address, { stallTimeout: limit })
    const writer = socket.writable.getWriter()
    const writing = writer.write(new Uint8Array(32 * mebi))
    writer.write(new Uint8Array(1_000)).catch(() => {})
    const error = await outcome(writing, 5_000)
    expect(error).toMatchObject({
      code: 'ERR_STALLED',
      phase: 'write',
      full: 'outgoing',
      notReading: 'peer',
      outgoing: { waiting: 32 * mebi + 1_000 },
      incoming: { waiting: 0, since: undefined },
    })
    expect((error as Error).message).toMatch(/: the peer has not read for 4\d\d ms; 33555432 bytes wait to be sent$/)
    expect(await outcome(socket.closed)).toBe(error)
  })

  test('tells of us who do not read, and the reader still gets what had arrived', async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1' }, { stallTimeout: limit, highWaterMark })
    const peer = startPeer('connect', (await listener.opened).localPort)
    const socket = await listener.accept()
    peer.tell(`send ${32 * mebi}`)
    const error = await outcome(socket.closed, 5_000)
    expect(error).toMatchObject({
      code: 'ERR_STALLED',
      phase: 'read',
      full: 'incoming',
      notReading: 'us',
      outgoing: { waiting: 0, since: undefined },
    })
    const { incoming } = error as StallError
    expect(incoming.waiting).toBeGreaterThanOrEqual(highWaterMark)
    expect(await readAll(socket.readable)).toEqual({ received: incoming.waiting, error })
    await peer.next('error')
    expect(await outcome(listener.close())).toBe('done')
  })
})

describe('no stall is', () => {
  test('a consumer that leaves fewer than highWaterMark bytes waiting', async () => {
    const { peer, address } = await listeningPeer('silent')
    const socket = connect(address, { stallTimeout: 150, highWaterMark })
    await socket.opened
    peer.tell(`send ${highWaterMark - 1}`)
    await peer.next('sent')
    expect(await outcome(socket.closed, 600)).toBe('pending')
    expect(socket.stats.incoming.waiting).toBe(highWaterMark - 1)
    socket.reset()
  })

  test('a slow consumer behind which the buffer is always full', async () => {
    const { peer, address } = await listeningPeer('silent')
    const socket = connect(address, { stallTimeout: limit, highWaterMark })
    await socket.opened
    peer.tell(`send ${64 * mebi}`)
    await steady(() => socket.stats.incoming.waiting)
    const reader = socket.readable.getReader({ mode: 'byob' })
    for (let i = 0; i < 8; i++) {
      expect((await reader.read(new Uint8Array(100))).value).toHaveLength(100)
      await sleep(limit / 2)
    }
    expect(await outcome(socket.closed, 0)).toBe('pending')
    expect(await outcome(socket.closed, 5_000)).toMatchObject({ full: 'incoming', notReading: 'us' })
  })

  test('a slow peer that reads now and then', async () => {
    const { peer, address } = await listeningPeer('slow')
    const socket = connect(address, { stallTimeout: 500 })
    const writer = socket.writable.getWriter()
    for (let at = 0; at < 32 * mebi; at += highWaterMark) {
      await writer.ready
      writer.write(pattern(at, highWaterMark)).catch(() => {})
    }
    await writer.close()
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 32 * mebi, intact: true })
    socket.reset()
  })

  test('a connection on which nothing is to be done', async () => {
    const { address } = await listeningPeer('silent')
    const socket = connect(address, { stallTimeout: 100 })
    socket.readable
      .getReader()
      .read()
      .catch(() => {})
    expect(await outcome(socket.closed, 500)).toBe('pending')
    socket.reset()
  })

  test('what waits behind the end of a peer, if it is less than highWaterMark', async () => {
    const { peer, address } = await listeningPeer('silent')
    const socket = connect(address, { stallTimeout: 100, highWaterMark })
    await socket.opened
    peer.tell(`send ${highWaterMark - 1}`)
    await peer.next('sent')
    peer.tell('end')
    expect(await outcome(socket.closed, 400)).toBe('pending')
    expect(await readAll(socket.readable)).toEqual({ received: highWaterMark - 1, error: undefined })
    socket.reset()
  })
})
