// A conversation over any two streams of bytes.

import { checkObject, checkSocketOptions, socketOptionNames } from './check-options.ts'
import { DuplexSocket, type DuplexSettings } from './duplex-socket.ts'
import type { DuplexOptions, Transport } from './transport.ts'
import type { Socket } from './types.ts'

const transportNames = ['readable', 'writable', 'opened', 'closed', 'close', 'reset', 'info']
const optionNames = socketOptionNames.filter((name) => name !== 'noDelay' && name !== 'keepAlive')

/**
 * Makes a conversation of two streams of bytes: those of WebTransport, of a serial port, of a child process, of another
 * library's socket. Both are locked from then on. It counts bytes, keeps the two directions apart, tells the truth about
 * its end and resets at once, as every Socket does; where the streams know less than TCP, they get what they have:
 *
 * - `reset()` and an abort call `reset` of the transport, then abort both streams. Nothing here waits for them.
 * - Cancelling the readable does not cancel the transport's, which often means the end of both: what comes is discarded.
 * - If the transport's readable fails, both directions do. If its writable fails, what comes in can still be read.
 *
 * Throws a TypeError or a RangeError for wrong options, unknown ones included, and for a stream that is locked.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { spawn } from 'node:child_process'
 * import { once } from 'node:events'
 * import { Readable, Writable } from 'node:stream'
 * import { fromDuplex } from 'framewright/socket'
 *
 * const child = spawn('cat')
 * const socket = fromDuplex({
 *   readable: Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
 *   writable: Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
 *   opened: once(child, 'spawn').then(() => {}),
 *   closed: once(child, 'close'),
 *   reset: () => child.kill('SIGKILL'),
 * })
 * const writer = socket.writable.getWriter()
 * await writer.write(new TextEncoder().encode('hello'))
 * await writer.close()
 * assert.equal(await new Response(socket.readable).text(), 'hello')
 * await socket.closed
 * ```
 */
export function fromDuplex(transport: Transport, options: DuplexOptions = {}): Socket {
  // A misspelt name is caught in a literal; an object of another library may have whatever it has.
  const isLiteral = Object.getPrototypeOf(Object(transport)) === Object.prototype
  const names = isLiteral ? transportNames : Object.keys(Object(transport))
  checkObject('transport', transport, names, '{ readable, writable }')
  const { readable, writable } = transport
  if (typeof readable?.getReader !== 'function') throw new TypeError('readable must be a ReadableStream')
  if (typeof writable?.getWriter !== 'function') throw new TypeError('writable must be a WritableStream')
  if (readable.locked) throw new TypeError('readable is locked: somebody else is reading it')
  if (writable.locked) throw new TypeError('writable is locked: somebody else is writing to it')
  for (const name of ['close', 'reset'] as const) {
    const value: unknown = transport[name]
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name} must be a function`)
  }
  for (const name of ['opened', 'closed'] as const) {
    const value: unknown = transport[name]
    if (value !== undefined && typeof Object(value).then !== 'function')
      throw new TypeError(`${name} must be a promise`)
  }
  return new DuplexSocket(transport, checkDuplexOptions(options))
}

/** Checks the options that a conversation without a socket of the system has. */
export function checkDuplexOptions(options: DuplexOptions): DuplexSettings {
  checkObject('options', options, optionNames, '{ allowHalfOpen, highWaterMark … }')
  return checkSocketOptions(options, false)
}
