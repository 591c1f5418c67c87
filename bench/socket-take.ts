/** How rows that decode open their connection and take the frames: each way is one function here, so that a package and ours are taken by the same one. */

import { connect as connectNode, type Socket as NodeSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { FrameParser, framed, type Codec } from 'framewright'
import { countEvents, iterate, lengthOf } from './matrix/consume.ts'
import type { Kind } from './record.ts'
import type { TcpDone, TcpRow } from './socket-compare.ts'
import { ask, hostname, open } from './socket-open.ts'
import type { Call } from './socket-request.ts'

/** A frame of 1 MiB is within it on the wire. */
export const options: { readonly maxFrameLength: number } = { maxFrameLength: 2 * 1024 * 1024 }

type Sized = { readonly length: number }

/** A socket of Node; our side has ended behind the request. */
export function openNode({ port, request }: Call): NodeSocket {
  const socket = connectNode({ host: hostname, port, noDelay: true, allowHalfOpen: true })
  socket.end(request)
  return socket
}

/** A row over the 'data' events of the socket: `make` gives what gets each chunk, and what came of it at the end. */
export function onData(
  name: string,
  kind: Kind,
  make: (call: Call) => { take: (chunk: Buffer) => void; end: () => TcpDone },
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

/** What reads and does nothing else; it says how many reads there were. */
export const noDecoding: TcpRow = onData("'data' events, no decoding", 'floor', ({ frame }) => {
  let bytes = 0
  let reads = 0
  return {
    take(chunk) {
      bytes += chunk.length
      reads++
    },
    end: () => ({ frames: bytes / frame, reads }),
  }
})

/** A row that cuts each chunk by hand. `make` gives a loop that calls `use` for each frame in a chunk. */
export function byHand(name: string, make: () => (chunk: Buffer, use: (frame: Sized) => void) => void): TcpRow {
  const row = onData(name, 'peer', () => {
    let frames = 0
    let bytes = 0
    const push = make()
    const use = (frame: Sized): void => {
      frames++
      bytes += lengthOf(frame)
    }
    return { take: (chunk) => push(chunk, use), end: () => ({ frames, bytes }) }
  })
  return { ...row, isUnjudged: true }
}

/** The bare loop: a parser is given each chunk. */
export function parsed(codec: Codec<Sized, never>): TcpRow {
  return onData("'data' events, FrameParser loop", 'ours', () => {
    let frames = 0
    let bytes = 0
    const parser = new FrameParser(codec)
    return {
      take(chunk) {
        for (const frame of parser.push(chunk)) {
          frames++
          bytes += lengthOf(frame)
        }
      },
      end: () => ({ frames, bytes }),
    }
  })
}

/** What a row is called, and what it stands beside. */
type Named = Omit<TcpRow, 'run'>

/** A row over the 'data' events of a Node stream that the socket is piped to. */
export function onEvents(named: Named, make: () => Duplex): TcpRow {
  return { ...named, run: (call) => countEvents(pipedTo(call, make())) }
}

/** `for await` over something that Node's socket is given to. */
export function iterated(named: Named, make: (socket: NodeSocket) => AsyncIterable<Sized>): TcpRow {
  return { ...named, run: (call) => iterate(make(openNode(call))) }
}

/** `for await` over a Node stream that the socket is piped to. */
export function iteratedNode(named: Named, make: () => Duplex): TcpRow {
  return { ...named, run: (call) => iterate(pipedTo(call, make()) as AsyncIterable<Sized>) }
}

/** `for await` over a Web stream that the bytes of our socket are piped through. */
export function iteratedWeb(named: Named, make: (bytes: ReadableStream<Uint8Array>) => AsyncIterable<Sized>): TcpRow {
  return { ...named, run: async (call) => iterate(make((await ask(call)).readable)) }
}

/** `for await` over frames of a framed socket. */
export function iteratedFramed(named: Named, codec: Codec<Sized, never>): TcpRow {
  return {
    ...named,
    async run(call) {
      const { readable, writable } = framed(await open(call), codec)
      await writable.close()
      return iterate(readable)
    },
  }
}

function pipedTo(call: Call, stream: Duplex): Duplex {
  const socket = openNode(call)
  socket.on('error', (error) => stream.destroy(error))
  return socket.pipe(stream)
}
