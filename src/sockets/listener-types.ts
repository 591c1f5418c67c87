// What a listener is to its user, whatever runtime accepts its connections.

import type { ListenTlsOptions } from './tls-options.ts'
import type { CloseOptions, PathAddress, Socket } from './types.ts'

/**
 * Where to listen, the first argument of `listen`.
 *
 * @example
 * ```ts
 * import type { ListenerOptions } from 'framewright/socket'
 *
 * const options: ListenerOptions[] = [{ port: 7000, hostname: 'localhost', backlog: 16 }, { path: '/tmp/x' }]
 * ```
 */
export type ListenerOptions = ListenerLimits & ListenTlsOptions & (ListenerPort | ListenerPath)

/** A TCP port to listen on. */
export interface ListenerPort {
  /** 0 to 65535; 0 takes a free one. */
  port: number
  /** A host name or an IP address of this machine. Default: all addresses. */
  hostname?: string | undefined
  /**
   * Whether other listeners, of this process or of others of the same user, may listen on the port too, each of which has set
   * this (SO_REUSEPORT): the kernel spreads the connections over them. Where the runtime or the system cannot do it (Node
   * before 22.12 and 23.1, all but Linux and the BSDs), `opened` rejects with ENOTSUP. Default: `false`.
   */
  reusePort?: boolean | undefined
}

/** A unix-domain socket to listen on. Its file is removed when the listener closes. */
export interface ListenerPath extends PathAddress {
  /**
   * Whether the file that a crashed program has left at that path is removed first. Only a file of type socket on which nobody
   * answers a connection is; anything else stays, and `opened` rejects with EADDRINUSE. Default: `false`.
   */
  unlinkStale?: boolean | undefined
}

/**
 * What becomes of a connection for which a listener has no room.
 *
 * - `'reset'`: it is reset (RST), so that its client knows at once that it was not served.
 * - `'close'`: it is ended (FIN), without a byte, and what it sends is discarded.
 * - `'hold'`: it stays connected, and unread, until there is room. As many as `backlog` are held; what comes beyond is
 *   reset, since node takes connections from the kernel whether there is room or not.
 */
export type WhenFull = 'reset' | 'close' | 'hold'

/** How many connections a listener takes. */
export interface ListenerLimits {
  /**
   * Connections that may wait to be accepted; for what comes beyond see `whenFull`. The runtime takes them from the kernel as they
   * come, so it is the listener that keeps them, unread; the kernel's own queue only catches bursts, up to this number or
   * 511, whichever is more. An integer, 1 or more. Default: 511.
   */
  backlog?: number | undefined
  /**
   * Connections that may live at a time, those that wait included; for what comes beyond see `whenFull`. A connection lives
   * until the system has released it. An integer, 1 or more. Default: no limit.
   */
  maxConnections?: number | undefined
  /** What becomes of a connection beyond `backlog` or `maxConnections`. Default: `'reset'`. */
  whenFull?: WhenFull | undefined
}

/** What a listener knows once it listens. */
export interface ListenerInfo {
  /** The conversations as they come. Cancelling it closes the listener. */
  readonly readable: ReadableStream<Socket>
  /** The address it listens on: an IP address, or a path. */
  readonly localAddress: string
  /** The port it listens on, also if 0 was asked for; 0 for a path. */
  readonly localPort: number
}

/**
 * Accepts conversations. `accept()`, `for await` over the listener and the readable of `opened` take from one queue:
 * each conversation is handed out once. A peer may have gone while it waited: its conversation is handed out all the
 * same, gives the bytes that arrived, then its end or its error.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort } = await listener.opened
 * const client = connect({ hostname: '127.0.0.1', port: localPort })
 * const greeting = new Response(client.readable).text()
 *
 * for await (const socket of listener) {
 *   await socket.writable.getWriter().write(new TextEncoder().encode('welcome'))
 *   await Promise.all([socket.close(), listener.close()]) // ends the loop
 * }
 * assert.equal(await greeting, 'welcome')
 * ```
 */
export interface Listener extends AsyncDisposable, AsyncIterable<Socket, undefined> {
  /** Resolves when it listens; rejects with the SocketError that prevented it (EADDRINUSE, EACCES ...). */
  readonly opened: Promise<ListenerInfo>
  /** Resolves when it has closed and every conversation it gave is over; rejects if it could not listen. */
  readonly closed: Promise<void>
  /** The next conversation. Rejects with a SocketError if the listener is closed or could not listen. */
  accept(): Promise<Socket>
  /**
   * Stops listening, resets connections that were not handed out, waits until the conversations that were are over and
   * resets those that are still there at the deadline.
   */
  close(options?: CloseOptions): Promise<void>
}
