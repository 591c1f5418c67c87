/** Ways to hold a connection whose peer says something now and then. Each answers a message with the same bytes and waits for the next one. */

import { createServer, type Socket as NodeNetSocket } from 'node:net'
import { Duplex } from 'node:stream'
import { framed, lines, linesFramer } from 'framewright'
import { listen, type Socket } from 'framewright/socket'
import type { Kind } from '../record.ts'

export interface IdleWay {
  readonly name: string
  readonly kind: Kind
  /** Listens on a port of loopback, and says which. */
  readonly listen: () => Promise<number>
}

const encoder = new TextEncoder()

/** What nobody goes below. */
export const raw: IdleWay = {
  name: "node:net, 'data'",
  kind: 'floor',
  listen: () => listenRaw((socket) => socket.on('data', (chunk) => socket.write(chunk))),
}

/** Web Streams over node:net with nothing else: what two streams cost that somebody waits at. */
const plainStreams: IdleWay = {
  name: 'node:net in one ReadableStream and one WritableStream',
  kind: 'floor',
  listen: () =>
    listenRaw((socket) => {
      const readable = new ReadableStream<Uint8Array>({
        start: (controller) => void socket.on('data', (chunk) => controller.enqueue(chunk)),
      })
      const writable = new WritableStream<Uint8Array>({ write: (chunk) => void socket.write(chunk) })
      void echo(readable, writable)
    }),
}

/** What Node has for it. */
const nodeToWeb: IdleWay = {
  name: 'Duplex.toWeb',
  kind: 'peer',
  listen: () =>
    listenRaw((socket) => {
      const { readable, writable } = Duplex.toWeb(socket)
      void echo(readable as ReadableStream<Uint8Array>, writable)
    }),
}

const bareSocket: IdleWay = {
  name: 'socket: for await over readable',
  kind: 'ours',
  listen: () => listenOurs((socket) => echo(socket.readable, socket.writable)),
}

const framerSocket: IdleWay = {
  name: 'socket: for await over readable.pipeThrough(linesFramer())',
  kind: 'ours',
  listen: () =>
    listenOurs(async (socket) => {
      const writer = socket.writable.getWriter()
      for await (const line of socket.readable.pipeThrough(linesFramer())) {
        await writer.write(encoder.encode(`${line}\n`))
      }
    }),
}

export const framedSocket: IdleWay = {
  name: 'socket: for await over framed(socket, lines())',
  kind: 'ours',
  listen: () =>
    listenOurs(async (socket) => {
      const { readable, writable } = framed(socket, lines())
      const writer = writable.getWriter()
      for await (const line of readable) await writer.write(line)
    }),
}

export const idleWays: readonly IdleWay[] = [raw, plainStreams, nodeToWeb, bareSocket, framerSocket, framedSocket]

async function echo(readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>): Promise<void> {
  const writer = writable.getWriter()
  for await (const chunk of readable) await writer.write(chunk)
}

function listenRaw(converse: (socket: NodeNetSocket) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, (socket) => {
      // The peer leaves with all its connections at the end.
      socket.on('error', () => {})
      converse(socket)
    })
    server.on('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1000 }, () => {
      const address = server.address()
      if (typeof address === 'object' && address !== null) resolve(address.port)
    })
  })
}

async function listenOurs(converse: (socket: Socket) => Promise<void>): Promise<number> {
  const listener = listen({ port: 0, hostname: '127.0.0.1' })
  const { localPort } = await listener.opened
  void acceptAll()
  return localPort

  async function acceptAll(): Promise<void> {
    // The peer leaves with all its connections at the end.
    for await (const socket of listener) converse(socket).catch(() => {})
  }
}
