// A conversation over a socket of node:net that somebody else has made.

import { Socket as NodeNetSocket } from 'node:net'
import { checkObject, checkSocketOptions, socketOptionNames } from './check-options.ts'
import { NodeSocket } from './node-socket.ts'
import type { Socket, SocketOptions } from './types.ts'

/**
 * Makes a conversation of a socket of node:net, which may be connecting, open, or at its end in one direction or both;
 * what its buffer holds is read first. From then on leave the socket itself alone.
 *
 * Throws a TypeError for anything but such a socket, for one that has an encoding set, and for wrong options.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import net from 'node:net'
 * import { fromNodeSocket } from 'framewright/socket'
 *
 * const server = net.createServer((peer) => peer.end('hello'))
 * server.listen(0, '127.0.0.1', () => void greet((server.address() as net.AddressInfo).port))
 *
 * async function greet(port: number): Promise<void> {
 *   const socket = fromNodeSocket(net.connect(port, '127.0.0.1'))
 *   assert.equal(await new Response(socket.readable).text(), 'hello')
 *   await socket.close()
 *   server.close()
 * }
 * ```
 */
export function fromNodeSocket(socket: NodeNetSocket, options: SocketOptions = {}): Socket {
  if (!(socket instanceof NodeNetSocket)) throw new TypeError('socket must be a Socket of node:net')
  if (socket.readableEncoding !== null)
    throw new TypeError('socket must give bytes, not strings: it has an encoding set')
  checkObject('options', options, socketOptionNames, '{ allowHalfOpen, highWaterMark, noDelay, keepAlive }')
  return new NodeSocket(socket, checkSocketOptions(options, false))
}
