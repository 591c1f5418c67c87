/**
 * Rows that move bytes one way, in pieces of 64 KiB: how a runtime's own sockets are used, and ours. What they count as frames are the
 * pieces.
 */

import { connect as connectNode } from 'node:net'
import { type BunSocket, connectBun, connectDeno, writeAll } from './native-sockets.ts'
import type { TcpRow } from './socket-compare.ts'
import { ask, hostname, open } from './socket-open.ts'

export const PIECE: number = 64 * 1024

const piece = new Uint8Array(PIECE).fill(0x61)

export const rawReceive: TcpRow = {
  name: "node:net, 'data'",
  kind: 'floor',
  run: ({ port, request }) =>
    new Promise((resolve, reject) => {
      let bytes = 0
      const socket = connectNode({ host: hostname, port, noDelay: true, allowHalfOpen: true })
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
      socket.on('end', () => resolve(bytes / PIECE))
      socket.on('error', reject)
      socket.end(request)
    }),
}

export const receiveForAwait: TcpRow = {
  name: 'for await over readable',
  async run(call) {
    let bytes = 0
    for await (const chunk of (await ask(call)).readable) bytes += chunk.length
    return bytes / PIECE
  },
}

const receiveReader: TcpRow = {
  name: 'readable, getReader()',
  async run(call) {
    let bytes = 0
    const reader = (await ask(call)).readable.getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) bytes += read.value.length
    return bytes / PIECE
  },
}

const receiveByob: TcpRow = {
  name: 'readable, BYOB reader',
  async run(call) {
    let bytes = 0
    const reader = (await ask(call)).readable.getReader({ mode: 'byob' })
    for (let buffer = new ArrayBuffer(PIECE); ;) {
      const { value, done } = await reader.read(new Uint8Array(buffer))
      if (done) return bytes / PIECE
      bytes += value.length
      buffer = value.buffer
    }
  },
}

/** The sockets of Deno and Bun themselves, where there are any. */
function nativeReceive(): TcpRow[] {
  const rows: TcpRow[] = []
  const dialDeno = connectDeno
  if (dialDeno) {
    rows.push({
      name: 'Deno.connect, read()',
      kind: 'floor',
      async run({ port, request }) {
        let bytes = 0
        const conn = await dialDeno(port)
        await writeAll(conn, request)
        const buffer = new Uint8Array(PIECE)
        for (let read = await conn.read(buffer); read !== null; read = await conn.read(buffer)) bytes += read
        conn.close()
        return bytes / PIECE
      },
    })
  }
  const dialBun = connectBun
  if (dialBun) {
    rows.push({
      name: 'Bun.connect, data',
      kind: 'floor',
      run: ({ port, request }) =>
        new Promise((resolve, reject) => {
          let bytes = 0
          void dialBun(port, {
            open: (socket) => void socket.write(request),
            data: (_, chunk) => void (bytes += chunk.length),
            end: (socket) => socket.end(),
            close: () => resolve(bytes / PIECE),
            error: (_, error) => reject(error),
          }).catch(reject)
        }),
    })
  }
  return rows
}

export const receiveRows: readonly TcpRow[] = [
  rawReceive,
  ...nativeReceive(),
  receiveForAwait,
  receiveReader,
  receiveByob,
]

// Sends, then waits for the peer's end: it comes when the peer has read ours.

export const rawSend: TcpRow = {
  name: 'node:net, write and drain',
  kind: 'floor',
  run: ({ port, request, total }) =>
    new Promise((resolve, reject) => {
      let left = total / PIECE
      const socket = connectNode({ host: hostname, port, noDelay: true, allowHalfOpen: true })
      const send = (): void => {
        while (left > 0) {
          left--
          if (!socket.write(piece)) return void socket.once('drain', send)
        }
        socket.end()
      }
      socket.on('connect', () => socket.write(request, send))
      socket.on('end', () => resolve(total / PIECE))
      socket.on('error', reject)
      socket.resume()
    }),
}

/** A row over our writable: `write` gives it one piece and waits as it sees fit. */
function send(name: string, write: (writer: WritableStreamDefaultWriter) => Promise<void>): TcpRow {
  return {
    name,
    async run(call) {
      const { total } = call
      const socket = await open(call)
      const writer = socket.writable.getWriter()
      for (let left = total / PIECE; left > 0; left--) await write(writer)
      await writer.close()
      for await (const _ of socket.readable) throw new Error('a sink says nothing')
      return total / PIECE
    },
  }
}

export const sendReady: TcpRow = send('writable, await ready', async (writer) => {
  await writer.ready
  void writer.write(piece)
})

const sendWritten: TcpRow = send('writable, await write()', (writer) => writer.write(piece))

function nativeSend(): TcpRow[] {
  const rows: TcpRow[] = []
  const dialDeno = connectDeno
  if (dialDeno) {
    rows.push({
      name: 'Deno.connect, write()',
      kind: 'floor',
      async run({ port, request, total }) {
        const conn = await dialDeno(port)
        await writeAll(conn, request)
        for (let left = total / PIECE; left > 0; left--) await writeAll(conn, piece)
        await conn.closeWrite()
        if ((await conn.read(new Uint8Array(1))) !== null) throw new Error('a sink says nothing')
        conn.close()
        return total / PIECE
      },
    })
  }
  const dialBun = connectBun
  if (dialBun) {
    rows.push({
      name: 'Bun.connect, write() and drain',
      kind: 'floor',
      run: ({ port, request, total }) =>
        new Promise((resolve, reject) => {
          let left = total
          const send = (socket: BunSocket): void => {
            while (left > 0) {
              // What a write does not take is ours again.
              const rest = left % PIECE
              const taken = socket.write(rest === 0 ? piece : piece.subarray(0, rest))
              if (taken <= 0) return
              left -= taken
            }
            socket.shutdown()
          }
          void dialBun(port, {
            open(socket) {
              socket.write(request)
              send(socket)
            },
            data: () => {},
            drain: (socket) => left > 0 && send(socket),
            end: (socket) => socket.end(),
            close: () => resolve(total / PIECE),
            error: (_, error) => reject(error),
          }).catch(reject)
        }),
    })
  }
  return rows
}

export const sendRows: readonly TcpRow[] = [rawSend, ...nativeSend(), sendReady, sendWritten]
