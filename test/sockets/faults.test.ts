// What a path that fails does to a conversation. The whole of it is in runtime-tests/faults; here is what it has found.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { connect } from '../../src/sockets/index.ts'
import { listeningPeer, outcome, readAll } from './peer.ts'

const sent = 300_000

test('a reset behind unread bytes is an error also after our own FIN, never a clean end', async () => {
  const { peer, address } = await listeningPeer('read')
  const socket = connect(address)
  await socket.writable.getWriter().close()
  await peer.next('end')
  peer.tell(`send ${sent}`)
  await sleep(100)
  peer.tell('reset')
  await peer.next('close')
  await sleep(50)

  const { received, error } = await readAll(socket.readable)
  expect(received).toBeGreaterThan(0)
  expect(error).toMatchObject({ name: 'SocketError', code: 'ECONNRESET', phase: 'read' })
  expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNRESET' })
})

test('the end of a peer that reads nothing more is clean, also after our own FIN', async () => {
  const { peer, address } = await listeningPeer('read')
  const socket = connect(address)
  await socket.writable.getWriter().close()
  await peer.next('end')
  peer.tell(`send ${sent}`)
  peer.tell('end')
  await peer.next('close')
  await sleep(50)

  expect(await readAll(socket.readable)).toEqual({ received: sent, error: undefined })
  expect(await outcome(socket.closed)).toBe('done')
})
