/** Rows that send frames with an LF after each to a peer that counts the bytes: what people write over node:net, and ours. */

import { connect as connectNode, type Socket as NodeSocket } from 'node:net'
import { ByteWriter, delimiter, delimiterEncoder, framed } from 'framewright'
import type { Socket } from 'framewright/socket'
import type { TcpRow } from './socket-compare.ts'
import { hostname, open } from './socket-open.ts'
import type { Call } from './socket-request.ts'

const lf = Uint8Array.of(0x0a)

function payload({ frame }: Call): Uint8Array {
  return new Uint8Array(frame - 1).fill(0x61)
}

/** The peer's end comes when it has read ours and has had every byte. */
async function counted(socket: Socket, frames: number): Promise<number> {
  for await (const _ of socket.readable) throw new Error('a sink says nothing')
  return frames
}

/** A row over node:net: `write` writes one frame and says whether there is room for more. */
function byHand(
  name: string,
  kind: 'floor' | 'peer',
  isCorked: boolean,
  make: (socket: NodeSocket, call: Call) => () => boolean,
): TcpRow {
  return {
    name,
    kind,
    run: (call) =>
      new Promise((resolve, reject) => {
        const frames = call.total / call.frame
        let left = frames
        const socket = connectNode({ host: hostname, port: call.port, noDelay: true, allowHalfOpen: true })
        const write = make(socket, call)
        const send = (): void => {
          // Corked, the frames that fit leave in one call of the system.
          if (isCorked) socket.cork()
          let isRoom = true
          for (; isRoom && left > 0; left--) isRoom = write()
          if (isCorked) socket.uncork()
          if (left > 0) socket.once('drain', send)
          else socket.end()
        }
        socket.on('connect', () => socket.write(call.request, send))
        socket.on('end', () => resolve(frames))
        socket.on('error', reject)
        socket.resume()
      }),
  }
}

export const madeBeforehand: TcpRow = byHand('cork, write of frames made beforehand', 'floor', true, (socket, call) => {
  const frame = Buffer.concat([payload(call), lf])
  return () => socket.write(frame)
})

export const twoWrites: TcpRow = byHand('cork, write of payload and of delimiter', 'peer', true, (socket, call) => {
  const bytes = payload(call)
  return () => {
    socket.write(bytes)
    return socket.write(lf)
  }
})

const concatenated: TcpRow = byHand('cork, write of Buffer.concat', 'peer', true, (socket, call) => {
  const bytes = payload(call)
  return () => socket.write(Buffer.concat([bytes, lf]))
})

const uncorked: TcpRow = byHand('write of Buffer.concat, not corked', 'peer', false, (socket, call) => {
  const bytes = payload(call)
  return () => socket.write(Buffer.concat([bytes, lf]))
})

export const framedWriter: TcpRow = {
  name: 'framed(socket, delimiter), await ready',
  async run(call) {
    const frames = call.total / call.frame
    const bytes = payload(call)
    const socket = await open(call)
    const { readable, writable } = framed(socket, delimiter('\n'))
    const writer = writable.getWriter()
    for (let left = frames; left > 0; left--) {
      await writer.ready
      void writer.write(bytes)
    }
    await writer.close()
    for await (const _ of readable) throw new Error('a sink says nothing')
    return frames
  },
}

const byteWriter: TcpRow = {
  name: 'ByteWriter, await writeFrame',
  async run(call) {
    const frames = call.total / call.frame
    const bytes = payload(call)
    const codec = delimiter('\n')
    const socket = await open(call)
    const writer = new ByteWriter(socket.writable)
    for (let left = frames; left > 0; left--) await writer.writeFrame(codec, bytes)
    await writer.close()
    return counted(socket, frames)
  },
}

export const encoderPipe: TcpRow = {
  name: 'pipeThrough(delimiterEncoder), pipeTo',
  async run(call) {
    const frames = call.total / call.frame
    const bytes = payload(call)
    const socket = await open(call)
    let left = frames
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (left-- > 0) controller.enqueue(bytes)
          else controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    await source.pipeThrough(delimiterEncoder('\n')).pipeTo(socket.writable)
    return counted(socket, frames)
  },
}

export const encodeRows: readonly TcpRow[] = [
  madeBeforehand,
  framedWriter,
  byteWriter,
  encoderPipe,
  twoWrites,
  concatenated,
  uncorked,
]
