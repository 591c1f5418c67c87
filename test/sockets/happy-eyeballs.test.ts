// Several addresses of one host: in which order, how far apart and until when they are tried. Addresses of this machine
// stand for good ones, bad ones and those that never answer.

import { createServer, type Server, Socket as NodeNetSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect } from '../../src/sockets/index.ts'
import { dial, interleave, type LookupAll, type ResolvedAddress } from '../../src/sockets/happy-eyeballs.ts'
import { toSocketError } from '../../src/sockets/socket-error.ts'
import { startTlsPeer } from './tls-peer.ts'

const v4 = (address: string): ResolvedAddress => ({ address, family: 4 })
const v6 = (address: string): ResolvedAddress => ({ address, family: 6 })

async function serve(host: string, port = 0): Promise<{ server: Server; port: number; accepted: NodeNetSocket[] }> {
  const accepted: NodeNetSocket[] = []
  const server = createServer((socket) => accepted.push(socket.on('error', () => {})))
  await new Promise<void>((resolve) => {
    server.listen(port, host, resolve)
  })
  onTestFinished(() => {
    server.close()
    for (const socket of accepted) socket.destroy()
  })
  return { server, port: (server.address() as { port: number }).port, accepted }
}

/** Makes that nobody answers at an address: its queue of connections is full. */
async function blackHole(host: string, port: number): Promise<void> {
  await startTlsPeer('hold', { host, port }).next('listening')
  await sleep(100)
}

/** Every attempt, with the time at which it started. */
function attempts(): { to: string; at: number }[] {
  const started: { to: string; at: number }[] = []
  const original = NodeNetSocket.prototype.connect
  const spy = vi.spyOn(NodeNetSocket.prototype, 'connect').mockImplementation(function (this: NodeNetSocket, ...args) {
    const [{ host }] = args as unknown as [{ host: string }]
    started.push({ to: host, at: performance.now() })
    return Reflect.apply(original, this, args)
  })
  onTestFinished(() => spy.mockRestore())
  return started
}

interface Race {
  result: Promise<NodeNetSocket | Error>
  stop: () => void
  settled: () => number
}

function race(port: number, addresses: readonly ResolvedAddress[], lookup?: LookupAll): Race {
  let times = 0
  let stop = (): void => {}
  const result = new Promise<NodeNetSocket | Error>((resolve) => {
    const settle = (outcome: NodeNetSocket | Error): void => {
      times++
      if (outcome instanceof NodeNetSocket) onTestFinished(() => void outcome.destroy())
      resolve(outcome)
    }
    stop = dial({ hostname: 'many.test', port }, 65_536, settle, lookup ?? ((_, answer) => answer(null, addresses)))
  })
  return { result, stop: () => stop(), settled: () => times }
}

describe('the order of addresses', () => {
  test.each<[string, ResolvedAddress[], string]>([
    ['begins with the family of the first', [v6('a'), v6('b'), v4('1'), v4('2')], 'a1b2'],
    ['be it IPv4', [v4('1'), v4('2'), v6('a')], '1a2'],
    ['goes on with what is left of one', [v6('a'), v4('1'), v4('2'), v4('3')], 'a123'],
    ['is that of the system with one family', [v4('2'), v4('1')], '21'],
    ['is empty without addresses', [], ''],
  ])('%s', (_, addresses, expected) => {
    expect(
      interleave(addresses)
        .map(({ address }) => address)
        .join(''),
    ).toBe(expected)
  })
})

