// STARTTLS: a conversation that both sides take from plain text to TLS, as client and as server, and what must not get lost,
// or in, on the way.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connect, fromNodeSocket, listen, type Listener, type Socket } from '../../src/sockets/index.ts'
import { mebi, outcome, pattern, readAll } from './peer.ts'
import { ca, identity, listeningTlsPeer, readText, startTlsPeer, writeText } from './tls-peer.ts'

const starttls = { secureTransport: 'starttls' } as const

async function listenPlain(more: object = identity('server')): Promise<{ listener: Listener; port: number }> {
  const listener = listen({ port: 0, hostname: '127.0.0.1', ...starttls, ...more })
  onTestFinished(() => listener.close({ deadline: 0 }))
  const { localPort: port } = await listener.opened
  return { listener, port }
}

/** A client and a server of ours that have a connection. */
async function pair(): Promise<[client: Socket, server: Socket]> {
  const { listener, port } = await listenPlain()
  const client = connect({ hostname: 'localhost', port }, { ...starttls, ca })
  const server = await listener.accept()
  await client.opened
  return [client, server]
}

describe('startTls', () => {
  test('of a client goes on over TLS with what connect() was told', async () => {
    const { peer, port } = await listeningTlsPeer({ starttls: 'line', mode: 'echo', alpn: ['x'] })
    const plain = connect({ hostname: 'localhost', port }, { ...starttls, ca, alpn: ['x'] })
    expect(await plain.opened).toMatchObject({ alpn: undefined })
    await writeText(plain, 'STARTTLS\n')
    expect(await readText(plain, 3)).toBe('go\n')
    expect([plain.secureTransport, plain.upgraded]).toEqual(['starttls', false])

    const secure = plain.startTls()
    expect([plain.upgraded, secure.upgraded, secure.secureTransport]).toEqual([true, false, 'on'])
    const writer = secure.writable.getWriter()
    const writes = [writer.write(pattern(0, mebi)), writer.close()]
    expect(await secure.opened).toMatchObject({ alpn: 'x', remotePort: port })
    expect(await peer.next('secure')).toMatchObject({ serverName: 'localhost' })
    expect(await readAll(secure.readable)).toEqual({ received: mebi, error: undefined })
    await Promise.all([...writes, secure.closed, plain.closed])
  })

  test('of a server takes a ClientHello that came right behind the line', async () => {
    const { listener, port } = await listenPlain()
    const peer = startTlsPeer('connect', { port, starttls: 'eager', mode: 'read' })
    const plain = await listener.accept()
    await sleep(100)
    expect(plain.stats.incoming.waiting).toBeGreaterThan(100) // the line and the ClientHello
    expect(await readText(plain, 9)).toBe('STARTTLS\n')
    const secure = plain.startTls()
    await writeText(secure, 'hello')
    expect(await peer.next('text')).toMatchObject({ text: 'hello' })
    await secure.shutdown('write')
    expect(await peer.next('end')).toMatchObject({ clean: true })
    peer.tell('cut')
    expect(await outcome(secure.closed.then(() => readAll(secure.readable)))).toBeDefined()
  })

  test('of a server sends first what was written, and nothing in between', async () => {
    const { listener, port } = await listenPlain()
    const peer = startTlsPeer('connect', { port, starttls: 'line', mode: 'read' })
    const plain = await listener.accept()
    expect(await readText(plain, 9)).toBe('STARTTLS\n')
    const writer = plain.writable.getWriter()
    const writes = [writer.write(new TextEncoder().encode('g')), writer.write(new TextEncoder().encode('o\n'))]
    writer.releaseLock()
    const secure = plain.startTls()
    await Promise.all(writes)
    await peer.next('secure')
    await writeText(secure, 'hello')
    expect(await peer.next('text')).toMatchObject({ text: 'hello' })
    secure.reset()
    expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
  })

  test('its options override those of connect() and listen()', async () => {
    const { listener, port } = await listenPlain({})
    const client = connect({ hostname: '127.0.0.1', port }, starttls)
    const server = await listener.accept()
    expect(() => server.startTls()).toThrow('a server needs cert and key')
    expect(server.upgraded).toBe(false)
    const sides = [
      server.startTls({ ...identity('b.test'), alpn: ['y'] }),
      client.startTls({ ca, sni: 'b.test', alpn: ['y'] }),
    ]
    const infos = await Promise.all(sides.map(({ opened }) => opened))
    expect(infos.map(({ alpn }) => alpn)).toEqual(['y', 'y'])
    for (const side of sides) side.reset()
  })

  test('before the connection is open it waits for that', async () => {
    const { listener, port } = await listenPlain()
    const secure = connect({ hostname: 'localhost', port }, { ...starttls, ca }).startTls()
    const server = (await listener.accept()).startTls()
    await Promise.all([secure.opened, server.opened])
    secure.reset()
  })

  test('the old conversation ends: reading, writing and closing it do nothing any more', async () => {
    const [client, server] = await pair()
    const secure = [client.startTls(), server.startTls()]
    await Promise.all(secure.map(({ opened }) => opened))
    expect(await outcome(client.closed)).toBe('done')
    expect(await readAll(client.readable)).toEqual({ received: 0, error: undefined })
    expect(await outcome(client.writable.getWriter().write(pattern(0, 1)))).toMatchObject({ phase: 'tls' })
    expect(await outcome(Promise.all([client.close(), client.shutdown('both')]))).toBeDefined()
    await writeText(secure[0]!, 'alive')
    expect(await readText(secure[1]!, 5)).toBe('alive')
    server.reset() // resets the one that took over
    expect(await outcome(secure[1]!.closed)).toMatchObject({ code: 'ECONNABORTED' })
    expect((await readAll(secure[0]!.readable)).error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('its limits on time hold for the new conversation', async () => {
    const { listener, port } = await listenPlain()
    const client = connect({ hostname: 'localhost', port }, { ...starttls, ca, readTimeout: 200 })
    const server = (await listener.accept()).startTls()
    const secure = client.startTls()
    await Promise.all([secure.opened, server.opened])
    expect((await readAll(secure.readable)).error).toMatchObject({ code: 'ETIMEDOUT', phase: 'read' })
    expect(await outcome(client.closed)).toBe('done')
  })
})

describe('startTls is refused', () => {
  const refused = (code: string, message: string): object => ({
    name: 'SocketError',
    phase: 'tls',
    code,
    message: expect.stringContaining(message),
  })
  const thrown = (socket: Socket): unknown => {
    try {
      socket.startTls()
    } catch (error) {
      return error
    }
    return 'nothing'
  }

  test('where it was not asked for', async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1' })
    onTestFinished(() => listener.close({ deadline: 0 }))
    const { localPort: port } = await listener.opened
    const client = connect({ hostname: '127.0.0.1', port })
    const server = await listener.accept()
    for (const socket of [client, server]) {
      expect(thrown(socket)).toMatchObject(refused('ERR_TLS_NOT_ALLOWED', `and is 'off'`))
      expect([socket.secureTransport, socket.upgraded]).toEqual(['off', false])
    }
    const { Socket: NodeNetSocket } = await import('node:net')
    expect(thrown(fromNodeSocket(new NodeNetSocket()))).toMatchObject({ code: 'ERR_TLS_NOT_ALLOWED' })
  })

  test('twice, and of its own result', async () => {
    const [client, server] = await pair()
    const secure = client.startTls()
    server.startTls()
    expect(thrown(client)).toMatchObject(refused('ERR_TLS_NOT_ALLOWED', 'upgraded before'))
    expect(thrown(secure)).toMatchObject(refused('ERR_TLS_NOT_ALLOWED', `and is 'on'`))
    secure.reset()
  })

  test.each(['readable', 'writable'] as const)('while the %s is locked, and may be tried again', async (side) => {
    const [client, server] = await pair()
    const lock = side === 'readable' ? client.readable.getReader() : client.writable.getWriter()
    expect(thrown(client)).toMatchObject(refused('ERR_STREAM_LOCKED', 'locked'))
    expect(client.upgraded).toBe(false)
    lock.releaseLock()
    server.startTls()
    const secure = client.startTls()
    await secure.opened
    secure.reset()
  })

  test.each(['default', 'byob'] as const)('while the readable holds bytes that nobody has read (%s)', async (kind) => {
    const [client, server] = await pair()
    // In one turn, the first in which somebody asks for the stream.
    const { readable } = client
    const reader = kind === 'default' ? readable.getReader() : readable.getReader({ mode: 'byob' })
    reader.read(new Uint8Array(100)).catch(() => {})
    reader.releaseLock() // the bytes for that read come later, and stay in the stream
    await writeText(server, 'injected')
    await sleep(50)
    expect(thrown(client)).toMatchObject(refused('ERR_TLS_UNREAD', '8 bytes'))
    client.reset()
  })

  test('after the end of a direction, or a failure', async () => {
    const [client, server] = await pair()
    await client.shutdown('write')
    expect(thrown(client)).toMatchObject(refused('ERR_TLS_NOT_ALLOWED', 'ended'))
    server.reset()
    expect(thrown(server)).toMatchObject(refused('ERR_TLS_NOT_ALLOWED', 'failed'))
  })

  test('with wrong options, and nothing has happened', async () => {
    const [client, server] = await pair()
    expect(() => client.startTls({ secureTransport: 'on' } as object)).toThrow(`unknown property 'secureTransport'`)
    expect(() => client.startTls({ sni: () => undefined })).toThrow('sni must be a string')
    expect(() => server.startTls({ sni: 'x' })).toThrow('sni must be a function')
    await writeText(client, 'plain')
    expect(await readText(server, 5)).toBe('plain')
    client.reset()
  })
})

describe('a handshake that fails', () => {
  test('plain bytes that somebody sent ahead of TLS are not taken for secure ones', async () => {
    const [client, server] = await pair()
    await writeText(server, 'injected')
    await sleep(50)
    const secure = client.startTls()
    expect(await outcome(secure.opened)).toMatchObject({ phase: 'tls', code: expect.stringMatching(/^ERR_SSL/) })
    expect(await outcome(client.closed)).toBe('done')
    server.reset()
  })

  test('a peer that says nothing is given up after handshakeTimeout', async () => {
    const [client] = await pair()
    const secure = client.startTls({ handshakeTimeout: 150 })
    const error = await outcome(secure.opened)
    expect(error).toMatchObject({ phase: 'tls', code: 'ETIMEDOUT', message: 'TLS handshake: not done in 150 ms' })
    expect(await outcome(secure.closed)).toBe(error)
  })

  test('a peer that leaves, with a reset or an end', async () => {
    const [client, server] = await pair()
    const secure = client.startTls()
    await sleep(50)
    server.reset()
    expect(await outcome(secure.opened)).toMatchObject({ phase: 'tls', code: 'ECONNRESET' })
    const [other, itsServer] = await pair()
    const late = other.startTls()
    await itsServer.shutdown('write')
    expect(await outcome(late.opened)).toMatchObject({ phase: 'tls', code: 'ECONNRESET' })
  })

  test('a certificate that is not trusted', async () => {
    const { listener, port } = await listenPlain()
    const client = connect({ hostname: 'localhost', port }, starttls)
    const server = (await listener.accept()).startTls()
    expect(await outcome(client.startTls().opened)).toMatchObject({ phase: 'tls' })
    expect(await outcome(server.closed)).toBeInstanceOf(TypeError)
  })

  test.each(['reset', 'close'] as const)('%s gives it up at once, also while the peer takes nothing', async (how) => {
    const [client] = await pair()
    const writer = client.writable.getWriter()
    const write = outcome(writer.write(pattern(0, 32 * mebi)))
    writer.releaseLock()
    const secure = client.startTls()
    await sleep(100)
    if (how === 'reset') secure.reset()
    else await secure.close()
    expect(await outcome(secure.opened, 100)).toMatchObject({ code: how === 'reset' ? 'ECONNABORTED' : 'ABORT_ERR' })
    expect(await outcome(client.closed, 100)).toMatchObject({ name: 'SocketError' })
    expect(await write).toMatchObject({ name: 'SocketError' })
  })
})

test('closing the listener resets, at its deadline, what goes on over TLS', async () => {
  const { listener, port } = await listenPlain()
  const client = connect({ hostname: 'localhost', port }, { ...starttls, ca })
  const server = (await listener.accept()).startTls()
  const secure = client.startTls()
  await Promise.all([secure.opened, server.opened])
  await listener.close({ deadline: 100 })
  expect(await outcome(server.closed)).toMatchObject({ code: 'ECONNABORTED' })
  expect((await readAll(secure.readable)).error).toMatchObject({ code: 'ECONNRESET' })
})
