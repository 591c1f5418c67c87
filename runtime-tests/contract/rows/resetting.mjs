// How a connection fails: reset by us, by the peer.
import {
  check,
  elapsed,
  failure,
  isPending,
  mebi,
  pattern,
  readAll,
  sleep,
  standing,
  timeAtMost,
  within,
} from '../measure.mjs'

export const title = 'Resetting'

/** The peer sends so much, waits until no more of it arrives, and resets. What arrived must be read, and then the error. */
async function resetBehind(env, toSend) {
  const { socket, conn } = await env.connected()
  void conn.send(toSend)
  const count = await standing(() => conn.arrived(), 200)
  await conn.reset()
  await sleep(100)
  const { received, error } = await within(3_000, readAll(socket.readable), 'the error')
  const shown = `${Math.round((received / count) * 100)} %, then ${error ? 'the error' : 'a clean end'}`
  check(error, `${received} of ${count} bytes, then a clean end`, shown)
  check(received === count, `${received} of ${count} bytes, then ${error}`, shown)
  check(error.code === 'ECONNRESET', `the error was ${error.code}`, error.code)
  const closed = await failure(1_000, socket.closed, '`closed`')
  check(closed.code === 'ECONNRESET', `closed: ${closed}`)
  return 'yes'
}

/** What the peer sees of our end, in this time: 'reset', 'fin', or nothing. */
async function endSeen(reading, ms = 1_500) {
  const read = await Promise.race([reading, sleep(ms)])
  return read?.error ?? read?.end ?? 'nothing'
}

/** The time until all has settled that is pending when a connection with stuck writes is given up. The best of three: others may have the processor. */
async function timeToSettle(env, giveUp) {
  const times = []
  for (let i = 0; i < 3; i++) {
    const { socket, conn } = await env.connected()
    const writer = socket.writable.getWriter()
    const stuck = writer.write(pattern(0, 32 * mebi))
    const read = socket.readable.getReader().read()
    check(await isPending(stuck, 200), 'the write is not stuck')
    const all = Promise.allSettled([stuck, read, socket.closed, writer.closed])
    times.push(await elapsed(() => within(5_000, Promise.all([giveUp(socket, writer), all]), 'all')))
    void conn.read()
  }
  return timeAtMost(Math.min(...times), [50], 'the time until all settled')
}

/** Whether the peer sees RST when a connection is given up, idle and with both directions stuck. */
async function resetIsSeen(env, giveUp) {
  const idle = await env.connected()
  const writer = idle.socket.writable.getWriter()
  await writer.write(pattern(0, 100_000))
  void giveUp(idle.socket, writer)
  const seen = await endSeen(idle.conn.read())
  check(seen === 'reset', `the peer saw ${seen}`, seen)
  const { error } = await within(1_000, readAll(idle.socket.readable), 'the readable')
  check(error, 'the readable ended cleanly', 'a clean end')

  const stuck = await env.connected()
  const sending = stuck.conn.send(64 * mebi)
  const stuckWriter = stuck.socket.writable.getWriter()
  const stuckWrite = stuckWriter.write(pattern(0, 32 * mebi))
  check(await isPending(Promise.race([stuckWrite, sending]), 200), 'they are not stuck')
  void giveUp(stuck.socket, stuckWriter)
  const seenThen = await endSeen(sending) // the kernel tells it once: to the first who asks
  check(seenThen === 'ECONNRESET', `with both directions stuck the peer saw ${seenThen}`, seenThen)
  return 'yes'
}

const abort = (_, writer) => writer.abort(new Error('enough'))
const reset = (socket) => socket.reset()

export const rows = [
  { name: '`writer.abort()` gives RST at the peer, never an end', run: (env) => resetIsSeen(env, abort) },
  { name: '`reset()` gives RST at the peer, never an end', run: (env) => resetIsSeen(env, reset) },
  {
    name: '`close()` that gives up at its deadline, and a chunk that is not bytes, give RST at the peer, never an end',
    async run(env) {
      const one = await env.connected()
      one.socket.writable
        .getWriter()
        .write(pattern(0, 16 * mebi))
        .catch(() => {})
      await sleep(100)
      await failure(2_000, one.socket.close({ deadline: 100 }), '`close`')
      const seen = await endSeen(one.conn.read())
      check(seen === 'reset', `the peer saw ${seen}`, seen)
      const other = await env.connected()
      const writer = other.socket.writable.getWriter()
      await writer.write(pattern(0, 1000))
      await failure(1_000, writer.write('text'), 'the write')
      const seenThen = await endSeen(other.conn.read())
      check(seenThen === 'reset', `the peer saw ${seenThen}`, seenThen)
      return 'yes'
    },
  },
  {
    name: '`writer.abort()` while a write is stuck: all that is pending settles, in',
    run: (env) => timeToSettle(env, abort),
  },
  {
    name: '`reset()` while a write is stuck: all that is pending settles, in',
    run: (env) => timeToSettle(env, reset),
  },
  {
    name: 'The peer resets behind 1000 bytes that nobody has read: they are read, then the error',
    run: (env) => resetBehind(env, 1000),
  },
  {
    name: 'The peer resets behind more than fits in, and nobody has read: what has arrived is read, then the error',
    run: (env) => resetBehind(env, 16 * mebi),
  },
  {
    name: 'The peer resets while a read is pending: the read fails with ECONNRESET, at once',
    async run(env) {
      const { socket, conn } = await env.connected()
      const reading = readAll(socket.readable)
      await sleep(50)
      await conn.reset()
      const { error } = await within(1_000, reading, 'the read')
      check(error?.code === 'ECONNRESET', `the read: ${error}`, error ? error.code : 'a clean end')
      const closed = await failure(1_000, socket.closed, '`closed`')
      check(closed.code === 'ECONNRESET', `closed: ${closed}`)
      return 'yes'
    },
  },
  {
    name: 'The peer resets while nobody reads or writes: `closed` rejects, without a read',
    async run(env) {
      const { socket, conn } = await env.connected()
      await sleep(50)
      await conn.reset()
      const error = await failure(2_000, socket.closed, '`closed`')
      check(error.code === 'ECONNRESET', `closed: ${error}`)
      return 'yes'
    },
  },
  {
    name: 'The peer resets an idle connection: a later read or write fails, and neither says that all went well',
    async run(env) {
      const { socket, conn } = await env.connected()
      await conn.reset()
      await sleep(100)
      const writer = socket.writable.getWriter()
      const error = await failure(2_000, writeOn(writer), 'a write')
      check(error.code === 'ECONNRESET' || error.code === 'EPIPE', `the write: ${error}`)
      const read = await within(1_000, readAll(socket.readable), 'a read')
      check(read.error, 'a read gave a clean end', 'a clean end')
      return 'yes'
    },
  },
  {
    name: 'The peer resets while a write is stuck: the write fails with ECONNRESET or EPIPE',
    async run(env) {
      const { socket, conn } = await env.connected()
      const stuck = socket.writable.getWriter().write(pattern(0, 32 * mebi))
      check(await isPending(stuck, 200), 'the write is not stuck')
      await conn.reset()
      const error = await failure(1_000, stuck, 'the write')
      check(error.code === 'ECONNRESET' || error.code === 'EPIPE', `the write: ${error}`)
      return 'yes'
    },
  },
]

async function writeOn(writer) {
  for (let i = 0; i < 100; i++) {
    await writer.write(pattern(0, 1000))
    await sleep(5)
  }
  await writer.close()
}