describe('dialling', () => {
  test('a second address is tried after 250 ms, and wins if it answers first; the loser is destroyed', async () => {
    const { port, accepted } = await serve('127.0.0.1')
    await blackHole('127.0.0.2', port)
    const destroyed = vi.spyOn(NodeNetSocket.prototype, 'destroy')
    onTestFinished(() => destroyed.mockRestore())
    const started = attempts()
    const { result, settled } = race(port, [v4('127.0.0.2'), v4('127.0.0.1')])
    const socket = (await result) as NodeNetSocket
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect(started.map(({ to }) => to)).toEqual(['127.0.0.2', '127.0.0.1'])
    const delay = started[1]!.at - started[0]!.at
    expect(delay).toBeGreaterThan(240)
    expect(delay).toBeLessThan(400)
    expect(destroyed.mock.contexts.length).toBeGreaterThan(0)
    expect(destroyed.mock.contexts.includes(socket)).toBe(false)
    await sleep(300)
    expect([settled(), accepted.length, started.length]).toEqual([1, 1, 2])
  })

  test('an address that fails hands over to the next at once', async () => {
    const { port } = await serve('127.0.0.1')
    const started = performance.now()
    const { result } = race(port, [v4('127.0.0.3'), v4('127.0.0.4'), v4('127.0.0.1')])
    expect((await result) instanceof NodeNetSocket).toBe(true)
    expect(performance.now() - started).toBeLessThan(200)
  })

  test('a slow address is not given up: it still wins if those after it fail', async () => {
    const { port } = await serve('127.0.0.1')
    // The first attempt begins to connect 400 ms late, as if it took that long.
    const original = NodeNetSocket.prototype.connect
    const spy = vi.spyOn(NodeNetSocket.prototype, 'connect').mockImplementationOnce(function (
      this: NodeNetSocket,
      ...args
    ) {
      setTimeout(() => Reflect.apply(original, this, args), 400)
      return this
    })
    onTestFinished(() => spy.mockRestore())
    const { result } = race(port, [v4('127.0.0.1'), v4('127.0.0.3')])
    expect(((await result) as NodeNetSocket).remoteAddress).toBe('127.0.0.1')
    expect(spy).toHaveBeenCalledTimes(2)
  })

  test('both families race', async () => {
    const { port } = await serve('::1')
    const { result } = race(port, [v4('127.0.0.1'), v6('::1')])
    expect(((await result) as NodeNetSocket).remoteAddress).toBe('::1')
  })

  test('if all fail, one error tells of each, with the code of the first', async () => {
    const { server, port } = await serve('127.0.0.1')
    server.close()
    const { result, settled } = race(port, [v4('127.0.0.1'), v4('127.0.0.2')])
    const error = toSocketError(await result, 'connect')
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      phase: 'connect',
      address: '127.0.0.1',
      port,
      syscall: 'connect',
    })
    expect(error.message).toBe(`connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`)
    expect(settled()).toBe(1)
  })

  test('a lookup that fails or finds nothing is an error', async () => {
    const failed = await race(1, [], (_, answer) => answer(new Error('no such host'), [])).result
    expect(toSocketError(failed, 'connect')).toMatchObject({ message: 'no such host' })
    expect(toSocketError(await race(1, []).result, 'connect')).toMatchObject({ message: 'many.test has no address' })
  })

  test('stopping it ends attempts, timers and a lookup under way, and nothing is heard of it', async () => {
    const { port, accepted } = await serve('127.0.0.1')
    await blackHole('127.0.0.2', port)
    const started = attempts()
    const inRace = race(port, [v4('127.0.0.2'), v4('127.0.0.1')])
    const inLookup = race(port, [], (_, answer) => setTimeout(answer, 20, null, [v4('127.0.0.1')]))
    inRace.stop()
    inLookup.stop()
    await sleep(400)
    expect([inRace.settled(), inLookup.settled(), started.length, accepted.length]).toEqual([0, 0, 1, 0])
  })
})

describe('connect', () => {
  test('to an address needs no race: it is one attempt, of one socket', async () => {
    const { port } = await serve('127.0.0.1')
    const started = attempts()
    const socket = connect({ hostname: '127.0.0.1', port })
    expect(started).toHaveLength(1) // at once
    await socket.opened
    expect(started).toHaveLength(1)
    socket.reset()
  })

  test('to a host name finds a server that listens on one of its addresses only', async () => {
    const { port, accepted } = await serve('127.0.0.1')
    const socket = connect({ hostname: 'localhost', port })
    const writer = socket.writable.getWriter()
    void writer.write(new Uint8Array(10))
    await writer.close()
    expect((await socket.opened).remoteAddress).toBe('127.0.0.1')
    expect(accepted).toHaveLength(1)
    socket.reset()
  })

  test('shutdown before it is open is a FIN once it is', async () => {
    const { port, accepted } = await serve('127.0.0.1')
    const socket = connect({ hostname: 'localhost', port })
    await socket.shutdown('write')
    await socket.opened
    await socket.closed // the server ends when it has met our end
    expect(accepted[0]!.readableEnded).toBe(true)
  })
})
