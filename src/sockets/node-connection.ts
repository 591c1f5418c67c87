// What a socket of node:net can tell and do at the level of TCP, beyond its documented events. Each is tested for, as a
// unix-domain socket and other runtimes have less.

import { readSync } from 'node:fs'
import type { Socket as NodeNetSocket } from 'node:net'
import type { SocketInfo } from './types.ts'

interface NodeInternals {
  _handle?: { fd?: number; getpeername?: (out: object) => number; writeQueueSize?: number } | null
  _readableState?: { ended?: boolean }
}

/**
 * libuv before 1.52 (Node 20 and 22) reports a reset behind unread data as a clean end. Later ones tell them apart.
 */
export const endMayBeReset: boolean = Number(/^1\.(\d+)\./.exec(process.versions['uv'] ?? '')?.[1]) < 52

/**
 * Whether the kernel has no peer for this socket any more: it was reset, unless both sides have sent their FIN. It is a
 * private function of node that asks now; `remoteAddress` may answer from memory.
 */
export function hasLostPeer(socket: NodeNetSocket): boolean {
  const handle = (socket as NodeInternals)._handle
  return !socket.connecting && typeof handle?.getpeername === 'function' && handle.getpeername({}) < 0
}

/**
 * Whether an end that node has just reported is a reset. One more read tells: it finds the end again after a FIN, whatever came
 * later, and the error after a reset. Where there is no descriptor to read, or TLS lies between, the lost peer has to tell, and
 * cannot once our own FIN is sent.
 */
export function endIsReset(socket: NodeNetSocket): boolean {
  const fd = (socket as NodeInternals)._handle?.fd ?? -1
  if (fd < 0 || 'encrypted' in socket) return !socket.writableEnded && hasLostPeer(socket)
  try {
    return readSync(fd, new Uint8Array(1)) > 0 // bytes behind the end: it is none
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNRESET'
  }
}

/** Bytes of a write under way that the kernel has not taken: of a large one, it takes a piece at a time. Else, or unknown: 0. */
export function unsentBytes(socket: NodeNetSocket): number {
  return (socket as NodeInternals)._handle?.writeQueueSize ?? 0
}

/** Whether the peer's end is in node's buffer, maybe behind data: 'end' tells only when that has been read. */
export function hasPeerEnded(socket: NodeNetSocket): boolean {
  return socket.readableEnded || (socket as NodeInternals)._readableState?.ended === true
}

/**
 * Sends a RST and lets go of the socket; where there is no connection or no such thing as RST, only the latter.
 * `transport`: the raw socket below one of TLS, which itself cannot be reset.
 */
export function resetNodeSocket(socket: NodeNetSocket, transport: NodeNetSocket = socket): void {
  if (socket.destroyed) return
  if (socket.pending) {
    // resetAndDestroy() would wait until the connection is open.
    socket.destroy()
  } else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) {
    // While its FIN is on the way to the kernel, for a turn of the event loop, a socket cannot be reset, and trying so
    // would leak it.
    socket.once('finish', () => resetNodeSocket(socket, transport))
    // The close_notify before a FIN waits, like all bytes, for a peer that does not read.
    if (transport !== socket) setTimeout(() => socket.destroy(), tlsFarewell)
  } else {
    try {
      // Some runtimes close the raw socket before the one of TLS, which may be in the midst of a callback.
      if (transport !== socket && transport.destroyed) setImmediate(() => socket.destroy())
      else transport.resetAndDestroy()
    } catch {
      socket.destroy()
    }
  }
}

/** Milliseconds that the end of a TLS connection may take to get on its way before the connection is dropped. */
const tlsFarewell = 100

/** Both ends of an open connection; `names` says what the system does not: the path of a unix-domain socket. */
export function socketInfo(socket: NodeNetSocket, names: Partial<SocketInfo>): SocketInfo {
  return {
    remoteAddress: socket.remoteAddress ?? names.remoteAddress ?? '',
    remotePort: socket.remotePort ?? 0,
    localAddress: socket.localAddress ?? names.localAddress ?? '',
    localPort: socket.localPort ?? 0,
    alpn: names.alpn,
  }
}
