// Opens a conversation. It is returned at once, still connecting: its streams may be used, and wait.

import type { Socket as NodeNetSocket } from 'node:net'
import { checkObject, checkSocketOptions, checkTimeout, socketOptionNames } from './check-options.ts'
import { dial, isOnePlace, newNodeSocket } from './happy-eyeballs.ts'
import { noSecurity, type NodeSecurity } from './node-security.ts'
import { NodeSocket } from './node-socket.ts'
import { parseAddress } from './parse-address.ts'
import { SocketError, type SocketPhase, toSocketError } from './socket-error.ts'
import { startTlsSecurity } from './start-tls.ts'
import { clientHandshake, type Handshake } from './tls-handshake.ts'
import { checkClientTls, checkSecureTransport, connectTlsNames, pickTls, type StartTlsOptions } from './tls-options.ts'
import type { ConnectOptions, HostAddress, PathAddress, Socket, SocketAddress } from './types.ts'

const optionNames = [...socketOptionNames, ...connectTlsNames, 'signal', 'connectTimeout']

/**
 * Connects to a TCP port or a unix-domain socket, in plain text or over TLS. Returns at once; `opened` tells when, or why
 * not, and what is written until then waits for it. A connection that cannot be made errors both streams and rejects
 * `opened` and `closed`. That it is open says that the peer's kernel has it; its program may not have accepted it yet.
 *
 * A host name with several addresses is tried at all of them (RFC 8305): one after the other, 250 ms apart or as soon as
 * the one before has failed, IPv6 and IPv4 in turn; the first that answers wins. If none does, the message has a part for
 * each, and the code is that of the first failure.
 *
 * With `secureTransport: 'on'` the server's certificate must be trusted and have the right name: else `opened` rejects in
 * phase `'tls'`, as it does for everything else that is wrong with the handshake. What the peer sends is then known to be
 * whole at its close_notify; an end without one errors the readable with `ERR_TLS_TRUNCATED` after all that came. Deno and
 * Bun do not tell the two apart: there, it looks like an end. And Deno reads from a TLS connection whether anybody wants the
 * bytes or not: `highWaterMark` bounds what is written there, not what arrives.
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
  const names = 'path' in target ? { remoteAddress: target.path } : {}
  const { security, handshake } = securityOf(options, target, checked, names)

  const where = 'path' in target ? { address: target.path } : { address: target.hostname, port: target.port }
  const nodeSocket = newNodeSocket(checked.highWaterMark)
  const socket = new NodeSocket(nodeSocket, checked, names, security)
  let phase: SocketPhase = 'connect'

  const giveUp = (code: string, reason: string, cause?: unknown): void => {
    const to = where.port === undefined ? where.address : `${where.address} port ${where.port}`
    socket.abort(new SocketError(`connect to ${to}: ${reason}`, { code, phase, ...where, cause }))
  }
  const onAbort = (): void => giveUp('ABORT_ERR', 'aborted', signal?.reason)
  if (signal?.aborted) {
    onAbort()
    return socket
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer =
    connectTimeout &&
    setTimeout(() => {
      giveUp('ETIMEDOUT', `${phase === 'tls' ? 'no TLS handshake' : 'no answer'} in ${connectTimeout} ms`)
    }, connectTimeout)
  const settled = (): void => {
    signal?.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
  if (signal || timer) socket.opened.then(settled, settled)

  if (!handshake && isOnePlace(target)) {
    nodeSocket.connect('path' in target ? target : { host: target.hostname, port: target.port })
    return socket
  }
  // The socket at hand only stands for the one that will be: the winner of a race, or one with TLS on top.
  const connected = (raw: NodeNetSocket): void => {
    if (!handshake) return socket.adopt(raw)
    phase = 'tls'
    stop = handshake(raw, checked.highWaterMark, (result) => {
      if (result instanceof SocketError) socket.abort(result)
      else socket.adopt(result.socket, result)
    })
  }
  let stop = dial(target, checked.highWaterMark, (result) => {
    if (result instanceof Error) socket.abort(toSocketError(result, 'connect'))
    else connected(result)
  })
  nodeSocket.once('close', () => stop())
  return socket
}

/** What the options say about TLS: now, later or never. */
function securityOf(
  options: ConnectOptions,
  target: HostAddress | PathAddress,
  checked: ReturnType<typeof checkSocketOptions>,
  names: { remoteAddress?: string },
): { security: NodeSecurity; handshake?: Handshake } {
  const secureTransport = checkSecureTransport(options)
  if (secureTransport === 'off') return { security: noSecurity }
  const { secureTransport: _, ...given } = pickTls(options)
  const timeout = options.connectTimeout && { handshakeTimeout: options.connectTimeout }
  const prepare = (more: StartTlsOptions): Handshake =>
    clientHandshake(checkClientTls({ ...timeout, ...given, ...more }, 'path' in target ? undefined : target.hostname))
  if (secureTransport === 'on') return { security: { secureTransport }, handshake: prepare({}) }
  if ('hostname' in target || options.sni !== undefined) prepare({}) // wrong options are refused now
  return { security: startTlsSecurity(prepare, checked, names) }
}
