// The incoming direction: what is taken from the kernel, and how it is read.
import {
  bytesAtMost,
  check,
  Follow,
  isPending,
  mebi,
  pace,
  readAll,
  sleep,
  standing,
  within,
  writeAll,
} from '../measure.mjs'

export const title = 'Receiving'

const prefetch = [256 * 1024]

/** Bytes that the program has taken from its kernel and nobody has read, while the peer sends all it can. */
async function unread(conn, read = 0) {
  const sending = conn.send(64 * mebi)
  const taken = await standing(() => conn.taken())
  check(await isPending(sending, 0), 'the peer could send all of 64 MiB', '> 64 MiB')
  return taken - read
}

export const rows = [
  {
    name: 'Nobody reads a flood: bytes taken from the kernel, on a connection of ours',
    needs: ['Linux'],
    async run(env) {
      const { conn } = await env.connected()
      return bytesAtMost(await unread(conn), prefetch, 'taken')
    },
  },
  {
    name: 'Nobody reads a flood: bytes taken from the kernel, on an accepted connection',
    needs: ['Linux', 'listen'],
    async run(env) {
      const { conn } = await env.accepted()
      return bytesAtMost(await unread(conn), prefetch, 'taken')
    },
  },
  {
    name: 'A reader reads once and stops: bytes taken from the kernel beyond what it has read',
    needs: ['Linux'],
    async run(env) {
      const { socket, conn } = await env.connected()
      const reader = socket.readable.getReader()
      const first = reader.read().then(({ value }) => value.byteLength)
      await conn.write(String.fromCharCode(0))
      const read = await first
      check(read === 1, `it read ${read} bytes`)
      await conn.send(0)
      return bytesAtMost(await unread(conn, read), prefetch, 'taken')
    },
  },
  {
    name: 'Nobody reads a flood: memory grows by',
    needs: ['processes'],
    async run(env) {
      const growth = await env.growth(async () => {
        const { conn } = await env.connected()
        const sending = conn.send(64 * mebi)
        check(await isPending(sending, 1_000), 'the peer could send all')
      })
      return bytesAtMost(growth, [16 * mebi], 'growth of memory')
    },
  },
  {
    name: 'A reader that is slower than the peer, 256 MiB: all of it is right, and memory grows by',
    needs: ['processes'],
    async run(env) {
      const growth = await env.growth(async () => {
        const { socket, conn } = await env.connected()
        void conn.send(256 * mebi).then(() => conn.fin())
        const follow = new Follow()
        const keepPace = pace(128_000)
        for await (const chunk of socket.readable) {
          follow.take(chunk)
          await keepPace(follow.received)
        }
        check(follow.received === 256 * mebi, `${follow.received} bytes came`)
      })
      return bytesAtMost(growth, [128 * mebi], 'growth of memory')
    },
  },
  {
    name: 'A BYOB reader gets at most what its view holds, and every byte',
    async run(env) {
      const { socket, conn } = await env.connected()
      void conn.send(300_000).then(() => conn.fin())
      const reader = socket.readable.getReader({ mode: 'byob' })
      const follow = new Follow()
      let view = new Uint8Array(1_000)
      for (;;) {
        const { done, value } = await reader.read(view)
        if (done) break
        check(value.byteLength > 0 && value.byteLength <= 1_000, `a read gave ${value.byteLength} bytes`)
        follow.take(value)
        view = new Uint8Array(value.buffer)
      }
      check(follow.received === 300_000, `${follow.received} bytes came`)
      return 'yes'
    },
  },
  {
    name: '`read(view, { min })` waits for that many bytes, though they come one by one',
    async run(env) {
      const { socket, conn } = await env.connected()
      const trickling = conn.trickle(40, 5)
      const reader = socket.readable.getReader({ mode: 'byob' })
      const follow = new Follow()
      for (let i = 0; i < 4; i++) {
        const { value } = await reader.read(new Uint8Array(10), { min: 10 })
        check(value.byteLength === 10, `a read gave ${value.byteLength} bytes`)
        follow.take(value)
      }
      await trickling
      return 'yes'
    },
  },
  {
    name: '`releaseLock` with a read pending loses nothing: 50 times, with both kinds of reader',
    async run(env) {
      const { socket, conn } = await env.connected()
      const trickling = conn.trickle(400, 2)
      const follow = new Follow()
      for (let i = 0; i < 50; i++) {
        const reader = socket.readable.getReader(i % 2 === 0 ? {} : { mode: 'byob' })
        const reading = i % 2 === 0 ? reader.read() : reader.read(new Uint8Array(100))
        const taken = reading.then(
          ({ value }) => follow.take(value),
          () => {},
        )
        await sleep(i % 3)
        reader.releaseLock()
        await taken
      }
      await trickling
      await conn.fin()
      const { received } = await readAll(socket.readable, follow)
      check(received === 400, `${received} of 400 bytes came`)
      return 'yes'
    },
  },
  {
    name: '`cancel` stops reading and leaves writing alone, while the peer goes on sending',
    async run(env) {
      const { socket, conn } = await env.connected()
      const sending = conn.send(4 * mebi)
      await socket.readable.cancel()
      const writer = socket.writable.getWriter()
      const reading = conn.read()
      await writeAll(writer, 8 * mebi)
      await writer.close()
      const { received, intact, end } = await reading
      check(received === 8 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      const { error } = await sending
      check(!error, `the peer could not send: ${error}`)
      await conn.fin()
      await within(2_000, socket.closed, '`closed`')
      return 'yes'
    },
  },
]
