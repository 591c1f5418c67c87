// Opens a conversation. It is returned at once, still connecting: its streams may be used, and wait.

import { Socket as NodeNetSocket } from 'node:net'
import { checkObject, checkSocketOptions, checkTimeout, socketOptionNames } from './check-options.ts'
import { NodeSocket } from './node-socket.ts'
import { parseAddress } from './parse-address.ts'
import { SocketError } from './socket-error.ts'
import type { ConnectOptions, Socket, SocketAddress } from './types.ts'

const optionNames = [...socketOptionNames, 'signal', 'connectTimeout']

/**
 * Connects to a TCP port or a unix-domain socket. Returns at once; `opened` tells when, or why not, and what is written
 * until then waits for it. A connection that cannot be made errors both streams and rejects `opened` and `closed`. That
 * it is open says that the peer's kernel has it; its program may not have accepted it yet.
 *
 * Throws a TypeError or a RangeError for a wrong address or option, unknown options included.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort } = await listener.opened
 *
 * const client = connect(`127.0.0.1:${localPort}`, { connectTimeout: 5_000 })
 * const writer = client.writable.getWriter()
 * void writer.write(new TextEncoder().encode('ping')) // waits until it is open
 * void writer.close()
 *
 * const server = await listener.accept()
 * assert.equal(await new Response(server.readable).text(), 'ping')
 * await Promise.all([client.close(), server.close(), listener.close()])
 * ```
 */
export function connect(address: SocketAddress, options: ConnectOptions = {}): Socket {
  const target = parseAddress(address)
  checkObject('options', options, optionNames, '{ allowHalfOpen, highWaterMark, connectTimeout … }')
  const { signal, connectTimeout } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal must be an AbortSignal')
  if (connectTimeout !== undefined) checkTimeout('connectTimeout', connectTimeout)
  const checked = checkSocketOptions(options, true)

  const where = 'path' in target ? { address: target.path } : { address: target.hostname, port: target.port }
  // The types of node 20 do not know its highWaterMark.
  const nodeSocket = new NodeNetSocket({ allowHalfOpen: true, highWaterMark: checked.highWaterMark } as object)
  const socket = new NodeSocket(nodeSocket, checked, 'path' in target ? { remoteAddress: target.path } : {})

  const giveUp = (code: string, reason: string, cause?: unknown): void => {
    const to = where.port === undefined ? where.address : `${where.address} port ${where.port}`
    socket.abort(new SocketError(`connect to ${to}: ${reason}`, { code, phase: 'connect', ...where, cause }))
  }
  const onAbort = (): void => giveUp('ABORT_ERR', 'aborted', signal?.reason)
  if (signal?.aborted) {
    onAbort()
    return socket
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer =
    connectTimeout && setTimeout(() => giveUp('ETIMEDOUT', `no answer in ${connectTimeout} ms`), connectTimeout)
  const settled = (): void => {
    signal?.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
  socket.opened.then(settled, settled)

  nodeSocket.connect('path' in target ? target : { host: target.hostname, port: target.port })
  return socket
}
