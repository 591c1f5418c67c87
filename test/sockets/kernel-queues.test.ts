// What the kernel holds of a connection, on Linux; elsewhere nothing is known, and that is said.

import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connect, duplexPair, kernelQueues, listen } from '../../src/sockets/index.ts'
import { listeningPeer, mebi, outcome, pattern } from './peer.ts'

const isLinux = existsSync('/proc/net/tcp')

describe.runIf(isLinux)('on Linux', () => {
  test('an idle connection has nothing in either queue', async () => {
    const { address } = await listeningPeer()
    const socket = connect(address)
    await socket.opened
    expect(await kernelQueues(socket)).toEqual({ incoming: 0, outgoing: 0 })
    socket.reset()
  })

  test('what a peer does not read fills its queue and then ours: the bytes that were sent, less those that it has', async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1' })
    onTestFinished(() => listener.close({ deadline: 0 }))
    const { localPort } = await listener.opened
    const socket = connect({ hostname: '127.0.0.1', port: localPort })
    const peer = await listener.accept()
    const writer = socket.writable.getWriter()
    while ((await outcome(writer.write(pattern(0, 65_536)), 200)) !== 'pending');
    const [here, there] = [await kernelQueues(socket), await kernelQueues(peer)]
    expect(here!.outgoing).toBeGreaterThan(65_536)
    expect(there!.incoming).toBeGreaterThan(65_536)
    expect(here!.incoming).toBe(0)
    expect(there!.outgoing).toBe(0)
    const sent = socket.stats.outgoing.bytes
    const known = here!.outgoing + there!.incoming + peer.stats.incoming.bytes
    // Of the write that is stuck the kernel has a part.
    expect(known).toBeGreaterThanOrEqual(sent)
    expect(known).toBeLessThanOrEqual(sent + 65_536)
    socket.reset()
  })

  test('what we do not read fills our queue', async () => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address)
    await peer.next('connection')
    peer.tell(`send ${mebi}`)
    await peer.next('sent')
    await sleep(100)
    const queues = await kernelQueues(socket)
    expect(queues!.incoming).toBeGreaterThan(0)
    // The rest is in the peer's kernel: ours has no room.
    expect(queues!.incoming + socket.stats.incoming.bytes).toBeLessThanOrEqual(mebi)
    socket.reset()
  })

  test.each([
    ['::1', '::1'],
    ['::', '127.0.0.1'], // an IPv4 connection in the table of IPv6
    ['127.0.0.1', '127.0.0.1'],
  ])('finds both ends of a connection to %s at %s', async (hostname, address) => {
    const listener = listen({ port: 0, hostname })
    onTestFinished(() => listener.close({ deadline: 0 }))
    const opened = await outcome(listener.opened)
    if (opened instanceof Error) return // no IPv6 here
    const { localPort } = await listener.opened
    const socket = connect({ hostname: address, port: localPort })
    const peer = await listener.accept()
    await socket.opened
    for (const end of [socket, peer]) expect(await kernelQueues(end)).toEqual({ incoming: 0, outgoing: 0 })
    socket.reset()
  })
})

test('is undefined for a connection that is not open, is over, or is not TCP', async () => {
  const { peer, address } = await listeningPeer('read')
  const socket = connect(address)
  expect(await kernelQueues(socket)).toBeUndefined()
  await peer.next('connection')
  socket.reset()
  await outcome(socket.closed)
  expect(await kernelQueues(socket)).toBeUndefined()
  const refused = connect({ hostname: '127.0.0.1', port: 1 })
  await outcome(refused.opened)
  expect(await kernelQueues(refused)).toBeUndefined()
  const [a] = duplexPair()
  expect(await kernelQueues(a)).toBeUndefined()
  const path = `\0framewright-queues-${process.pid}`
  const listener = listen({ path })
  onTestFinished(() => listener.close({ deadline: 0 }))
  const unix = connect({ path })
  if ((await outcome(unix.opened)) instanceof Error) return // no abstract sockets here
  expect(await kernelQueues(unix)).toBeUndefined()
})
