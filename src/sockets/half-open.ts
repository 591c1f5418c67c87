// Sockets whose halves somebody keeps apart, whatever their `allowHalfOpen` says: a splice passes ends on itself, each way.

import type { Socket } from './types.ts'

const halfOpen = new WeakSet<Socket>()

/** From now on the end of the peer does not end this side. */
export function keepHalfOpen(socket: Socket): void {
  halfOpen.add(socket)
}

/** Whether that was asked for. */
export function isHalfOpen(socket: Socket): boolean {
  return halfOpen.has(socket)
}
