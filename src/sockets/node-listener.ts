// A Listener over a server of node:net: who waits, who was handed out, and how it ends.

import type { AddressInfo, Server, Socket as NodeNetSocket } from 'node:net'
import { AcceptQueue } from './accept-queue.ts'
import { checkDeadline, type CheckedSocketOptions } from './check-options.ts'
import { deferred } from './deferred.ts'
import { resetNodeSocket } from './node-connection.ts'
import type { Listener, ListenerInfo } from './listener-types.ts'
import { NodeSocket } from './node-socket.ts'
import { SocketError, toSocketError } from './socket-error.ts'
import type { CloseOptions, Socket } from './types.ts'

/** Accepts conversations from a server that is about to listen. */
export class NodeListener implements Listener {
  readonly #server: Server
  readonly #options: CheckedSocketOptions
  readonly #maxConnections: number
  readonly #queue: AcceptQueue<NodeNetSocket>
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
  #path = ''
  #expiry = Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(server: Server, options: CheckedSocketOptions, backlog: number, maxConnections: number) {
    this.#server = server
    this.#options = options
    this.#maxConnections = maxConnections
    this.#queue = new AcceptQueue(backlog)
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

  #open(): void {
    if (this.#isClosing) return void this.#server.close()
    this.#isOpen = true
    const address = this.#server.address()
    const [localAddress, localPort] = isAddressInfo(address) ? [address.address, address.port] : [address ?? '', 0]
    if (localPort === 0) this.#path = localAddress
    this.#opened.resolve({ readable: this.#readable, localAddress, localPort })
  }

  #admit(nodeSocket: NodeNetSocket): void {
    // It may fail while it waits, even unread. Whoever gets it will be told.
    nodeSocket.on('error', () => {})
    const fits = this.#live.size < this.#maxConnections && this.#queue.offer(nodeSocket)
    if (!fits) return resetNodeSocket(nodeSocket)
    this.#live.set(nodeSocket, undefined)
    nodeSocket.on('close', () => {
      this.#live.delete(nodeSocket)
      this.#settle()
    })
  }

  async #next(): Promise<Socket | undefined> {
    const nodeSocket = await this.#queue.take()
    if (!nodeSocket) return undefined
    const socket = new NodeSocket(nodeSocket, this.#options, { localAddress: this.#path })
    if (this.#live.has(nodeSocket)) this.#live.set(nodeSocket, socket)
    return socket
  }

  #stop(): void {
    this.#isClosing = true
    this.#opened.reject(listenerClosed())
    for (const nodeSocket of this.#queue.close()) resetNodeSocket(nodeSocket)
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

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

function listenerClosed(): SocketError {
  return new SocketError('the listener is closed', { code: 'ERR_LISTENER_CLOSED', phase: 'accept' })
}
