// Opening a conversation: when it works, when it does not, and what is refused before it begins.

import { createServer, Socket as NodeNetSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect, listen, type Socket, type SocketAddress } from '../../src/sockets/index.ts'
import { parseAddress } from '../../src/sockets/parse-address.ts'
import { listeningPeer, outcome, pattern, readAll, startPeer } from './peer.ts'

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const listener = listen({ port: 0, hostname: '127.0.0.1' })
  const { localPort } = await listener.opened
  await listener.close()
  return localPort
}

/** A port whose queue of connections is full, so that one more gets no answer at all. */
async function fullPort(): Promise<number> {
  // node accepts whatever comes as long as its event loop turns: a process that has stopped does not.
  const peer = startPeer('idle')
  await peer.next('ready')
  peer.tell('listen-and-stop 1')
  const { port } = await peer.next('listening')
  const fillers = [1, 2, 3].map(() => connect({ hostname: '127.0.0.1', port }))
  onTestFinished(() => fillers.forEach((filler) => filler.reset()))
  await sleep(100)
  return port
}

async function failsWith(socket: Socket, expected: object): Promise<void> {
  const error = await outcome(socket.opened)
  expect(error).toBeInstanceOf(TypeError)
  expect(error).toMatchObject({ name: 'SocketError', phase: 'connect', ...expected })
  expect(await outcome(socket.closed)).toBe(error)
  expect(await outcome(socket.readable.getReader().read())).toBe(error)
  expect(await outcome(socket.writable.getWriter().write(pattern(0, 1)))).toBe(error)
  expect(await outcome(socket.close())).toBe('done')
}

