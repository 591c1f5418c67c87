// Listeners: what they take, what they refuse, and how they end.
import { check, elapsed, failure, mebi, readAll, sleep, timeAtMost, within, writeAll } from '../measure.mjs'

export const title = 'Listening'

export const rows = [
  {
    name: 'A listener hands out every connection, and each half ends on its own',
    needs: ['listen'],
    async run(env) {
      const { socket, conn } = await env.accepted()
      void conn.send(4 * mebi).then(() => conn.fin())
      const read = await readAll(socket.readable)
      check(read.received === 4 * mebi && !read.error, `${read.received} bytes came, then ${read.error}`)
      const reading = conn.read()
      const writer = socket.writable.getWriter()
      await writeAll(writer, 4 * mebi)
      await writer.close()
      const { received, intact, end } = await reading
      check(received === 4 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      await within(1_000, socket.closed, '`closed`')
      return 'yes'
    },
  },
  {
    name: '`backlog: 4`, nobody accepts, 10 come: 4 wait, 6 see RST',
    needs: ['listen'],
    async run(env) {
      const { listener, port } = await env.listen({ port: 0, hostname: '127.0.0.1', backlog: 4 })
      const held = await env.peer.hold(port, 10)
      let reset = 0
      for (const conn of held) {
        void conn.read().then(({ end }) => (reset += end === 'reset' ? 1 : 0))
      }
      await sleep(400)
      check(reset + 10 - held.length === 6, `${reset} saw RST`, `${reset} see RST`)
      for (let i = 0; i < 4; i++) await within(1_000, listener.accept(), `conversation ${i + 1}`)
      return 'yes'
    },
  },
  {
    name: 'A connection whose peer resets it while it waits does not harm the listener',
    needs: ['listen'],
    async run(env) {
      const { listener, port } = await env.listen()
      for (const conn of await env.peer.hold(port, 5)) await conn.reset()
      await sleep(100)
      const live = await env.peer.connect({ port })
      void live.send(1000).then(() => live.fin())
      for (let i = 0; ; i++) {
        const socket = await within(1_000, listener.accept(), 'a conversation')
        const { received, error } = await within(1_000, readAll(socket.readable), 'its end')
        if (received === 1000 && !error) return 'yes'
        check(error, `conversation ${i + 1} of a peer that has reset ended cleanly`, 'a clean end')
        check(i < 5, 'the live one was not handed out')
      }
    },
  },
  {
    name: '`close({ deadline: 300 })`: what waits is reset at once, what talks at the deadline; all is over after',
    needs: ['listen'],
    async run(env) {
      const { listener, port } = await env.listen()
      const talking = await env.peer.connect({ port })
      const socket = await listener.accept()
      const done = await env.peer.connect({ port })
      const other = await listener.accept()
      const waiting = await env.peer.connect({ port })
      await sleep(50)
      const closing = listener.close({ deadline: 300 })
      const ms = await elapsed(async () => {
        const first = await within(200, waiting.read(), 'the end of what waits')
        check(first.end === 'reset', `what waits saw ${first.end}`)
        const [, seen] = await Promise.all([other.close(), done.read().then((read) => done.fin() && read)])
        check(seen.end === 'fin', `a conversation that ended by itself saw ${seen.end}`)
        await within(2_000, closing, '`close`')
      })
      const { end } = await within(500, talking.read(), 'the end of what talks')
      check(end === 'reset', `what talks saw ${end}`)
      await failure(500, socket.closed, '`closed` of the conversation')
      const late = await env.peer.connect({ port }).catch((error) => error.message)
      check(String(late).includes('ECONNREFUSED'), 'it still takes connections')
      return timeAtMost(ms, [800], 'the time until it was over')
    },
  },
  {
    name: 'The same port at once again: with connections in TIME_WAIT there, and with one alive',
    needs: ['listen', 'Linux'],
    async run(env) {
      const { listener, port } = await env.listen()
      for (let i = 0; i < 5; i++) {
        const conn = await env.peer.connect({ port })
        const socket = await listener.accept()
        const closing = socket.close() // the first FIN is ours, so TIME_WAIT is ours as well
        await conn.read()
        await conn.fin()
        await within(1_000, closing, '`close`')
      }
      const alive = await env.peer.connect({ port })
      const socket = await listener.accept()
      const { count } = await env.peer.ask('lingering', { port })
      check(count > 0, 'nothing is in TIME_WAIT: this proves nothing')
      const closing = listener.close()
      await failureToConnect(env, port)
      const again = await env.listen({ port, hostname: '127.0.0.1' })
      check(again.port === port, `it listens on ${again.port}`)
      await env.peer.connect({ port })
      await within(1_000, again.listener.accept(), 'a conversation')
      void alive.send(1000).then(() => alive.fin())
      const { received } = await within(1_000, readAll(socket.readable), 'the old conversation')
      check(received === 1000, `the old conversation got ${received} bytes`)
      await socket.close()
      await within(1_000, closing, '`close` of the first listener')
      return 'yes'
    },
  },
  {
    name: 'A port where somebody listens: `opened` rejects with EADDRINUSE',
    needs: ['listen'],
    async run(env) {
      const { port } = await env.peer.listen()
      const listener = env.sockets.listen({ port, hostname: '127.0.0.1' })
      const error = await failure(2_000, listener.opened, '`opened`')
      check(error.code === 'EADDRINUSE', `it is ${error.code}`, error.code)
      return 'yes'
    },
  },
  {
    name: 'A unix-domain socket of ours: the peer is served, and its file is gone afterwards',
    needs: ['listen', 'unix'],
    async run(env) {
      const path = env.platform.temporaryPath('ours')
      for (let i = 0; i < 2; i++) {
        const listener = env.sockets.listen({ path })
        await listener.opened
        const conn = await env.peer.connect({ path })
        const socket = await within(1_000, listener.accept(), 'a conversation')
        const echo = socket.readable.pipeTo(socket.writable)
        void conn.send(mebi).then(() => conn.fin())
        const { received, intact, end } = await conn.read()
        check(received === mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
        await echo
        await within(2_000, listener.close(), '`close`')
      }
      return 'yes'
    },
  },
  {
    name: 'No file descriptor is left (ulimit), 300 more come: the listener lives, and serves when there are some again',
    needs: ['listen', 'children'],
    async run(env) {
      const child = await env.platform.child('echo', 128)
      env.after(() => child.end())
      const { port } = child
      const dial = (count) => env.peer.ask('dial', { port, count, together: 10 })
      const before = await dial(20)
      check(before.whole === 20, `before: ${before.whole} of 20`)
      // Deno opens files of its own for most of its first second, and panics when there are none to have: let that be over.
      await sleep(1_500)
      const held = await env.peer.hold(port, 300)
      await sleep(500)
      check(child.isAlive(), 'the program has ended', 'the program dies')
      await Promise.all(held.map((conn) => conn.close()))
      await sleep(500)
      check(child.isAlive(), 'the program has ended', 'the program dies')
      const after = await within(8_000, dial(20), 'the listener')
      check(after.whole === 20, `afterwards: ${after.whole} of 20, ${JSON.stringify(after.errors)}`)
      return 'yes'
    },
  },
]

async function failureToConnect(env, port) {
  for (let i = 0; i < 50; i++) {
    try {
      await (await env.peer.connect({ port })).close()
    } catch {
      return
    }
    await sleep(10)
  }
  check(false, 'the listener that was closed goes on listening')
}
