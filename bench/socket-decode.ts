/**
 * Rows that receive a flood of frames with an LF after each, over TCP: raw 'data' events that decode nothing, what people write by hand over them, packages, and
 * ours. Each counts the frames and the bytes in them.
 */

// oxlint-disable-next-line typescript/triple-slash-reference -- declarations only: there is no module to import
/// <reference path="../test/peers/untyped.d.ts" />
import { connect as connectNode, type Socket as NodeSocket } from 'node:net'
import type { Transform } from 'node:stream'
import binarySplit from 'binary-split'
import { delimiter, delimiterFramer, framed, FrameParser } from 'framewright'
import { decodeTransform } from 'framewright/node'
import { connect, type Socket } from 'framewright/socket'
import split2 from 'split2'
import { madeBeforehand } from './matrix/delimiter-for-await.ts'
import type { TcpRow } from './socket-compare.ts'
import type { Call } from './socket-request.ts'

const hostname = '127.0.0.1'
const LF = 0x0a
/** A frame of 1 MiB is within it on the wire. */
const options = { maxFrameLength: 2 * 1024 * 1024 }

async function open({ port, request }: Call): Promise<Socket> {
  const socket = connect({ hostname, port })
  const writer = socket.writable.getWriter()
  await writer.write(request)
  await writer.close()
  return socket
}

function openNode({ port, request }: Call): NodeSocket {
  const socket = connectNode({ host: hostname, port, noDelay: true, allowHalfOpen: true })
  socket.end(request)
  return socket
}

/** The number of frames, if they had all the bytes: of each frame its LF is not there. */
function checked({ total, frame }: Call, frames: number, bytes: number): number {
  if (bytes + frames !== total) throw new Error(`${bytes} bytes in ${frames} frames of ${frame} bytes`)
  return frames
}

/** A row over 'data' events: `make` gives what gets each chunk, and the tally at the end. */
function onData(
  name: string,
  kind: 'floor' | 'peer' | 'ours',
  make: (call: Call) => { take: (chunk: Buffer) => void; end: () => number },
): TcpRow {
  return {
    name,
    kind,
    run: (call) =>
      new Promise((resolve, reject) => {
        const { take, end } = make(call)
        openNode(call)
          .on('data', take)
          .on('error', reject)
          .on('end', () => resolve(end()))
      }),
  }
}

/** A row over a Node stream that the socket is piped to. */
function piped(name: string, kind: 'peer' | 'ours', make: () => Transform): TcpRow {
  return {
    name,
    kind,
    run: (call) =>
      new Promise((resolve, reject) => {
        let frames = 0
        let bytes = 0
        openNode(call)
          .on('error', reject)
          .pipe(make())
          .on('data', (frame: { length: number }) => {
            frames++
            bytes += frame.length
          })
          .on('error', reject)
          .on('end', () => resolve(checked(call, frames, bytes)))
      }),
  }
}

/** The same, read with `for await`. */
function iterated(name: string, make: () => Transform): TcpRow {
  return {
    name,
    kind: 'peer',
    async run(call) {
      let frames = 0
      let bytes = 0
      const socket = openNode(call)
      const stream = socket.pipe(make())
      socket.on('error', (error) => stream.destroy(error))
      for await (const frame of stream as AsyncIterable<{ length: number }>) {
        frames++
        bytes += frame.length
      }
      return checked(call, frames, bytes)
    },
  }
}

export const noDecoding: TcpRow = onData("'data' events, no decoding", 'floor', ({ frame }) => {
  let bytes = 0
  return { take: (chunk) => (bytes += chunk.length), end: () => bytes / frame }
})

export const bareLoop: TcpRow = onData("'data' events, FrameParser loop", 'ours', (call) => {
  let frames = 0
  let bytes = 0
  const parser = new FrameParser(delimiter('\n', options))
  return {
    take(chunk) {
      for (const frame of parser.push(chunk)) {
        frames++
        bytes += frame.length
      }
    },
    end: () => checked(call, frames, bytes),
  }
})

/** What nobody can be below who gives frames one by one to a `for await`. */
export const loopAndForAwait: TcpRow = {
  name: `${bareLoop.name}, then an empty for await`,
  kind: 'floor',
  async run(call) {
    const ready = Array.from({ length: await bareLoop.run(call) }, () => call)
    let frames = 0
    for await (const frame of madeBeforehand(ready)) frames += frame === call ? 1 : 0
    return frames
  },
}

export const byHand: TcpRow = onData("'data' events, indexOf by hand", 'peer', (call) => {
  let frames = 0
  let bytes = 0
  let rest: Buffer | undefined
  return {
    take(chunk) {
      const all = rest === undefined ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (let end = all.indexOf(LF, rest?.length); end >= 0; end = all.indexOf(LF, start)) {
        const frame = all.subarray(start, end)
        frames++
        bytes += frame.length
        start = end + 1
      }
      rest = start < all.length ? all.subarray(start) : undefined
    },
    end: () => checked(call, frames, bytes),
  }
})

export const naturalForm: TcpRow = {
  name: 'pipeThrough(delimiterFramer), for await',
  async run(call) {
    let frames = 0
    let bytes = 0
    const socket = await open(call)
    for await (const frame of socket.readable.pipeThrough(delimiterFramer('\n', options))) {
      frames++
      bytes += frame.length
    }
    return checked(call, frames, bytes)
  },
}

const batches: TcpRow = {
  name: 'pipeThrough(delimiterFramer), batch',
  async run(call) {
    let frames = 0
    let bytes = 0
    const framer = delimiterFramer('\n', options)
    const piped = (await open(call)).readable.pipeTo(framer.writable)
    for await (const batch of framer.readable.values({ batch: true })) {
      for (const frame of batch) {
        frames++
        bytes += frame.length
      }
    }
    await piped
    return checked(call, frames, bytes)
  },
}

const framedForm: TcpRow = {
  name: 'framed(socket, delimiter), for await',
  async run(call) {
    let frames = 0
    let bytes = 0
    const socket = connect({ hostname, port: call.port })
    const writer = socket.writable.getWriter()
    await writer.write(call.request)
    writer.releaseLock()
    const { readable, writable } = framed(socket, delimiter('\n', options))
    await writable.close()
    for await (const frame of readable) {
      frames++
      bytes += frame.length
    }
    return checked(call, frames, bytes)
  },
}

export const transform: TcpRow = piped("decodeTransform(delimiter), 'data' events", 'ours', () =>
  decodeTransform(delimiter('\n', options)),
)

/** Packages, by the way in which their frames are read. */
export const onDataPeers: readonly TcpRow[] = [
  piped("split2, 'data' events", 'peer', () => split2()),
  piped("binary-split, 'data' events", 'peer', () => binarySplit('\n')),
]
/** binary-split stands on streams of before `for await`. */
export const forAwaitPeers: readonly TcpRow[] = [iterated('split2, for await', () => split2())]

export const decodeRows: readonly TcpRow[] = [
  noDecoding,
  naturalForm,
  bareLoop,
  loopAndForAwait,
  batches,
  framedForm,
  byHand,
  transform,
  ...onDataPeers,
  ...forAwaitPeers,
]
