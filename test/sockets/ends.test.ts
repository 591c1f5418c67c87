// How the two directions end: each on its own, cleanly or not, and always told truthfully to both sides.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect, type Socket, type SocketOptions } from '../../src/sockets/index.ts'
import { listeningPeer, mebi, outcome, type Peer, pattern, PatternCheck, readAll } from './peer.ts'

async function conversation(mode = 'silent', options: SocketOptions = {}): Promise<{ socket: Socket; peer: Peer }> {
  const { peer, address } = await listeningPeer(mode)
  const socket = connect(address, options)
  await socket.opened
  await peer.next('connection')
  return { socket, peer }
}

/** Writes until the kernel takes no more; the last write is stuck. */
async function fill(socket: Socket): Promise<{ writer: WritableStreamDefaultWriter; stuck: Promise<void> }> {
  const writer = socket.writable.getWriter()
  for (;;) {
    const stuck = writer.write(pattern(socket.stats.outgoing.bytes, 65_536))
    stuck.catch(() => {})
    if ((await outcome(stuck, 200)) === 'pending') return { writer, stuck }
  }
}

describe('the halves are independent', () => {
  test('FIN, then read on', async () => {
    const { socket, peer } = await conversation('read')
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 1_000))
    await writer.close() // does not wait for the peer
    expect(await peer.next('end')).toMatchObject({ received: 1_000, intact: true })
    peer.tell('send 1000000')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 1_000_000, error: undefined })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('writer.close() does not wait for a peer that never reads', async () => {
    const { socket } = await conversation()
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 1_000))
    expect(await outcome(writer.close(), 500)).toBe('done')
    socket.reset()
  })

  test('read to the end, then write on, with allowHalfOpen', async () => {
    const { socket, peer } = await conversation('read', { allowHalfOpen: true })
    peer.tell('send 1000')
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 500))
    await sleep(50)
    await writer.write(pattern(500, 500))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 1_000, intact: true })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('cancel, then write on', async () => {
    const { socket, peer } = await conversation('read')
    peer.tell('send 1000000')
    await socket.readable.cancel('enough')
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 1_000))
    await peer.next('sent')
    await writer.write(pattern(1_000, 1_000))
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 2_000, intact: true })
    peer.tell('end')
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('what comes after cancel is dropped up to 16 MiB; then the connection is reset', async () => {
    const { socket, peer } = await conversation()
    await socket.readable.cancel()
    peer.tell(`send ${64 * mebi}`)
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNABORTED', phase: 'close' })
    expect(socket.stats.incoming.bytes).toBeLessThan(17 * mebi)
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error' })
    expect(await outcome(socket.writable.getWriter().closed)).toMatchObject({ code: 'ECONNABORTED' })
  })

  test.each(['cancel first', 'FIN first'])(
    'with both given up (%s), a peer that never ends is left after 10 s',
    async (order) => {
      const { socket, peer } = await conversation('read')
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => void vi.useRealTimers())
      if (order === 'cancel first') await socket.readable.cancel()
      await socket.writable.close()
      if (order === 'FIN first') await socket.readable.cancel()
      const closed = vi.fn()
      void socket.closed.then(closed)
      vi.advanceTimersByTime(9_900)
      await sleep(50)
      expect(closed).not.toHaveBeenCalled()
      vi.advanceTimersByTime(100)
      await socket.closed
      vi.useRealTimers()
      expect(await peer.next('end', 'error')).toMatchObject({ event: 'end' })
    },
  )

  test('shutdown works while the streams are locked', async () => {
    const { socket, peer } = await conversation('read')
    const writer = socket.writable.getWriter()
    const reader = socket.readable.getReader()
    const pending = reader.read()
    const write = writer.write(pattern(0, 1_000))
    await socket.shutdown('write')
    await write
    expect(await peer.next('end')).toMatchObject({ received: 1_000 })
    expect(await outcome(pending, 50)).toBe('pending')
    await socket.shutdown('read')
    expect(await pending).toEqual({ value: undefined, done: true })
    expect(await outcome(writer.write(pattern(0, 1)))).toMatchObject({
      code: 'EPIPE',
      phase: 'write',
      message: expect.stringContaining('was shut down'),
    })
    peer.tell('end')
    expect(await outcome(socket.closed)).toBe('done') // the late write harmed nobody
  })

  test('shutdown(both) sends what was written, and a later writer.close() resolves', async () => {
    const { socket, peer } = await conversation('read')
    const writer = socket.writable.getWriter()
    for (let i = 0; i < 10; i++) void writer.write(pattern(i * 1_000, 1_000))
    await socket.shutdown('both')
    await writer.close()
    expect(await peer.next('end')).toMatchObject({ received: 10_000, intact: true })
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    peer.tell('end')
    await socket.closed
  })
})

