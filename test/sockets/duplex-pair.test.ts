// Two conversations back to back, in memory: what holds over TCP holds here, so that a test may use them instead.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { duplexPair, type Socket } from '../../src/sockets/index.ts'
import { mebi, outcome, pattern, PatternCheck, readAll } from './peer.ts'

async function sendAll(socket: Socket, total: number): Promise<void> {
  const writer = socket.writable.getWriter()
  for (let sent = 0; sent < total; sent += 65_536) await writer.write(pattern(sent, Math.min(65_536, total - sent)))
  await writer.close()
}

describe('bytes', () => {
  test('come whole and in order, both ways at once, whatever the limit', async () => {
    for (const highWaterMark of [1_000, 65_536, 4 * mebi]) {
      const [a, b] = duplexPair({ highWaterMark })
      const total = 2 * mebi + 3
      const all = await Promise.all([readAll(a.readable), readAll(b.readable), sendAll(a, total), sendAll(b, total)])
      expect(all.slice(0, 2)).toEqual(Array.from({ length: 2 }, () => ({ received: total, error: undefined })))
      await Promise.all([a.closed, b.closed])
      expect(a.stats.outgoing.bytes).toBe(total)
      expect(b.stats.incoming.bytes).toBe(total)
    }
  })

  test('are copied: memory that was written may be changed when its write has settled', async () => {
    const [a, b] = duplexPair()
    const writer = a.writable.getWriter()
    const memory = pattern(0, 100)
    await writer.write(memory)
    memory.fill(0)
    await writer.close()
    expect(await readAll(b.readable)).toEqual({ received: 100, error: undefined })
  })

  test('a write settles without a reader while there is room, and waits for one when there is none', async () => {
    const [a, b] = duplexPair({ highWaterMark: 1_000 })
    const writer = a.writable.getWriter()
    await writer.write(pattern(0, 600))
    const write = writer.write(pattern(600, 600))
    expect(await outcome(write, 20)).toBe('pending')
    const reader = b.readable.getReader()
    const check = new PatternCheck()
    check.take((await reader.read()).value!)
    await write
    while (check.received < 1_200) check.take((await reader.read()).value!)
  })

  test('a writer that heeds ready is stopped with highWaterMark on the way and as much in its queue', async () => {
    const [a, b] = duplexPair({ highWaterMark: 1_000 })
    const writer = a.writable.getWriter()
    let accepted = 0
    while ((await outcome(writer.ready, 20)) !== 'pending') {
      writer.write(new Uint8Array(100)).catch(() => {})
      accepted += 100
    }
    expect(accepted).toBe(2_000)
    expect(a.stats.outgoing).toMatchObject({ bytes: 1_000, waiting: 1_000 })
    expect(b.stats.incoming).toMatchObject({ bytes: 0, waiting: 0 })
    a.reset()
  })
})

test('the deadlock: both write, neither reads, both stop; when both read, all arrives', async () => {
  const [a, b] = duplexPair({ highWaterMark: 16_384 })
  const total = 4 * mebi
  const sending = Promise.all([sendAll(a, total), sendAll(b, total)])
  expect(await outcome(sending, 50)).toBe('pending')
  const stalled = [a.stats, b.stats]
  await sleep(30)
  expect([a.stats, b.stats]).toEqual(stalled)
  expect(stalled[0]!.outgoing.bytes).toBeLessThanOrEqual(16_384)
  const all = await Promise.all([readAll(a.readable), readAll(b.readable)])
  expect(all).toEqual(Array.from({ length: 2 }, () => ({ received: total, error: undefined })))
  await sending
})

describe('the end', () => {
  test('FIN, then read on; half-open until the other side ends as well', async () => {
    const [a, b] = duplexPair()
    await a.writable.getWriter().close()
    expect(await readAll(b.readable)).toEqual({ received: 0, error: undefined })
    expect(await outcome(b.closed, 20)).toBe('pending')
    const reading = readAll(a.readable)
    await sendAll(b, 1_000)
    expect(await reading).toEqual({ received: 1_000, error: undefined })
    await Promise.all([a.closed, b.closed])
  })

  test('a reset delivers what was sent before it, then ECONNRESET, and fails the other’s writes at once', async () => {
    const [a, b] = duplexPair({ highWaterMark: 1_000 })
    await a.writable.getWriter().write(pattern(0, 700))
    const writer = b.writable.getWriter()
    const stuck = writer.write(new Uint8Array(5_000))
    expect(await outcome(stuck, 20)).toBe('pending')
    a.reset()
    expect(await outcome(stuck, 50)).toMatchObject({ code: 'ECONNRESET', phase: 'write' })
    expect(await outcome(a.closed)).toMatchObject({ code: 'ECONNABORTED' })
    expect(await outcome(b.closed)).toMatchObject({ code: 'ECONNRESET' })
    expect(await readAll(b.readable)).toMatchObject({ received: 700, error: { code: 'ECONNRESET' } })
    expect(await readAll(a.readable)).toMatchObject({ received: 0, error: { code: 'ECONNABORTED' } })
  })

  test('writer.abort() is a reset, also in the middle of a stuck write', async () => {
    const [a, b] = duplexPair({ highWaterMark: 1_000 })
    const writer = a.writable.getWriter()
    const stuck = writer.write(pattern(0, 5_000))
    expect(await outcome(stuck, 20)).toBe('pending')
    await outcome(writer.abort(new Error('enough')), 50)
    expect(await outcome(stuck, 50)).toMatchObject({ code: 'ABORT_ERR' })
    expect(await readAll(b.readable)).toMatchObject({ received: 1_000, error: { code: 'ECONNRESET', phase: 'read' } })
  })

  test('an end that came before a reset stands', async () => {
    const [a, b] = duplexPair()
    await sendAll(a, 100)
    a.reset()
    expect(await readAll(b.readable)).toEqual({ received: 100, error: undefined })
    expect(await outcome(b.closed)).toMatchObject({ code: 'EPIPE' })
  })

  test('close() discards what comes until the peer ends; a peer that goes on after the deadline is reset', async () => {
    const [a, b] = duplexPair({ highWaterMark: 1_000 })
    const sending = sendAll(b, 100_000)
    await Promise.all([a.close(), sending])
    expect(await readAll(b.readable)).toEqual({ received: 0, error: undefined })
    await b.closed

    const [c, d] = duplexPair()
    await c.close({ deadline: 10 })
    expect(await outcome(d.writable.getWriter().write(pattern(0, 1)))).toMatchObject({ code: 'EPIPE' })
  })

  test('allowHalfOpen: false ends our side with the peer’s', async () => {
    const [a, b] = duplexPair({ allowHalfOpen: false })
    await a.writable.close()
    await readAll(b.readable)
    expect(await readAll(a.readable)).toEqual({ received: 0, error: undefined })
    await Promise.all([a.closed, b.closed])
  })
})

test('needs no timer', async () => {
  vi.useFakeTimers()
  try {
    const [a, b] = duplexPair()
    const all = Promise.all([readAll(b.readable), readAll(a.readable), sendAll(a, 200_000), sendAll(b, 10)])
    const result = await all
    expect(result.slice(0, 2)).toMatchObject([{ received: 200_000 }, { received: 10 }])
    await Promise.all([a.closed, b.closed])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('wrong options are refused', () => {
  expect(() => duplexPair({ highWaterMark: -1 })).toThrow(RangeError)
  expect(() => duplexPair({ keepAlive: true } as never)).toThrow("unknown property 'keepAlive'")
})
