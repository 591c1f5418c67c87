// A connection whose TLS handshake is done: the socket that gives plain bytes, and the one below it.
//
//   plain bytes ◄─► TLSSocket ◄─► records ◄─► raw socket ◄─► kernel
//
// A peer that is done says so inside TLS (close_notify), then the kernel says it again (FIN). A FIN alone can come from
// anybody on the way: what was sent may be cut off. node reports both alike.

import type { Socket as NodeNetSocket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { hasPeerEnded } from './node-connection.ts'

interface Handles {
  _handle?: { reading?: boolean; readStart?: () => unknown } | null
}

/** Both sockets of a secured connection, and how the peer has ended it. */
export class SecureConnection {
  /** Reads and writes plain bytes. */
  readonly socket: TLSSocket
  /** Carries the records. It is the one that can be reset. */
  readonly transport: NodeNetSocket
  /** The protocol that both sides agreed on. */
  readonly alpn: string | undefined
  /** Whether this runtime can tell how the peer has ended. */
  readonly canTell: boolean
  #endIsCut: boolean | undefined

  /** Takes over a TLSSocket at the moment at which it is secure. */
  constructor(socket: TLSSocket, transport: NodeNetSocket) {
    this.socket = socket
    this.transport = transport
    this.alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined
    this.canTell = this.#isReading() === true
    // It is emitted while the end arrives, be it behind unread data: later it could not be told any more.
    socket.on('readable', () => this.#look())
  }

  /** Whether the peer has ended without a close_notify; false also where the runtime cannot tell. */
  get endIsCut(): boolean {
    this.#look()
    return this.#endIsCut === true
  }

  #look(): void {
    if (this.#endIsCut !== undefined || !hasPeerEnded(this.socket)) return
    this.#endIsCut = this.canTell && this.#isReading() === false
  }

  /**
   * Whether the kernel is still asked for records: after a FIN it is not, after a close_notify it is. A socket whose
   * reader is slow is not asked either, but then nothing that arrives is a FIN. undefined: no such handle here.
   */
  #isReading(): boolean | undefined {
    const own = (this.socket as Handles)._handle
    const below = (this.transport as Handles)._handle
    if (typeof own?.reading !== 'boolean' || typeof below?.readStart !== 'function') return undefined
    if (!own.reading) return true
    // node's handle refuses to start again what goes on (EALREADY); others do not, and so are found out when it is tried.
    return below.readStart() !== 0
  }
}
