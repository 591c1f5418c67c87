// TLS, from the first byte or from a line on which both sides agree. The peer's TLS is Python's, which is OpenSSL.
import { check, failure, mebi, readAll, sleep, within, writeAll } from '../measure.mjs'

export const title = 'TLS'

const server = { server: true, cert: 'server.pem', key: 'server-key.pem' }
const client = { server: false, ca: 'ca.pem', name: 'localhost' }

/** A connection of ours over TLS, and the peer's end of it. */
async function connectedSecurely(env, options = {}, peerOptions = {}) {
  const { port, accept } = await env.peer.listen()
  const { ca } = await env.peer.ask('certificates')
  const socket = env.connect(
    { hostname: '127.0.0.1', port },
    { secureTransport: 'on', sni: 'localhost', ca, ...options },
  )
  const conn = await accept()
  const peer = conn.tls({ ...server, ...peerOptions })
  await within(3_000, socket.opened, '`opened`')
  return { socket, conn, peer: await peer }
}

/** Some bytes each way, and both ends. */
async function converse(socket, conn) {
  const reading = conn.read({ count: mebi })
  const writer = socket.writable.getWriter()
  await writeAll(writer, mebi)
  const { received, intact } = await within(3_000, reading, 'the peer')
  check(received === mebi && intact, `the peer got ${received} bytes`)
  void conn.send(mebi).then(() => conn.notify())
  const read = await within(3_000, readAll(socket.readable), 'the readable')
  check(read.received === mebi && !read.error, `${read.received} bytes came, then ${read.error}`)
  await writer.close()
}

/** Reads so many bytes, and leaves what is behind them where it is. */
async function readLine(socket, length) {
  const reader = socket.readable.getReader({ mode: 'byob' })
  const { value } = await within(2_000, reader.read(new Uint8Array(length), { min: length }), 'the line')
  reader.releaseLock()
  return new TextDecoder().decode(value)
}

