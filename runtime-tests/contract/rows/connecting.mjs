// How a connection comes about, or does not.
import { check, elapsed, failure, mebi, readAll, sleep, timeAtMost, within, writeAll } from '../measure.mjs'

export const title = 'Connecting'

/** A connection that cannot be: everything says so, with the same error. */
async function checkFailed(socket, code, ms = 3_000) {
  const writer = socket.writable.getWriter()
  const all = {
    opened: socket.opened,
    closed: socket.closed,
    'a read': readAll(socket.readable).then(({ error }) => {
      check(error, 'a read gave a clean end', 'a clean end')
      throw error
    }),
    'a write': writer.write(new Uint8Array(1)),
    'writer.closed': writer.closed,
  }
  await Promise.all(
    Object.entries(all).map(async ([what, promise]) => {
      const error = await failure(ms, promise, what)
      check(error.code === code, `${what}: ${error.code} ${error}`, error.code)
      check(error.phase === 'connect', `${what}: the phase is ${error.phase}`)
    }),
  )
}

export const rows = [
  {
    name: 'Nobody listens there: `opened`, `closed` and both streams fail with ECONNREFUSED',
    async run(env) {
      const { port } = await env.peer.ask('unused')
      await checkFailed(env.connect({ hostname: '127.0.0.1', port }), 'ECONNREFUSED')
      return 'yes'
    },
  },
  {
    name: 'No answer, `connectTimeout` 300 ms: fails with ETIMEDOUT, after',
    needs: ['Linux'],
    async run(env) {
      const { port } = await env.peer.ask('full')
      const socket = env.connect({ hostname: '127.0.0.1', port }, { connectTimeout: 300 })
      const ms = await elapsed(() => checkFailed(socket, 'ETIMEDOUT'))
      check(ms >= 295, `after ${ms} ms already`)
      return timeAtMost(ms, [800], 'the time until it failed')
    },
  },
  {
    name: 'No answer, `signal` aborts: fails with ABORT_ERR, within',
    needs: ['Linux'],
    async run(env) {
      const { port } = await env.peer.ask('full')
      const abort = new AbortController()
      const socket = env.connect({ hostname: '127.0.0.1', port }, { signal: abort.signal })
      await sleep(100)
      abort.abort()
      const ms = await elapsed(() => checkFailed(socket, 'ABORT_ERR'))
      return timeAtMost(ms, [200], 'the time until it failed')
    },
  },
  {
    name: '`signal` has aborted before: fails with ABORT_ERR, and nothing is sent',
    async run(env) {
      const { port, accept } = await env.peer.listen()
      await checkFailed(env.connect({ hostname: '127.0.0.1', port }, { signal: AbortSignal.abort() }), 'ABORT_ERR')
      const accepted = await Promise.race([accept(), sleep(200)])
      check(accepted === undefined, 'the peer got a connection')
      return 'yes'
    },
  },
  {
    name: 'A `signal` that aborts later leaves the open connection alone',
    async run(env) {
      const abort = new AbortController()
      const { socket, conn } = await env.connected({ signal: abort.signal })
      abort.abort()
      const reading = conn.read()
      const writer = socket.writable.getWriter()
      await writeAll(writer, mebi)
      await writer.close()
      const { received, end } = await reading
      check(received === mebi && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      return 'yes'
    },
  },
  {
    name: 'A name without an address fails with ENOTFOUND',
    async run(env) {
      await checkFailed(env.connect('nobody.invalid:7000'), 'ENOTFOUND', 8_000)
      return 'yes'
    },
  },
  {
    name: '`opened` knows both addresses',
    async run(env) {
      const { port } = await env.peer.listen()
      const socket = env.connect(`127.0.0.1:${port}`)
      const { remoteAddress, remotePort, localAddress, localPort } = await within(2_000, socket.opened, '`opened`')
      check(remoteAddress === '127.0.0.1' && remotePort === port, `the peer: ${remoteAddress} ${remotePort}`)
      check(localAddress === '127.0.0.1' && localPort > 0, `here: ${localAddress} ${localPort}`, 'the peer’s only')
      return 'yes'
    },
  },
  {
    name: 'A unix-domain socket of the peer: half-close, both ways, 4 MiB each',
    needs: ['unix'],
    run: (env) => overPath(env, env.platform.temporaryPath('peer')),
  },
  {
    name: 'An abstract socket of the peer: the same',
    needs: ['unix', 'Linux'],
    run: (env) => overPath(env, `\0framewright-${Math.random()}`),
  },
]

async function overPath(env, path) {
  const { accept } = await env.peer.listen({ path })
  const socket = env.connect({ path })
  const conn = await within(2_000, accept(), 'the connection')
  const writer = socket.writable.getWriter()
  const reading = conn.read()
  await writeAll(writer, 4 * mebi)
  await writer.close()
  const { received, intact, end } = await reading
  check(received === 4 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
  void conn.send(4 * mebi).then(() => conn.fin())
  const read = await readAll(socket.readable)
  check(read.received === 4 * mebi && !read.error, `${read.received} bytes came, then ${read.error}`)
  await within(2_000, socket.closed, '`closed`')
  return 'yes'
}
