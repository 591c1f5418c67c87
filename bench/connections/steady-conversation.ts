/** A process that holds one conversation in frames with itself, at full speed, and says once a second what it holds of memory. */

import { framed, lines } from 'framewright'
import { connect, listen } from 'framewright/socket'
import { memoryUse } from './memory-use.ts'

export interface Sample {
  /** Messages that have come back until now. */
  readonly messages: number
  /** Bytes after a collection. */
  readonly heap: number
}

const message = 'a message of forty characters, and an LF'
let messages = 0

async function echo(): Promise<number> {
  const listener = listen({ port: 0, hostname: '127.0.0.1' })
  const { localPort } = await listener.opened
  void listener.accept().then((socket) => {
    const { readable, writable } = framed(socket, lines())
    return readable.pipeTo(writable)
  })
  return localPort
}

async function write(frames: WritableStream<string>): Promise<never> {
  const writer = frames.getWriter()
  for (;;) {
    await writer.ready
    void writer.write(message)
  }
}

async function read(frames: AsyncIterable<string>): Promise<never> {
  for await (const frame of frames) {
    if (frame !== message) throw new Error(`'${frame}' came back instead of '${message}'`)
    messages++
  }
  throw new Error('The conversation has ended')
}

process.on('disconnect', () => process.exit())
const { readable, writable } = framed(connect({ hostname: '127.0.0.1', port: await echo() }), lines())
void write(writable)
void read(readable)
setInterval(() => {
  void memoryUse().then(({ heap }) => process.send!({ messages, heap } satisfies Sample))
}, 1000)
