/**
 * Rows that move frames, a length of 4 bytes before each: one of 1 KiB to and fro at a time, and a flood of small ones. What people
 * write by hand over 'data' events stands beside ours.
 */

import { connect as connectNode } from 'node:net'
import { ByteReader, ByteWriter, framed, lengthPrefixed } from 'framewright'
import { connect, type Socket } from 'framewright/socket'
import type { Row } from './compare.ts'
import { connectBun, connectDeno, writeAll, type BunSocket } from './native-sockets.ts'
import { ECHO, FLOOD, lengthPrefixedBytes, SMALL, TOTAL } from './socket-peer.ts'

export const TRIPS = 4_000
export const PAYLOAD = 1024
/** Small frames in one flood. */
export const SMALL_FRAMES: number = TOTAL / (4 + SMALL)

const hostname = '127.0.0.1'
const message = lengthPrefixedBytes(PAYLOAD)
const payload = new Uint8Array(message.subarray(4))

/** The loop over chunks that everybody writes: whole frames go to `take`, what is left waits for the next chunk. */
function splitter(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  return (chunk) => {
    let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    while (bytes.length >= 4) {
      const end = 4 + bytes.readUInt32BE(0)
      if (bytes.length < end) break
      take(bytes.subarray(4, end))
      bytes = bytes.subarray(end)
    }
    rest = bytes.length > 0 ? bytes : undefined
  }
}

async function open(mode: number, port: number): Promise<Socket> {
  const socket = connect({ hostname, port })
  const writer = socket.writable.getWriter()
  await writer.write(Uint8Array.of(mode))
  writer.releaseLock()
  return socket
}

export function tripRows(port: number): { raw: Row; ours: Row[]; native: Row[] } {
  const raw: Row = {
    name: 'node:net, lengths by hand',
    run: () =>
      new Promise((resolve, reject) => {
        let trips = 0
        const socket = connectNode({ host: hostname, port, noDelay: true })
        const take = splitter((frame) => {
          if (frame.length !== PAYLOAD) reject(new Error('wrong length'))
          if (++trips < TRIPS) socket.write(message)
          else socket.end()
        })
        socket.on('connect', () => {
          socket.write(Uint8Array.of(ECHO))
          socket.write(message)
        })
        socket.on('data', take)
        socket.on('end', () => resolve(trips))
        socket.on('error', reject)
      }),
  }
  const ours: Row[] = [
    {
      name: 'framed(socket, lengthPrefixed())',
      async run() {
        const { readable, writable } = framed(await open(ECHO, port), lengthPrefixed())
        const writer = writable.getWriter()
        let trips = 0
        void writer.write(payload)
        for await (const frame of readable) {
          if (frame.length !== PAYLOAD) throw new Error('wrong length')
          if (++trips < TRIPS) void writer.write(payload)
          else void writer.close()
        }
        return trips
      },
    },
    {
      name: 'ByteReader and ByteWriter',
      async run() {
        const socket = await open(ECHO, port)
        const codec = lengthPrefixed()
        const reader = new ByteReader(socket.readable)
        const writer = new ByteWriter(socket.writable)
        let trips = 0
        for (; trips < TRIPS; trips++) {
          void writer.writeFrame(codec, payload)
          const frame = await reader.readFrame(codec)
          if (frame?.length !== PAYLOAD) throw new Error('wrong length')
        }
        await writer.close()
        if ((await reader.read()) !== undefined) throw new Error('the end was to come')
        return trips
      },
    },
    {
      name: 'readable and writable, lengths by hand',
      async run() {
        const socket = await open(ECHO, port)
        const writer = socket.writable.getWriter()
        let trips = 0
        const take = splitter((frame) => {
          if (frame.length !== PAYLOAD) throw new Error('wrong length')
          if (++trips < TRIPS) void writer.write(message)
          else void writer.close()
        })
        void writer.write(message)
        for await (const { buffer, byteOffset, length } of socket.readable) {
          take(Buffer.from(buffer, byteOffset, length))
        }
        return trips
      },
    },
  ]
  const native: Row[] = []
  const dialDeno = connectDeno
  if (dialDeno) {
    native.push({
      name: 'Deno.connect, lengths by hand',
      async run() {
        const conn = await dialDeno(port)
        await writeAll(conn, Uint8Array.of(ECHO))
        let trips = 0
        const take = splitter(() => trips++)
        for (const buffer = Buffer.alloc(64 * 1024); trips < TRIPS;) {
          const before = trips
          await writeAll(conn, message)
          while (trips === before) take(Buffer.from(buffer.subarray(0, (await conn.read(buffer)) ?? 0)))
        }
        conn.close()
        return trips
      },
    })
  }
  const dialBun = connectBun
  if (dialBun) {
    native.push({
      name: 'Bun.connect, lengths by hand',
      run: () =>
        new Promise((resolve, reject) => {
          let trips = 0
          let socket: BunSocket
          const take = splitter(() => {
            if (++trips < TRIPS) socket.write(message)
            else socket.end()
          })
          void dialBun(port, {
            open(opened) {
              socket = opened
              socket.write(Uint8Array.of(ECHO))
              socket.write(message)
            },
            data: (_, bytes) => take(bytes as Buffer),
            close: () => resolve(trips),
            error: (_, error) => reject(error),
          }).catch(reject)
        }),
    })
  }
  return { raw, ours, native }
}

export function smallRows(port: number): { raw: Row; ours: Row[] } {
  const raw: Row = {
    name: 'node:net, lengths by hand',
    run: () =>
      new Promise((resolve, reject) => {
        let frames = 0
        const socket = connectNode({ host: hostname, port, noDelay: true })
        socket.on(
          'data',
          splitter((frame) => (frames += frame.length === SMALL ? 1 : 0)),
        )
        socket.on('connect', () => socket.write(Uint8Array.of(FLOOD)))
        socket.on('end', () => resolve(frames))
        socket.on('error', reject)
      }),
  }
  const ours: Row[] = [
    {
      name: 'framed(…), for await',
      async run() {
        let frames = 0
        const { readable } = framed(await open(FLOOD, port), lengthPrefixed())
        for await (const frame of readable) frames += frame.length === SMALL ? 1 : 0
        return frames
      },
    },
    {
      name: 'framed(…), batch',
      async run() {
        let frames = 0
        const { readable } = framed(await open(FLOOD, port), lengthPrefixed())
        for await (const batch of readable.values({ batch: true })) {
          for (const frame of batch) frames += frame.length === SMALL ? 1 : 0
        }
        return frames
      },
    },
  ]
  return { raw, ours }
}
