// fromNodeSocket: whatever state a socket of node:net is in, the conversation tells what is left of it.

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { fromNodeSocket } from '../../src/sockets/index.ts'
import { listeningPeer, mebi, outcome, type Peer, pattern, readAll } from './peer.ts'

async function nodeSocket(mode = 'silent', open = true): Promise<{ raw: net.Socket; peer: Peer }> {
  const { peer, port } = await listeningPeer(mode)
  const raw = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  raw.on('error', () => {})
  if (open) {
    await new Promise((resolve) => {
      raw.once('connect', resolve)
    })
    await peer.next('connection')
  }
  return { raw, peer }
}

describe('fromNodeSocket', () => {
  test('of a socket that connects', async () => {
    const { raw, peer } = await nodeSocket('echo', false)
    const socket = fromNodeSocket(raw)
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 100))
    await writer.close()
    expect(await socket.opened).toMatchObject({ remoteAddress: '127.0.0.1' })
    expect(await readAll(socket.readable)).toEqual({ received: 100, error: undefined })
    await socket.closed
    await peer.next('close')
  })

  test('of an open socket with data in its buffer, and back in its buffer', async () => {
    const { raw, peer } = await nodeSocket('read')
    peer.tell('send 1000')
    const first = await new Promise<Buffer>((resolve) => {
      raw.once('data', resolve)
    })
    raw.pause()
    expect(first.length).toBe(1_000)
    raw.unshift(first)
    peer.tell('end')
    await sleep(50)
    const socket = fromNodeSocket(raw, { allowHalfOpen: false })
    expect(await socket.opened).toMatchObject({ remoteAddress: '127.0.0.1' })
    expect(socket.stats.incoming.waiting).toBe(1_000)
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    expect(await peer.next('end')).toMatchObject({ received: 0 })
    await socket.closed
  })

  test('of a socket whose peer has ended', async () => {
    const { raw, peer } = await nodeSocket('read')
    peer.tell('end')
    raw.resume()
    await new Promise((resolve) => {
      raw.once('end', resolve)
    })
    const socket = fromNodeSocket(raw, { allowHalfOpen: true })
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 100))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 100, intact: true })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('of a socket that has ended itself, with data still to send', async () => {
    const { raw, peer } = await nodeSocket('read')
    raw.end(pattern(0, 1_000_000))
    const socket = fromNodeSocket(raw)
    const writer = socket.writable.getWriter()
    expect(await outcome(writer.write(pattern(0, 1)))).toMatchObject({ code: 'EPIPE' })
    expect(await peer.next('end')).toMatchObject({ received: 1_000_000, intact: true })
    peer.tell('send 100')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 100, error: undefined })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('of a socket that node would end with its peer: it may stay open for writing', async () => {
    const { peer, port } = await listeningPeer('read')
    const socket = fromNodeSocket(net.connect(port, '127.0.0.1'), { allowHalfOpen: true })
    await peer.next('connection')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    await sleep(50)
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 100))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 100, intact: true })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('of a socket that is destroyed: everything settles', async () => {
    for (const wait of [0, 50]) {
      const { raw } = await nodeSocket()
      raw.destroy(new Error('by somebody else'))
      if (wait > 0) await sleep(wait)
      const socket = fromNodeSocket(raw)
      expect(await outcome(socket.closed)).toMatchObject({ name: 'SocketError', message: 'by somebody else' })
      expect(await outcome(socket.opened)).toMatchObject({ name: 'SocketError' })
      expect(await readAll(socket.readable)).toMatchObject({ received: 0, error: { name: 'SocketError' } })
      expect(await outcome(socket.writable.getWriter().write(pattern(0, 1)))).toMatchObject({ name: 'SocketError' })
      expect(await outcome(socket.close())).toBe('done')
    }
  })

  test('of a socket that somebody else destroys later: no direction is said to have ended', async () => {
    const { raw } = await nodeSocket()
    const socket = fromNodeSocket(raw)
    const reading = outcome(socket.readable.getReader().read())
    raw.destroy()
    expect(await reading).toMatchObject({ code: 'ECONNABORTED' })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNABORTED', phase: 'close' })
  })

  test('a write that such a destruction cuts off has not succeeded', async () => {
    const { raw } = await nodeSocket()
    const socket = fromNodeSocket(raw)
    const writing = outcome(socket.writable.getWriter().write(pattern(0, 32 * mebi)))
    await sleep(100)
    raw.destroy()
    expect(await writing).toMatchObject({ code: expect.stringMatching(/ECONNABORTED|ECANCELED/) })
    expect(socket.stats.outgoing.bytes).toBe(0)
  })

  test('refuses what is no socket of bytes', async () => {
    const { raw } = await nodeSocket()
    raw.setEncoding('utf8')
    expect(() => fromNodeSocket(raw)).toThrow('socket must give bytes')
    expect(() => fromNodeSocket({} as net.Socket)).toThrow('socket must be a Socket of node:net')
    expect(() => fromNodeSocket(new net.Socket(), { signal: undefined } as object)).toThrow(`unknown property 'signal'`)
    raw.destroy()
  })
})
