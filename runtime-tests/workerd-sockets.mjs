// `node runtime-tests/workerd-sockets.mjs`: 'framewright/socket' in workerd, as package.json's condition has it, against peers
// in Python and clients in this process. Each row is a name, what is done, and what must come of it.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { build } from 'esbuild'
import { installPackages, workerd } from './install.mjs'
import { root, start } from './process.mjs'

const folder = `${root}build/workerd-sockets`
const certificates = `${root}test/sockets/certificates/`
const deadline = 20_000

/** A peer that does what the first line says that it gets, and tells what it saw. */
const peerSource = `
import socket, ssl, struct, sys, threading, time
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(64)
secure_listener = socket.socket()
secure_listener.bind(('127.0.0.1', 0))
secure_listener.listen(64)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('${certificates}server.pem', '${certificates}server-key.pem')
print('secure', secure_listener.getsockname()[1], flush=True)
print(listener.getsockname()[1], flush=True)

def line(c):
    text = b''
    while not text.endswith(b'\\n'): text += c.recv(1)
    return text.decode().strip()

def say(tag, what): print(tag, what, flush=True)

def serve(c):
    tag, mode = line(c).split(' ')
    total = 0
    try:
        if mode == 'reset-now':
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            c.sendall(b'x' * 1000); time.sleep(0.1)
            return
        if mode == 'end-first':
            c.sendall(b'hello'); c.shutdown(socket.SHUT_WR)
        if mode == 'starttls':
            c.sendall(b'ready\\n')
            c = context.wrap_socket(c, server_side=True)
            mode = 'echo'
        if mode == 'silent':
            time.sleep(1.5)
        while True:
            data = c.recv(65536)
            if not data: break
            total += len(data)
            if mode == 'echo': c.sendall(data)
        if mode == 'answer': time.sleep(0.1); c.sendall(str(total).encode())
        if isinstance(c, ssl.SSLSocket): c = c.unwrap() # close_notify
        say(tag, f'end {total}')
    except OSError as error:
        say(tag, f'{error.errno} {total}')
    finally:
        c.close()

def secure(c):
    try: c = context.wrap_socket(c, server_side=True)
    except OSError as error: return c.close()
    serve(c)

def accept(listener, handle):
    while True: threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()

threading.Thread(target=accept, args=(secure_listener, secure), daemon=True).start()
accept(listener, serve)
`

