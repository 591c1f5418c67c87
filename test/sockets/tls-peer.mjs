// The other side of a TLS connection, in a process of its own and over plain node:tls.
//
//   node tls-peer.mjs listen '{ options }'          one line { event: 'listening', port } tells the port
//   node tls-peer.mjs connect '{ port, options }'
//   node tls-peer.mjs hold '{ host, port, count }'  listens and never accepts, nor lets anybody in
//
// Options: mode (silent, read, echo), alpn, serverName, cert (a name in certificates/), requestCert, starttls ('line', and
// for a client also 'eager': its ClientHello right behind the line), silent (accepts and never says a word), version.
// Commands on stdin go to every connection: text, send <bytes>, read, end, cut (FIN without close_notify), reset, plain
// <text> (past TLS). Events leave on stdout as JSON lines.
import fs from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'
import tls from 'node:tls'

const [role, json] = process.argv.slice(2)
const options = JSON.parse(json)
const pem = (name) => fs.readFileSync(new URL(`certificates/${name}.pem`, import.meta.url))
const identity = (name) => ({ cert: pem(name), key: pem(`${name}-key`) })
const period = Buffer.from(Uint8Array.from({ length: 251 }, (_, i) => i))
const pattern = (from, length) => Buffer.alloc(length + 251, period).subarray(from % 251, (from % 251) + length)
const connections = new Set()
const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`)

function adopt(raw, socket) {
  const connection = { raw, socket, received: 0, sent: 0, intact: true }
  connections.add(connection)
  const counts = () => ({ received: connection.received, sent: connection.sent, intact: connection.intact })
  const look = () => {
    // A raw socket that is read no more has met its FIN: then the end of TLS is not from a close_notify.
    if (socket._readableState.ended) connection.clean ??= !socket._handle.reading || raw._handle.readStart() !== 0
  }
  socket.on('readable', look)
  const take = () => {
    for (let chunk; (chunk = socket.read()) !== null;) {
      connection.intact &&= chunk.equals(pattern(connection.received, chunk.length))
      connection.received += chunk.length
      if (chunk.length < 100) say('text', { text: chunk.toString() })
      if (options.mode === 'echo') socket.write(chunk)
    }
  }
  connection.read = () => {
    socket.on('readable', take)
    take() // 'readable' may have been emitted before
  }
  socket.on('error', (error) => say('error', { code: error.code, ...counts() }))
  socket.on('end', () => {
    // A reset behind unread data looks like an end before libuv 1.52; the kernel knows better.
    if (!socket.writableEnded && raw._handle?.getpeername({}) < 0)
      return say('error', { code: 'ECONNRESET', ...counts() })
    say('end', { clean: connection.clean, ...counts() })
    if (options.mode === 'echo') socket.end()
  })
  socket.on('close', () => {
    connections.delete(connection)
    say('close', counts())
  })
  socket.on(socket.isServer ? 'secure' : 'secureConnect', () => {
    const { servername: serverName, alpnProtocol: alpn } = socket
    say('secure', { serverName, alpn, certificate: socket.getPeerCertificate()?.subject?.CN })
    if (options.mode && options.mode !== 'silent') connection.read()
  })
}

function serve(raw) {
  const { alpn, cert = 'server', requestCert = false, version } = options
  const socket = new tls.TLSSocket(raw, {
    isServer: true,
    ...identity(cert),
    ca: pem('ca'),
    requestCert,
    rejectUnauthorized: requestCert,
    ...(alpn && { ALPNProtocols: alpn }),
    ...(version && { secureContext: tls.createSecureContext({ ...identity(cert), maxVersion: version }) }),
  })
  socket.isServer = true
  adopt(raw, socket)
}

function ask(raw) {
  const { alpn, cert, serverName = 'localhost', ca = 'ca' } = options
  const socket = tls.connect({
    socket: raw,
    ca: pem(ca),
    servername: serverName,
    host: serverName || '127.0.0.1',
    ...(alpn && { ALPNProtocols: alpn }),
    ...(cert && identity(cert)),
  })
  adopt(raw, socket)
}

/** Calls back after a line, with what came behind it still unread. */
function line(raw, then) {
  const onReadable = () => {
    for (let byte; (byte = raw.read(1)) !== null;) {
      if (byte[0] !== 10) continue
      raw.off('readable', onReadable)
      say('line')
      return then()
    }
  }
  raw.on('readable', onReadable)
}

const commands = {
  text: ({ socket }, text) => socket.write(text),
  plain: ({ raw }, text) => raw.write(text),
  send: (connection, count) => {
    connection.socket.write(pattern(connection.sent, Number(count)))
    connection.sent += Number(count)
  },
  read: (connection) => connection.read(),
  end: ({ socket }) => socket.end(),
  cut: ({ socket }) => socket.destroy(),
  reset: ({ raw }) => raw.resetAndDestroy(),
}

if (role === 'listen') {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (raw) => {
    say('connection')
    raw.on('error', (error) => say('raw error', { code: error.code }))
    if (options.silent) {
      raw.on('end', () => say('raw end'))
      raw.on('close', () => say('close'))
      return raw.resume()
    }
    if (!options.starttls) return serve(raw)
    line(raw, () => raw.write('go\n', () => serve(raw)))
  })
  server.listen(0, '127.0.0.1', () => say('listening', { port: server.address().port }))
} else if (role === 'connect') {
  const raw = net.connect({ port: options.port, host: '127.0.0.1', allowHalfOpen: true })
  raw.on('error', (error) => say('raw error', { code: error.code }))
  raw.on('connect', () => {
    say('connect')
    if (options.silent) {
      if (options.text) raw.write(options.text)
      raw.on('end', () => say('raw end'))
      raw.on('close', () => say('close'))
      return raw.resume()
    }
    if (!options.starttls) return ask(raw)
    // Without waiting for an answer, so that the server finds the ClientHello behind the line.
    raw.write('STARTTLS\n')
    if (options.starttls === 'eager') ask(raw)
    else line(raw, () => ask(raw))
  })
} else {
  const { host, port, count = 3 } = options
  const server = net.createServer().listen({ host, port, backlog: 1 }, () => {
    const { port } = server.address()
    // Its queue of connections is filled by its own clients, and an event loop that stands still takes none from it.
    const fill = net.connect({ host, port })
    fill.on('error', () => {})
    for (let i = 1; i < count; i++) net.connect({ host, port }).on('error', () => {})
    setImmediate(() => {
      fs.writeSync(1, `${JSON.stringify({ event: 'listening', port })}\n`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000)
      process.exit()
    })
  })
}

createInterface({ input: process.stdin })
  .on('line', (text) => {
    const [name, ...values] = text.split(' ')
    for (const connection of connections) commands[name](connection, ...values)
  })
  .on('close', () => process.exit())
