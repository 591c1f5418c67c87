// What carries a conversation where it is not a socket of node:net.

import type { SocketError } from './socket-error.ts'
import type { SecureTransport, StartTlsOptions } from './tls-options.ts'
import type { SocketInfo, SocketOptions } from './types.ts'

/**
 * What `fromDuplex` makes a conversation of: two streams, and what is known about them.
 *
 * @example
 * ```ts
 * import type { Transport } from 'framewright/socket'
 *
 * const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
 * const echo: Transport = { readable, writable, info: { remoteAddress: 'echo' } }
 * ```
 */
export interface Transport {
  /** The bytes that come in: a stream of ArrayBuffers or views, or a byte stream. Its end is the peer's. */
  readonly readable: ReadableStream<ArrayBufferView | ArrayBufferLike>
  /**
   * Takes the bytes that go out. Its `close()` is our end, its `abort()` a reset as far as it knows one. A write is over
   * when its own is.
   */
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>
  /**
   * When the streams may be used; until then nothing is written or read. What it resolves with may say more for
   * `socket.opened`, under the names of SocketInfo. Default: they may be used.
   */
  readonly opened?: PromiseLike<Partial<SocketInfo> | undefined | void> | undefined
  /**
   * Resolves when the transport is gone, rejects when it fails. A failure fails the conversation. When both directions have
   * ended, `socket.closed` waits for it, for 10 s at most. Default: there is nothing to wait for.
   */
  readonly closed?: PromiseLike<unknown> | undefined
  /** Called once when both directions have ended, to let go of the transport; `socket.closed` waits for it, for 10 s at most. */
  readonly close?: (() => unknown) | undefined
  /**
   * Called once when the conversation fails, to reset the transport so that the peer cannot take what it has for the whole.
   * Both streams are aborted as well. Default: `close`.
   */
  readonly reset?: ((reason: SocketError) => unknown) | undefined
  /** What is known of both ends. */
  readonly info?: Partial<SocketInfo> | undefined
}

/**
 * The options of a conversation that is not over a socket of the system: there is no TCP to have `noDelay` and `keepAlive`.
 *
 * @example
 * ```ts
 * import type { DuplexOptions } from 'framewright/socket'
 *
 * const options: DuplexOptions = { allowHalfOpen: false, highWaterMark: 16_384 }
 * ```
 */
export type DuplexOptions = Omit<SocketOptions, 'noDelay' | 'keepAlive'>

/** A transport of an adapter that knows TLS. */
export interface TlsTransport extends Transport {
  readonly secureTransport?: SecureTransport | undefined
  /** The transport that takes over. Called once, with nothing under way and the streams unlocked. */
  readonly startTls?: ((options: StartTlsOptions) => TlsTransport) | undefined
}
