// Pipes between sockets over TCP and the stages that frame, on the platform's pipes and on ours; the peer is a process of its own.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { delimiterEncoder, delimiterFramer, fixedLengthEncoder, linesFramer } from '../../src/index.ts'
import { connect, duplexPair, type Socket, type SocketOptions } from '../../src/sockets/index.ts'
import { fusing } from '../../src/streams/fused-pipe.ts'
import { listeningPeer, mebi, outcome, type Peer, pattern } from './peer.ts'

async function conversation(mode: string, options?: SocketOptions): Promise<{ socket: Socket; peer: Peer }> {
  const { peer, address } = await listeningPeer(mode)
  const socket = connect(address, options)
  await socket.opened
  await peer.next('connection')
  return { socket, peer }
}

/** A stream of ours with the pattern in it, `total` bytes of it. */
function flood(total: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const [near, far] = duplexPair()
  const send = async (): Promise<void> => {
    const writer = far.writable.getWriter()
    for (let sent = 0; sent < total; sent += 50_000) await writer.write(pattern(sent, Math.min(50_000, total - sent)))
    await writer.close()
  }
  send().catch(() => {})
  return near.readable
}

/** 20 MiB of the pattern in frames that are all written from one buffer, each when the write before it is over. */
async function writeFromOneBuffer(socket: Socket): Promise<void> {
  const frames = fixedLengthEncoder(mebi / 4)
  const piped = frames.readable.pipeTo(socket.writable)
  const writer = frames.writable.getWriter()
  const buffer = new Uint8Array(mebi / 4)
  for (let sent = 0; sent < 20 * mebi; sent += buffer.length) {
    buffer.set(pattern(sent, buffer.length))
    await writer.write(buffer)
    buffer.fill(0)
  }
  await writer.close()
  await piped
}

/** The peer gets so many bytes and then the end, all as they were sent, and that is the end of the pipe. */
async function allArrives(peer: Peer, received: number, piped: Promise<void>): Promise<void> {
  expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received, intact: true })
  expect(await outcome(piped)).toBe('done')
}

/** The pattern has an LF in each 251 bytes: so many bytes end with one. */
const wholeLines = 251 * 20_000 + 11

