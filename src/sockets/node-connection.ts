// What a socket of node:net can tell and do at the level of TCP, beyond its documented events. Each is tested for, as a
// unix-domain socket and other runtimes have less.

import type { Socket as NodeNetSocket } from 'node:net'
import type { SocketInfo } from './types.ts'

interface NodeInternals {
  _handle?: { getpeername?: (out: object) => number } | null
  _readableState?: { ended?: boolean }
}

/**
 * libuv before 1.52 (Node 20 and 22) reports a reset behind unread data as a clean end. Later ones tell them apart, even a
 * reset that comes after the peer's FIN, which `hasLostPeer` would take for a cut.
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

/** Whether the peer's end is in node's buffer, maybe behind data: 'end' tells only when that has been read. */
export function hasPeerEnded(socket: NodeNetSocket): boolean {
  return socket.readableEnded || (socket as NodeInternals)._readableState?.ended === true
}

/** Sends a RST and lets go of the socket; where there is no connection or no such thing as RST, only the latter. */
export function resetNodeSocket(socket: NodeNetSocket): void {
  if (socket.destroyed) return
  if (socket.pending) {
    // resetAndDestroy() would wait until the connection is open.
    socket.destroy()
  } else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) {
    // While its FIN is on the way to the kernel, for a turn of the event loop, a socket cannot be reset, and trying so
    // would leak it.
    socket.once('finish', () => resetNodeSocket(socket))
  } else {
    try {
      socket.resetAndDestroy()
    } catch {
      socket.destroy()
    }
  }
}

/** Both ends of an open connection; `names` says what the system does not: the path of a unix-domain socket. */
export function socketInfo(socket: NodeNetSocket, names: Partial<SocketInfo>): SocketInfo {
  return {
    remoteAddress: socket.remoteAddress ?? names.remoteAddress ?? '',
    remotePort: socket.remotePort ?? 0,
    localAddress: socket.localAddress ?? names.localAddress ?? '',
    localPort: socket.localPort ?? 0,
  }
}
