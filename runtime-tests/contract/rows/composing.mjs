// Both directions at once: the deadlock, and what is made of two directions.
import {
  check,
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

export const title = 'Both directions'

const chunks = (count) => Array.from({ length: count / mebi }, (_, i) => pattern(i * mebi, mebi))

export const rows = [
  {
    name: 'Both sides send and nobody reads, `stallTimeout` 500 ms: StallError says that both are full, after',
    async run(env) {
      const { socket, conn } = await env.connected({ stallTimeout: 500 })
      void conn.send(64 * mebi)
      const start = performance.now()
      const writing = socket.writable.getWriter().write(pattern(0, 64 * mebi))
      const error = await failure(8_000, writing, 'the stuck write')
      const ms = performance.now() - start
      check(error.code === 'ERR_STALLED', `it failed with ${error}`, error.code)
      check(error.full === 'both' && error.notReading === 'both', `full: ${error.full}`, `full: ${error.full}`)
      check(error.incoming.waiting > 0 && error.outgoing.waiting > 0, 'it counts nothing')
      check(ms >= 495, `after ${ms} ms already`)
      return timeAtMost(ms, [2_500], 'the time until it failed')
    },
  },
  {
    name: 'The peer does not read, `stallTimeout` 500 ms: StallError says that it is the peer',
    async run(env) {
      const { socket } = await env.connected({ stallTimeout: 500 })
      const writing = socket.writable.getWriter().write(pattern(0, 64 * mebi))
      const error = await failure(8_000, writing, 'the stuck write')
      check(error.code === 'ERR_STALLED' && error.notReading === 'peer', `it failed with ${error}`)
      return 'yes'
    },
  },
  {
    name: 'A peer that is slow, and a connection that is idle, are no stall: `stallTimeout` leaves them alone',
    async run(env) {
      const { socket, conn } = await env.connected({ stallTimeout: 300 })
      await sleep(700)
      const reading = conn.read({ rate: 16_000 })
      const writer = socket.writable.getWriter()
      await writeAll(writer, 16 * mebi)
      await writer.close()
      const { received, end } = await reading
      check(received === 16 * mebi && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      return 'yes'
    },
  },
  {
    name: '`exchange` sends 64 MiB to a peer that does not read before it has sent 64 MiB itself: no deadlock',
    async run(env) {
      const { socket, conn } = await env.connected()
      const peer = conn.send(64 * mebi).then(() => conn.fin() && conn.read())
      const here = await within(
        12_000,
        env.sockets.exchange(socket, {
          send: chunks(64 * mebi),
          receive: (readable) => readAll(readable, new Follow()),
        }),
        '`exchange`',
      )
      const there = await peer
      check(here.received === 64 * mebi && !here.error, `${here.received} bytes came, then ${here.error}`)
      check(there.received === 64 * mebi && there.intact && there.end === 'fin', `the peer got ${there.received} bytes`)
      return 'yes'
    },
  },
  {
    name: '`splice`: a proxy passes on 16 MiB each way and each end on its own, whoever ends first',
    async run(env) {
      for (const firstEnd of [0, 1]) {
        const ends = [await env.connected(), await env.connected()]
        const spliced = env.sockets.splice(ends[0].socket, ends[1].socket)
        const [first, second] = firstEnd === 0 ? ends : ends.toReversed()
        void first.conn.send(16 * mebi).then(() => first.conn.fin())
        const heard = await second.conn.read()
        check(heard.received === 16 * mebi && heard.intact && heard.end === 'fin', `one way: ${JSON.stringify(heard)}`)
        check(await isPending(spliced, 100), 'it ended with one direction')
        void second.conn.send(16 * mebi).then(() => second.conn.fin())
        const answer = await first.conn.read()
        check(answer.received === 16 * mebi && answer.intact && answer.end === 'fin', `back: ${JSON.stringify(answer)}`)
        const { aToB, bToA } = await within(2_000, spliced, '`splice`')
        check(aToB === 16 * mebi && bToA === 16 * mebi, `it counted ${aToB} and ${bToA}`)
      }
      return 'yes'
    },
  },
  {
    name: '`splice`: one peer resets, and the other sees RST, never an end',
    async run(env) {
      const [one, other] = [await env.connected(), await env.connected()]
      const spliced = env.sockets.splice(one.socket, other.socket)
      spliced.catch(() => {}) // told below
      void one.conn.send(1000)
      const some = await other.conn.read({ count: 1000 })
      check(some.received === 1000, `${some.received} bytes came`)
      await one.conn.reset()
      await failure(2_000, spliced, '`splice`')
      const seen = await Promise.race([other.conn.read(), sleep(1_500)])
      check(seen?.end === 'reset', `the other saw ${seen?.end}`, seen?.end ?? 'nothing')
      return 'yes'
    },
  },
  {
    name: '`kernelQueues` counts what both kernels hold of a stuck connection, as the peer sees it',
    needs: ['kernelQueues', 'Linux'],
    async run(env) {
      const { socket, conn } = await env.connected()
      const sending = conn.send(64 * mebi)
      const writing = socket.writable.getWriter().write(pattern(0, 64 * mebi))
      check(await isPending(Promise.race([sending, writing]), 600), 'one of them could send all')
      const queues = await env.sockets.kernelQueues(socket)
      const there = await conn.waiting()
      check(queues?.outgoing === there.outgoing && queues?.incoming === there.incoming, JSON.stringify([queues, there]))
      check(queues.outgoing > mebi && queues.incoming > 0, JSON.stringify(queues))
      return 'yes'
    },
  },
  {
    name: '`fromDuplex` over a connection’s own streams: half-close, 4 MiB each way, both ends clean',
    async run(env) {
      const { socket: below, conn } = await env.connected()
      const { readable, writable } = below
      const socket = env.sockets.fromDuplex({ readable, writable })
      const writer = socket.writable.getWriter()
      const reading = conn.read()
      await writeAll(writer, 4 * mebi)
      await writer.close()
      const { received, intact, end } = await reading
      check(received === 4 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      void conn.send(4 * mebi).then(() => conn.fin())
      const read = await readAll(socket.readable)
      check(read.received === 4 * mebi && !read.error, `${read.received} bytes came, then ${read.error}`)
      await within(2_000, Promise.all([socket.closed, below.closed]), 'both `closed`')
      return 'yes'
    },
  },
  {
    name: '`duplexPair`: backpressure, each end on its own, and a reset is no end',
    async run(env) {
      const [a, b] = env.sockets.duplexPair()
      const writer = a.writable.getWriter()
      const writing = writeAll(writer, 4 * mebi).then(() => writer.close())
      check(await isPending(writing, 200), 'nobody reads, and all is taken')
      const heard = await readAll(b.readable)
      check(heard.received === 4 * mebi && !heard.error, `${heard.received} bytes came, then ${heard.error}`)
      await writing
      void b.writable.getWriter().write(pattern(0, 1000))
      const reader = a.readable.getReader()
      check((await reader.read()).value.byteLength === 1000, 'the other way')
      const next = reader.read()
      b.reset()
      const error = await failure(1_000, next, 'a read after the reset')
      check(error.code === 'ECONNRESET', `it failed with ${error.code}`, error.code)
      return 'yes'
    },
  },
]
