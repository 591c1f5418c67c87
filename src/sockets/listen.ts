// Accepts conversations. node:net accepts on its own and cannot be told to wait, so connections are held paused, in a
// bounded queue, until somebody takes them.
//
//   kernel's queue ─► node ─► AcceptQueue (≤ backlog) ─┬─► accept()
//                      └─► too many: Overflow          ├─► for await (… of listener)
//                          (RST, FIN, or held)         └─► (await listener.opened).readable

import { createServer } from 'node:net'
import { AcceptTls } from './accept-tls.ts'
import { checkBoolean, checkInteger, checkObject, checkSocketOptions, checkString } from './check-options.ts'
import { socketOptionNames, withoutBrackets } from './check-options.ts'
import type { Listener, ListenerLimits, ListenerOptions } from './listener-types.ts'
import { type CheckedLimits, NodeListener } from './node-listener.ts'
import { requireReusePort } from './reuse-port.ts'
import { unlinkStalePath } from './stale-path.ts'
import { listenTlsNames, pickTls } from './tls-options.ts'
import type { SocketOptions } from './types.ts'

const wanted = '{ port, hostname, reusePort } or { path, unlinkStale }, both with backlog, maxConnections, whenFull'

const optionNames = ['port', 'hostname', 'reusePort', 'path', 'unlinkStale', 'backlog', 'maxConnections', 'whenFull']

/**
 * Connections that the kernel may hold until node accepts them. A short queue would limit nothing but bursts, and badly: a
 * client whose handshake finds it full believes that it is connected, and learns seconds later what became of it.
 */
const burst = 511

/**
 * Listens on a TCP port (0: a free one) of one address, by default of all, or on a unix-domain socket. Returns at once;
 * `opened` tells when it listens, and where, or why it cannot. `socketOptions` are those of the conversations.
 *
 * A port can be listened on again as soon as its listener is closed. The file of a unix-domain socket is removed when the
 * listener closes; one that a crashed program has left is in the way (EADDRINUSE) unless `unlinkStale` is set.
 *
 * A connection that cannot be accepted (the process has no file descriptor left) does not end the listener: node drops
 * what it has no descriptor for, and accepts again when there are some.
 *
 * With `secureTransport: 'on'` a conversation is handed out when its handshake is done. One that fails, or takes longer than
 * `handshakeTimeout`, concerns nobody but its client, which is reset. At most `backlog` handshakes are under way at a time;
 * they count as connections.
 *
 * Throws a TypeError or a RangeError for wrong options, unknown ones included.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1', backlog: 16 })
 * const { readable, localPort } = await listener.opened
 * const client = connect({ hostname: '127.0.0.1', port: localPort })
 *
 * for await (const socket of readable) {
 *   const writer = socket.writable.getWriter()
 *   await writer.write(new TextEncoder().encode('welcome'))
 *   await writer.close()
 *   break // cancels the readable, and so closes the listener; this conversation lives on
 * }
 * assert.equal(await new Response(client.readable).text(), 'welcome')
 * await listener.closed
 * ```
 */
export function listen(options: ListenerOptions, socketOptions: SocketOptions = {}): Listener {
  checkObject('options', options, [...optionNames, ...listenTlsNames], wanted)
  const limits = checkLimits(options)
  checkObject('socketOptions', socketOptions, socketOptionNames, '{ allowHalfOpen, highWaterMark, noDelay, keepAlive }')
  const checked = checkSocketOptions(socketOptions, true)
  const tls = new AcceptTls(pickTls(options), checked, limits.backlog)

  const where = checkWhere(options)
  const { highWaterMark } = checked
  // The types of node 20 do not know its highWaterMark.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, highWaterMark } as object)
  const listener = new NodeListener(server, tls, limits)
  const begin = (): void => void server.listen({ ...where, backlog: Math.max(limits.backlog, burst) })
  if ('path' in options && options.unlinkStale) void listener.listenAfter(unlinkStalePath(options.path), begin)
  else if ('reusePort' in options && options.reusePort) void listener.listenAfter(requireReusePort(), begin)
  else begin()
  return listener
}

function checkLimits(options: ListenerLimits): CheckedLimits {
  const { backlog = burst, maxConnections = Infinity, whenFull = 'reset' } = options
  checkInteger('backlog', backlog, 1, 65_535, 'connections')
  if (maxConnections !== Infinity) checkInteger('maxConnections', maxConnections, 1, 2 ** 31 - 1, 'connections')
  if (whenFull !== 'reset' && whenFull !== 'close' && whenFull !== 'hold') {
    throw new TypeError(`whenFull must be 'reset', 'close' or 'hold', not ${String(whenFull)}`)
  }
  return { backlog, maxConnections, whenFull }
}

function checkWhere(options: ListenerOptions): { path: string } | { port: number; host?: string; reusePort?: boolean } {
  if ('path' in options) {
    if ('port' in options || 'hostname' in options || 'reusePort' in options) {
      throw new TypeError(`options must be ${wanted}, not a mixture`)
    }
    const { path, unlinkStale = false } = options
    checkString('path', path)
    checkBoolean('unlinkStale', unlinkStale)
    return { path }
  }
  if ('unlinkStale' in options) throw new TypeError(`options must be ${wanted}, not a mixture`)
  const { port, hostname, reusePort = false } = options
  checkInteger('port', port, 0, 65_535, 'a port to listen on')
  checkBoolean('reusePort', reusePort)
  if (hostname !== undefined) checkString('hostname', hostname)
  return {
    port,
    ...(hostname === undefined ? {} : { host: withoutBrackets(hostname) }),
    ...(reusePort ? { reusePort } : {}),
  }
}
