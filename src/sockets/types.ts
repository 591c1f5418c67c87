// What a conversation over TCP or a unix-domain socket is to its user, whatever runtime carries it.

import type { ConnectTlsOptions, SecureTransport, StartTlsOptions } from './tls-options.ts'

/**
 * Where to connect: `'host:port'` (an IPv6 host in brackets, `'[::1]:7000'`), the same in two parts, or the path of a
 * unix-domain socket.
 *
 * @example
 * ```ts
 * import type { SocketAddress } from 'framewright/socket'
 *
 * const addresses: SocketAddress[] = ['localhost:7000', '[::1]:7000', { hostname: '::1', port: 7000 }, { path: '/tmp/x' }]
 * ```
 */
export type SocketAddress = string | HostAddress | PathAddress

/** The two parts of `'host:port'`. */
export interface HostAddress {
  /** A host name or an IP address; an IPv6 address with or without brackets. */
  hostname: string
  /** 1 to 65535. */
  port: number
}

/** A unix-domain socket. */
export interface PathAddress {
  /**
   * Its path in the file system; on Linux a leading `'\0'` names an abstract socket. (Node 20 pads such a name with zeros, so
   * that only programs that do the same find each other.)
   */
  path: string
}

/**
 * What a conversation is made with: the second argument of `listen` and `fromNodeSocket`, and part of `connect`'s.
 *
 * @example
 * ```ts
 * import type { SocketOptions } from 'framewright/socket'
 *
 * const options: SocketOptions = { allowHalfOpen: false, highWaterMark: 16_384, keepAlive: { initialDelay: 30_000 } }
 * ```
 */
export interface SocketOptions {
  /**
   * What happens when a reader reaches the peer's end (FIN). `true`: the writable stays open until it is closed. `false`: what has
   * been written is flushed and our own FIN follows; later writes reject with EPIPE. Default: `true`.
   */
  allowHalfOpen?: boolean | undefined
  /**
   * Bytes that each direction may hold in user space: writes beyond it keep `writer.ready` waiting, and arrivals beyond
   * it stay in the kernel, which holds some MiB more of its own. An integer, 1 or more. Default: 65536.
   * A socket given to `fromNodeSocket` keeps the incoming limit it was created with.
   */
  highWaterMark?: number | undefined
  /**
   * Whether small writes leave at once (TCP_NODELAY) or may wait to be joined. Default: `true`. A socket given to
   * `fromNodeSocket` keeps its own setting unless this is set.
   */
  noDelay?: boolean | undefined
  /**
   * Whether the kernel probes an idle connection for a peer that is gone (SO_KEEPALIVE). Default: `false`; `true` takes
   * the system's idle time. A socket given to `fromNodeSocket` keeps its own setting unless this is set.
   */
  keepAlive?: boolean | KeepAlive | undefined
  /**
   * Milliseconds that a read may wait for bytes. Then the connection fails: it is reset, and both streams and `closed` error
   * with ETIMEDOUT in phase `'read'`. An integer, 1 or more. Default: no limit.
   *
   * All four limits count from when the connection is open (for an accepted one: handed out), are never too short and up
   * to an eighth too long, and do not count time in which this program itself stands still.
   */
  readTimeout?: number | undefined
  /**
   * Milliseconds that a write may wait without the kernel taking a byte of it. Then the connection fails with ETIMEDOUT in
   * phase `'write'`: the peer does not read, or is gone. Deno and Bun do not tell how far a write is, so that there a whole
   * chunk has to be gone in that time. An integer, 1 or more. Default: no limit.
   */
  writeTimeout?: number | undefined
  /**
   * Milliseconds in which no byte moves in either direction. Then the connection fails with ETIMEDOUT in phase `'close'`; one
   * that has sent all and is read no more is merely let go. An integer, 1 or more. Default: no limit.
   */
  idleTimeout?: number | undefined
  /**
   * Milliseconds that a direction may be full with nothing moving in it. Then the connection fails with a StallError that says
   * which, and who does not read. Outgoing: the kernel takes nothing of what was written, as with `writeTimeout`. Incoming:
   * `highWaterMark` bytes or more wait, so that nothing more is taken from the peer, and nobody reads one of them; fewer
   * bytes may wait for as long as they like. An integer, 1 or more. Default: no limit.
   */
  stallTimeout?: number | undefined
}