describe('connect', () => {
  test('tells both ends once it is open', async () => {
    const { address, port, peer } = await listeningPeer()
    const socket = connect(address)
    expect(await socket.opened).toEqual({
      remoteAddress: '127.0.0.1',
      remotePort: port,
      localAddress: '127.0.0.1',
      localPort: expect.any(Number),
    })
    await peer.next('connection')
    socket.reset()
  })

  test('what is written before it is open waits, and is sent', async () => {
    const { address, peer } = await listeningPeer('read')
    const socket = connect(address)
    const writer = socket.writable.getWriter()
    const writes = [writer.write(pattern(0, 500)), writer.write(pattern(500, 500)), writer.close()]
    expect(socket.stats.outgoing).toMatchObject({ bytes: 0, waiting: 1_000 })
    await Promise.all(writes)
    expect(await peer.next('end')).toMatchObject({ received: 1_000, intact: true })
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    await socket.closed
  })

  test('shutdown(write) before it is open sends what was written until then', async () => {
    const { address, peer } = await listeningPeer('read')
    const socket = connect(address)
    const writer = socket.writable.getWriter()
    const write = writer.write(pattern(0, 500))
    const finished = socket.shutdown('write')
    const late = outcome(writer.write(pattern(0, 500)))
    await Promise.all([write, finished])
    expect(await late).toMatchObject({ code: 'EPIPE' })
    expect(await peer.next('end')).toMatchObject({ received: 500 })
    socket.reset()
  })

  test('a refused connection errors both halves and rejects both promises', async () => {
    const port = await freePort()
    const socket = connect({ hostname: '127.0.0.1', port })
    const early = outcome(socket.writable.getWriter().write(pattern(0, 10)))
    expect(await early).toMatchObject({ code: 'ECONNREFUSED' })
    const empty = connect({ hostname: '127.0.0.1', port }).writable.getWriter().write(new Uint8Array(0))
    expect(await outcome(empty)).toMatchObject({ code: 'ECONNREFUSED' })
    await failsWith(connect({ hostname: '127.0.0.1', port }), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
      address: '127.0.0.1',
      port,
      message: expect.stringContaining(`127.0.0.1:${port}`),
    })
  })

  test('a host name with several addresses fails with a message for each', async () => {
    const socket = connect({ hostname: 'localhost', port: await freePort() })
    await failsWith(socket, { code: 'ECONNREFUSED', message: expect.stringMatching(/ECONNREFUSED .*:\d+/) })
  })

  test('a host name that does not exist fails with its name', async () => {
    await failsWith(connect('nowhere.invalid:7000'), { address: 'nowhere.invalid', syscall: 'getaddrinfo' })
  })

  test('a connection that nobody answers fails after connectTimeout', async () => {
    const port = await fullPort()
    const started = performance.now()
    await failsWith(connect({ hostname: '127.0.0.1', port }, { connectTimeout: 200 }), {
      code: 'ETIMEDOUT',
      address: '127.0.0.1',
      port,
      message: `connect to 127.0.0.1 port ${port}: no answer in 200 ms`,
    })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('a signal gives up connecting at once, its reason the cause', async () => {
    const port = await fullPort()
    const controller = new AbortController()
    const socket = connect({ hostname: '127.0.0.1', port }, { signal: controller.signal })
    const opened = outcome(socket.opened)
    await sleep(50)
    const started = performance.now()
    controller.abort('no time')
    await opened
    expect(performance.now() - started).toBeLessThan(50)
    await failsWith(socket, { code: 'ABORT_ERR', cause: 'no time' })
  })

  test('a signal that has aborted before prevents the attempt', async () => {
    const { address, peer } = await listeningPeer()
    await failsWith(connect(address, { signal: AbortSignal.abort('never') }), { code: 'ABORT_ERR', cause: 'never' })
    await sleep(50)
    expect(peer.count('connection')).toBe(0)
  })

  test('a signal that aborts just after connect() wins over the connection', async () => {
    const { address } = await listeningPeer()
    const controller = new AbortController()
    const socket = connect(address, { signal: controller.signal })
    controller.abort()
    await sleep(50)
    await failsWith(socket, { code: 'ABORT_ERR' })
  })

  test('a signal has no effect once the connection is open', async () => {
    const { address, peer } = await listeningPeer('read')
    const controller = new AbortController()
    const socket = connect(address, { signal: controller.signal, connectTimeout: 100, allowHalfOpen: false })
    await socket.opened
    controller.abort()
    await sleep(150)
    await socket.writable.getWriter().write(pattern(0, 10))
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test.each(['close', 'reset', 'abort'] as const)('%s before it is open gives up connecting at once', async (how) => {
    const port = await fullPort()
    const socket = connect({ hostname: '127.0.0.1', port })
    const started = performance.now()
    if (how === 'close') expect(await outcome(socket.close())).toBe('done')
    else if (how === 'reset') socket.reset()
    else await outcome(socket.writable.abort())
    const error = await outcome(socket.opened)
    expect(performance.now() - started).toBeLessThan(100)
    expect(error).toMatchObject({ name: 'SocketError', code: how === 'reset' ? 'ECONNABORTED' : 'ABORT_ERR' })
    expect(await outcome(socket.closed)).toBe(error)
  })

  test('a unix-domain socket has all of this, too', async () => {
    const path = join(tmpdir(), `framewright-${process.pid}.sock`)
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
    await new Promise<void>((resolve) => {
      server.listen(path, resolve)
    })
    const socket = connect({ path })
    expect(await socket.opened).toEqual({ remoteAddress: path, remotePort: 0, localAddress: '', localPort: 0 })
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 1_000))
    await writer.close()
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    await socket.closed
    const other = connect({ path })
    await other.opened
    other.reset() // no RST there: the connection is dropped
    expect(await outcome(other.closed)).toMatchObject({ code: 'ECONNABORTED' })
    expect(await outcome(other.close())).toBe('done')
    server.close()
    await failsWith(connect({ path: `${path}.none` }), { code: 'ENOENT', address: `${path}.none` })
  })
})

describe('addresses', () => {
  test.each<[SocketAddress, object]>([
    ['localhost:7000', { hostname: 'localhost', port: 7000 }],
    ['127.0.0.1:1', { hostname: '127.0.0.1', port: 1 }],
    ['[::1]:65535', { hostname: '::1', port: 65_535 }],
    ['[fe80::1%eth0]:80', { hostname: 'fe80::1%eth0', port: 80 }],
    [
      { hostname: '[::1]', port: 80 },
      { hostname: '::1', port: 80 },
    ],
    [
      { hostname: '::1', port: 80 },
      { hostname: '::1', port: 80 },
    ],
    [{ path: '\0abstract' }, { path: '\0abstract' }],
  ])('%o is understood', (address, expected) => {
    expect(parseAddress(address)).toEqual(expected)
  })

  test.each<[unknown, typeof TypeError | typeof RangeError, string]>([
    ['localhost', TypeError, `must be 'host:port', { hostname, port } or { path }, not 'localhost'`],
    ['::1:80', TypeError, `an IPv6 address is put in brackets`],
    ['http://localhost:80', TypeError, `must be 'host:port'`],
    [':80', TypeError, `must be 'host:port'`],
    ['localhost:0', RangeError, 'port must be an integer from 1 to 65535'],
    ['localhost:65536', RangeError, 'not 65536'],
    [{ hostname: 'localhost', port: 0 }, RangeError, 'port must be an integer from 1 to 65535'],
    [{ hostname: 'localhost', port: 1.5 }, RangeError, 'not 1.5'],
    [{ hostname: 'localhost', port: '80' }, TypeError, `port must be a number (a port to connect to), not '80'`],
    [{ hostname: '', port: 80 }, TypeError, 'hostname must be a string'],
    [{ port: 80 }, TypeError, 'hostname must be a string, not undefined'],
    [{ host: 'localhost', port: 80 }, TypeError, `unknown property 'host'; there are hostname, port, path`],
    [{ path: '/x', port: 80 }, TypeError, 'not a mixture'],
    [{ path: '' }, TypeError, 'path must be a string'],
    [undefined, TypeError, 'not undefined'],
    [80, TypeError, 'not 80'],
  ])('%o is refused at once', (address, type, message) => {
    expect(() => connect(address as SocketAddress)).toThrow(type)
    expect(() => connect(address as SocketAddress)).toThrow(message)
  })
})

describe('options', () => {
  test.each<[object, typeof TypeError | typeof RangeError, string]>([
    [{ highWaterMark: 0 }, RangeError, 'highWaterMark must be an integer from 1'],
    [{ highWaterMark: Infinity }, RangeError, 'not Infinity'],
    [{ highWaterMark: Number.NaN }, RangeError, 'not NaN'],
    [{ highWaterMark: '1' }, TypeError, `highWaterMark must be a number (bytes), not '1'`],
    [{ allowHalfOpen: 1 }, TypeError, 'allowHalfOpen must be a boolean, not 1'],
    [{ noDelay: null }, TypeError, 'noDelay must be a boolean, not null'],
    [{ keepAlive: 5 }, TypeError, 'keepAlive must be a boolean or { initialDelay: ms }, not 5'],
    [{ keepAlive: { initialDelay: 10 } }, RangeError, 'keepAlive.initialDelay must be an integer from 1000'],
    [{ keepAlive: { delay: 10 } }, TypeError, `unknown property 'delay'`],
    [{ connectTimeout: 0 }, RangeError, 'connectTimeout must be an integer from 1'],
    [{ connectTimeout: 2 ** 31 }, RangeError, 'connectTimeout must be'],
    [{ signal: {} }, TypeError, 'signal must be an AbortSignal'],
    [{ secure: true }, TypeError, `unknown property 'secure'`],
  ])('%o is refused at once', (options, type, message) => {
    expect(() => connect('127.0.0.1:1', options)).toThrow(type)
    expect(() => connect('127.0.0.1:1', options)).toThrow(message)
  })

  test('noDelay is on by default; it and keepAlive are set when the connection is open', async () => {
    const noDelay = vi.spyOn(NodeNetSocket.prototype, 'setNoDelay')
    const keepAlive = vi.spyOn(NodeNetSocket.prototype, 'setKeepAlive')
    onTestFinished(() => void vi.restoreAllMocks())
    const { address } = await listeningPeer()
    const first = connect(address)
    await first.opened
    expect(noDelay.mock.calls).toEqual([[true]])
    expect(keepAlive.mock.calls).toEqual([])
    const second = connect(address, { noDelay: false, keepAlive: { initialDelay: 5_000 } })
    await second.opened
    expect(noDelay.mock.calls).toEqual([[true], [false]])
    expect(keepAlive.mock.calls).toEqual([[true, 5_000]])
    first.reset()
    second.reset()
  })
})