describe('allowHalfOpen: false', () => {
  test('the end of the peer flushes what is written, however slowly it reads, then sends FIN', async () => {
    const { socket, peer } = await conversation('slow', { allowHalfOpen: false })
    const total = 16 * mebi
    const writer = socket.writable.getWriter()
    const writes: Promise<void>[] = []
    for (let sent = 0; sent < total; sent += 65_536) writes.push(writer.write(pattern(sent, 65_536)))
    peer.tell('end')
    expect(await readAll(socket.readable)).toEqual({ received: 0, error: undefined })
    const late = writer.write(pattern(0, 1))
    const all = Promise.all(writes)
    const lateOutcome = outcome(late, 20_000)
    await all
    expect(await peer.next('end')).toMatchObject({ received: total, intact: true })
    // Whoever writes after the peer's end shall learn why that was too late.
    expect(await lateOutcome).toMatchObject({
      code: 'EPIPE',
      message: expect.stringContaining('allowHalfOpen is false'),
    })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('an echo answers a peer that has already sent its FIN, and its pipe resolves', async () => {
    const { socket, peer } = await conversation('read', { allowHalfOpen: false })
    peer.tell(`send ${2 * mebi}`)
    peer.tell('end')
    await sleep(50)
    await socket.readable.pipeTo(socket.writable)
    expect(await peer.next('end')).toMatchObject({ received: 2 * mebi, intact: true })
    await socket.closed
  })

  test('an answer that is slow to come is sent: the end counts once a reader has reached it', async () => {
    const { socket, peer } = await conversation('read', { allowHalfOpen: false })
    peer.tell('send 10')
    peer.tell('end')
    const reader = socket.readable.getReader()
    const { value } = await reader.read()
    await sleep(100)
    const writer = socket.writable.getWriter()
    await writer.write(value)
    expect(await reader.read()).toEqual({ value: undefined, done: true })
    expect(await peer.next('end')).toMatchObject({ received: 10, intact: true })
    await writer.close()
    await socket.closed
  })
})

describe('a reset from this side', () => {
  test('writer.abort() is a RST at the peer, and errors the rest here', async () => {
    const { socket, peer } = await conversation('read')
    const reader = socket.readable.getReader()
    const pending = outcome(reader.read())
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 1_000))
    await writer.abort('a bare string')
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
    expect(await outcome(writer.closed)).toBe('a bare string') // as the Streams standard has it
    const expected = { name: 'SocketError', code: 'ABORT_ERR', cause: 'a bare string' }
    expect(await pending).toMatchObject(expected)
    expect(await outcome(socket.closed)).toMatchObject(expected)
  })

  test('abort while a write is stuck settles at once, and the peer sees the RST', async () => {
    const { socket, peer } = await conversation()
    const { writer, stuck } = await fill(socket)
    const started = performance.now()
    await outcome(writer.abort(new Error('enough')))
    expect(performance.now() - started).toBeLessThan(50)
    expect(await outcome(stuck)).toMatchObject({ code: 'ABORT_ERR' })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ABORT_ERR' })
    peer.tell('read')
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })

  test('reset() also works in the moment in which a FIN is being sent', async () => {
    const { socket, peer } = await conversation('read')
    const closing = socket.writable.close()
    socket.reset()
    expect(await outcome(closing)).not.toBe('pending')
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNABORTED' })
    expect(await outcome(socket.close())).toBe('done') // the system has let go of it
    await peer.next('end', 'error')
  })

  test('a chunk that is not bytes rejects with a TypeError and resets the connection', async () => {
    const { socket, peer } = await conversation('read')
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 10))
    const wrong = writer.write('text' as unknown as Uint8Array)
    const error = await outcome(wrong)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('ArrayBuffer') })
    expect(await outcome(socket.closed)).toBe(error)
    expect(await peer.next('error', 'end')).toMatchObject({ event: 'error' })
  })
})

