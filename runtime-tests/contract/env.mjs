// What a row is given, and what is cleared away behind it.
import { check, sleep } from './measure.mjs'

/** @typedef {import('./peer.mjs').Peer} Peer @typedef {import('./peer.mjs').PeerConnection} PeerConnection */

/**
 * What a runtime provides beside the sockets: `can` names what it has, `gc` collects garbage where that can be asked for,
 * `live` says how many bytes the objects take.
 *
 * @typedef {{
 *   runtime: string, can: Set<string>, gc?: () => void, live?: () => number, temporaryPath?: (name: string) => string,
 *   child?: (name: string, files: number) => Promise<{ port: number, end: () => void, isAlive: () => boolean }>
 * }} Platform
 */

export class Env {
  /** @type {(() => unknown)[]} */
  #after = []

  /** @param {Platform} platform @param {Peer} peer @param {any} sockets what 'framewright/socket' exports */
  constructor(platform, peer, sockets) {
    this.platform = platform
    this.peer = peer
    this.sockets = sockets
  }

  /** When the row is over. */
  after(action) {
    this.#after.push(action)
  }

  connect(address, options) {
    const socket = this.sockets.connect(address, options)
    this.after(() => socket.reset())
    return socket
  }

  /** A listener that is open. */
  async listen(options = { port: 0, hostname: '127.0.0.1' }) {
    const listener = this.sockets.listen(options)
    this.after(() => listener.close({ deadline: 0 }))
    return { listener, port: (await listener.opened).localPort }
  }

  /** A connection that we have opened, and the peer's end of it. @returns {Promise<{ socket: any, conn: PeerConnection }>} */
  async connected(options = {}) {
    const { port, accept } = await this.peer.listen()
    const socket = this.connect({ hostname: '127.0.0.1', port }, options)
    const conn = await accept()
    await socket.opened
    return { socket, conn }
  }

  /** A connection that the peer has opened. */
  async accepted(listenOptions = {}) {
    const { listener, port } = await this.listen({ port: 0, hostname: '127.0.0.1', ...listenOptions })
    const conn = await this.peer.connect({ port })
    const socket = await listener.accept()
    this.after(() => socket.reset())
    return { socket, conn }
  }

  /** After garbage was collected: resident memory and what the objects of JavaScript take of it, in bytes, and open files. */
  async process() {
    for (let i = 0; i < 3; i++) {
      this.platform.gc?.()
      await sleep(50)
    }
    const { rss, files } = await this.peer.ask('process')
    check(rss !== null, 'the system does not say how much memory a process has')
    return { rss, files, live: this.platform.live?.() }
  }

  /** By how much resident memory grows while something is done. The first time it is done does not count. */
  async growth(action) {
    await action()
    const before = await this.process()
    await action()
    const { rss } = await this.peer.ask('process')
    return rss - before.rss
  }

  async clear() {
    for (const action of this.#after.splice(0).reverse()) {
      try {
        void Promise.resolve(action()).catch(() => {})
      } catch {
        // It was over already.
      }
    }
    await this.peer.ask('forget')
  }
}