/** When keep-alive probes begin. */
export interface KeepAlive {
  /** Milliseconds of silence before the first probe; the system counts whole seconds. An integer, 1000 or more. */
  initialDelay: number
}

/**
 * The second argument of `connect`.
 *
 * @example
 * ```ts
 * import type { ConnectOptions } from 'framewright/socket'
 *
 * const options: ConnectOptions = { connectTimeout: 3_000, signal: AbortSignal.timeout(60_000) }
 * ```
 */
export interface ConnectOptions extends SocketOptions, ConnectTlsOptions {
  /** Gives up connecting when it aborts. Once the connection is open it has no effect. Default: none. */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds that connecting may take, name lookup and TLS handshake included. An integer, 1 or more. Default: the
   * system's own, and for the handshake 10000.
   */
  connectTimeout?: number | undefined
}

/** How long a graceful close may take. */
export interface CloseOptions {
  /** Milliseconds, 0 or more; `Infinity` waits for as long as it takes. Default: 10000. */
  deadline?: number | undefined
}

/**
 * Both ends of an open connection. On a unix-domain socket an address is its path (empty for an end without a name) and
 * a port is 0.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort } = await listener.opened
 * const socket = connect({ hostname: '127.0.0.1', port: localPort })
 * const info = await socket.opened
 * assert.equal(info.remoteAddress, '127.0.0.1')
 * assert.equal(info.remotePort, localPort)
 *
 * socket.reset()
 * await listener.close()
 * ```
 */
export interface SocketInfo {
  /** The peer's IP address, or path. */
  readonly remoteAddress: string
  /** The peer's port. */
  readonly remotePort: number
  /** Our IP address, or path. */
  readonly localAddress: string
  /** Our port. */
  readonly localPort: number
  /** The application protocol that both sides agreed on (ALPN); undefined: none, or no TLS. */
  readonly alpn: string | undefined
}

/** One direction of a connection in numbers. */
export interface FlowStats {
  /** Incoming: bytes the kernel has given us. Outgoing: bytes the kernel has taken. */
  readonly bytes: number
  /** Bytes in user space now. Incoming: arrived and not read. Outgoing: written and not yet taken by the kernel. */
  readonly waiting: number
  /**
   * When bytes last left that waiting room (for a reader, or for the kernel), on the clock of `performance.now()`;
   * before that, when the socket was made. Bytes waiting and an old time mean a stall: nobody reads, here or there.
   */
  readonly progressAt: number
}

/**
 * A snapshot of both directions.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort } = await listener.opened
 * const socket = connect({ hostname: '127.0.0.1', port: localPort })
 * await socket.writable.getWriter().write(new Uint8Array(1000))
 * assert.equal(socket.stats.outgoing.bytes, 1000)
 * assert.equal(socket.stats.outgoing.waiting, 0)
 *
 * socket.reset()
 * await listener.close()
 * ```
 */
export interface SocketStats {
  /** From the peer. */
  readonly incoming: FlowStats
  /** To the peer. */
  readonly outgoing: FlowStats
}

/**
 * A conversation: two independent directions. Each is a stream with byte-counted backpressure, each ends on its own.
 *
 * | call | what the connection does |
 * | --- | --- |
 * | `writer.close()` | sends FIN after what was written; reading goes on |
 * | `writer.abort()` | resets the connection at once (RST), even in the middle of a stuck write |
 * | `readable.cancel()` | reads no more; writing goes on. Up to 16 MiB that still arrive are discarded, then it is reset |
 * | `close()` | flushes, sends FIN, discards what still arrives until the peer ends, then lets go |
 * | `reset()` | resets at once, both directions |
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort } = await listener.opened
 * const server = listener.accept().then((peer) => peer.readable.pipeTo(peer.writable)) // an echo
 *
 * const socket = connect({ hostname: '127.0.0.1', port: localPort })
 * const writer = socket.writable.getWriter()
 * await writer.write(new TextEncoder().encode('hello'))
 * await writer.close()
 * assert.equal(await new Response(socket.readable).text(), 'hello')
 * await Promise.all([server, socket.closed, listener.close()])
 * ```
 */