const workerSource = `
import { connect, duplexPair, exchange, fromIngress, fromNodeSocket, kernelQueues, listen, SocketError, splice } from 'framewright/socket'

const text = (readable) => new Response(readable).text()
const encode = (string) => new TextEncoder().encode(string)
const outcome = (promise, ms = 2000) => Promise.race([
  promise.then((value) => value ?? 'done', (error) => ({ name: error?.name, code: error?.code, phase: error?.phase, message: error?.message })),
  new Promise((resolve) => setTimeout(() => resolve('pending'), ms)),
])
const thrown = (call) => { try { call(); return 'nothing' } catch (error) { return { name: error.name, code: error.code, message: error.message } } }
async function dial(port, tag, mode, options) {
  const socket = connect((options?.hostname ?? '127.0.0.1') + ':' + port, options?.on ?? options)
  const writer = socket.writable.getWriter()
  await writer.write(encode(tag + ' ' + mode + '\\n'))
  return { socket, writer }
}

const rows = {
  async echo(port) {
    const { socket, writer } = await dial(port, 'echo', 'echo')
    writer.releaseLock()
    const total = 8 * 2 ** 20
    const chunks = Array.from({ length: total / 65536 }, (_, i) => new Uint8Array(65536).fill(i))
    const bytes = await exchange(socket, { send: chunks, receive: async (readable) => {
      let bytes = 0
      for await (const chunk of readable) for (const byte of chunk) { if (byte !== (bytes >> 16 & 255)) throw new Error('wrong byte at ' + bytes); bytes++ }
      return bytes
    } })
    const { remotePort } = await socket.opened
    return { bytes, samePort: remotePort === port, closed: await outcome(socket.closed), stats: socket.stats.outgoing.bytes }
  },
  async 'half-close'(port) {
    const { socket, writer } = await dial(port, 'half-close', 'answer')
    await writer.write(new Uint8Array(1000))
    const close = await outcome(writer.close())
    return { close, answer: await text(socket.readable), closed: await outcome(socket.closed) }
  },
  async 'end-first'(port) {
    const { socket, writer } = await dial(port, 'end-first', 'end-first')
    const heard = await text(socket.readable)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await writer.write(new Uint8Array(500))
    await writer.close()
    return { heard, closed: await outcome(socket.closed) }
  },
  async 'end-first-not-half-open'(port) {
    const { socket, writer } = await dial(port, 'not-half-open', 'end-first', { allowHalfOpen: false })
    const heard = await text(socket.readable)
    return { heard, late: await outcome(writer.write(new Uint8Array(1))), closed: await outcome(socket.closed) }
  },
  async refused() {
    const socket = connect('127.0.0.1:1')
    const writer = socket.writable.getWriter()
    const [write, read, opened, closed] = await Promise.all(
      [writer.write(new Uint8Array(1)), socket.readable.getReader().read(), socket.opened, socket.closed].map((promise) => outcome(promise)))
    return { write, read, opened, closed }
  },
  async aborted(port) {
    const at = (options) => outcome(connect('127.0.0.1:' + port, options).opened)
    return { before: await at({ signal: AbortSignal.abort() }), wrong: [
      thrown(() => connect('127.0.0.1:1', { keepAlive: true })), thrown(() => connect({ path: '/x' })), thrown(() => connect('127.0.0.1:1', { highWatermark: 1 })),
      thrown(() => connect('127.0.0.1:1', { secureTransport: 'on', ca: 'x' })),
    ].map(({ name }) => name) }
  },
  async backpressure(port) {
    const { socket, writer } = await dial(port, 'backpressure', 'silent')
    let accepted = 0
    while (accepted < 64 * 2 ** 20 && (await outcome(writer.ready, 300)) !== 'pending') { writer.write(new Uint8Array(65536)).catch(() => {}); accepted += 65536 }
    const { waiting } = socket.stats.outgoing
    const aborted = await outcome(writer.abort(new Error('enough')), 300)
    return { bounded: accepted < 16 * 2 ** 20, waiting, aborted: aborted !== 'pending', closed: await outcome(socket.closed, 100) }
  },
  async 'close-deadline'(port) {
    const { socket, writer } = await dial(port, 'close-deadline', 'silent')
    for (let i = 0; i < 512; i++) writer.write(new Uint8Array(65536)).catch(() => {})
    return { close: await outcome(socket.close({ deadline: 300 })), closed: await outcome(socket.closed, 100) }
  },
  async 'reset-by-peer'(port) {
    const { socket } = await dial(port, 'reset-by-peer', 'reset-now')
    const reader = socket.readable.getReader()
    let bytes = 0
    const end = await outcome((async () => { for (;;) { const { done, value } = await reader.read(); if (done) return 'a clean end'; bytes += value.byteLength } })())
    return { bytes, end, closed: await outcome(socket.closed) }
  },
  async byob(port) {
    const { socket, writer } = await dial(port, 'byob', 'echo')
    await writer.write(encode('hello world'))
    const reader = socket.readable.getReader({ mode: 'byob' })
    const { value } = await reader.read(new Uint8Array(5))
    const rest = await reader.read(new Uint8Array(100))
    await writer.close()
    return { first: new TextDecoder().decode(value), rest: new TextDecoder().decode(rest.value), last: (await reader.read(new Uint8Array(1))).done }
  },
  async 'tls-on'(port, securePort) {
    const { socket, writer } = await dial(securePort, 'tls-on', 'echo', { hostname: 'localhost', on: { secureTransport: 'on' } })
    await writer.write(encode('secret'))
    await writer.close()
    return { mode: socket.secureTransport, heard: await text(socket.readable), refused: thrown(() => socket.startTls()).code }
  },
  async starttls(port) {
    const { socket, writer } = await dial(port, 'starttls', 'starttls', { secureTransport: 'starttls' })
    const reader = socket.readable.getReader({ mode: 'byob' })
    const { value } = await reader.read(new Uint8Array(6), { min: 6 })
    const locked = thrown(() => socket.startTls()).code
    reader.releaseLock()
    writer.releaseLock()
    const secure = socket.startTls({ sni: 'a.test' })
    const late = await outcome(socket.writable.getWriter().write(new Uint8Array(1)))
    const inner = secure.writable.getWriter()
    await inner.write(encode('secret'))
    await inner.close()
    return { ready: new TextDecoder().decode(value), locked, late, upgraded: socket.upgraded, mode: secure.secureTransport,
      old: await outcome(socket.closed), heard: await text(secure.readable), closed: await outcome(secure.closed) }
  },
  async 'tls-wrong-name'(port) {
    const { socket, writer } = await dial(port, 'tls-wrong-name', 'starttls', { secureTransport: 'starttls' })
    const reader = socket.readable.getReader({ mode: 'byob' })
    await reader.read(new Uint8Array(6), { min: 6 })
    reader.releaseLock()
    writer.releaseLock()
    const secure = socket.startTls({ sni: 'other.test' })
    return { read: await outcome(secure.readable.getReader().read()), write: await outcome(secure.writable.getWriter().write(encode('secret'))), closed: await outcome(secure.closed), opened: await outcome(secure.opened) }
  },
  async 'not-here'() {
    return [thrown(() => listen({ port: 1 })), thrown(() => fromNodeSocket({})), await kernelQueues()]
  },
  async pair() {
    const [a, b] = duplexPair()
    const [c, d] = duplexPair()
    const spliced = splice(b, c)
    const echo = d.readable.pipeTo(d.writable)
    const heard = await exchange(a, { send: [encode('ping')], receive: text })
    await echo
    return { heard, spliced: await spliced }
  },
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    return Response.json((await rows[pathname.slice(1)](Number(searchParams.get('port')), Number(searchParams.get('secure')))) ?? null)
  },
  async connect(ingress) {
    const socket = fromIngress(ingress)
    const { localPort } = await socket.opened
    const reader = socket.readable.getReader({ mode: 'byob' })
    const { value } = await reader.read(new Uint8Array(1))
    reader.releaseLock()
    const mode = String.fromCharCode(value[0])
    if (mode === 'e') await socket.readable.pipeTo(socket.writable)
    else if (mode === 'a') { // an answer after the end of the peer
      let heard = 0
      for await (const chunk of socket.readable) heard += chunk.byteLength
      const writer = socket.writable.getWriter()
      await writer.write(encode(localPort > 0 ? 'heard ' + heard : 'no port'))
      await writer.close()
    } else if (mode === 'c') await socket.close()
    else socket.reset()
    await socket.closed
  },
}
`

