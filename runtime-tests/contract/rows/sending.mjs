// The outgoing direction: how much is taken from a writer, and when.
import {
  bytesAtMost,
  check,
  failure,
  isPending,
  mebi,
  pattern,
  within,
  writeAll,
  writeWhileReady,
  writeWhileTaken,
} from '../measure.mjs'

export const title = 'Sending'

// What both kernels hold on Linux is 4 MiB, and more where somebody has raised the limits.
const kernels = [6 * mebi, 16 * mebi]
const flat = [24 * mebi]

export const rows = [
  {
    name: 'The peer never reads: bytes taken from a writer that heeds `ready`',
    async run(env) {
      const { socket } = await env.connected()
      const writer = socket.writable.getWriter()
      const taken = await writeWhileReady(writer, 64 * mebi)
      check(writer.desiredSize <= 0, `ready waits, but desiredSize is ${writer.desiredSize}`)
      return bytesAtMost(taken, kernels, 'taken')
    },
  },
  {
    name: 'The peer never reads: bytes taken from a writer that awaits each `write`',
    async run(env) {
      const { socket } = await env.connected()
      return bytesAtMost(await writeWhileTaken(socket.writable.getWriter(), 64 * mebi), kernels, 'taken')
    },
  },
  {
    name: 'The peer never reads: memory grows, for both writers together, by',
    needs: ['processes'],
    async run(env) {
      const growth = await env.growth(async () => {
        const [one, other] = [await env.connected(), await env.connected()]
        await writeWhileReady(one.socket.writable.getWriter(), 64 * mebi, 300)
        await writeWhileTaken(other.socket.writable.getWriter(), 64 * mebi, 300)
      })
      return bytesAtMost(growth, flat, 'growth of memory')
    },
  },
  {
    name: 'The peer is slower than the writer, which heeds `ready`, 256 MiB: memory grows by',
    needs: ['processes'],
    async run(env) {
      const growth = await env.growth(async () => {
        const { socket, conn } = await env.connected()
        const reading = conn.read({ rate: 128_000 })
        const writer = socket.writable.getWriter()
        for (let written = 0; written < 256 * mebi; written += 65_536) {
          await writer.ready
          writer.write(pattern(written, 65_536)).catch(() => {})
        }
        await writer.close()
        const { received, intact, end } = await reading
        check(received === 256 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      })
      return bytesAtMost(growth, [128 * mebi], 'growth of memory')
    },
  },
  {
    name: 'A write before the connection is open waits for it, and arrives',
    async run(env) {
      const { port, accept } = await env.peer.listen()
      const socket = env.connect({ hostname: '127.0.0.1', port })
      const order = []
      socket.opened.then(() => order.push('opened'))
      const writer = socket.writable.getWriter()
      const written = writer.write(pattern(0, 300_000)).then(() => order.push('written'))
      const closed = writer.close().then(() => order.push('closed'))
      const { received, intact, end } = await (await accept()).read()
      await within(1_000, Promise.all([written, closed]), 'write and close')
      check(received === 300_000 && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      check(order.join() === 'opened,written,closed', `the order was ${order.join()}`)
      return 'yes'
    },
  },
  {
    name: 'A chunk may be used again when its `write` has settled, also if the peer reads it later',
    async run(env) {
      const { socket, conn } = await env.connected()
      const writer = socket.writable.getWriter()
      const chunk = new Uint8Array(65_536)
      for (let at = 0; at < mebi; at += chunk.length) {
        chunk.set(pattern(at, chunk.length))
        await writer.write(chunk)
        chunk.fill(255)
      }
      await writer.close()
      const { received, intact } = await conn.read()
      check(received === mebi && intact, `the peer got ${received} bytes, ${intact ? 'right' : 'wrong'} ones`)
      return 'yes'
    },
  },
  {
    name: 'Chunks of all sizes arrive in order and whole: none, one byte, 8 MiB, views and buffers',
    async run(env) {
      const { socket, conn } = await env.connected()
      const reading = conn.read()
      const writer = socket.writable.getWriter()
      let written = 0
      for (const size of [0, 1, 65_537, 8 * mebi, 0, 3]) {
        const bytes = pattern(written, size)
        await writer.write(written % 2 === 0 ? bytes : bytes.buffer)
        written += size
      }
      const padded = new Uint8Array(102)
      padded.set(pattern(written, 100), 1)
      await writer.write(new DataView(padded.buffer, 1, 100))
      await writer.close()
      const { received, intact, end } = await reading
      check(received === written + 100 && intact && end === 'fin', `${received} bytes, intact: ${intact}, then ${end}`)
      return 'yes'
    },
  },
  {
    name: 'A chunk that is not bytes is refused with a TypeError',
    async run(env) {
      const { socket } = await env.connected()
      const error = await failure(1_000, socket.writable.getWriter().write('text'), 'the write')
      check(error instanceof TypeError, `the write: ${error}`)
      return 'yes'
    },
  },
  {
    name: 'The peer begins to read late: a writer that was stopped goes on, and all arrives',
    async run(env) {
      const { socket, conn } = await env.connected()
      const writer = socket.writable.getWriter()
      const writing = writeAll(writer, 32 * mebi).then(() => writer.close())
      check(await isPending(writing, 500), 'the writer was not stopped')
      const { received, intact, end } = await conn.read()
      await within(1_000, writing, 'the writer')
      check(received === 32 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      return 'yes'
    },
  },
]
