/**
 * The other side of the sockets' benchmark: a process of its own on Node, over plain node:net, the same for every runtime and row.
 *
 * The first byte of a connection says what it is for: flood (it sends `TOTAL` bytes of small frames in 64 KiB writes, then its end),
 * sink (it reads to the end, then ends as well) or echo.
 */

import { createServer, type Socket } from 'node:net'
import { pathToFileURL } from 'node:url'

export const TOTAL: number = 256 * 1024 * 1024
export const CHUNK: number = 64 * 1024
export const FLOOD = 0
export const SINK = 1
export const ECHO = 2

/** Payload of one of the small frames that a flood is made of; before it comes its length, in 4 bytes. */
export const SMALL: number = 60

/** A length of 4 bytes, big-endian, and so many bytes. */
export function lengthPrefixedBytes(length: number): Buffer {
  const frame = Buffer.alloc(4 + length, 0x61)
  frame.writeUInt32BE(length)
  return frame
}

function flood(socket: Socket): void {
  const chunk = Buffer.concat(Array.from({ length: CHUNK / (4 + SMALL) }, () => lengthPrefixedBytes(SMALL)))
  let left = TOTAL / CHUNK
  const send = (): void => {
    while (left > 0) {
      left--
      if (!socket.write(chunk)) return void socket.once('drain', send)
    }
    socket.end()
  }
  send()
}

function serve(): void {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    // A row that failed has left already; the benchmark says so.
    socket.on('error', () => {})
    socket.once('data', (first: Buffer) => {
      if (first[0] === FLOOD) flood(socket)
      else socket.on('end', () => socket.end())
      if (first[0] === ECHO) {
        if (first.length > 1) socket.write(first.subarray(1))
        socket.on('data', (bytes: Buffer) => socket.write(bytes))
      }
      socket.resume()
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object') process.stdout.write(`${address?.port}\n`)
  })
  // Whoever started it is gone.
  process.stdin.on('end', () => process.exit()).resume()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) serve()
