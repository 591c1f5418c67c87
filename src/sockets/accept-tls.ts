// What a listener does with TLS: handshakes of several clients side by side, so that a slow one keeps nobody waiting, and
// only what is secure is put into the queue of those to be handed out.
//
//   accepted ─► handshake (≤ backlog at a time, ≤ 10 s) ─┬─► AcceptQueue ─► accept()
//                                                       └─► failed: reset, and nobody hears of it

import type { Socket as NodeNetSocket } from 'node:net'
import type { AcceptQueue } from './accept-queue.ts'
import type { CheckedSocketOptions } from './check-options.ts'
import { resetNodeSocket } from './node-connection.ts'
import { noSecurity, type NodeSecurity } from './node-security.ts'
import { NodeSocket } from './node-socket.ts'
import type { SecureConnection } from './secure-connection.ts'
import { SocketError } from './socket-error.ts'
import { startTlsSecurity } from './start-tls.ts'
import { type Handshake, serverHandshake } from './tls-handshake.ts'
import { checkSecureTransport, checkServerTls, type ListenTlsOptions } from './tls-options.ts'
import type { SocketInfo } from './types.ts'

/** Makes conversations of accepted connections. */
export class AcceptTls {
  readonly #security: (names: Partial<SocketInfo>) => NodeSecurity
  readonly #options: CheckedSocketOptions
  readonly #limit: number
  readonly #handshake: Handshake | undefined
  readonly #underWay = new Map<NodeNetSocket, (() => void) | undefined>()
  readonly #secured = new WeakMap<NodeNetSocket, SecureConnection>()

  /** Throws a TypeError or a RangeError for wrong options. `limit`: handshakes at a time. */
  constructor(tls: ListenTlsOptions, options: CheckedSocketOptions, limit: number) {
    this.#options = options
    this.#limit = limit
    const { secureTransport: _, ...defaults } = tls
    const secureTransport = checkSecureTransport(tls)
    if (secureTransport === 'on') this.#handshake = serverHandshake(checkServerTls(defaults))
    let usual: Handshake | undefined
    const prepare = (more: object): Handshake => {
      const isUsual = Object.keys(more).length === 0
      const handshake = (isUsual && usual) || serverHandshake(checkServerTls({ ...defaults, ...more }))
      if (isUsual) usual = handshake
      return handshake
    }
    // What there is of the defaults is checked now and not when the first client asks.
    if (secureTransport === 'starttls' && (defaults.cert || defaults.key)) prepare({})
    this.#security = (names) => {
      if (secureTransport === 'off') return noSecurity
      return secureTransport === 'on' ? { secureTransport } : startTlsSecurity(prepare, options, names)
    }
  }

  /** Puts a connection into the queue, with TLS after its handshake; false: there is no room. */
  offer(raw: NodeNetSocket, queue: AcceptQueue<NodeNetSocket>): boolean {
    if (!this.#handshake) return queue.offer(raw)
    if (this.#underWay.size >= this.#limit) return false
    this.#underWay.set(raw, undefined)
    const giveUp = this.#handshake(raw, this.#options.highWaterMark, (result) => {
      this.#underWay.delete(raw)
      if (result instanceof SocketError) return // the connection is gone; its client knows
      this.#secured.set(raw, result)
      if (!queue.offer(raw)) resetNodeSocket(result.socket, raw)
    })
    if (this.#underWay.has(raw)) this.#underWay.set(raw, giveUp)
    return true
  }

  /** The conversation over a connection from the queue. */
  conversation(raw: NodeNetSocket, names: Partial<SocketInfo>): NodeSocket {
    const connection = this.#secured.get(raw)
    const security = this.#security(names)
    if (!connection) return new NodeSocket(raw, this.#options, names, security)
    return new NodeSocket(connection.socket, this.#options, names, { ...security, connection })
  }

  /** Gives up the handshakes under way. */
  close(): void {
    for (const giveUp of this.#underWay.values()) giveUp?.()
  }
}