describe.each([
  ['plain', false],
  ['fused', true],
])('%s pipes', (_, isFused) => {
  beforeEach(() => {
    fusing.isOn = isFused
  })
  afterEach(() => {
    fusing.isOn = true
  })

  test('a socket piped to itself echoes every byte, and ends when the peer ends', async () => {
    const { socket, peer } = await conversation('read')
    const piped = socket.readable.pipeTo(socket.writable)
    peer.tell(`send ${8 * mebi}`)
    peer.tell('end')
    await allArrives(peer, 8 * mebi, piped)
    expect(await outcome(socket.closed)).toBe('done')
    const { incoming, outgoing } = socket.stats
    expect([incoming.bytes, incoming.waiting, outgoing.bytes, outgoing.waiting]).toEqual([8 * mebi, 0, 8 * mebi, 0])
  })

  test('so does one with a framer and an encoder between', async () => {
    const { socket, peer } = await conversation('read')
    const piped = socket.readable
      .pipeThrough(delimiterFramer('\n'))
      .pipeThrough(delimiterEncoder('\n'))
      .pipeTo(socket.writable)
    peer.tell(`send ${wholeLines}`)
    peer.tell('end')
    await allArrives(peer, wholeLines, piped)
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('memory that is used again is never that of bytes on their way: a peer that reads slowly gets all of them', async () => {
    const { socket, peer } = await conversation('slow')
    const piped = flood(wholeLines)
      .pipeThrough(delimiterFramer('\n'))
      .pipeThrough(delimiterEncoder('\n'))
      .pipeTo(socket.writable)
    await allArrives(peer, wholeLines, piped)
    await socket.close({ deadline: 100 })
  })

  test('a line that comes alone is answered alone', async () => {
    const { socket, peer } = await conversation('echo')
    const frames = socket.readable.pipeThrough(delimiterFramer('\n'))
    const out = delimiterEncoder('\n')
    const piped = out.readable.pipeTo(socket.writable)
    const writer = out.writable.getWriter()
    const reader = frames.getReader()
    for (let i = 0; i < 50; i++) {
      void writer.write(Uint8Array.of(i + 20))
      expect((await reader.read()).value).toEqual(Uint8Array.of(i + 20))
    }
    void writer.close()
    expect(await outcome(piped)).toBe('done')
    expect(await peer.next('end')).toMatchObject({ received: 100 })
    socket.reset()
  })

  test('what is piped into a socket before it is open goes when it is', async () => {
    const { peer, address } = await listeningPeer('read')
    const socket = connect(address)
    const piped = flood(2 * mebi).pipeTo(socket.writable)
    expect(await peer.next('end')).toMatchObject({ received: 2 * mebi, intact: true })
    expect(await outcome(piped)).toBe('done')
    await socket.close({ deadline: 100 })
  })

  test('a peer that does not read stops the pipe, and the socket says so; then all arrives', async () => {
    const { socket, peer } = await conversation('silent')
    const piped = flood(32 * mebi).pipeTo(socket.writable)
    expect(await outcome(piped, 300)).toBe('pending')
    const { waiting } = socket.stats.outgoing
    expect(waiting).toBeGreaterThan(0)
    expect(waiting).toBeLessThanOrEqual(3 * 65_536)
    peer.tell('read')
    await allArrives(peer, 32 * mebi, piped)
    await socket.close({ deadline: 100 })
  })

  test('one buffer serves for all large frames on their way to a peer that is slow to read', async () => {
    const { socket, peer } = await conversation('silent')
    const piped = writeFromOneBuffer(socket)
    await sleep(200)
    peer.tell('read')
    await allArrives(peer, 20 * mebi, piped)
    await socket.close({ deadline: 100 })
  })

  test('frames that nobody reads hold the peer back', async () => {
    const { socket, peer } = await conversation('silent')
    const frames = socket.readable.pipeThrough(linesFramer())
    peer.tell(`send ${32 * mebi}`)
    await sleep(300)
    expect(socket.stats.incoming.bytes).toBeLessThanOrEqual(5 * 65_536)
    expect(frames.locked).toBe(false)
    socket.reset()
  })

  test('a stall is noticed, and ends the pipe; a peer that is merely slow is none', async () => {
    const stuck = await conversation('silent', { stallTimeout: 200 })
    expect(await outcome(flood(32 * mebi).pipeTo(stuck.socket.writable))).toMatchObject({ code: 'ERR_STALLED' })
    const slow = await conversation('slow', { stallTimeout: 1_000, writeTimeout: 1_000 })
    expect(await outcome(flood(4 * mebi).pipeTo(slow.socket.writable), 20_000)).toBe('done')
    expect(await slow.peer.next('end')).toMatchObject({ received: 4 * mebi, intact: true })
    await slow.socket.close({ deadline: 100 })
  })

  test('a read that waits too long is noticed, through the pipe', async () => {
    const { socket, peer } = await conversation('silent', { readTimeout: 300 })
    const reader = socket.readable.pipeThrough(delimiterFramer(';')).getReader()
    peer.tell('text one;two')
    expect((await reader.read()).value).toEqual(new TextEncoder().encode('one'))
    expect(await outcome(reader.read())).toMatchObject({ code: 'ETIMEDOUT', phase: 'read' })
  })

  test('a reset of the peer comes after the frames that came before it', async () => {
    const { socket, peer } = await conversation('silent')
    const reader = socket.readable.pipeThrough(delimiterFramer(';')).getReader()
    peer.tell('text one;two;thr')
    await sleep(50)
    peer.tell('reset')
    await peer.next('close')
    for (const frame of ['one', 'two']) {
      expect((await reader.read()).value).toEqual(new TextEncoder().encode(frame))
    }
    expect(await outcome(reader.read())).toMatchObject({ code: 'ECONNRESET' })
  })

  test("after shutdown('write') the pipe fails with what comes too late, and what came in time arrives", async () => {
    const { socket, peer } = await conversation('read')
    const out = delimiterEncoder('\n')
    const piped = out.readable.pipeTo(socket.writable)
    const writer = out.writable.getWriter()
    await writer.write(pattern(0, 10))
    await sleep(20)
    await socket.shutdown('write')
    expect(await peer.next('end')).toMatchObject({ received: 11 })
    writer.write(new Uint8Array(1)).catch(() => {})
    expect(await outcome(piped)).toMatchObject({ code: 'EPIPE' })
    expect(await outcome(writer.closed)).toMatchObject({ code: 'EPIPE' })
    socket.reset()
  })
})

test('a fused pipe asks for no more of an encoder whose large frame is not written yet, however much room there is', async () => {
  const { socket, peer } = await conversation('silent', { highWaterMark: 16 * mebi })
  const piped = writeFromOneBuffer(socket)
  await sleep(200)
  peer.tell('read')
  await allArrives(peer, 20 * mebi, piped)
  await socket.close({ deadline: 100 })
})

// The standard has a pipe wait for the write that is under way before it passes an abort on: that is never, here.
test('the signal of a fused pipe ends it at once, also while a write is stuck: the peer sees the RST', async () => {
  const { socket, peer } = await conversation('silent')
  const abort = new AbortController()
  const source = flood(32 * mebi)
  const piped = source.pipeTo(socket.writable, { signal: abort.signal })
  expect(await outcome(piped, 200)).toBe('pending')
  const reason = new Error('enough')
  abort.abort(reason)
  expect(await outcome(piped)).toBe(reason)
  expect(source.locked).toBe(false)
  expect(await outcome(socket.closed)).toMatchObject({ code: 'ABORT_ERR' })
  peer.tell('read')
  expect(await peer.next('end', 'error')).toMatchObject({ event: 'error' })
})
