// The error of a connection that stands still because a buffer is full and nobody empties it.

import { SocketError } from './socket-error.ts'

/** One direction of a connection that stands still. */
export interface StalledFlow {
  /** Bytes in user space. Incoming: arrived and not read. Outgoing: written and not taken by the kernel. */
  readonly waiting: number
  /** Since when it is full and nothing moves, on the clock of `performance.now()`; undefined: it is not full. */
  readonly since: number | undefined
}

/** What a StallError is made from. */
export interface StallErrorInit {
  /** From the peer. */
  readonly incoming: StalledFlow
  /** To the peer. */
  readonly outgoing: StalledFlow
  /** How long the one that is full for longer has been so, in ms. */
  readonly duration: number
}

/**
 * `stallTimeout` has expired: a direction was full for that long, and nothing moved in it. Its code is `ERR_STALLED`, its
 * phase `'read'` if only the incoming direction is full and `'write'` otherwise. The connection was reset.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen, StallError } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort } = await listener.opened
 * const socket = connect({ hostname: '127.0.0.1', port: localPort }, { stallTimeout: 200 })
 * const peer = await listener.accept() // never reads
 *
 * const error = await socket.writable.getWriter().write(new Uint8Array(64 * 2 ** 20)).catch((error: unknown) => error)
 * assert.ok(error instanceof StallError)
 * assert.equal(error.full, 'outgoing')
 * assert.equal(error.notReading, 'peer')
 *
 * peer.reset()
 * await listener.close()
 * ```
 */
export class StallError extends SocketError {
  /** `'StallError'`. */
  override readonly name: string = 'StallError'
  /** From the peer: bytes that arrived and were not read. */
  readonly incoming: StalledFlow
  /** To the peer: bytes that were written and that the kernel does not take, as the peer's buffers and its own are full. */
  readonly outgoing: StalledFlow
  /** What is full. `'both'` is the deadlock: both sides write and neither reads. */
  readonly full: 'incoming' | 'outgoing' | 'both'
  /** Who does not read: the peer (or the network is gone) if the outgoing direction is full, us if the incoming one is. */
  readonly notReading: 'peer' | 'us' | 'both'

  /** Says in its message what is full, for how long, and how many bytes wait. */
  constructor(init: StallErrorInit) {
    const { incoming, outgoing } = init
    const full = outgoing.since === undefined ? 'incoming' : incoming.since === undefined ? 'outgoing' : 'both'
    const notReading = ({ incoming: 'us', outgoing: 'peer', both: 'both' } as const)[full]
    const who = { us: 'nobody here has read', peer: 'the peer has not read', both: 'neither side has read' }[notReading]
    const toSend = `${outgoing.waiting} bytes wait to be sent`
    const toRead = `${incoming.waiting} bytes that arrived wait to be read`
    const waiting = full === 'both' ? `${toSend} and ${toRead}` : full === 'outgoing' ? toSend : toRead
    const message = `the connection stands still: ${who} for ${Math.round(init.duration)} ms; ${waiting}`
    super(message, { code: 'ERR_STALLED', phase: full === 'incoming' ? 'read' : 'write' })
    this.incoming = incoming
    this.outgoing = outgoing
    this.full = full
    this.notReading = notReading
  }
}