await installPackages()
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
copyFileSync(`${certificates}ca.pem`, `${folder}/ca.pem`)
writeFileSync(`${folder}/peer.py`, peerSource)
writeFileSync(`${folder}/entry.js`, workerSource)
await build({
  entryPoints: [`${folder}/entry.js`],
  outfile: `${folder}/worker.js`,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*'],
  alias: { 'framewright/socket': `${root}dist/sockets/workerd.js` },
  logLevel: 'error',
})
const [httpPort, tcpPort] = await freePorts(2)
writeFileSync(
  `${folder}/config.capnp`,
  `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-10-01",
      compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2", "experimental"],
      globalOutbound = "net",
    )),
    (name = "net", network = (
      allow = ["private", "public"],
      tlsOptions = (trustedCertificates = [embed "ca.pem"]),
    )),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${httpPort}", http = (), service = "main"),
    (name = "tcp", address = "127.0.0.1:${tcpPort}", tcp = (), service = "main"),
  ],
);
`,
)

/** What the peer said, by the tag of the connection. @type {Map<string, string>} */
const seen = new Map()
/** @type {(port: number) => void} */
let listening = () => {}
const peerPort = new Promise((resolve) => (listening = resolve))
const peer = start('python3', ['-u', `${folder}/peer.py`], {
  onLine(line) {
    const [tag, ...what] = line.split(' ')
    if (what.length === 0) listening(Number(tag))
    else seen.set(tag, what.join(' '))
  },
})
const served = start(workerd(), ['serve', '--experimental', `${folder}/config.capnp`], {})
const failures = []
let passed = 0
try {
  const port = await within(peerPort, 'the peer')
  await within(reachable(httpPort), 'workerd')
  const total = 8 * 2 ** 20
  const refused = { name: 'SocketError', code: 'ECONNREFUSED', phase: 'connect' }
  /** @type {[string, string, object, string?][]} */
  const rows = [
    [
      'connect, echo of 8 MiB by exchange, both ends clean',
      'echo',
      { bytes: total, samePort: true, closed: 'done', stats: total + 10 },
      `end ${total}`,
    ],
    [
      'writer.close() is FIN at once; the answer is read afterwards',
      'half-close',
      { close: 'done', answer: '1000', closed: 'done' },
      'end 1000',
    ],
    ['writes on after the end of the peer', 'end-first', { heard: 'hello', closed: 'done' }, 'end 500'],
    [
      'allowHalfOpen: false ends our side with it',
      'end-first-not-half-open',
      { heard: 'hello', late: { code: 'EPIPE' }, closed: 'done' },
    ],
    [
      'a refused connection errors both streams, opened and closed',
      'refused',
      { write: refused, read: refused, opened: refused, closed: refused },
    ],
    [
      'signal and wrong options',
      'aborted',
      { before: { code: 'ABORT_ERR' }, wrong: ['TypeError', 'TypeError', 'TypeError', 'TypeError'] },
    ],
    [
      'a peer that does not read stops the writer; abort unblocks it',
      'backpressure',
      { bounded: true, waiting: 65536, aborted: true, closed: { code: 'ABORT_ERR' } },
    ],
    [
      'close({ deadline }) does not hang on a peer that does not read',
      'close-deadline',
      { close: { code: 'ETIMEDOUT' }, closed: { code: 'ETIMEDOUT' } },
    ],
    [
      'a reset by the peer is an error after the bytes',
      'reset-by-peer',
      { bytes: 1000, end: { name: 'SocketError', code: 'ECONNRESET' }, closed: { code: 'ECONNRESET' } },
    ],
    ['a BYOB reader gets what fits, then the rest', 'byob', { first: 'hello', rest: ' world', last: true }],
    ['TLS from the first byte', 'tls-on', { mode: 'on', heard: 'secret', refused: 'ERR_TLS_NOT_ALLOWED' }],
    [
      'STARTTLS',
      'starttls',
      {
        ready: 'ready\n',
        locked: 'ERR_STREAM_LOCKED',
        late: { code: 'EPIPE' },
        upgraded: true,
        mode: 'on',
        old: 'done',
        heard: 'secret',
        closed: 'done',
      },
      'end 6',
    ],
    [
      'a certificate with another name errors both streams',
      'tls-wrong-name',
      { read: { name: 'SocketError' }, write: { name: 'SocketError' }, closed: { name: 'SocketError' } },
    ],
    [
      'listen and fromNodeSocket say what to do instead',
      'not-here',
      [{ code: 'ERR_UNSUPPORTED' }, { code: 'ERR_UNSUPPORTED' }],
    ],
    ['duplexPair, splice and exchange', 'pair', { heard: 'ping', spliced: { aToB: 4, bToA: 4 } }],
  ]
  for (const [name, path, expected, peerSaw] of rows) {
    const answer = await within(fetchRow(path, port), name).catch((error) => String(error))
    let problem = matches(answer, expected) ? '' : `got ${JSON.stringify(answer)}`
    if (peerSaw) {
      for (let i = 0; i < 20 && !seen.has(path); i++) await sleep(50)
      if (seen.get(path) !== peerSaw) problem += ` the peer saw '${seen.get(path)}', not '${peerSaw}'`
    }
    report(name, problem)
  }
  const megabytes = Buffer.alloc(4 * 2 ** 20, 'e')
  await ingress(
    'ingress: an echo of 4 MiB, then the end',
    'e',
    megabytes,
    (got) => got.length === megabytes.length && 'end',
  )
  await ingress(
    'ingress: an answer after our end',
    'a',
    Buffer.from('12345'),
    (got) => String(got) === 'heard 5' && 'end',
  )
  await ingress(
    'ingress: close() ends it while we go on sending',
    'c',
    Buffer.alloc(1000),
    (got) => got.length === 0 && 'end',
  )
  await ingress(
    'ingress: reset() ends it (workerd has no RST)',
    'r',
    Buffer.alloc(0),
    (got) => got.length === 0 && 'any',
  )
} finally {
  peer.end()
  served.end()
}
if (failures.length > 0) console.log((await served.ended).output, (await peer.ended).output)
console.log(`\n${passed} passed, ${failures.length} failed`)
process.exit(failures.length === 0 ? 0 : 1)

