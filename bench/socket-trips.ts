/**
 * Rows that move frames with a length of 4 bytes before each to an echo and back, one at a time. What people write by hand over 'data'
 * events stands beside ours.
 */

import { connect as connectNode } from 'node:net'
import { ByteReader, ByteWriter, framed, lengthPrefixed } from 'framewright'
import { connectBun, connectDeno, writeAll, type BunSocket } from './native-sockets.ts'
import type { TcpRow } from './socket-compare.ts'
import { hostname, open } from './socket-open.ts'
import type { Call } from './socket-request.ts'

const HEAD = 4

/** What one round trip carries, the number of them, and what takes chunks and calls `take` for each frame that came back. */
interface Trips {
  readonly message: Buffer
  readonly payload: Uint8Array
  readonly count: number
}

function trips({ total, frame }: Call): Trips {
  const message = Buffer.alloc(frame, 0x61)
  message.writeUInt32BE(frame - HEAD)
  return { message, payload: new Uint8Array(message.subarray(HEAD)), count: total / frame }
}

/** The loop over chunks that everybody writes: whole frames go to `take`, what is left waits for the next chunk. */
function splitter(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  return (chunk) => {
    let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    while (bytes.length >= HEAD) {
      const end = HEAD + bytes.readUInt32BE(0)
      if (bytes.length < end) break
      take(bytes.subarray(HEAD, end))
      bytes = bytes.subarray(end)
    }
    rest = bytes.length > 0 ? bytes : undefined
  }
}

export const rawTrips: TcpRow = {
  name: 'node:net, lengths by hand',
  kind: 'floor',
  run: (call) =>
    new Promise((resolve, reject) => {
      const { message, payload, count } = trips(call)
      let done = 0
      const socket = connectNode({ host: hostname, port: call.port, noDelay: true })
      const take = splitter((frame) => {
        if (frame.length !== payload.length) reject(new Error('wrong length'))
        if (++done < count) socket.write(message)
        else socket.end()
      })
      socket.on('connect', () => {
        socket.write(call.request)
        socket.write(message)
      })
      socket.on('data', take)
      socket.on('end', () => resolve(done))
      socket.on('error', reject)
    }),
}

export const framedTrips: TcpRow = {
  name: 'framed(socket, lengthPrefixed())',
  async run(call) {
    const { payload, count } = trips(call)
    const { readable, writable } = framed(await open(call), lengthPrefixed())
    const writer = writable.getWriter()
    let done = 0
    void writer.write(payload)
    for await (const frame of readable) {
      if (frame.length !== payload.length) throw new Error('wrong length')
      if (++done < count) void writer.write(payload)
      else void writer.close()
    }
    return done
  },
}

export const readerTrips: TcpRow = {
  name: 'ByteReader and ByteWriter',
  async run(call) {
    const { payload, count } = trips(call)
    const socket = await open(call)
    const codec = lengthPrefixed()
    const reader = new ByteReader(socket.readable)
    const writer = new ByteWriter(socket.writable)
    let done = 0
    for (; done < count; done++) {
      void writer.writeFrame(codec, payload)
      const frame = await reader.readFrame(codec)
      if (frame?.length !== payload.length) throw new Error('wrong length')
    }
    await writer.close()
    if ((await reader.read()) !== undefined) throw new Error('the end was to come')
    return done
  },
}

const streamTrips: TcpRow = {
  name: 'readable and writable, lengths by hand',
  async run(call) {
    const { message, payload, count } = trips(call)
    const socket = await open(call)
    const writer = socket.writable.getWriter()
    let done = 0
    const take = splitter((frame) => {
      if (frame.length !== payload.length) throw new Error('wrong length')
      if (++done < count) void writer.write(message)
      else void writer.close()
    })
    void writer.write(message)
    for await (const { buffer, byteOffset, length } of socket.readable) take(Buffer.from(buffer, byteOffset, length))
    return done
  },
}

/** The sockets of Deno and Bun themselves, where there are any. */
function nativeTrips(): TcpRow[] {
  const rows: TcpRow[] = []
  const dialDeno = connectDeno
  if (dialDeno) {
    rows.push({
      name: 'Deno.connect, lengths by hand',
      kind: 'floor',
      async run(call) {
        const { message, count } = trips(call)
        const conn = await dialDeno(call.port)
        await writeAll(conn, call.request)
        let done = 0
        const take = splitter(() => done++)
        for (const buffer = Buffer.alloc(64 * 1024); done < count;) {
          const before = done
          await writeAll(conn, message)
          while (done === before) take(Buffer.from(buffer.subarray(0, (await conn.read(buffer)) ?? 0)))
        }
        conn.close()
        return done
      },
    })
  }
  const dialBun = connectBun
  if (dialBun) {
    rows.push({
      name: 'Bun.connect, lengths by hand',
      kind: 'floor',
      run: (call) =>
        new Promise((resolve, reject) => {
          const { message, count } = trips(call)
          let done = 0
          let socket: BunSocket
          const take = splitter(() => {
            if (++done < count) socket.write(message)
            else socket.end()
          })
          void dialBun(call.port, {
            open(opened) {
              socket = opened
              socket.write(call.request)
              socket.write(message)
            },
            data: (_, bytes) => take(bytes as Buffer),
            close: () => resolve(done),
            error: (_, error) => reject(error),
          }).catch(reject)
        }),
    })
  }
  return rows
}

export const tripRows: readonly TcpRow[] = [rawTrips, ...nativeTrips(), framedTrips, readerTrips, streamTrips]
