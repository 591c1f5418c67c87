// Connections for which a listener has no room. node accepts on its own and cannot be told to stop, so they are there, and
// something has to become of them; whatever it is, they are bounded too.

import type { Socket as NodeNetSocket } from 'node:net'
import type { WhenFull } from './listener-types.ts'
import { resetNodeSocket } from './node-connection.ts'

/** How long a connection that was sent a FIN at once may take to end its own side, in ms. */
const farewell = 2_000

/** Resets, ends or keeps what a full listener is given. */
export class Overflow {
  readonly #whenFull: WhenFull
  readonly #limit: number
  readonly #sockets = new Set<NodeNetSocket>()

  /** `limit`: how many connections are kept; what comes beyond is reset, or dropped when the others are closed. */
  constructor(whenFull: WhenFull, limit: number) {
    this.#whenFull = whenFull
    this.#limit = limit
  }

  /** Takes a paused connection. */
  add(socket: NodeNetSocket): void {
    const isFull = this.#sockets.size >= this.#limit
    if (this.#whenFull === 'close' && isFull) socket.destroy()
    else if (this.#whenFull === 'reset' || isFull) resetNodeSocket(socket)
    else {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      if (this.#whenFull === 'close') endNow(socket)
    }
  }

  /** The one that has been held for longest. */
  get first(): NodeNetSocket | undefined {
    if (this.#whenFull !== 'hold') return undefined
    const [first] = this.#sockets
    return first
  }

  /** There is room for it now. */
  release(socket: NodeNetSocket): void {
    this.#sockets.delete(socket)
  }

  /** Lets go of all. */
  close(): void {
    for (const socket of this.#sockets) {
      if (this.#whenFull === 'close') socket.destroy()
      else resetNodeSocket(socket)
    }
  }
}

/** Sends a FIN, and lets it be one: a connection that is dropped with bytes unread is reset instead. */
function endNow(socket: NodeNetSocket): void {
  const timer = setTimeout(() => socket.destroy(), farewell).unref()
  socket.on('close', () => clearTimeout(timer))
  socket.end()
  socket.resume()
}