export interface Socket extends AsyncDisposable {
  /**
   * The bytes that arrive. A byte stream (BYOB readers work, `{ min }` too) that takes nothing before it is asked. Bytes
   * that arrived before an error are delivered before the error. `cancel()` leaves writing alone.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  /**
   * The bytes to send: any ArrayBuffer or view of one. `desiredSize` counts bytes. `write()` settles when the kernel has
   * taken the bytes: until then do not change them, they are not copied. Writes before the connection is open wait for
   * it. A chunk of another kind rejects with a TypeError and, as the stream cannot be ended any more, resets the
   * connection: the peer shall not take what it has for the whole.
   */
  readonly writable: WritableStream<ArrayBufferView | ArrayBufferLike>
  /**
   * Resolves when the connection is open, with TLS after the handshake; rejects with the SocketError that prevented it.
   */
  readonly opened: Promise<SocketInfo>
  /**
   * Resolves when both directions have ended cleanly (FIN, or given up by `cancel()` or `close()`) and the system has
   * released the connection; rejects with the first error of either. Always settles.
   */
  readonly closed: Promise<void>
  /** A fresh snapshot of both directions. Over TLS the bytes are those inside it. */
  readonly stats: SocketStats
  /** What it was asked for; what `startTls()` returns says `'on'`. */
  readonly secureTransport: SecureTransport
  /** Whether `startTls()` was called: what it returned has taken over the connection. */
  readonly upgraded: boolean
  /**
   * Ends one direction or both, also while its stream is locked. `'read'`: the readable ends as after `cancel()`.
   * `'write'`: FIN after what has been written; a later write rejects with EPIPE, a later `close()` resolves.
   * Resolves when that is done, for `'write'` when the FIN is handed to the kernel.
   */
  shutdown(how: 'read' | 'write' | 'both'): Promise<void>
  /**
   * Closes without loss, also while the streams are locked: flushes what was written, sends FIN, discards what still
   * arrives until the peer ends as well. Rejects if the connection fails meanwhile, or with ETIMEDOUT (and a reset) if
   * the deadline comes before all is flushed. When all is flushed, the deadline or 16 MiB of discarded bytes merely end
   * the wait for the peer. Before the connection is open it gives up connecting. Called again it may shorten the
   * deadline; after the end it resolves.
   */
  close(options?: CloseOptions): Promise<void>
  /** Resets the connection at once (RST; where the transport has none, it is dropped). Both streams and `closed` error. */
  reset(): void
  /**
   * Goes on over TLS, once both sides have agreed to; for `secureTransport: 'starttls'` only, and once. A conversation that
   * was connected is the client of the handshake, one that was accepted the server.
   *
   * What was written is sent first, what has arrived and was not read goes to TLS: so read exactly the line that agrees
   * on it (with a BYOB reader), and release both streams. Returns at once the conversation that takes over: its `opened`
   * waits for the handshake. Of this one, the readable ends, the writable errors and `closed` resolves when it has handed
   * over; a `reset()` of it resets the other.
   *
   * Throws a SocketError in phase `'tls'` if it cannot be (`ERR_TLS_NOT_ALLOWED`: not `'starttls'`, upgraded before, at its
   * end; `ERR_STREAM_LOCKED`: a stream is; `ERR_TLS_UNREAD`: an abandoned read has left bytes, which somebody may have
   * sent to be taken for secure ones), and a TypeError or a RangeError for wrong options.
   */
  startTls(options?: StartTlsOptions): Socket
}
