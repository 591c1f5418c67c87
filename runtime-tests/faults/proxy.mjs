// A bad network in user space: a TCP proxy over plain node:net, in a process of its own. It is on one port, says which
// ({ event: 'listening', port }), takes one connection, and passes it on to another port, as badly as it is told.
//
//   node proxy.mjs '{ "port": 7000, "forth": { … }, "back": { … } }'
import net from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { mix } from './plan.mjs'

/**
 * What one direction suffers.
 *
 * @typedef {object} Fault
 * @property {'random' | 'bytes'} [cut] chunks are written in pieces: of any size, or of one byte each
 * @property {number} [delay] ms that a chunk takes at most; the order stays
 * @property {number} [after] bytes that pass before the action
 * @property {'reset' | 'fin' | 'stop' | 'pause' | 'kill'} [action] reset both sides; end this direction and drop the rest; pass
 * nothing any more; pass nothing for two seconds; kill the proxy
 */

/** @type {{ port: number, forth?: Fault, back?: Fault }} */
const { port, forth = {}, back = {} } = JSON.parse(process.argv[2] ?? '')
let draws = 0
const chance = () => mix(port, draws++) / 2 ** 32

/** Chunks as they come; unlike a socket's own iterator it leaves the socket alone at the end. */
async function* chunksOf(socket) {
  for (;;) {
    const chunk = socket.read()
    if (chunk !== null) yield chunk
    else if (socket.readableEnded || socket.destroyed) return
    else await new Promise((resolve) => whenAny(socket, ['readable', 'end', 'close'], resolve))
  }
}

function whenAny(socket, events, listener) {
  const once = () => {
    for (const event of events) socket.off(event, once)
    listener()
  }
  for (const event of events) socket.on(event, once)
}

/** Settles when the kernel has the bytes, or never will. */
const write = (socket, bytes) =>
  new Promise((resolve) => {
    const done = () => {
      socket.off('close', done)
      resolve(undefined)
    }
    if (socket.destroyed) return resolve(undefined)
    socket.on('close', done)
    socket.write(bytes, done)
  })

/** One direction. */
async function pass(from, to, { cut, delay, after = Infinity, action }) {
  let left = after
  let dropping = false
  for await (const chunk of chunksOf(from)) {
    if (dropping) continue
    if (delay) await setTimeout(chance() * delay)
    let at = 0
    while (at < chunk.length) {
      const piece = cut === 'bytes' ? 1 : cut === 'random' ? Math.ceil(2 ** (chance() * 17)) : chunk.length
      const end = Math.min(chunk.length, at + piece, at + left)
      // A piece that is written while the one before it waits would leave with it.
      if (cut === 'bytes') await write(to, chunk.subarray(at, end)).then(() => setImmediate())
      else if (end === chunk.length) await write(to, chunk.subarray(at, end))
      else to.write(chunk.subarray(at, end))
      left -= end - at
      at = end
      if (left > 0) continue
      left = Infinity
      await write(to, Buffer.alloc(0))
      if (action === 'kill') process.kill(process.pid, 'SIGKILL')
      else if (action === 'stop') return
      else if (action === 'reset') {
        for (const socket of [from, to]) socket.resetAndDestroy()
        return
      } else if (action === 'fin') {
        to.end()
        dropping = true
        break
      } else await setTimeout(2_000)
    }
  }
  if (from.readableEnded) to.end()
}

// A process that waits for paused sockets only would end.
setInterval(() => {}, 60_000)

const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
  server.close()
  const target = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  for (const [socket, other] of [
    [client, target],
    [target, client],
  ]) {
    socket.on('error', () => other.resetAndDestroy())
  }
  target.on('connect', () => void Promise.all([pass(client, target, forth), pass(target, client, back)]))
})
server.listen(0, '127.0.0.1', () => {
  const address = /** @type {net.AddressInfo} */ (server.address())
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: address.port })}\n`)
})
