// framed, ByteReader and ByteWriter go past the queues of a socket's streams. What holds for the streams holds there.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, delimiter, framed, lengthPrefixed, lines, text } from '../../src/index.ts'
import { connect, type Socket } from '../../src/sockets/index.ts'
import { listeningPeer, mebi, outcome, type Peer, pattern, PatternCheck } from './peer.ts'

async function conversation(mode = 'silent'): Promise<{ socket: Socket; peer: Peer }> {
  const { peer, address } = await listeningPeer(mode)
  const socket = connect(address)
  await socket.opened
  await peer.next('connection')
  return { socket, peer }
}

describe('ByteReader', () => {
  test('takes what an abandoned read left in the stream first, then all that follows, then the end', async () => {
    const { socket, peer } = await conversation()
    const abandoned = socket.readable.getReader()
    const pending = abandoned.read()
    abandoned.releaseLock()
    await outcome(pending)
    peer.tell('send 1000')
    await peer.next('sent')
    await sleep(30)
    const reader = new ByteReader(socket.readable)
    const check = new PatternCheck()
    check.take(await reader.readExactly(1_000))
    peer.tell(`send ${4 * mebi}`)
    peer.tell('end')
    for (let bytes = await reader.read(); bytes !== undefined; bytes = await reader.read()) check.take(bytes)
    expect(check.received).toBe(1_000 + 4 * mebi)
    await socket.close()
  })

  test('gets the bytes that an abandoned BYOB read had asked for', async () => {
    const { socket, peer } = await conversation()
    const abandoned = socket.readable.getReader({ mode: 'byob' })
    const pending = abandoned.read(new Uint8Array(10))
    abandoned.releaseLock()
    await outcome(pending)
    const reader = new ByteReader(socket.readable)
    const reading = reader.readExactly(1_000)
    peer.tell('send 1000')
    new PatternCheck().take(await reading)
    socket.reset()
  })

  test('takes nothing before it is asked', async () => {
    const { socket, peer } = await conversation()
    const reader = new ByteReader(socket.readable)
    const first = reader.readExactly(10)
    peer.tell(`send ${32 * mebi}`)
    await first
    await sleep(300)
    expect(reader.buffered + socket.stats.incoming.waiting).toBe(socket.stats.incoming.bytes - 10)
    expect(socket.stats.incoming.waiting).toBeLessThanOrEqual(2 * 65_536)
    socket.reset()
  })

  test('gets all bytes that came before a reset, then the error', async () => {
    const { socket, peer } = await conversation()
    peer.tell('send 300000')
    await peer.next('sent')
    peer.tell('reset')
    await peer.next('close')
    await sleep(50)
    const reader = new ByteReader(socket.readable)
    const check = new PatternCheck()
    const error = await (async () => {
      for (let bytes = await reader.read(); bytes !== undefined; bytes = await reader.read()) check.take(bytes)
      return 'a clean end'
    })().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(check.received).toBe(socket.stats.incoming.bytes)
  })

  test('a read that waits ends when the peer resets, and when the socket is closed', async () => {
    const one = await conversation()
    const reading = new ByteReader(one.socket.readable).read()
    one.peer.tell('reset')
    expect(await outcome(reading)).toMatchObject({ code: 'ECONNRESET' })
    const two = await conversation()
    const last = new ByteReader(two.socket.readable).readExactly(5)
    void two.socket.close({ deadline: 100 })
    expect(await outcome(last)).toMatchObject({ code: 'ERR_FRAME_TRUNCATED' })
  })

  test('detached, leaves the rest to a stream of its own, with nothing lost', async () => {
    const { socket, peer } = await conversation()
    const reader = new ByteReader(socket.readable)
    const check = new PatternCheck()
    peer.tell(`send ${mebi}`)
    peer.tell('end')
    check.take(await reader.readExactly(100))
    for await (const bytes of reader.detach()) check.take(bytes)
    expect(check.received).toBe(mebi)
    await socket.close()
  })

  test('cancelled, stops reading and leaves writing alone', async () => {
    const { socket, peer } = await conversation('read')
    const reader = new ByteReader(socket.readable)
    const reading = reader.read()
    await reader.cancel()
    expect(await outcome(reading)).toBeInstanceOf(TypeError)
    peer.tell('send 100000')
    const writer = new ByteWriter(socket.writable)
    await writer.write(pattern(0, 1_000))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 1_000, intact: true })
    peer.tell('end')
    expect(await outcome(socket.closed)).toBe('done')
  })
})

