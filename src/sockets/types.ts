// What a conversation over TCP or a unix-domain socket is to its user, whatever runtime carries it.

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
  /** Its path in the file system; on Linux a leading `'\0'` names an abstract socket. */
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
export interface ConnectOptions extends SocketOptions {
  /** Gives up connecting when it aborts. Once the connection is open it has no effect. Default: none. */
  signal?: AbortSignal | undefined
  /** Milliseconds that connecting may take, name lookup included. An integer, 1 or more. Default: the system's own. */
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
  /** Resolves when the connection is open; rejects with the SocketError that prevented it. */
  readonly opened: Promise<SocketInfo>
  /**
   * Resolves when both directions have ended cleanly (FIN, or given up by `cancel()` or `close()`) and the system has
   * released the connection; rejects with the first error of either. Always settles.
   */
  readonly closed: Promise<void>
  /** A fresh snapshot of both directions. */
  readonly stats: SocketStats
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
}
