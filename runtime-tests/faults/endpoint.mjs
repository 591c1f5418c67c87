// One end of a framed conversation, in a process of its own: sends its plan and checks the other's, both at once. Lines of
// JSON on stdout: { event: 'listening', port }, then { event: 'report', … }. It always reports, by its deadline at the latest.
//
//   node --expose-gc endpoint.mjs '{ "role": "connect", "address": "127.0.0.1", "port": 7000, … }'
import { readFileSync } from 'node:fs'
import { connect, listen } from '../../dist/sockets/index.js'
import { codecs } from './codecs.mjs'
import { Plan } from './plan.mjs'

/**
 * @typedef {object} EndpointOptions
 * @property {'listen' | 'connect'} role
 * @property {string} address to listen on or to connect to
 * @property {number} [port]
 * @property {string} codec
 * @property {number} bytes to send, and to expect
 * @property {number} deadline ms
 * @property {number} [hold] ms before it begins to read
 * @property {number} [frameTimeout] ms
 * @property {number} [dieAfter] the process is killed when it has sent so many frames, with bytes unread
 */

/** @type {EndpointOptions} */
const options = JSON.parse(process.argv[2] ?? '')
const { role, address, port, bytes, deadline, hold = 0, frameTimeout, dieAfter } = options
const codec = codecs[options.codec]
const [ours, theirs] = role === 'connect' ? [1, 2] : [2, 1]
const outgoing = new Plan(ours, bytes)
const incoming = new Plan(theirs, bytes)

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const codeOf = (error) => error?.code ?? String(error)

function memory() {
  // The first one's ArrayBuffers are freed by another thread: the second waits for it, and so they are not counted as held.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** `ended`, `sent`, `closed`: 'clean', or the code of the error, or 'hangs'. */
const report = {
  event: 'report',
  sentFrames: 0,
  receivedFrames: 0,
  sent: 'hangs',
  ended: 'hangs',
  closed: 'hangs',
  wrong: /** @type {string | undefined} */ (undefined),
  memory: 0,
  seconds: 0,
}

const start = performance.now()
const base = memory()
const sampling = setInterval(() => (report.memory = Math.max(report.memory, memory() - base)), 250)

function finish() {
  clearInterval(sampling)
  report.memory = Math.max(report.memory, memory() - base)
  report.seconds = (performance.now() - start) / 1000
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit())
}
setTimeout(finish, deadline)

async function open() {
  if (role === 'connect') return connect({ hostname: address, port: Number(port) })
  const listener = listen({ hostname: address, port: 0 })
  say({ event: 'listening', port: (await listener.opened).localPort })
  const socket = await listener.accept()
  void listener.close({ deadline: Infinity })
  return socket
}

async function send(writable) {
  const writer = writable.getWriter()
  for (let i = 0; i < outgoing.count; i++) {
    await writer.write(codec?.isText ? outgoing.line(i) : outgoing.frame(i))
    report.sentFrames++
    if (report.sentFrames === dieAfter) await dieWithBytesUnread()
  }
  await writer.close()
}

/** From a process that ends with bytes unread the kernel sends a RST; from another one a FIN, wherever in a frame it is. */
async function dieWithBytesUnread() {
  const { localPort } = await socket.opened
  const own = `:${localPort.toString(16).toUpperCase().padStart(4, '0')}`
  while (performance.now() - start < deadline) {
    // From here on nothing is read: the process stands still.
    const connections = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1)
    const [, , , , queues] = connections.map((line) => line.trim().split(/ +/)).find(([, at]) => at.endsWith(own))
    const unread = Number.parseInt(queues.split(':')[1], 16)
    if (unread > 0) process.kill(process.pid, 'SIGKILL')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  }
  throw new Error('Nothing came that could be left unread')
}

async function receive(readable) {
  if (hold > 0) await new Promise((resolve) => setTimeout(resolve, hold))
  for await (const frame of readable) {
    report.wrong ??= incoming.judge(report.receivedFrames, frame)
    report.receivedFrames++
  }
}

/** Tells how a promise has settled. */
async function outcome(promise, name) {
  report[name] = await promise.then(() => 'clean', codeOf)
}

const socket = await open()
const { readable, writable } = codec.open(socket, { frameTimeout })
async function receiveAll() {
  await outcome(receive(readable), 'ended')
  // A direction that was cut off says nothing about the other one. With a peer that is silent nothing goes on: and not
  // close(), whose FIN after half of what there is to say would look like the end of all of it.
  if (report.ended === 'ERR_FRAME_TIMEOUT') socket.reset()
}

await Promise.all([outcome(send(writable), 'sent'), receiveAll(), outcome(socket.closed, 'closed')])
finish()
