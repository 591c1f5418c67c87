// A proxy: two conversations joined, with peers of both in processes of their own.

import { describe, expect, onTestFinished, test } from 'vitest'
import {
  connect,
  duplexPair,
  exchange,
  listen,
  type Socket,
  type SocketOptions,
  splice,
} from '../../src/sockets/index.ts'
import { listeningPeer, mebi, outcome, type Peer, pattern, readAll, startPeer } from './peer.ts'

interface Proxied {
  client: Peer
  server: Peer
  a: Socket
  b: Socket
}

/** client (a process) ── a ═ splice ═ b ── server (a process) */
async function proxied(mode: string, options: SocketOptions = {}): Promise<Proxied> {
  const { peer: server, address } = await listeningPeer(mode)
  const listener = listen({ port: 0, hostname: '127.0.0.1' }, options)
  onTestFinished(() => listener.close({ deadline: 0 }))
  const { localPort } = await listener.opened
  const client = startPeer('connect', localPort, mode)
  const a = await listener.accept()
  const b = connect(address, options)
  await server.next('connection')
  return { client, server, a, b }
}

describe.each([true, false])('with allowHalfOpen: %s', (allowHalfOpen) => {
  test('both directions pass all bytes, at once, and their ends', { timeout: 60_000 }, async () => {
    const { client, server, a, b } = await proxied('read', { allowHalfOpen })
    const result = splice(a, b)
    client.tell(`send ${24 * mebi}`)
    server.tell(`send ${16 * mebi + 1}`)
    client.tell('end')
    server.tell('end')
    expect(await result).toEqual({ aToB: 24 * mebi, bToA: 16 * mebi + 1 })
    expect(await server.next('end')).toMatchObject({ received: 24 * mebi, intact: true })
    expect(await client.next('end')).toMatchObject({ received: 16 * mebi + 1, intact: true })
    expect(await outcome(Promise.all([a.closed, b.closed]))).not.toBeInstanceOf(Error)
  })

  test.each(['client', 'server'] as const)(
    'the %s ends first; the answer of the other comes long after',
    async (first) => {
      const { client, server, a, b } = await proxied('read', { allowHalfOpen })
      const result = splice(a, b)
      const [early, late] = first === 'client' ? [client, server] : [server, client]
      early.tell('send 1000')
      early.tell('end')
      expect(await late.next('end')).toMatchObject({ received: 1_000, intact: true })
      expect(await outcome(result, 50)).toBe('pending')
      late.tell(`send ${4 * mebi}`)
      late.tell('end')
      expect(await early.next('end')).toMatchObject({ received: 4 * mebi, intact: true })
      const there = first === 'client' ? { aToB: 1_000, bToA: 4 * mebi } : { aToB: 4 * mebi, bToA: 1_000 }
      expect(await result).toEqual(there)
    },
  )

  test('over sockets in memory, too', async () => {
    const [client, a] = duplexPair({ allowHalfOpen })
    const [b, server] = duplexPair()
    const result = splice(a, b)
    await client.writable.close()
    expect(await readAll(server.readable)).toEqual({ received: 0, error: undefined })
    const received = allowHalfOpen ? readAll(client.readable) : undefined
    const writer = server.writable.getWriter()
    await writer.write(pattern(0, 1_000))
    await writer.close()
    expect(await (received ?? readAll(client.readable))).toEqual({ received: 1_000, error: undefined })
    expect(await result).toEqual({ aToB: 0, bToA: 1_000 })
  })
})

describe('an error of one is a reset of the other', () => {
  test.each(['client', 'server'] as const)('a reset by the %s', async (who) => {
    const { client, server, a, b } = await proxied('read')
    const result = splice(a, b)
    const [culprit, other] = who === 'client' ? [client, server] : [server, client]
    culprit.tell('send 1000')
    await culprit.next('sent')
    culprit.tell('reset')
    expect(await outcome(result)).toMatchObject({ name: 'SocketError', code: 'ECONNRESET' })
    expect(await other.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
    await Promise.all([outcome(a.closed), outcome(b.closed)]) // both are settled
  })

  test('a reset while both buffers are full of what nobody reads', async () => {
    const { client, server, a, b } = await proxied('silent')
    const result = splice(a, b)
    client.tell(`send ${32 * mebi}`)
    server.tell(`send ${32 * mebi}`)
    expect(await outcome(result, 500)).toBe('pending')
    expect(a.stats.outgoing.waiting).toBeLessThanOrEqual(2 * 65_536)
    client.tell('reset')
    expect(await outcome(result)).toMatchObject({ code: 'ECONNRESET' })
    server.tell('read')
    expect(await server.next('error', 'end')).toMatchObject({ event: 'error' })
  })

  test('a connection that cannot be made resets the one that was to be joined to it', async () => {
    const [client, a] = duplexPair()
    const { port } = await freePort()
    const result = splice(a, connect({ hostname: '127.0.0.1', port }))
    expect(await outcome(result)).toMatchObject({ code: 'ECONNREFUSED' })
    expect(await readAll(client.readable)).toMatchObject({ error: { code: 'ECONNRESET' } })
  })

  async function freePort(): Promise<{ port: number }> {
    const listener = listen({ port: 0, hostname: '127.0.0.1' })
    const { localPort } = await listener.opened
    await listener.close()
    return { port: localPort }
  }

  test('signal resets both, at once', async () => {
    const { client, server, a, b } = await proxied('read')
    const controller = new AbortController()
    const result = splice(a, b, { signal: controller.signal })
    client.tell('send 1000')
    await client.next('sent')
    controller.abort(new Error('the proxy stops'))
    expect(await outcome(result)).toMatchObject({ message: 'the proxy stops' })
    expect(await client.next('error', 'end')).toMatchObject({ event: 'error' })
    expect(await server.next('error', 'end')).toMatchObject({ event: 'error' })

    const [c] = duplexPair()
    const [d] = duplexPair()
    expect(await outcome(splice(c, d, { signal: AbortSignal.abort('at once') }))).toBe('at once')
  })
})

test('a chain of ten proxies passes an exchange of 4 MiB each way', async () => {
  const ends = Array.from({ length: 11 }, () => duplexPair({ highWaterMark: 16_384 }))
  const proxies = ends.slice(1).map(([b], i) => splice(ends[i]![1], b))
  const client = ends[0]![0]
  const server = ends.at(-1)![1]
  const echo = server.readable.pipeTo(server.writable)
  const send = Array.from({ length: 64 }, (_, i) => pattern(i * 65_536, 65_536))
  const { received, error } = await exchange(client, { send, receive: readAll })
  expect({ received, error }).toEqual({ received: 4 * mebi, error: undefined })
  expect(await Promise.all(proxies)).toEqual(Array.from({ length: 10 }, () => ({ aToB: 4 * mebi, bToA: 4 * mebi })))
  await echo
})

test('wrong arguments are refused at once, and lock nothing', () => {
  const [a, b] = duplexPair()
  expect(() => splice(a, a)).toThrow('cannot be spliced with itself')
  expect(() => splice(a, b, { signal: 1 as never })).toThrow('signal must be an AbortSignal')
  expect(() => splice(a, b, { deadline: 1 } as never)).toThrow("unknown property 'deadline'")
  const reader = b.readable.getReader()
  expect(() => splice(a, b)).toThrow('locked')
  expect(a.readable.locked || a.writable.locked || b.writable.locked).toBe(false)
  reader.releaseLock()
  void splice(a, b).catch(() => {})
  a.reset()
})