/** A client of the Worker. */
async function ingress(name, mode, bytes, check) {
  const socket = net.connect({ port: tcpPort, host: '127.0.0.1', allowHalfOpen: true })
  const chunks = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const ended = new Promise((resolve) =>
    socket.on('end', () => resolve('end')).on('error', ({ code }) => resolve(code)),
  )
  socket.write(mode)
  socket.end(bytes)
  const end = await within(ended, name).catch((error) => String(error))
  socket.destroy()
  const got = Buffer.concat(chunks)
  const wanted = check(got)
  report(name, wanted && (wanted === 'any' || wanted === end) ? '' : `${got.length} bytes, then ${end}`)
}

function report(name, problem) {
  console.log(`${problem ? 'FAILED' : 'ok    '} ${name}${problem ? `: ${problem}` : ''}`)
  if (problem) failures.push(name)
  else passed++
}

async function fetchRow(path, port) {
  const response = await fetch(`http://127.0.0.1:${httpPort}/${path}?port=${port}&secure=${seen.get('secure')}`)
  return response.ok ? response.json() : `${response.status} ${await response.text()}`
}

/** Whether it has all that is expected. */
function matches(value, expected) {
  if (typeof expected !== 'object') return value === expected
  return Object.entries(expected).every(([key, item]) => matches(value?.[key], item))
}

async function within(promise, what) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing in ${deadline} ms`)), deadline)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

async function reachable(port) {
  for (;;) {
    const ok = await new Promise((resolve) => {
      const probe = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      probe.unref()
      setTimeout(() => probe.destroy(), 500)
    })
    if (ok) return
    await sleep(50)
  }
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => server.address().port)
  for (const one of servers) one.close()
  return ports
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