describe('a reset from the peer', () => {
  test('all bytes that arrived are delivered, then an error: never a clean end', async () => {
    for (const size of [1_000, 65_536, 100_000, 300_000, 2 * mebi]) {
      const { socket, peer } = await conversation()
      peer.tell(`send ${size}`)
      await peer.next('sent')
      peer.tell('reset')
      await peer.next('close')
      await sleep(50)
      const { received, error } = await readAll(socket.readable)
      expect(error).toMatchObject({ name: 'SocketError', code: 'ECONNRESET', phase: 'read' })
      expect(received).toBe(socket.stats.incoming.bytes)
      expect(received).toBeGreaterThan(0)
      expect(await outcome(socket.closed)).toBe(error)
      expect(await outcome(socket.writable.getWriter().closed)).toBe(error)
    }
  })

  test('a BYOB reader gets them too, in small pieces', async () => {
    const { socket, peer } = await conversation()
    peer.tell('send 200000')
    await peer.next('sent')
    peer.tell('reset')
    await peer.next('close')
    await sleep(50)
    const reader = socket.readable.getReader({ mode: 'byob' })
    const check = new PatternCheck()
    const error = await (async () => {
      for (;;) {
        const { value, done } = await reader.read(new Uint8Array(777))
        if (done) return 'a clean end'
        check.take(value)
      }
    })().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(check.received).toBe(socket.stats.incoming.bytes)
  })

  test('bytes that an abandoned read left in the stream come before the error as well', async () => {
    const { socket, peer } = await conversation()
    const reader = socket.readable.getReader()
    const pending = reader.read()
    reader.releaseLock()
    await outcome(pending)
    peer.tell('send 1000')
    await peer.next('sent')
    await sleep(30)
    peer.tell('reset')
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ECONNRESET' })
    expect(await readAll(socket.readable)).toMatchObject({ received: 1_000, error: { code: 'ECONNRESET' } })
  })

  test('while idle is noticed by both halves without a read', async () => {
    const { socket, peer } = await conversation()
    const reader = socket.readable.getReader()
    peer.tell('reset')
    const error = await outcome(socket.closed)
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(await outcome(reader.closed)).toBe(error)
    expect(await outcome(socket.writable.getWriter().closed)).toBe(error)
  })

  test('fails a write that is stuck', async () => {
    const { socket, peer } = await conversation()
    const { writer, stuck } = await fill(socket)
    peer.tell('reset')
    expect(await outcome(stuck)).toMatchObject({ name: 'SocketError' })
    expect(await outcome(writer.closed)).toMatchObject({ name: 'SocketError' })
    expect(await outcome(socket.closed)).toMatchObject({ name: 'SocketError' })
  })

  test('unnoticed, fails writer.close(); reading on ends with the error, not cleanly', async () => {
    const { socket, peer } = await conversation()
    peer.tell(`send ${2 * mebi}`)
    await peer.next('sent')
    peer.tell('reset')
    await peer.next('close')
    await sleep(50)
    expect(await outcome(socket.writable.close())).toMatchObject({ code: 'ECONNRESET' })
    const { received, error } = await readAll(socket.readable)
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(received).toBeGreaterThan(65_535)
  })

  test('unnoticed, fails writer.close(); then close() ends a read that waits, and shutdown says what happened', async () => {
    const { socket, peer } = await conversation()
    peer.tell(`send ${2 * mebi}`)
    await peer.next('sent')
    peer.tell('reset')
    await peer.next('close')
    await sleep(50)
    const error = await outcome(socket.writable.close())
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(await outcome(socket.close())).toBe('done')
    expect(await outcome(readAll(socket.readable))).toMatchObject({ error })
    expect(await outcome(socket.shutdown('write'))).toBe(error)
    expect(await outcome(socket.shutdown('both'))).toBe(error)
    expect(await outcome(socket.shutdown('read'))).toBe('done')
  })

  test('after its FIN leaves the end clean for the reader: what it sent is whole', async () => {
    const { socket, peer } = await conversation('silent', { allowHalfOpen: true })
    peer.tell('send 1000')
    peer.tell('end')
    await peer.next('sent')
    await sleep(50)
    const writer = socket.writable.getWriter()
    await writer.write(pattern(0, 1_000)) // never read there
    await sleep(50)
    peer.tell('destroy')
    await peer.next('close')
    await sleep(50)
    await outcome(writer.write(pattern(0, 1_000)))
    expect(await outcome(writer.closed)).toMatchObject({ name: 'SocketError' })
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
    expect(await outcome(socket.closed)).toMatchObject({ name: 'SocketError' })
  })
})

