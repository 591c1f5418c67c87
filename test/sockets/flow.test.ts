// Backpressure: how much is taken, by whom, before somebody stops.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connect } from '../../src/sockets/index.ts'
import { listeningPeer, mebi, memory, outcome, pattern, PatternCheck, readAll } from './peer.ts'

const highWaterMark = 65_536
/** What the kernels of both sides hold on loopback: about 4 MiB on Linux; more than 8 would be nobody's. */
const kernel = 8 * mebi

describe('a peer that never reads', () => {
  test('stops a writer that heeds ready within highWaterMark and the kernel, with flat memory', async () => {
    const { address } = await listeningPeer()
    const socket = connect(address)
    const writer = socket.writable.getWriter()
    const before = memory()
    let accepted = 0
    let ready: unknown
    while (accepted < 64 * mebi) {
      ready = await outcome(writer.ready, 500)
      if (ready === 'pending') break
      writer.write(new Uint8Array(highWaterMark)).catch(() => {})
      accepted += highWaterMark
    }
    expect(ready).toBe('pending')
    expect(accepted).toBeLessThan(kernel + 2 * highWaterMark)
    expect(memory() - before).toBeLessThan(8 * mebi)
    const { outgoing } = socket.stats
    expect(outgoing.bytes + outgoing.waiting).toBe(accepted)
    expect(outgoing.waiting).toBe(highWaterMark)
    expect(writer.desiredSize).toBe(0)
    expect(performance.now() - outgoing.progressAt).toBeGreaterThan(400)
    socket.reset()
  })

  test('stops a writer that awaits each write within the kernel, with flat memory', async () => {
    const { address } = await listeningPeer()
    const socket = connect(address)
    const writer = socket.writable.getWriter()
    const before = memory()
    let accepted = 0
    let last: unknown
    while (accepted < 64 * mebi) {
      last = await outcome(writer.write(new Uint8Array(highWaterMark)), 500)
      if (last === 'pending') break
      accepted += highWaterMark
    }
    expect(last).toBe('pending')
    expect(accepted).toBeLessThan(kernel)
    expect(socket.stats.outgoing).toMatchObject({ bytes: accepted, waiting: highWaterMark })
    expect(memory() - before).toBeLessThan(8 * mebi)
    socket.reset()
  })

  test('counts desiredSize in bytes, for every kind of buffer', async () => {
    const { address } = await listeningPeer('read')
    const socket = connect(address, { highWaterMark: 1_000 })
    const writer = socket.writable.getWriter()
    const writes = [
      writer.write(new Uint8Array(100)),
      writer.write(new ArrayBuffer(100)),
      writer.write(new DataView(new ArrayBuffer(200), 50, 100)),
      writer.write(new Float64Array(10)),
      writer.write(new SharedArrayBuffer(20)),
      writer.write(new Uint8Array(0)),
    ]
    expect(writer.desiredSize).toBe(600)
    expect(socket.stats.outgoing.waiting).toBe(400)
    await Promise.all(writes)
    expect(writer.desiredSize).toBe(1_000)
    expect(socket.stats.outgoing).toMatchObject({ bytes: 400, waiting: 0 })
    socket.reset()
  })
})

describe('a flood that nobody reads', () => {
  test.each([65_536, 16_384, 1])('leaves at most highWaterMark (%i) and one read in user space', async (limit) => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address, { highWaterMark: limit })
    await socket.opened
    await peer.next('connection')
    const before = memory()
    peer.tell(`send ${32 * mebi}`)
    await sleep(400)
    const { incoming } = socket.stats
    expect(incoming.waiting).toBe(incoming.bytes)
    expect(incoming.waiting).toBeGreaterThan(0)
    expect(incoming.waiting).toBeLessThanOrEqual(limit + 65_536)
    expect(memory() - before).toBeLessThan(4 * mebi)
    socket.reset()
  })

  test('does not grow what is kept in user space, however large the views of its reader', async () => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address, { highWaterMark: 16_384 })
    await peer.next('connection')
    peer.tell(`send ${32 * mebi}`)
    const reader = socket.readable.getReader({ mode: 'byob' })
    for (let i = 0; i < 20; i++) {
      await reader.read(new Uint8Array(mebi))
      await sleep(5)
      expect(socket.stats.incoming.waiting).toBeLessThanOrEqual(16_384 + 65_536)
    }
    socket.reset()
  })

  test('is taken a chunk per read, and comes whole', async () => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address)
    await peer.next('connection')
    peer.tell(`send ${8 * mebi}`)
    peer.tell('end')
    const reader = socket.readable.getReader()
    const check = new PatternCheck()
    for (let result = await reader.read(); !result.done; result = await reader.read()) {
      check.take(result.value)
      const { incoming } = socket.stats
      expect(incoming.bytes - check.received).toBe(incoming.waiting)
      expect(incoming.waiting).toBeLessThanOrEqual(2 * highWaterMark)
    }
    expect(check.received).toBe(8 * mebi)
    socket.reset()
  })
})

