/**
 * The other side of the sockets' benchmark: a process of its own on Node, over plain node:net, the same for every runtime and row.
 *
 * The first line of a connection says what it is for: see socket-request.ts. What it sends lies in memory before the first byte leaves, and
 * its writes gather up to 256 KiB at a time, so that it is the measured side that has to keep up. Where they are to arrive as small as they
 * were written it sends them one by one, with time between them for the other side to read each; now and then that still finds several
 * waiting. How long a read was is what the row tells that reads and does nothing else.
 */

import { createServer, type Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import type { Request, Usage } from './socket-request.ts'
import { putOnWire } from './wire.ts'

/** No conversation of the benchmark takes so long, in milliseconds: one that does has lost bytes. */
const PATIENCE = 60_000

/** Bytes that are made for a flood and sent over and over; more where a frame is longer. */
const RING = 1024 * 1024

const rings = new Map<string, Buffer>()
const usage = new Map<string, Usage>()

/** Whole frames, and behind them their beginning once more: a chunk of them may start anywhere in the frames. */
function ringOf({ rule, frame, chunk }: Request): Buffer {
  const key = `${rule} ${frame} ${chunk}`
  let ring = rings.get(key)
  if (ring === undefined) {
    const frames = Math.max(1, Math.floor(RING / frame))
    const whole = Buffer.alloc(frames * frame)
    for (let i = 0; i < frames; i++) putOnWire(rule, whole.subarray(i * frame, (i + 1) * frame), i)
    ring = Buffer.alloc(whole.length + chunk, whole)
    rings.set(key, ring)
  }
  return ring
}

function flood(socket: Socket, request: Request, sent: () => void): void {
  const { total, chunk, pace } = request
  const ring = ringOf(request)
  const period = ring.length - chunk
  let at = 0
  const next = (): Buffer => {
    const start = at % period
    const bytes = ring.subarray(start, start + Math.min(chunk, total - at))
    at += bytes.length
    return bytes
  }
  const send = (): void => {
    while (at < total) if (!socket.write(next())) return void socket.once('drain', send)
    sent()
  }
  let due = 0
  const drip = (): void => {
    if (at === total) return sent()
    if (performance.now() < due) return void setImmediate(drip)
    due = performance.now() + pace! / 1000
    socket.write(next(), () => setImmediate(drip))
  }
  if (pace === undefined) send()
  else drip()
}

function answer(socket: Socket, request: Request, rest: Buffer): void {
  const { mode, total, tag } = request
  let read = rest.length
  socket.on('data', (bytes: Buffer) => (read += bytes.length))
  const counted = count(tag)

  if (mode === 'report') {
    socket.end(JSON.stringify(Object.fromEntries(usage)))
    usage.clear()
  } else if (mode === 'flood') {
    flood(socket, request, () => socket.end(counted))
  } else if (mode === 'sink') {
    socket.on('end', () => {
      counted()
      if (read === total) socket.end()
      else socket.resetAndDestroy()
    })
  } else if (mode === 'echo') {
    if (rest.length > 0) socket.write(rest)
    socket.on('data', (bytes: Buffer) => socket.write(bytes))
    socket.on('end', () => socket.end(counted))
  } else {
    socket.on('data', () => {
      if (read === total) socket.end(counted)
      else if (read > total) socket.resetAndDestroy()
    })
    socket.on('end', () => read < total && socket.resetAndDestroy())
    flood(socket, request, () => {})
  }
}

/** Begins to count what the peer does for a tag; the result ends it. */
function count(tag: string): () => void {
  const start = performance.now()
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    const sum = usage.get(tag) ?? { wall: 0, cpu: 0 }
    sum.wall += performance.now() - start
    sum.cpu += (user + system) / 1000
    usage.set(tag, sum)
  }
}

function serve(): void {
  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: 256 * 1024 }, (socket) => {
    // A row that failed has left already; the benchmark says so.
    socket.on('error', () => {})
    socket.setTimeout(PATIENCE, () => socket.resetAndDestroy())
    let head = Buffer.alloc(0)
    const readHead = (bytes: Buffer): void => {
      head = Buffer.concat([head, bytes])
      const end = head.indexOf('\n')
      if (end < 0) return
      socket.off('data', readHead)
      answer(socket, JSON.parse(head.toString('utf8', 0, end)) as Request, head.subarray(end + 1))
    }
    socket.on('data', readHead)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object') process.stdout.write(`${address?.port}\n`)
  })
  // Whoever started it is gone.
  process.stdin.on('end', () => process.exit()).resume()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) serve()
