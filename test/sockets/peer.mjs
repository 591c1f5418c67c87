// The other side of a connection, in a process of its own and over plain node:net, so that what it sees is what is on
// the wire and not what our adapter makes of it.
//
//   node peer.mjs listen [mode] [path]   one line { event: 'listening', port } tells the port
//   node peer.mjs connect <port> [mode]
//   node peer.mjs idle                   then `dial <port> <count>`
//
// Instead of a port a path; with a leading @ it is an abstract name.
//
// Mode, what a new connection does with incoming bytes: silent (never reads, the default), read, slow, echo,
// echo-after-end. Commands come on stdin, a line each, and go to every connection; events leave on stdout as JSON lines.
// What is sent is a pattern, so that the receiver of any prefix can tell whether it is whole.
import fs from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'

const period = 251
const chunkSize = 65_536
const pattern = Buffer.from(Uint8Array.from({ length: chunkSize + period }, (_, i) => i % period))
const connections = new Set()

const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`)

function isPattern(chunk, offset) {
  for (let at = 0; at < chunk.length; at += chunkSize) {
    const part = chunk.subarray(at, at + chunkSize)
    const from = (offset + at) % period
    if (!part.equals(pattern.subarray(from, from + part.length))) return false
  }
  return true
}

function adopt(socket, mode = 'silent') {
  const connection = { socket, received: 0, sent: 0, toSend: 0, intact: true, isEnding: false }
  connections.add(connection)
  const counts = () => ({ received: connection.received, sent: connection.sent, intact: connection.intact })
  const kept = []
  socket.on('connect', () => say('connect'))
  socket.on('error', (error) => say('error', { code: error.code, ...counts() }))
  socket.on('end', () => {
    // A reset behind unread data looks like an end before libuv 1.52; the kernel knows better.
    if (!socket.writableEnded && socket._handle?.getpeername?.({}) < 0) {
      say('error', { code: 'ECONNRESET', ...counts() })
      return socket.destroy()
    }
    say('end', counts())
    if (mode === 'echo-after-end') socket.write(Buffer.concat(kept))
    if (mode.startsWith('echo')) socket.end()
  })
  socket.on('close', () => {
    connections.delete(connection)
    say('close', counts())
  })
  const read = () =>
    socket.on('data', (chunk) => {
      connection.intact &&= isPattern(chunk, connection.received)
      connection.received += chunk.length
      if (mode === 'echo') socket.write(chunk)
      if (mode === 'echo-after-end') kept.push(chunk)
      if (mode === 'slow') {
        socket.pause()
        setTimeout(() => socket.resume(), 2)
      }
    })
  connection.read = read
  connection.report = () => say('report', { ...counts(), rss: process.memoryUsage().rss })
  if (mode === 'silent') socket.pause()
  else read()
}

function send(connection, count) {
  const isIdle = connection.sent === connection.toSend
  connection.toSend += count
  if (isIdle) sendMore(connection)
}

function sendMore(connection) {
  const { socket } = connection
  while (connection.sent < connection.toSend) {
    const from = connection.sent % period
    const size = Math.min(chunkSize, connection.toSend - connection.sent)
    connection.sent += size
    const { sent } = connection
    const more = socket.write(pattern.subarray(from, from + size), (error) => {
      if (!error && sent === connection.toSend) say('sent', { sent })
    })
    if (!more && connection.sent < connection.toSend) return socket.once('drain', () => sendMore(connection))
  }
  if (connection.isEnding) socket.end()
}

/** After all that is to be sent. */
function end(connection) {
  connection.isEnding = true
  if (connection.sent === connection.toSend) connection.socket.end()
}

const commands = {
  read: (connection) => {
    connection.read()
    connection.socket.resume()
  },
  send: (connection, count) => send(connection, Number(count)),
  text: (connection, text) => connection.socket.write(text),
  end,
  reset: (connection) => connection.socket.resetAndDestroy(),
  destroy: (connection) => connection.socket.destroy(),
  report: (connection) => connection.report(),
}

const at = (where) =>
  /^\d+$/.test(where) ? { port: Number(where), host: '127.0.0.1' } : { path: where.replace(/^@/, '\0') }
const dial = (where, mode) => adopt(net.connect({ ...at(where), allowHalfOpen: true }), mode)
const [role, ...rest] = process.argv.slice(2)
if (role === 'listen') {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    adopt(socket, rest[0])
    say('connection')
    if (rest[0] && rest[0] !== 'silent') socket.resume()
  })
  server.listen(at(rest[1] ?? '0'), () => say('listening', { port: server.address().port }))
} else if (role === 'connect') dial(rest[0], rest[1])
else say('ready')

/** Listens with a short queue and never accepts: an event loop that stands still takes nothing from the kernel. */
function listenAndStop(backlog) {
  const server = net.createServer().listen({ port: 0, host: '127.0.0.1', backlog: Number(backlog) }, () => {
    fs.writeSync(1, `${JSON.stringify({ event: 'listening', port: server.address().port })}\n`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000)
    process.exit()
  })
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [name, ...values] = line.split(' ')
    if (name === 'dial') for (let i = 0; i < Number(values[1]); i++) dial(values[0], values[2])
    else if (name === 'listen-and-stop') listenAndStop(values[0])
    else for (const connection of connections) commands[name](connection, ...values)
  })
  .on('close', () => process.exit())
