// A Listener over a server of node:net: who waits, who was handed out, and how it ends.

import type { AddressInfo, Server, Socket as NodeNetSocket } from 'node:net'
import { AcceptQueue } from './accept-queue.ts'
import type { AcceptTls } from './accept-tls.ts'
import { checkDeadline } from './check-options.ts'
import { deferred } from './deferred.ts'
import { resetNodeSocket } from './node-connection.ts'
import type { Listener, ListenerInfo, WhenFull } from './listener-types.ts'
import { Overflow } from './overflow.ts'
import { SocketError, toSocketError } from './socket-error.ts'
import type { CloseOptions, Socket, SocketInfo } from './types.ts'

/** ListenerLimits with their defaults. */
export interface CheckedLimits {
  readonly backlog: number
  readonly maxConnections: number
  readonly whenFull: WhenFull
}

/** Accepts conversations from a server that is about to listen. */
export class NodeListener implements Listener {
  readonly #server: Server
  readonly #tls: AcceptTls
  readonly #maxConnections: number
  readonly #queue: AcceptQueue<NodeNetSocket>
  readonly #overflow: Overflow
  /** Every connection the system has for us; the conversation, once it is handed out. */
  readonly #live = new Map<NodeNetSocket, Socket | undefined>()
  readonly #opened = deferred<ListenerInfo>()
  readonly #closed = deferred<void>()
  readonly #readable: ReadableStream<Socket>
  #controller!: ReadableStreamDefaultController<Socket>
  #failure: SocketError | undefined
  #isOpen = false
  #isClosing = false
  #serverIsClosed = false
  /** What all its conversations are told of themselves. */
  #names: Partial<SocketInfo> = { localAddress: '' }
  #expiry = Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(server: Server, tls: AcceptTls, limits: CheckedLimits) {
    this.#server = server
    this.#tls = tls
    this.#maxConnections = limits.maxConnections
    this.#queue = new AcceptQueue(limits.backlog)
    this.#overflow = new Overflow(limits.whenFull, limits.backlog)
    this.#readable = new ReadableStream<Socket>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: async (controller) => {
          const socket = await this.#next()
          if (this.#isClosing) socket?.reset()
          else if (socket) controller.enqueue(socket)
        },
        cancel: () => void this.close(),
      },
      { highWaterMark: 0 },
    )
    server.on('connection', (socket) => this.#admit(socket))
    server.on('listening', () => this.#open())
    server.on('error', (error) => this.#fail(toSocketError(error, 'accept')))
    server.on('close', () => {
      this.#serverIsClosed = true
      this.#settle()
    })
  }

  get opened(): Promise<ListenerInfo> {
    return this.#opened.promise
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  async accept(): Promise<Socket> {
    const socket = await this.#next()
    if (socket) return socket
    throw this.#failure ?? listenerClosed()
  }

  close(options: CloseOptions = {}): Promise<void> {
    const deadline = checkDeadline(options)
    if (this.#failure) return Promise.resolve()
    if (!this.#isClosing) this.#stop()
    this.#expireIn(deadline)
    return this.#closed.promise
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Socket, undefined> {
    for (let socket: Socket | undefined; (socket = await this.#next());) yield socket
    if (this.#failure) throw this.#failure
    return undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Listens as soon as something is done that must come first; if it fails, never. */
  async listenAfter(preparation: Promise<void>, listen: () => void): Promise<void> {
    try {
      await preparation
    } catch (error) {
      if (!this.#isClosing) return this.#fail(toSocketError(error, 'accept'))
    }
    if (!this.#isClosing) return listen()
    this.#serverIsClosed = true
    this.#settle()
  }

  #open(): void {
    if (this.#isClosing) return void this.#server.close()
    this.#isOpen = true
    const address = this.#server.address()
    const [localAddress, localPort] = isAddressInfo(address) ? [address.address, address.port] : [address ?? '', 0]
    if (localPort === 0) this.#names = { localAddress }
    this.#opened.resolve({ readable: this.#readable, localAddress, localPort })
  }

  #admit(nodeSocket: NodeNetSocket): void {
    // It may fail while it waits, even unread. Whoever gets it will be told.
    nodeSocket.on('error', ignore)
    if (this.#isClosing) resetNodeSocket(nodeSocket)
    else if (this.#overflow.first || !this.#enqueue(nodeSocket)) this.#overflow.add(nodeSocket)
  }

  /** Keeps a connection for whoever asks for one; false: there is no room. */
  #enqueue(nodeSocket: NodeNetSocket): boolean {
    if (this.#live.size >= this.#maxConnections || !this.#tls.offer(nodeSocket, this.#queue)) return false
    this.#live.set(nodeSocket, undefined)
    nodeSocket.on('close', () => {
      this.#live.delete(nodeSocket)
      this.#fill()
      this.#settle()
    })
    return true
  }

  /** There may be room for those that are held. */
  #fill(): void {
    for (let held: NodeNetSocket | undefined; (held = this.#overflow.first) && this.#enqueue(held);) {
      this.#overflow.release(held)
    }
  }

  async #next(): Promise<Socket | undefined> {
    const taken = this.#queue.take()
    this.#fill()
    const nodeSocket = await taken
    if (!nodeSocket) return undefined
    const socket = this.#tls.conversation(nodeSocket, this.#names)
    if (this.#live.has(nodeSocket)) this.#live.set(nodeSocket, socket)
    return socket
  }

  #stop(): void {
    this.#isClosing = true
    this.#opened.reject(listenerClosed())
    for (const nodeSocket of this.#queue.close()) resetNodeSocket(nodeSocket)
    this.#tls.close()
    this.#overflow.close()
    try {
      this.#controller.close()
    } catch {
      // It was cancelled.
    }
    // A server that has not begun to listen would begin after all: it is closed as soon as it does.
    if (this.#isOpen) this.#server.close()
  }

  #fail(error: SocketError): void {
    if (this.#isOpen) return // one connection could not be accepted; the next one may
    this.#failure = error
    this.#opened.reject(error)
    this.#closed.reject(error)
    this.#queue.close()
    this.#controller.error(error)
    clearTimeout(this.#timer)
  }

  #expireIn(ms: number): void {
    const expiry = performance.now() + ms
    if (expiry >= this.#expiry || this.#isOver) return
    this.#expiry = expiry
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      for (const [nodeSocket, socket] of this.#live) {
        if (socket) socket.reset()
        else resetNodeSocket(nodeSocket)
      }
    }, ms)
  }

  get #isOver(): boolean {
    return this.#serverIsClosed && this.#live.size === 0
  }

  #settle(): void {
    if (!this.#isOver) return
    clearTimeout(this.#timer)
    this.#closed.resolve()
  }
}

function ignore(): void {}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function listenerClosed(): SocketError {
  return new SocketError('the listener is closed', { code: 'ERR_LISTENER_CLOSED', phase: 'accept' })
}
