// What a listener is to its user, whatever runtime accepts its connections.

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
export type ListenerOptions = ListenerLimits & ({ port: number; hostname?: string | undefined } | PathAddress)

/** How many connections a listener takes. */
export interface ListenerLimits {
  /**
   * Connections that may wait to be accepted; what comes beyond is reset. The runtime takes them from the kernel as they
   * come, so it is the listener that keeps them, unread; the kernel's own queue only catches bursts, up to this number or
   * 511, whichever is more. An integer, 1 or more. Default: 511.
   */
  backlog?: number | undefined
  /**
   * Connections that may live at a time, those that wait included; what comes beyond is reset. An integer, 1 or more.
   * Default: no limit.
   */
  maxConnections?: number | undefined
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