export const rows = [
  {
    name: 'TLS from the first byte, ALPN, 1 MiB each way, and `opened` tells the protocol',
    needs: ['tls'],
    async run(env) {
      const { socket, conn, peer } = await connectedSecurely(env, { alpn: ['one', 'two'] }, { alpn: ['two'] })
      const { alpn } = await socket.opened
      check(alpn === 'two' && peer.alpn === 'two', `ALPN is ${alpn} here and ${peer.alpn} there`)
      await converse(socket, conn)
      return 'yes'
    },
  },
  {
    name: 'A certificate that nobody has signed: `opened` and both streams fail, in phase `tls`',
    needs: ['tls'],
    async run(env) {
      const { port, accept } = await env.peer.listen()
      const socket = env.connect({ hostname: '127.0.0.1', port }, { secureTransport: 'on', sni: 'localhost' })
      void accept().then((conn) => conn.tls(server))
      const writer = socket.writable.getWriter()
      const read = readAll(socket.readable).then(({ error }) => Promise.reject(error))
      for (const promise of [socket.opened, socket.closed, read, writer.write(new Uint8Array(1))]) {
        const { phase, code } = await failure(3_000, promise, 'all that is pending')
        check(phase === 'tls', `it failed with ${code} in phase ${phase}`)
      }
      return 'yes'
    },
  },
  {
    name: 'TLS: the peer’s end (close_notify) is read, and writing goes on: 8 MiB, all right, then our end',
    needs: ['tls'],
    async run(env) {
      const { socket, conn } = await connectedSecurely(env)
      await conn.send(1000)
      await conn.notify()
      const read = await within(2_000, readAll(socket.readable), 'the end')
      check(read.received === 1000 && !read.error, `${read.received} bytes came, then ${read.error}`)
      await sleep(100)
      const writer = socket.writable.getWriter()
      const writing = writeAll(writer, 8 * mebi).then(() => writer.close())
      writing.catch(() => {}) // told below
      const { received, intact, end } = await within(5_000, conn.read(), 'the peer')
      check(received === 8 * mebi && intact && end === 'fin', `the peer got ${received} bytes, then ${end}`)
      await within(1_000, writing, 'the writes')
      return 'yes'
    },
  },
  {
    name: 'TLS: `writer.close()` sends our end (close_notify), and reading goes on: 8 MiB, all right',
    needs: ['tls'],
    async run(env) {
      const { socket, conn } = await connectedSecurely(env)
      const writer = socket.writable.getWriter()
      await writeAll(writer, 1000)
      await within(1_000, writer.close(), '`close`')
      const { received, end } = await within(2_000, conn.read(), 'our end')
      check(received === 1000 && end === 'fin', `the peer got ${received} bytes, then ${end}`, end ?? 'nothing')
      void conn.send(8 * mebi).then(() => conn.notify())
      const read = await within(5_000, readAll(socket.readable), 'the readable')
      check(read.received === 8 * mebi && !read.error, `${read.received} bytes came, then ${read.error}`)
      return 'yes'
    },
  },
  {
    name: 'TLS: a FIN without close_notify may be a cut: the bytes before it are read, then ERR_TLS_TRUNCATED',
    needs: ['tls'],
    async run(env) {
      const { socket, conn } = await connectedSecurely(env)
      await conn.send(1000)
      await sleep(100)
      await conn.fin()
      const { received, error } = await within(2_000, readAll(socket.readable), 'the end')
      check(received === 1000, `${received} bytes came`)
      check(error, 'a clean end', 'a clean end')
      check(error.code === 'ERR_TLS_TRUNCATED', `the error is ${error}`, error.code)
      return 'yes'
    },
  },
  {
    name: 'STARTTLS as the client, after a line of the peer; the old `closed` resolves',
    needs: ['connect starttls'],
    async run(env) {
      const { port, accept } = await env.peer.listen()
      const { ca } = await env.peer.ask('certificates')
      const trust = env.platform.can.has('tls') ? { ca } : {} // elsewhere the runtime has been told before
      const socket = env.connect({ hostname: '127.0.0.1', port }, { secureTransport: 'starttls' })
      const conn = await accept()
      await conn.write('220 go ahead\n')
      check((await readLine(socket, 13)) === '220 go ahead\n', 'the line is another')
      const secured = conn.tls(server)
      const secure = socket.startTls({ sni: 'localhost', ...trust })
      check(socket.upgraded, '`upgraded` is false')
      await within(3_000, Promise.all([secured, socket.closed]), 'the handshake and the old `closed`')
      await converse(secure, conn)
      return 'yes'
    },
  },
  {
    name: 'STARTTLS as the server, with the ClientHello in the same piece as the line before it',
    needs: ['tls', 'listen'],
    async run(env) {
      const { cert, key } = await env.peer.ask('certificates')
      const { socket, conn } = await env.accepted({ secureTransport: 'starttls', cert, key })
      const secured = conn.tls({ ...client, prefix: 'STARTTLS\n' })
      await sleep(100)
      check((await readLine(socket, 9)) === 'STARTTLS\n', 'the line is another')
      const secure = socket.startTls()
      const peer = await within(3_000, secured, 'the handshake')
      check(!peer.error, `the handshake: ${peer.error}`)
      await converse(secure, conn)
      return 'yes'
    },
  },
  {
    name: 'STARTTLS is refused when an abandoned read has left bytes: what came in the clear is not taken for secure',
    needs: ['connect starttls'],
    async run(env) {
      const { socket, conn } = await env.connected({ secureTransport: 'starttls' })
      const reader = socket.readable.getReader({ mode: 'byob' })
      const reading = reader.read(new Uint8Array(100))
      reader.releaseLock()
      await reading.catch(() => {})
      await conn.write('220 go ahead\nINJECTED')
      await sleep(100)
      let code = 'nothing'
      try {
        await failure(1_000, socket.startTls({ sni: 'localhost' }).opened, 'the handshake')
        code = 'bytes left to TLS' // they make the handshake fail, so nobody takes them for secure ones either
      } catch (error) {
        code = error.code
      }
      check(code === 'ERR_TLS_UNREAD' || code === 'bytes left to TLS', `it is ${code}`, code)
      return 'yes'
    },
  },
]
