/** Rows that move `TOTAL` bytes one way, in pieces of 64 KiB: how a runtime's own sockets are used, and ours. */

import { connect as connectNode } from 'node:net'
import { connect } from 'framewright/socket'
import type { Row } from './compare.ts'
import { type BunSocket, connectBun, connectDeno, writeAll } from './native-sockets.ts'
import { CHUNK, FLOOD, SINK, TOTAL } from './socket-peer.ts'

/** The work of a row, in pieces of 64 KiB. */
export const PIECES: number = TOTAL / CHUNK

const flood = Uint8Array.of(FLOOD)
const sink = Uint8Array.of(SINK)
const piece = new Uint8Array(CHUNK).fill(0x61)

export function receiveRows(port: number): { raw: Row; ours: Row[]; native: Row[] } {
  const hostname = '127.0.0.1'

  async function open(): Promise<ReturnType<typeof connect>> {
    const socket = connect({ hostname, port })
    const writer = socket.writable.getWriter()
    await writer.write(flood)
    await writer.close()
    return socket
  }

  const raw: Row = {
    name: "node:net, 'data'",
    run: () =>
      new Promise((resolve, reject) => {
        let bytes = 0
        const socket = connectNode({ host: hostname, port, noDelay: true, allowHalfOpen: true })
        socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
        socket.on('end', () => resolve(bytes / CHUNK))
        socket.on('error', reject)
        socket.end(flood)
      }),
  }
  const ours: Row[] = [
    {
      name: 'for await over readable',
      async run() {
        let bytes = 0
        for await (const chunk of (await open()).readable) bytes += chunk.length
        return bytes / CHUNK
      },
    },
    {
      name: 'readable, getReader()',
      async run() {
        let bytes = 0
        const reader = (await open()).readable.getReader()
        for (let read = await reader.read(); !read.done; read = await reader.read()) bytes += read.value.length
        return bytes / CHUNK
      },
    },
    {
      name: 'readable, BYOB reader',
      async run() {
        let bytes = 0
        const reader = (await open()).readable.getReader({ mode: 'byob' })
        for (let buffer = new ArrayBuffer(CHUNK); ;) {
          const { value, done } = await reader.read(new Uint8Array(buffer))
          if (done) return bytes / CHUNK
          bytes += value.length
          buffer = value.buffer
        }
      },
    },
  ]
  const native: Row[] = []
  const dialDeno = connectDeno
  if (dialDeno) {
    native.push({
      name: 'Deno.connect, read()',
      async run() {
        let bytes = 0
        const conn = await dialDeno(port)
        await writeAll(conn, flood)
        const buffer = new Uint8Array(CHUNK)
        for (let read = await conn.read(buffer); read !== null; read = await conn.read(buffer)) bytes += read
        conn.close()
        return bytes / CHUNK
      },
    })
  }
  const dialBun = connectBun
  if (dialBun) {
    native.push({
      name: 'Bun.connect, data',
      run: () =>
        new Promise((resolve, reject) => {
          let bytes = 0
          void dialBun(port, {
            open: (socket) => void socket.write(flood),
            data: (_, chunk) => void (bytes += chunk.length),
            end: (socket) => socket.end(),
            close: () => resolve(bytes / CHUNK),
            error: (_, error) => reject(error),
          }).catch(reject)
        }),
    })
  }
  return { raw, ours, native }
}

/** Sends, then waits for the peer's end: it comes when the peer has read ours. */
export function sendRows(port: number): { raw: Row; ours: Row[]; native: Row[] } {
  const hostname = '127.0.0.1'

  const raw: Row = {
    name: 'node:net, write and drain',
    run: () =>
      new Promise((resolve, reject) => {
        let left = PIECES
        const socket = connectNode({ host: hostname, port, noDelay: true, allowHalfOpen: true })
        const send = (): void => {
          while (left > 0) {
            left--
            if (!socket.write(piece)) return void socket.once('drain', send)
          }
          socket.end()
        }
        socket.on('connect', () => socket.write(sink, send))
        socket.on('end', () => resolve(PIECES))
        socket.on('error', reject)
        socket.resume()
      }),
  }
  const ours: Row[] = [
    {
      name: 'writable, await ready',
      async run() {
        const socket = connect({ hostname, port })
        const writer = socket.writable.getWriter()
        await writer.write(sink)
        for (let left = PIECES; left > 0; left--) {
          await writer.ready
          void writer.write(piece)
        }
        await writer.close()
        for await (const _ of socket.readable) throw new Error('a sink says nothing')
        return PIECES
      },
    },
    {
      name: 'writable, await write()',
      async run() {
        const socket = connect({ hostname, port })
        const writer = socket.writable.getWriter()
        await writer.write(sink)
        for (let left = PIECES; left > 0; left--) await writer.write(piece)
        await writer.close()
        for await (const _ of socket.readable) throw new Error('a sink says nothing')
        return PIECES
      },
    },
  ]
  const native: Row[] = []
  const dialDeno = connectDeno
  if (dialDeno) {
    native.push({
      name: 'Deno.connect, write()',
      async run() {
        const conn = await dialDeno(port)
        await writeAll(conn, sink)
        for (let left = PIECES; left > 0; left--) await writeAll(conn, piece)
        await conn.closeWrite()
        if ((await conn.read(new Uint8Array(1))) !== null) throw new Error('a sink says nothing')
        conn.close()
        return PIECES
      },
    })
  }
  const dialBun = connectBun
  if (dialBun) {
    native.push({
      name: 'Bun.connect, write() and drain',
      run: () =>
        new Promise((resolve, reject) => {
          let left = TOTAL
          const send = (socket: BunSocket): void => {
            while (left > 0) {
              // What a write does not take is ours again.
              const rest = left % CHUNK
              const taken = socket.write(rest === 0 ? piece : piece.subarray(0, rest))
              if (taken <= 0) return
              left -= taken
            }
            socket.shutdown()
          }
          void dialBun(port, {
            open(socket) {
              socket.write(sink)
              send(socket)
            },
            data: () => {},
            drain: (socket) => left > 0 && send(socket),
            end: (socket) => socket.end(),
            close: () => resolve(PIECES),
            error: (_, error) => reject(error),
          }).catch(reject)
        }),
    })
  }
  return { raw, ours, native }
}