describe('both sides send 64 MiB and do not read', () => {
  test('both stop with bounded memory; when both read, all of it arrives', { timeout: 60_000 }, async () => {
    const total = 64 * mebi
    const { peer, address } = await listeningPeer()
    const socket = connect(address, { allowHalfOpen: true })
    await socket.opened
    await peer.next('connection')
    const before = memory()
    peer.tell(`send ${total}`)
    const writer = socket.writable.getWriter()
    const sending = (async () => {
      for (let sent = 0; sent < total; sent += highWaterMark) await writer.write(pattern(sent, highWaterMark))
      await writer.close()
    })()
    expect(await outcome(sending, 1_000)).toBe('pending')
    const stalled = socket.stats
    expect(stalled.outgoing.bytes).toBeLessThan(kernel)
    expect(stalled.incoming.waiting).toBeLessThanOrEqual(2 * highWaterMark)
    await sleep(300)
    expect(socket.stats).toEqual(stalled) // a stall, not slowness
    expect(memory() - before).toBeLessThan(8 * mebi)

    peer.tell('read')
    const reading = readAll(socket.readable)
    await sending
    expect(await peer.next('end')).toMatchObject({ received: total, intact: true })
    peer.tell('end')
    expect(await reading).toEqual({ received: total, error: undefined })
    await socket.closed
  })
})

describe('readers', () => {
  test('a BYOB reader gets its own buffer back, filled as far as bytes are there', async () => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address)
    await peer.next('connection')
    peer.tell('send 1000')
    await peer.next('sent')
    await sleep(50)
    const reader = socket.readable.getReader({ mode: 'byob' })
    const first = await reader.read(new Uint8Array(300))
    expect(first.value?.byteLength).toBe(300)
    expect(socket.stats.incoming.waiting).toBe(700)
    const second = await reader.read(new Uint8Array(5_000))
    expect(second.value?.byteLength).toBe(700)
    expect(second.value?.buffer.byteLength).toBe(5_000)
    const check = new PatternCheck()
    check.take(first.value!)
    check.take(second.value!)
    socket.reset()
  })

  test('a BYOB reader with { min } waits for that many bytes, and gets what there is at the end', async () => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address)
    await peer.next('connection')
    const reader = socket.readable.getReader({ mode: 'byob' })
    const reading = reader.read(new Uint8Array(64), { min: 10 })
    peer.tell('text four')
    expect(await outcome(reading, 100)).toBe('pending')
    peer.tell('text seven..')
    expect(new TextDecoder().decode((await reading).value)).toBe('fourseven..')
    const last = reader.read(new Uint8Array(64), { min: 10 })
    peer.tell('text end')
    peer.tell('end')
    const { value, done } = await last
    expect(done).toBe(true)
    expect(new TextDecoder().decode(value)).toBe('end')
    socket.reset()
  })

  test('a read of a multi-byte view that ends in the middle of an element errors the stream, and breaks nothing', async () => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address, { allowHalfOpen: true })
    await peer.next('connection')
    const reader = socket.readable.getReader({ mode: 'byob' })
    const reading = reader.read(new Uint32Array(4))
    peer.tell('text abc')
    peer.tell('end')
    expect(await outcome(reading)).toBeInstanceOf(TypeError)
    expect(await outcome(socket.writable.getWriter().write(pattern(0, 10)))).toBe('done')
    socket.reset()
  })

  test.each(['default', 'byob'])('a %s reader released with its read pending loses no byte', async (mode) => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address)
    await peer.next('connection')
    const check = new PatternCheck()
    for (let round = 0; round < 3; round++) {
      const reader = mode === 'byob' ? socket.readable.getReader({ mode: 'byob' }) : socket.readable.getReader()
      const reading = reader instanceof ReadableStreamBYOBReader ? reader.read(new Uint8Array(10)) : reader.read()
      expect(await outcome(reading, 30)).toBe('pending')
      reader.releaseLock()
      expect(await outcome(reading)).toBeInstanceOf(TypeError)
      peer.tell('send 1000')
      await peer.next('sent')
      await sleep(30)
      expect(socket.stats.incoming.waiting).toBe(1_000)
      const next = socket.readable.getReader()
      while (check.received < (round + 1) * 1_000) check.take((await next.read()).value!)
      next.releaseLock()
    }
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    socket.reset()
  })

  test('chunks are the reader’s alone: changing or transferring one harms no other', async () => {
    const { peer, address } = await listeningPeer()
    const socket = connect(address)
    await peer.next('connection')
    const reader = socket.readable.getReader()
    for (const word of ['one', 'two', 'three']) {
      peer.tell(`text ${word}`)
      const { value } = await reader.read()
      expect(new TextDecoder().decode(value)).toBe(word)
      structuredClone(value, { transfer: [value!.buffer] })
    }
    for (const word of ['four', 'five']) {
      peer.tell(`text ${word}`)
      await sleep(50)
    }
    const { value } = await reader.read() // joined by node, in memory that it shares
    expect(new TextDecoder().decode(value)).toBe('fourfive')
    structuredClone(value, { transfer: [value!.buffer] })
    socket.reset()
  })
})