describe('close()', () => {
  test('with unread incoming data loses nothing at the peer', async () => {
    const { socket, peer } = await conversation()
    peer.tell('send 1000000')
    await sleep(50)
    const writer = socket.writable.getWriter()
    const total = 8 * mebi
    for (let sent = 0; sent < total; sent += 65_536) void writer.write(pattern(sent, 65_536))
    const closing = socket.close()
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: total, intact: true })
    peer.tell('end')
    expect(await outcome(closing)).toBe('done')
    expect(await outcome(socket.closed)).toBe('done')
    expect(await outcome(socket.close())).toBe('done')
  })

  test('a peer that sends far more than 16 MiB before it reads gets all that was written', async () => {
    const { socket, peer } = await conversation()
    const writer = socket.writable.getWriter()
    const total = 12 * mebi
    for (let sent = 0; sent < total; sent += 65_536) void writer.write(pattern(sent, 65_536))
    peer.tell(`send ${32 * mebi}`)
    const closing = socket.close()
    await peer.next('sent')
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: total, intact: true })
    peer.tell('end')
    expect(await outcome(closing)).toBe('done')
  })

  test('a peer may send 16 MiB after our FIN, whatever it has sent before', async () => {
    const { socket, peer } = await conversation()
    const writer = socket.writable.getWriter()
    const total = 12 * mebi
    for (let sent = 0; sent < total; sent += 65_536) void writer.write(pattern(sent, 65_536))
    peer.tell(`send ${12 * mebi}`)
    const closing = socket.close()
    await peer.next('sent')
    await sleep(50)
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: total, intact: true })
    peer.tell(`send ${10 * mebi}`)
    peer.tell('end')
    expect(await peer.next('sent', 'error')).toMatchObject({ event: 'sent' })
    expect(await outcome(closing)).toBe('done')
    expect(socket.stats.incoming.bytes).toBe(22 * mebi)
  })

  test('does not wait longer than its deadline for a peer that does not end; nothing is lost', async () => {
    const { socket, peer } = await conversation()
    await socket.writable.getWriter().write(pattern(0, 1_000_000))
    const started = performance.now()
    await socket.close({ deadline: 200 })
    const took = performance.now() - started
    expect(took).toBeGreaterThan(190)
    expect(took).toBeLessThan(1_000)
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 1_000_000, intact: true })
  })

  test('rejects and resets when the deadline comes before all is flushed; called again it may come sooner', async () => {
    const { socket, peer } = await conversation()
    const { stuck } = await fill(socket)
    const first = socket.close({ deadline: Infinity })
    expect(await outcome(first, 200)).toBe('pending')
    const second = socket.close({ deadline: 100 })
    expect(await outcome(second)).toMatchObject({ code: 'ETIMEDOUT', phase: 'close' })
    expect(await outcome(first)).toMatchObject({ code: 'ETIMEDOUT' })
    expect(await outcome(stuck)).toMatchObject({ code: 'ETIMEDOUT' })
    expect(await outcome(socket.closed)).toMatchObject({ code: 'ETIMEDOUT' })
    peer.tell('read')
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'error', code: 'ECONNRESET' })
  })

  test('works with locked streams: a pending read ends, a pending write is sent', async () => {
    const { socket, peer } = await conversation('read')
    const read = socket.readable.getReader().read()
    const write = socket.writable.getWriter().write(pattern(0, 1_000))
    const closing = socket.close()
    await write
    expect(await read).toEqual({ value: undefined, done: true })
    expect(await peer.next('end')).toMatchObject({ received: 1_000 })
    peer.tell('end')
    await closing
  })

  test('a pending BYOB read ends, too', async () => {
    const { socket, peer } = await conversation('read')
    const read = socket.readable.getReader({ mode: 'byob' }).read(new Uint8Array(10))
    const closing = socket.close()
    expect(await outcome(read)).toMatchObject({ done: true })
    await peer.next('end')
    peer.tell('end')
    await closing
  })

  test('is what a scope does at its end', async () => {
    const { socket, peer } = await conversation('echo')
    await socket.writable.getWriter().write(pattern(0, 10))
    await socket[Symbol.asyncDispose]()
    expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 10 })
    expect(await outcome(socket.closed)).toBe('done')
  })

  test('refuses a wrong deadline', async () => {
    const { socket } = await conversation()
    expect(() => socket.close({ deadline: -1 })).toThrow(RangeError)
    expect(() => socket.close({ deadline: Number.NaN })).toThrow(RangeError)
    expect(() => socket.close({ timeout: 1 } as object)).toThrow("unknown property 'timeout'")
    expect(() => socket.shutdown('up' as 'read')).toThrow("how must be 'read', 'write' or 'both'")
    socket.reset()
  })
})
