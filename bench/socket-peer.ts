/**
 * The other side of the sockets' benchmark: a process of its own on Node, over plain node:net, the same for every runtime and row.
 *
 * The first line of a connection says what it is for: see socket-request.ts. What it sends lies in memory before the first byte leaves, and
 * its writes gather up to 256 KiB at a time, so that it is the measured side that has to keep up.
 */

import { createServer, type Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import type { Request, Usage } from './socket-request.ts'

/** No conversation of the benchmark takes so long, in milliseconds: one that does has lost bytes. */
const PATIENCE = 60_000

const prepared = new Map<string, readonly Buffer[]>()
const usage = new Map<string, Usage>()

/** `length` bytes on the wire that are one frame. */
function frameBytes({ rule, frame }: Request): Buffer {
  const bytes = Buffer.alloc(frame, 0x61)
  if (rule === 'delimited') bytes[frame - 1] = 0x0a
  else bytes.writeUInt32BE(frame - 4)
  return bytes
}

/** Chunks that can be sent over and over: together they are whole frames. */
function chunksOf(request: Request): readonly Buffer[] {
  const { rule, frame, chunk } = request
  const key = `${rule} ${frame} ${chunk}`
  let chunks = prepared.get(key)
  if (chunks === undefined) {
    const period = (frame / divisor(frame, chunk)) * chunk
    const bytes = Buffer.alloc(period, frameBytes(request))
    chunks = Array.from({ length: period / chunk }, (_, i) => bytes.subarray(i * chunk, (i + 1) * chunk))
    prepared.set(key, chunks)
  }
  return chunks
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

function flood(socket: Socket, request: Request, sent: () => void): void {
  const chunks = chunksOf(request)
  let left = request.total
  let next = 0
  const send = (): void => {
    while (left > 0) {
      const chunk = chunks[next]!
      next = next + 1 === chunks.length ? 0 : next + 1
      const isRoom = socket.write(left < chunk.length ? chunk.subarray(0, left) : chunk)
      left -= chunk.length
      if (!isRoom && left > 0) return void socket.once('drain', send)
    }
    sent()
  }
  send()
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
