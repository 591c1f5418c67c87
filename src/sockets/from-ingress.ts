// A conversation over a socket of workerd: one that it hands to a Worker, or one that a Worker has connected.

import { DuplexSocket } from './duplex-socket.ts'
import { checkDuplexOptions } from './from-duplex.ts'
import type { SecureTransport, StartTlsOptions } from './tls-options.ts'
import type { DuplexOptions, TlsTransport } from './transport.ts'
import type { Socket, SocketInfo } from './types.ts'

/** What this layer uses of a socket of workerd, as the handler `connect(socket)` of a Worker gets it. */
export interface IngressSocket {
  /** The bytes that arrive. */
  readonly readable: ReadableStream<Uint8Array>
  /** The bytes to send. */
  readonly writable: WritableStream<Uint8Array>
  /** Both ends, each `'host:port'`. */
  readonly opened: PromiseLike<{ remoteAddress?: string | undefined; localAddress?: string | undefined }>
  /** When it is gone. It says less than it should, so nothing here waits for it. */
  readonly closed: PromiseLike<unknown>
  /** Lets go of it. */
  close(): PromiseLike<unknown>
}

/** A socket that a Worker has connected. */
export interface WorkerdSocket extends IngressSocket {
  startTls(options?: { expectedServerHostname?: string }): WorkerdSocket
}

/**
 * Makes a conversation of a TCP connection that workerd hands to a Worker: `listen` has no meaning there. Return its
 * `closed` from the handler, as the connection lives until what the handler returns is settled.
 *
 * Throws a TypeError or a RangeError for wrong options, unknown ones included, and for anything but such a socket.
 *
 * @example
 * ```ts
 * import { fromIngress, type IngressSocket } from 'framewright/socket'
 *
 * const worker = {
 *   // an echo
 *   async connect(ingress: IngressSocket): Promise<void> {
 *     const socket = fromIngress(ingress)
 *     await socket.readable.pipeTo(socket.writable)
 *     await socket.closed
 *   },
 * }
 * // export default worker
 * ```
 */
export function fromIngress(socket: IngressSocket, options: DuplexOptions = {}): Socket {
  if (typeof Object(Object(socket).opened).then !== 'function' || typeof socket.readable?.getReader !== 'function') {
    throw new TypeError('socket must be what the handler connect(socket) of a Worker gets')
  }
  return new DuplexSocket(transportOf(socket), checkDuplexOptions(options))
}

/** The transport that a socket of workerd is. It has no RST: what is reset is closed. */
function transportOf(socket: IngressSocket): TlsTransport {
  socket.closed.then(undefined, () => {})
  return {
    readable: socket.readable,
    writable: socket.writable,
    opened: socket.opened.then(infoOf),
    close: () => socket.close(),
  }
}

/** The same for one that was connected, which may go on over TLS. */
export function connectedTransport(
  socket: WorkerdSocket,
  secureTransport: SecureTransport,
  checkTls: (options: StartTlsOptions) => { expectedServerHostname?: string },
): TlsTransport {
  const startTls = (options: StartTlsOptions): TlsTransport =>
    connectedTransport(socket.startTls(checkTls(options)), 'on', checkTls)
  return {
    ...transportOf(socket),
    secureTransport,
    startTls: secureTransport === 'starttls' ? startTls : undefined,
  }
}

function infoOf(info: { remoteAddress?: string | undefined; localAddress?: string | undefined }): Partial<SocketInfo> {
  const [remoteAddress, remotePort] = split(info?.remoteAddress)
  const [localAddress, localPort] = split(info?.localAddress)
  return { remoteAddress, remotePort, localAddress, localPort }
}

function split(address = ''): [string, number] {
  const [, host = address, port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? []
  return [host, Number(port)]
}
