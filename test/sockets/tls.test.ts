// TLS from the first byte: the handshake and what can be wrong with it, and that a conversation over it ends, is cut off and
// is reset as any other.

import { connect as connectNode } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  connect,
  type ConnectOptions,
  listen,
  type Listener,
  type ListenerOptions,
  type Socket,
} from '../../src/sockets/index.ts'
import { mebi, outcome, pattern, readAll } from './peer.ts'
import { ca, identity, listeningTlsPeer, pem, readText, startTlsPeer, writeText } from './tls-peer.ts'

const on = { secureTransport: 'on', ca } as const

async function listenTls(more: object = {}, socketOptions = {}): Promise<{ listener: Listener; port: number }> {
  const options = { port: 0, hostname: '127.0.0.1', secureTransport: 'on', ...identity('server'), ...more }
  const listener = listen(options as ListenerOptions, socketOptions)
  onTestFinished(() => listener.close({ deadline: 0 }))
  const { localPort: port } = await listener.opened
  return { listener, port }
}

describe('a client', () => {
  test('opens after the handshake, and tells the protocol that was agreed on', async () => {
    const { peer, port } = await listeningTlsPeer({ mode: 'echo', alpn: ['two', 'one'] })
    const socket = connect({ hostname: 'localhost', port }, { ...on, alpn: ['one', 'three'] })
    const writer = socket.writable.getWriter()
    const writes = [writer.write(pattern(0, 500)), writer.write(pattern(500, mebi)), writer.close()]
    expect(await socket.opened).toMatchObject({ remotePort: port, remoteAddress: '127.0.0.1', alpn: 'one' })
    expect(socket.secureTransport).toBe('on')
    expect(await peer.next('secure')).toMatchObject({ serverName: 'localhost', alpn: 'one' })
    expect(await readAll(socket.readable)).toEqual({ received: mebi + 500, error: undefined })
    await Promise.all(writes)
    await socket.closed
    expect(socket.stats.outgoing.bytes).toBe(mebi + 500)
    expect(socket.stats.incoming.bytes).toBe(mebi + 500)
  })

  test('a server that speaks no ALPN agrees on nothing', async () => {
    const { port } = await listeningTlsPeer()
    const socket = connect({ hostname: 'localhost', port }, { ...on, alpn: ['one'] })
    expect((await socket.opened).alpn).toBe(undefined)
    socket.reset()
  })

  test('to an IP address: no name is told, and the certificate must have the address', async () => {
    const { peer, port } = await listeningTlsPeer({ mode: 'read' })
    const socket = connect({ hostname: '127.0.0.1', port }, on)
    await socket.opened
    expect(await peer.next('secure')).toMatchObject({ serverName: false })
    socket.reset()
    const { port: other } = await listeningTlsPeer({ cert: 'b.test' })
    expect(await outcome(connect({ hostname: '127.0.0.1', port: other }, on).opened)).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  test('sni is the name that is told, and that the certificate must have', async () => {
    const { peer, port } = await listeningTlsPeer({ cert: 'b.test' })
    const socket = connect({ hostname: '127.0.0.1', port }, { ...on, sni: 'b.test' })
    await socket.opened
    expect(await peer.next('secure')).toMatchObject({ serverName: 'b.test' })
    socket.reset()
  })

  test.each<[string, object, Partial<ConnectOptions>, object]>([
    ['nobody trusts', {}, { ca: undefined }, { code: expect.stringMatching(/UNABLE_TO_|SELF_SIGNED/) }],
    ['another authority has signed', {}, { ca: pem('b.test') }, { code: expect.stringMatching(/UNABLE_TO_|SELF_/) }],
    ['has another name', { cert: 'b.test' }, {}, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
  ])('a certificate that %s fails both halves in phase tls', async (_, peerOptions, options, expected) => {
    const { port } = await listeningTlsPeer({ mode: 'read', ...peerOptions })
    const socket = connect({ hostname: 'localhost', port }, { ...on, ...options })
    const write = outcome(socket.writable.getWriter().write(pattern(0, 10)))
    const error = await outcome(socket.opened)
    expect(error).toMatchObject({ name: 'SocketError', phase: 'tls', address: '127.0.0.1', port, ...expected })
    expect(await write).toBe(error)
    expect(await outcome(socket.readable.getReader().read())).toBe(error)
    expect(await outcome(socket.closed)).toBe(error)
    expect(await outcome(socket.close())).toBe('done')
  })

  test('no environment variable turns the check off', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    onTestFinished(() => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    const { port } = await listeningTlsPeer()
    const { opened } = connect({ hostname: 'localhost', port }, { secureTransport: 'on' })
    expect(await outcome(opened)).toMatchObject({ phase: 'tls' })
  })

  test('protocols that have nothing in common fail', async () => {
    const { port } = await listeningTlsPeer({ alpn: ['one'] })
    const { opened } = connect({ hostname: 'localhost', port }, { ...on, alpn: ['two'] })
    expect(await outcome(opened)).toMatchObject({
      phase: 'tls',
      code: expect.stringMatching(/ALPN|APPLICATION_PROTOCOL/),
    })
  })

  test('a server that says nothing fails after connectTimeout', async () => {
    const { peer, port } = await listeningTlsPeer({ silent: true })
    const socket = connect({ hostname: '127.0.0.1', port }, { ...on, connectTimeout: 150 })
    expect(await outcome(socket.opened)).toMatchObject({
      code: 'ETIMEDOUT',
      phase: 'tls',
      message: `connect to 127.0.0.1 port ${port}: no TLS handshake in 150 ms`,
    })
    await peer.next('close')
  })

  test('a server that does not speak TLS fails', async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1' })
    onTestFinished(() => listener.close({ deadline: 0 }))
    const { localPort: port } = await listener.opened
    const rude = connect({ hostname: '127.0.0.1', port }, on)
    await writeText(await listener.accept(), '220 hello\r\n')
    expect(await outcome(rude.opened)).toMatchObject({ phase: 'tls', code: expect.stringMatching(/^ERR_SSL_/) })
    const left = connect({ hostname: '127.0.0.1', port }, on)
    await (await listener.accept()).shutdown('write')
    expect(await outcome(left.opened)).toMatchObject({ phase: 'tls', code: 'ECONNRESET' })
  })

  test.each(['signal', 'reset', 'close'] as const)('%s in the handshake gives it up at once', async (how) => {
    const { peer, port } = await listeningTlsPeer({ silent: true })
    const controller = new AbortController()
    const socket = connect({ hostname: '127.0.0.1', port }, { ...on, signal: controller.signal })
    await peer.next('connection')
    await sleep(20)
    if (how === 'signal') controller.abort('enough')
    else if (how === 'reset') socket.reset()
    else await socket.close()
    expect(await outcome(socket.opened, 50)).toMatchObject({ code: how === 'reset' ? 'ECONNABORTED' : 'ABORT_ERR' })
    expect(await peer.next('raw error')).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('a conversation over TLS', () => {
  test('half-closes both ways: close_notify, then FIN', async () => {
    const { peer, port } = await listeningTlsPeer({ mode: 'read' })
    const socket = connect({ hostname: 'localhost', port }, on)
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 1_000))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ clean: true, received: 1_000, intact: true })
    peer.tell('send 200000')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 200_000, error: undefined })
    await socket.closed
  })

  test('goes on writing after the end of the peer', async () => {
    const { peer, port } = await listeningTlsPeer({ mode: 'read' })
    const socket = connect({ hostname: 'localhost', port }, on)
    await socket.opened
    await peer.next('secure')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, mebi))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ clean: true, received: mebi, intact: true })
    await socket.closed
  })

  test.each([0, 100, 300_000])('an end without close_notify, %i bytes before it, is an error', async (size) => {
    const { peer, port } = await listeningTlsPeer()
    const socket = connect({ hostname: 'localhost', port }, on)
    await socket.opened
    await peer.next('secure')
    if (size > 0) peer.tell(`send ${size}`)
    const reading = size > 100 ? readAll(socket.readable) : undefined
    await sleep(100)
    peer.tell('cut')
    await peer.next('close')
    await sleep(50)
    const { received, error } = await (reading ?? readAll(socket.readable))
    expect(received).toBe(size)
    expect(error).toMatchObject({ code: 'ERR_TLS_TRUNCATED', phase: 'read' })
    expect(await outcome(socket.closed)).toBe(error)
  })

  test('a close_notify behind more than fits into the buffer is a clean end', async () => {
    const { peer, port } = await listeningTlsPeer()
    const socket = connect({ hostname: 'localhost', port }, { ...on, highWaterMark: 1_000 })
    await socket.opened
    await peer.next('secure')
    peer.tell('send 50000')
    peer.tell('end')
    await sleep(100)
    expect(await readAll(socket.readable)).toEqual({ received: 50_000, error: undefined })
    await socket.shutdown('write')
    await socket.closed
  })

  test.each(['abort', 'reset'] as const)('%s resets it, also in the middle of a stuck write', async (how) => {
    const { peer, port } = await listeningTlsPeer()
    const socket = connect({ hostname: 'localhost', port }, on)
    const writer = socket.writable.getWriter()
    const write = outcome(writer.write(pattern(0, 32 * mebi)))
    await socket.opened
    await sleep(200)
    const started = performance.now()
    if (how === 'abort') void writer.abort('stop').catch(() => {})
    else socket.reset()
    const error = await outcome(socket.closed)
    expect(performance.now() - started).toBeLessThan(200)
    expect(error).toMatchObject({ code: how === 'abort' ? 'ABORT_ERR' : 'ECONNABORTED' })
    expect(await write).toBe(error)
    peer.tell('read')
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })

  test('can be reset, twice, in the very turn in which it opens, on either side', async () => {
    const { listener, port } = await listenTls()
    const twice = (socket: Socket): void => {
      socket.reset()
      socket.reset()
    }
    for (let i = 0; i < 20; i++) {
      const client = connect({ hostname: 'localhost', port }, on)
      if (i % 2 === 0) await client.opened.then(() => twice(client))
      else await listener.accept().then(twice)
      expect(await outcome(client.closed)).toMatchObject({ name: 'SocketError' })
    }
  })

  test('a reset by the peer is an error', async () => {
    const { peer, port } = await listeningTlsPeer()
    const socket = connect({ hostname: 'localhost', port }, on)
    await socket.opened
    await peer.next('secure')
    const reading = readAll(socket.readable)
    peer.tell('reset')
    expect((await reading).error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('close() loses nothing, though the peer sends and reads late', async () => {
    const { peer, port } = await listeningTlsPeer()
    const socket = connect({ hostname: 'localhost', port }, on)
    await socket.opened
    await peer.next('secure')
    peer.tell('send 100000')
    void socket.writable.getWriter().write(pattern(0, 6 * mebi))
    const closed = socket.close()
    await sleep(200)
    peer.tell('read')
    expect(await peer.next('end')).toMatchObject({ clean: true, received: 6 * mebi, intact: true })
    peer.tell('end')
    await closed
  })

  test('takes no more than its share from a flood that nobody reads', async () => {
    const { peer, port } = await listeningTlsPeer()
    const socket = connect({ hostname: 'localhost', port }, on)
    await socket.opened
    await peer.next('secure')
    peer.tell(`send ${32 * mebi}`)
    await sleep(400)
    expect(socket.stats.incoming.waiting).toBeGreaterThan(0)
    expect(socket.stats.incoming.waiting).toBeLessThan(256 * 1024)
    socket.reset()
  })
})

describe('a listener', () => {
  test('hands out conversations whose handshake is done', async () => {
    const { listener, port } = await listenTls({ alpn: ['one', 'two'] })
    const peer = startTlsPeer('connect', { port, mode: 'read', alpn: ['two'] })
    const socket = await listener.accept()
    expect(await socket.opened).toMatchObject({ alpn: 'two', localPort: port, remoteAddress: '127.0.0.1' })
    expect(socket.secureTransport).toBe('on')
    expect(await peer.next('secure')).toMatchObject({ alpn: 'two' })
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, mebi))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ clean: true, received: mebi, intact: true })
    peer.tell('send 1000')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    await socket.closed
  })

  test('tells a cut-off end from a clean one, also of a conversation that waited to be accepted', async () => {
    const { listener, port } = await listenTls()
    const [clean, cut] = [startTlsPeer('connect', { port }), startTlsPeer('connect', { port })]
    await Promise.all([clean.next('secure'), cut.next('secure')])
    await sleep(50)
    clean.tell('send 100')
    clean.tell('end')
    cut.tell('send 200')
    await sleep(50)
    cut.tell('cut')
    await cut.next('close')
    await sleep(50)
    const results = await Promise.all(
      [listener.accept(), listener.accept()].map(async (s) => readAll((await s).readable)),
    )
    const [first, second] = results.sort((a, b) => a.received - b.received)
    expect(first).toEqual({ received: 100, error: undefined })
    expect(second).toMatchObject({ received: 200, error: { code: 'ERR_TLS_TRUNCATED' } })
  })

  test('chooses a certificate by the name that is asked for', async () => {
    const asked: string[] = []
    const { listener, port } = await listenTls({
      sni: (name: string) => {
        asked.push(name)
        return name === 'b.test' ? identity('b.test') : undefined
      },
    })
    const peers = ['b.test', 'a.test', ''].map((serverName) => startTlsPeer('connect', { port, serverName }))
    const secure = await Promise.all(peers.map((peer) => peer.next('secure')))
    expect(secure.map(({ certificate }) => certificate)).toEqual(['b.test', 'server', 'server'])
    expect(asked.sort()).toEqual(['a.test', 'b.test'])
    for (const _ of peers) (await listener.accept()).reset()
  })

  test('a choice that throws fails that handshake only', async () => {
    const { listener, port } = await listenTls({
      sni: (name: string) => {
        if (name === 'b.test') throw new Error('no such host')
        return name === 'localhost' ? { cert: 'nonsense' } : undefined
      },
    })
    const bad = ['b.test', 'localhost'].map((serverName) => startTlsPeer('connect', { port, serverName }))
    for (const peer of bad) await peer.next('error', 'raw error')
    const good = startTlsPeer('connect', { port, serverName: 'a.test' })
    await good.next('secure')
    ;(await listener.accept()).reset()
  })

  test('with ca it takes only clients that have a certificate from there', async () => {
    const { listener, port } = await listenTls({ ca })
    const without = startTlsPeer('connect', { port })
    await without.next('error')
    const { listener: foreign, port: foreignPort } = await listenTls({ ca: pem('b.test') })
    const untrusted = startTlsPeer('connect', { port: foreignPort, cert: 'client' })
    await untrusted.next('error')
    const trusted = startTlsPeer('connect', { port, cert: 'client', mode: 'read' })
    const socket = await listener.accept()
    await writeText(socket, 'welcome')
    expect(await trusted.next('text')).toMatchObject({ text: 'welcome' })
    socket.reset()
    expect(await outcome(foreign.accept(), 100)).toBe('pending')
  })

  test('a client of ours shows its certificate', async () => {
    const { listener, port } = await listenTls({ ca })
    const client = connect({ hostname: 'localhost', port }, { ...on, ...identity('client') })
    const server = await listener.accept()
    await writeText(client, 'ping')
    expect(await readText(server, 4)).toBe('ping')
    client.reset()
  })

  test('a client that is slow, rude or gone harms nobody and is not handed out', async () => {
    const { listener, port } = await listenTls({ handshakeTimeout: 300 })
    const slow = startTlsPeer('connect', { port, silent: true })
    const rude = startTlsPeer('connect', { port, silent: true, text: 'GET / HTTP/1.1\r\n\r\n' })
    const gone = connectNode(port, '127.0.0.1', () => gone.end()).on('error', () => {})
    await sleep(100)
    const accepted = listener.accept()
    const good = startTlsPeer('connect', { port, mode: 'read' })
    const socket = await accepted
    await writeText(socket, 'hello')
    expect(await good.next('text')).toMatchObject({ text: 'hello' })
    await Promise.all([slow.next('close'), rude.next('close')])
    expect(await outcome(listener.accept(), 100)).toBe('pending')
    socket.reset()
  })

  test('handshakes count as connections, and closing gives them up', async () => {
    const { listener, port } = await listenTls({ maxConnections: 1 })
    const silent = startTlsPeer('connect', { port, silent: true })
    await silent.next('connect')
    const second = connect({ hostname: '127.0.0.1', port }, on)
    expect(await outcome(second.opened)).toMatchObject({ code: 'ECONNRESET' })
    await listener.close()
    await silent.next('close')
  })

  test('close() waits for conversations and resets them at its deadline', async () => {
    const { listener, port } = await listenTls()
    const peer = startTlsPeer('connect', { port, mode: 'read' })
    const socket = await listener.accept()
    await peer.next('secure')
    const closed = listener.close({ deadline: 200 })
    expect(await outcome(listener.closed, 100)).toBe('pending')
    await closed
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNABORTED' })
    expect(await peer.next('error', 'end')).toMatchObject({ code: 'ECONNRESET' })
  })

  test('over a unix-domain socket', async () => {
    const path = `\0framewright-tls-${process.pid}`
    const listener = listen({ path, secureTransport: 'on', ...identity('server') })
    await listener.opened
    const client = connect({ path }, { ...on, sni: 'a.test', alpn: ['x'] })
    const server = await listener.accept()
    await writeText(server, 'hello')
    expect(await readText(client, 5)).toBe('hello')
    expect(await client.opened).toMatchObject({ remoteAddress: path, alpn: undefined })
    await Promise.all([client.close(), server.close(), listener.close()])
  })
})

