// How each direction ends by itself, and both together.
import {
  bytesAtMost,
  check,
  elapsed,
  failure,
  Follow,
  isPending,
  mebi,
  pattern,
  readAll,
  sleep,
  timeAtMost,
  within,
  writeAll,
} from '../measure.mjs'

export const title = 'Ending'

/** A peer that sends what it can and reads nothing. */
const overflow = 64 * mebi

export const rows = [
  {
    name: '`writer.close()` sends FIN and does not wait for the peer; reading goes on: 8 MiB, all right',
    async run(env) {
      const { socket, conn } = await env.connected()
      const writer = socket.writable.getWriter()
      await writer.write(pattern(0, 1000))
      await within(1_000, writer.close(), '`close`')
      const { received, end } = await within(1_000, conn.read(), 'the FIN at the peer')
      check(received === 1000 && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      void conn.send(8 * mebi).then(() => conn.fin())
      const read = await readAll(socket.readable)
      check(!read.error && read.received === 8 * mebi, `${read.received} bytes came, then ${read.error}`)
      await within(1_000, socket.closed, '`closed`')
      return 'yes'
    },
  },
  {
    name: 'After the peer’s FIN has been read, writing goes on: 1 MiB, which fits in, and our FIN',
    run: (env) => writeAfterEnd(env, mebi, 0),
  },
  {
    name: 'After the peer’s FIN has been read, writing goes on though it is stuck for a while: 16 MiB, all right',
    run: (env) => writeAfterEnd(env, 16 * mebi, 300),
  },
  {
    name: 'allowHalfOpen: false, and the peer’s FIN comes while writes are stuck: nothing is lost, nothing stays pending',
    async run(env) {
      const { socket, conn } = await env.connected({ allowHalfOpen: false })
      const writer = socket.writable.getWriter()
      const writes = []
      for (let at = 0; at < 16 * mebi; at += mebi) writes.push(writer.write(pattern(at, mebi)))
      const written = Promise.all(writes)
      written.catch(() => {}) // told below
      await conn.fin()
      await readAll(socket.readable)
      await sleep(300)
      const { received, intact, end } = await within(8_000, conn.read(), 'the end at the peer')
      check(
        received === 16 * mebi && intact,
        `the peer got ${received} bytes`,
        `${Math.round(received / mebi)} of 16 MiB`,
      )
      check(end === 'fin', `the peer saw ${end}`)
      await within(2_000, written, 'the writes')
      await within(2_000, socket.closed, '`closed`')
      const late = await failure(2_000, writer.write(pattern(0, 1)), 'a write after that')
      check(late.code === 'EPIPE', `a write after that: ${late}`)
      return 'yes'
    },
  },
  {
    name: '`close()` with incoming data unread: nothing of what was written is lost',
    async run(env) {
      for (const unread of [1000, 2 * mebi]) {
        const { socket, conn } = await env.connected()
        const sending = conn.send(unread)
        await sleep(100)
        const writer = socket.writable.getWriter()
        writer.write(pattern(0, 3 * mebi)).catch(() => {})
        const closing = socket.close()
        await sleep(100)
        const { received, intact, end } = await conn.read({ rate: 20_000 })
        check(received === 3 * mebi && intact, `the peer got ${received} of ${3 * mebi} bytes, then ${end}`)
        check(end === 'fin', `the peer saw ${end}`)
        await sending
        await conn.fin()
        await within(2_000, closing, '`close`')
        await within(2_000, socket.closed, '`closed`')
      }
      return 'yes'
    },
  },
  {
    name: '`close({ deadline: 300 })`, and the peer reads nothing: gives up with ETIMEDOUT, after',
    async run(env) {
      const { socket } = await env.connected()
      const writer = socket.writable.getWriter()
      writer.write(pattern(0, 16 * mebi)).catch(() => {})
      await sleep(200)
      let error
      const ms = await elapsed(async () => {
        error = await failure(3_000, socket.close({ deadline: 300 }), '`close`')
      })
      check(error.code === 'ETIMEDOUT', `it failed with ${error.code}`)
      check(ms >= 295, `it gave up after ${ms} ms already`)
      return timeAtMost(ms, [800], 'the time until it gave up')
    },
  },
  {
    name: 'Both sides send 64 MiB and read nothing: both stop; then both read, and all is right; memory grows by',
    needs: ['processes'],
    time: 30_000,
    async run(env) {
      const { socket, conn } = await env.connected()
      const before = await env.process()
      const sending = conn.send(overflow)
      const writer = socket.writable.getWriter()
      const writing = (async () => {
        for (let at = 0; at < overflow; at += 65_536) {
          await writer.ready
          writer.write(pattern(at, 65_536)).catch(() => {})
        }
        await writer.close()
      })()
      check(await isPending(Promise.race([sending, writing]), 1_000), 'one of them could send all')
      const { rss } = await env.peer.ask('process')
      const [there, here] = await Promise.all([conn.read(), readThen(socket.readable, sending, conn), writing])
      check(there.received === overflow && there.intact && there.end === 'fin', `the peer got ${there.received} bytes`)
      check(here.received === overflow && !here.error, `${here.received} bytes came, then ${here.error}`)
      await within(2_000, socket.closed, '`closed`')
      return bytesAtMost(rss - before.rss, [24 * mebi], 'growth of memory')
    },
  },
  {
    name: '`shutdown` ends one direction while its stream is locked',
    async run(env) {
      const { socket, conn } = await env.connected()
      const writer = socket.writable.getWriter()
      const reader = socket.readable.getReader()
      writer.write(pattern(0, 2 * mebi)).catch(() => {})
      const shut = socket.shutdown('write')
      const { received, intact, end } = await conn.read()
      await within(1_000, shut, '`shutdown`')
      check(received === 2 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      const reading = reader.read()
      await socket.shutdown('read')
      check((await within(1_000, reading, 'the pending read')).done, 'the pending read gave data')
      await conn.fin()
      await within(2_000, socket.closed, '`closed`')
      return 'yes'
    },
  },
  {
    name: 'An echo through `pipeTo` gives back 16 MiB and then FIN',
    async run(env) {
      const { socket, conn } = await env.connected()
      const echo = socket.readable.pipeTo(socket.writable)
      void conn.send(16 * mebi).then(() => conn.fin())
      const { received, intact, end } = await conn.read()
      check(received === 16 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      await within(2_000, Promise.all([echo, socket.closed]), 'the pipe and `closed`')
      return 'yes'
    },
  },
]

/** The peer ends; we read that, and write; the peer begins to read some ms later. */
async function writeAfterEnd(env, count, late) {
  const { socket, conn } = await env.connected()
  await conn.send(1000)
  await conn.fin()
  const read = await within(2_000, readAll(socket.readable), 'the end')
  check(!read.error && read.received === 1000, `${read.received} bytes came, then ${read.error}`)
  await sleep(100)
  const writer = socket.writable.getWriter()
  const writing = writeAll(writer, count).then(() => writer.close())
  writing.catch(() => {}) // told below
  await sleep(late)
  const { received, intact, end } = await conn.read()
  const shown = `${Math.round(received / mebi)} of ${count / mebi} MiB`
  check(received === count && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`, shown)
  await within(1_000, Promise.all([writing, socket.closed]), 'the writes and `closed`')
  return 'yes'
}

async function readThen(readable, sent, conn) {
  void sent.then(() => conn.fin())
  return readAll(readable, new Follow())
}