describe('ByteWriter', () => {
  test('before the connection is open, waits for it, in order', async () => {
    const { peer, address } = await listeningPeer('read')
    const socket = connect(address)
    const writer = new ByteWriter(socket.writable)
    for (let sent = 0; sent < 100_000; sent += 1_000) void writer.write(pattern(sent, 1_000))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 100_000, intact: true })
    await socket.close({ deadline: 100 })
  })

  test('with a peer that does not read yet: flush() waits; then all arrives, in order, before the FIN', async () => {
    const { socket, peer } = await conversation()
    const writer = new ByteWriter(socket.writable)
    const total = 16 * mebi
    let sent = 0
    while (sent < total) {
      const writing = writer.write(pattern(sent, 50_000))
      sent += 50_000
      if ((await outcome(writing, 100)) === 'pending') break
    }
    const flushed = writer.flush()
    expect(await outcome(flushed, 100)).toBe('pending')
    expect(socket.stats.outgoing.waiting).toBeGreaterThan(0)
    const closing = writer.close()
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: sent, intact: true })
    await closing
    expect(socket.stats.outgoing).toMatchObject({ bytes: sent, waiting: 0 })
    await socket.close({ deadline: 100 })
  })

  test('a write that is stuck fails at once when it is aborted, and the peer sees the RST', async () => {
    const { socket, peer } = await conversation()
    const writer = new ByteWriter(socket.writable)
    void writer.write(pattern(0, 32 * mebi))
    const flushed = writer.flush()
    expect(await outcome(flushed, 200)).toBe('pending')
    await writer.abort()
    expect(await outcome(flushed)).toBeInstanceOf(TypeError)
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ABORT_ERR' })
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'error' })
  })

  test("shutdown('write') sends what is under way, then FIN; later writes are refused", async () => {
    const { socket, peer } = await conversation()
    const writer = new ByteWriter(socket.writable)
    void writer.write(pattern(0, 8 * mebi))
    await sleep(50)
    const finished = socket.shutdown('write')
    void writer.write('too late')
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 8 * mebi, intact: true })
    expect(await outcome(finished)).toBe('done')
    expect(await outcome(writer.flush())).toMatchObject({ code: 'EPIPE' })
    socket.reset()
  })
})

describe('framed', () => {
  test('carries frames both ways, however large; closing one direction leaves the other', async () => {
    const { socket } = await conversation('echo')
    const { readable, writable } = framed(socket, lengthPrefixed({ maxFrameLength: 8 * mebi }))
    const writer = writable.getWriter()
    const sizes = [0, 1, 1_024, 65_536, 3 * mebi, 7, 5 * mebi, 0]
    const sending = (async () => {
      for (const size of sizes) await writer.write(pattern(0, size))
      await writer.close()
    })()
    const received: number[] = []
    for await (const frame of readable) {
      new PatternCheck().take(frame)
      received.push(frame.length)
    }
    expect(received).toEqual(sizes)
    await sending
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('gives the frames that came before a reset, also those not yet asked for, then the error', async () => {
    const { socket, peer } = await conversation()
    const { readable } = framed(socket, text(delimiter(';')))
    peer.tell('text one;two;three;fo')
    await sleep(50)
    peer.tell('reset')
    await outcome(socket.closed)
    const heard: string[] = []
    const error = await (async () => {
      for await (const line of readable) heard.push(line)
    })().catch((thrown: unknown) => thrown)
    expect(heard).toEqual(['one', 'two', 'three'])
    expect(error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('holds a flood back that nobody reads', async () => {
    const { socket, peer } = await conversation()
    framed(socket, lines())
    peer.tell(`send ${32 * mebi}`)
    await sleep(300)
    expect(socket.stats.incoming.bytes).toBeLessThanOrEqual(4 * 65_536)
    socket.reset()
  })

  test('cancelled, stops reading and leaves writing alone', async () => {
    const { socket, peer } = await conversation('read')
    const { readable, writable } = framed(socket, lines())
    await readable.cancel()
    const writer = writable.getWriter()
    await writer.write('hello')
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 6 })
    peer.tell('end')
    expect(await outcome(socket.closed)).toBe('done')
  })
})
