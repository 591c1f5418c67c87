// Many connections: nothing is left of them.
import { bytesAtMost, check, Follow, mebi, pattern, readAll, until, within } from '../measure.mjs'
import { echoAll } from './echo.mjs'

export const title = 'Many'

/** Opens, uses and closes. */
async function converse(env, port) {
  const socket = env.sockets.connect({ hostname: '127.0.0.1', port })
  const writer = socket.writable.getWriter()
  void writer.write(pattern(0, 1000))
  const closed = writer.close()
  const { received, error } = await readAll(socket.readable, new Follow())
  check(received === 1000 && !error, `${received} of 1000 bytes came back, then ${error}`)
  await Promise.all([closed, socket.closed])
}

async function converseAll(env, port, count) {
  for (let done = 0; done < count; done += 50) await Promise.all(Array.from({ length: 50 }, () => converse(env, port)))
}

/**
 * Does it some times, and then so many times more, and compares memory and open files: what a runtime keeps for ever (code,
 * pools, and where it does not tell what its objects take, the space that its heap has once grown to) it has by then. One
 * object kept for each connection would be 10 MiB at least.
 */
async function compare(env, count, action) {
  await action(env.platform.live ? count / 5 : count)
  const before = await env.process()
  await action(count)
  let after = await env.process()
  // The kernel and the runtime may be at the last ones.
  for (let i = 0; i < 10 && after.files > before.files; i++) after = await env.process()
  check(after.files <= before.files, `open files: ${before.files} before, ${after.files} after`)
  return after.live === undefined
    ? bytesAtMost(after.rss - before.rss, [96 * mebi], 'growth of resident memory')
    : bytesAtMost(after.live - before.live, [4 * mebi], 'growth of memory')
}

export const rows = [
  {
    name: '10 000 connections opened, used and closed: no open file is left, and memory grows by',
    needs: ['processes', 'Linux'],
    time: 60_000,
    async run(env) {
      const { port, echo } = await env.peer.listen()
      await echo()
      return compare(env, 10_000, (count) => converseAll(env, port, count))
    },
  },
  {
    name: '10 000 connections accepted, served and closed: no open file is left, and memory grows by',
    needs: ['listen', 'processes', 'Linux'],
    time: 60_000,
    async run(env) {
      const { listener, port } = await env.listen()
      void echoAll(listener)
      const dial = async (count) => {
        const { whole, errors } = await env.peer.ask('dial', { port, count })
        check(whole === count, `${whole} of ${count} were served; ${JSON.stringify(errors)}`)
      }
      return compare(env, 10_000, dial)
    },
  },
  {
    name: '2 000 connections that the peer resets in the middle: no open file is left, and memory grows by',
    needs: ['listen', 'processes', 'Linux'],
    time: 30_000,
    async run(env) {
      const { listener, port } = await env.listen()
      let over = 0
      void echoAll(listener, () => over++)
      const dial = async (count) => {
        // More at a time would only fill the kernel's queue: the peer does not wait until it is accepted.
        for (let left = count; left > 0; left -= 200) {
          const wanted = over + 200
          await env.peer.ask('dial', { port, count: 200, abrupt: true })
          await within(
            5_000,
            until(() => over === wanted),
            'the end of what the peer has reset',
          )
        }
      }
      return compare(env, 2_000, dial)
    },
  },
]