describe('options', () => {
  const client = identity('client')
  const server = identity('server')

  test.each<[string, object, typeof TypeError, string]>([
    ['another word', { secureTransport: 'yes' }, TypeError, `must be 'off', 'on' or 'starttls', not yes`],
    ['alpn without TLS', { alpn: ['x'] }, TypeError, `alpn needs secureTransport 'on' or 'starttls'`],
    ['ca with off', { secureTransport: 'off', ca }, TypeError, `ca needs secureTransport`],
    ['an address as sni', { ...on, sni: '127.0.0.1' }, TypeError, 'sni must be a host name, not the address'],
    ['an empty sni', { ...on, sni: '' }, TypeError, 'sni must be a string'],
    ['alpn that is no array', { ...on, alpn: 'h2' }, TypeError, 'alpn must be an array'],
    ['alpn without a name', { ...on, alpn: [] }, TypeError, 'alpn must be an array'],
    ['a name that is too long', { ...on, alpn: ['x'.repeat(256)] }, RangeError, 'from 1 to 255'],
    ['ca that is no PEM', { ...on, ca: 'nonsense' }, TypeError, 'ca must be PEM'],
    ['ca that is broken', { ...on, ca: ca.replace('MII', '$$$$$$') }, TypeError, 'ca is not right'],
    ['cert without key', { ...on, cert: client.cert }, TypeError, 'cert and key belong together'],
    ['the key of another', { ...on, cert: client.cert, key: server.key }, TypeError, 'key is not the key of cert'],
    ['the same for later', { secureTransport: 'starttls', cert: client.cert }, TypeError, 'belong together'],
    ['no check of the certificate', { ...on, rejectUnauthorized: false }, TypeError, `unknown property 'reject`],
  ])('of connect: %s is refused at once', (_, options, type, message) => {
    expect(() => connect('localhost:1', options as ConnectOptions)).toThrow(type)
    expect(() => connect('localhost:1', options as ConnectOptions)).toThrow(message)
  })

  test.each<[string, object, typeof TypeError, string]>([
    ['no certificate', { secureTransport: 'on' }, TypeError, 'a server needs cert and key'],
    ['a certificate without TLS', server, TypeError, `cert needs secureTransport`],
    ['a name as sni', { secureTransport: 'on', ...server, sni: 'a.test' }, TypeError, 'sni must be a function'],
    ['no time', { secureTransport: 'on', ...server, handshakeTimeout: 0 }, RangeError, 'handshakeTimeout must be'],
    ['nonsense for later', { secureTransport: 'starttls', cert: 'x', key: 'y' }, TypeError, 'cert must be PEM'],
  ])('of listen: %s is refused at once', (_, options, type, message) => {
    expect(() => listen({ port: 0, ...options })).toThrow(type)
    expect(() => listen({ port: 0, ...options })).toThrow(message)
  })

  test('a path needs a name', () => {
    expect(() => connect({ path: '/x' }, { secureTransport: 'on' })).toThrow('sni must be given')
  })

  test('PEM may be bytes and arrays', async () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
    const { listener, port } = await listenTls({ cert: bytes(pem('server')), key: [pem('server-key')] })
    const client = connect({ hostname: 'localhost', port }, { secureTransport: 'on', ca: [pem('b.test'), bytes(ca)] })
    await client.opened
    await listener.accept()
    client.reset()
  })
})
