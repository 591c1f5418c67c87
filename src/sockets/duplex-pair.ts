// Two conversations joined back to back, in memory: for tests, and for parts of a program that talk like machines.
//
//   one.writable ──► queue ──► pipe ──► other.readable        each queue and each pipe holds highWaterMark bytes
//   one.readable ◄── pipe ◄── queue ◄── other.writable

import { DuplexSocket } from './duplex-socket.ts'
import { checkDuplexOptions } from './from-duplex.ts'
import { MemoryPipe } from './memory-pipe.ts'
import type { DuplexOptions } from './transport.ts'
import type { Socket } from './types.ts'

/**
 * Makes two sockets joined back to back, in memory. What one writes the other reads; each direction ends on its own (FIN), and
 * a reset of one errors the other with ECONNRESET once what came before has been read.
 *
 * A direction holds `highWaterMark` bytes that are on their way and counted as sent, as the kernels do for TCP, and the
 * writer's own queue as many again: when both sides write and neither reads, both stop, as with TCP. No timer is involved
 * but that of `close({ deadline })`.
 *
 * Throws a TypeError or a RangeError for wrong options, unknown ones included.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { duplexPair } from 'framewright/socket'
 *
 * const [client, server] = duplexPair()
 * const echo = server.readable.pipeTo(server.writable)
 *
 * const writer = client.writable.getWriter()
 * await writer.write(new TextEncoder().encode('hello'))
 * await writer.close()
 * assert.equal(await new Response(client.readable).text(), 'hello')
 * await Promise.all([echo, client.closed, server.closed])
 * ```
 */
export function duplexPair(options: DuplexOptions = {}): [Socket, Socket] {
  const settings = checkDuplexOptions(options)
  const there: MemoryPipe = new MemoryPipe(settings.highWaterMark, () => back.hasEnded)
  const back: MemoryPipe = new MemoryPipe(settings.highWaterMark, () => there.hasEnded)
  return [
    new DuplexSocket({ readable: back.readable, writable: there.writable }, settings),
    new DuplexSocket({ readable: there.readable, writable: back.writable }, settings),
  ]
}
