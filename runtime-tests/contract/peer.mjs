// Tells peer.py what to do. How its control connection is made is the runtime's own business: what is tested must not
// carry the test.

/**
 * The control connection: how a line is sent, and the lines that come.
 *
 * @typedef {{ send: (line: string) => void, lines: AsyncIterable<string>, close: () => void }} Control
 */

/** The process of peer.py. */
export class Peer {
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #asked = new Map()
  #last = 0
  #control

  /** @param {Control} control */
  constructor(control) {
    this.#control = control
    void this.#listen()
  }

  async #listen() {
    let end = new Error('The control connection of the peer has ended')
    try {
      for await (const line of this.#control.lines) {
        const { id, failed, ...answer } = JSON.parse(line)
        const asked = this.#asked.get(id)
        this.#asked.delete(id)
        if (failed) asked?.reject(new Error(`The peer could not ${failed}`))
        else asked?.resolve(answer)
      }
    } catch (error) {
      end = error
    }
    for (const { reject } of this.#asked.values()) reject(end)
  }

  /**
   * A command, and its answer: see the method of that name in peer.py.
   *
   * @param {string} name
   * @param {object} values
   * @returns {Promise<any>}
   */
  ask(name, values = {}) {
    const id = ++this.#last
    const answer = new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }))
    answer.catch(() => {}) // who asked may have lost interest
    this.#control.send(JSON.stringify({ id, do: name, ...values }))
    return answer
  }

  /** Listens on a port of its own, or on a path. */
  async listen(options = {}) {
    const { listener, port } = await this.ask('listen', options)
    return {
      port,
      accept: async () => new PeerConnection(this, (await this.ask('accept', { listener })).connection),
      echo: () => this.ask('echo', { listener }),
    }
  }

  /** Connects to a port or a path of ours; throws what went wrong. */
  async connect(where) {
    const { connection, error } = await this.ask('connect', where)
    if (error) throw new Error(`The peer could not connect: ${error}`)
    return new PeerConnection(this, connection)
  }

  /** Connects many times and keeps the connections. */
  async hold(port, count) {
    const { connections } = await this.ask('hold', { port, count })
    return connections.map((connection) => new PeerConnection(this, connection))
  }
}

/** The peer's end of a connection. */
export class PeerConnection {
  #peer
  #connection

  /** @param {Peer} peer @param {number} connection */
  constructor(peer, connection) {
    this.#peer = peer
    this.#connection = connection
  }

  #ask(name, values = {}) {
    return this.#peer.ask(name, { connection: this.#connection, ...values })
  }

  /** Sends a piece of the pattern. @returns {Promise<{ sent: number, error?: string }>} when its kernel has it */
  send(count) {
    return this.#ask('send', { count })
  }
  /** Sends these bytes, a latin-1 string, at once. */
  write(text) {
    return this.#ask('write', { text })
  }
  /** Sends the pattern byte by byte, so many ms apart. */
  trickle(count, pause) {
    return this.#ask('trickle', { count, pause })
  }
  /**
   * Reads to the end, or so many bytes, at most so many bytes a ms.
   *
   * @param {{ count?: number, rate?: number }} limits
   * @returns {Promise<{ received: number, intact: boolean, end: 'fin' | 'reset' | 'cut' | null }>}
   */
  read(limits = {}) {
    return this.#ask('read', limits)
  }
  /** Reads up to an LF. */
  line() {
    return this.#ask('line')
  }
  /** @returns {Promise<{ sent: number, received: number, intact: boolean }>} */
  counts() {
    return this.#ask('counts')
  }
  /** How many bytes our kernel has got of it. */
  async arrived() {
    return (await this.#ask('arrived')).arrived
  }
  /** How many bytes this program has taken from its kernel. */
  async taken() {
    return (await this.#ask('taken')).taken
  }
  /** What the kernels hold: on its way to the peer, and on its way to us, as our side would count it. */
  waiting() {
    return this.#ask('waiting')
  }
  fin() {
    return this.#ask('fin')
  }
  reset() {
    return this.#ask('reset')
  }
  close() {
    return this.#ask('close')
  }
  tls(options) {
    return this.#ask('tls', options)
  }
  notify() {
    return this.#ask('notify')
  }
}
