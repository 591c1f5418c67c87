/** Rows that send back what the peer floods: it counts, and ends when it has everything. */

import { connect as connectNode } from 'node:net'
import { delimiterEncoder, delimiterFramer } from 'framewright'
import type { TcpRow } from './socket-compare.ts'
import { hostname, open } from './socket-open.ts'

export const rawPipe: TcpRow = {
  name: 'node:net, socket.pipe(socket)',
  kind: 'floor',
  run: ({ port, request, total, frame }) =>
    new Promise((resolve, reject) => {
      const socket = connectNode({ host: hostname, port, noDelay: true, allowHalfOpen: true })
      socket.write(request)
      socket.pipe(socket)
      socket.on('error', reject)
      socket.on('close', () => resolve(total / frame))
    }),
}

const bytesOnly: TcpRow = {
  name: 'readable.pipeTo(writable)',
  async run(call) {
    const socket = await open(call)
    await socket.readable.pipeTo(socket.writable)
    return call.total / call.frame
  },
}

export const framesPipe: TcpRow = {
  name: 'pipeThrough(framer, encoder), pipeTo',
  async run(call) {
    const socket = await open(call)
    const framer = delimiterFramer('\n')
    await socket.readable.pipeThrough(framer).pipeThrough(delimiterEncoder('\n')).pipeTo(socket.writable)
    return framer.stats.frames
  },
}

export const echoRows: readonly TcpRow[] = [rawPipe, bytesOnly, framesPipe]
