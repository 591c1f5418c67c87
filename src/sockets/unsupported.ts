// 'framewright/socket' where there are no sockets of the system: browsers, and runtimes that nobody here knows. It can be
// imported; what works over any streams works.

import { unsupported } from './unsupported-error.ts'

export { duplexPair } from './duplex-pair.ts'
export { exchange } from './exchange.ts'
export { fromDuplex } from './from-duplex.ts'
export { fromIngress } from './from-ingress.ts'
export { SocketError } from './socket-error.ts'
export { splice } from './splice.ts'
export { StallError } from './stall-error.ts'

const instead =
  'this runtime has no sockets of the system. Take fromDuplex({ readable, writable }) with the streams that it has ' +
  '(WebTransport, Direct Sockets, a WebSocket). In Node, Deno, Bun and workerd the package resolves to an entry that ' +
  "has them, unless a bundler was told to build for browsers (its conditions must have 'node', 'deno', 'bun' or 'workerd')"

/** Throws: there are no sockets here. */
export function connect(): never {
  throw unsupported('connect', instead)
}

/** Throws: there are no sockets here. */
export function listen(): never {
  throw unsupported('listen', instead)
}

/** Throws: there are no sockets here. */
export function fromNodeSocket(): never {
  throw unsupported('fromNodeSocket', instead)
}

/** Nothing is known of any kernel here. */
export async function kernelQueues(): Promise<undefined> {
  return undefined
}
