// A Socket over node:net: its two halves, and what they have in common: how the connection opens, fails and ends.
//
//   'end'   ─► readable ─┐                       ┌─ reader: bytes, then the end or the error
//   'error' ─► fail ─────┼─► opened, closed      │
//   'close' ─► settle ───┘                       └─ writer: FIN, RST
//
// node's own half-close rule is off; ours waits until a reader has reached the end, and flushes before its FIN.

import type { Socket as NodeNetSocket } from 'node:net'
import { checkDeadline, type CheckedSocketOptions } from './check-options.ts'
import { deferred, handled } from './deferred.ts'
import { endMayBeReset, hasLostPeer, hasPeerEnded, resetNodeSocket, socketInfo } from './node-connection.ts'
import { NodeReadable } from './node-readable.ts'
import { NodeWritable } from './node-writable.ts'
import { SocketError, toSocketError } from './socket-error.ts'
import type { CloseOptions, Socket, SocketInfo, SocketStats } from './types.ts'

/** How long a connection that was given up on both sides may wait for the end of the peer. */
const lingerTime = 10_000

/** A conversation over a socket of node:net. */
export class NodeSocket implements Socket {
  readonly #socket: NodeNetSocket
  readonly #options: CheckedSocketOptions
  readonly #names: Partial<SocketInfo>
  readonly #incoming: NodeReadable
  readonly #outgoing: NodeWritable
  readonly #opened = deferred<SocketInfo>()
  readonly #closed = deferred<void>()
  readonly #released = deferred<void>()
  #isOpen = false
  #isClosing = false
  #failure: SocketError | undefined
  #endChecked = false
  #endIsReset = false
  #expiry = Infinity
  #timer: NodeJS.Timeout | undefined

  /** Adopts a socket in whatever state it is. `names`: see socketInfo. */
  constructor(socket: NodeNetSocket, options: CheckedSocketOptions, names: Partial<SocketInfo> = {}) {
    this.#socket = socket
    this.#options = options
    this.#names = names
    socket.allowHalfOpen = true
    this.#incoming = new NodeReadable(socket, {
      ended: () => {
        if (options.allowHalfOpen) return
        void this.#outgoing.finish('the peer has ended its side, and so ours; allowHalfOpen is false')
      },
      discarding: () => this.#linger(),
      discardedTooMuch: () => {
        // A close() that is still flushing has a deadline instead: the peer may read only after it has sent.
        if (!this.#isClosing || socket.writableFinished) this.#giveUp('16 MiB came that nobody reads', 'ECONNABORTED')
      },
    })
    this.#outgoing = new NodeWritable(socket, options.highWaterMark, {
      opened: socket.pending ? this.#opened.promise : undefined,
      finishing: () => this.#beforeFin(),
      finished: () => {
        this.#incoming.forgetDiscarded()
        this.#linger()
      },
      aborted: (error) => this.abort(error),
    })
    socket.on('error', (error) => this.#fail(toSocketError(error, this.#isOpen ? 'read' : 'connect')))
    socket.on('readable', () => this.#checkEnd())
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#close())
    if (socket.pending) socket.on('connect', () => this.#open())
    else this.#open()
    // What happened before: its events will not come again.
    if (socket.writableEnded) void this.#outgoing.finish()
    if (socket.readableEnded) this.#end()
    if (socket.closed) queueMicrotask(() => this.#close())
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#incoming.stream
  }

  get writable(): WritableStream<ArrayBufferView | ArrayBufferLike> {
    return this.#outgoing.stream
  }

  get opened(): Promise<SocketInfo> {
    return this.#opened.promise
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get stats(): SocketStats {
    const [incoming, outgoing] = [this.#incoming, this.#outgoing]
    return {
      incoming: { bytes: this.#socket.bytesRead, waiting: incoming.waiting, progressAt: incoming.progressAt },
      outgoing: { bytes: outgoing.bytes, waiting: outgoing.waiting, progressAt: outgoing.progressAt },
    }
  }

  shutdown(how: 'read' | 'write' | 'both'): Promise<void> {
    if (how !== 'read' && how !== 'write' && how !== 'both') {
      throw new TypeError(`how must be 'read', 'write' or 'both', not ${String(how)}`)
    }
    const finished = how === 'read' ? Promise.resolve() : this.#outgoing.finish('this direction was shut down')
    if (how !== 'write') this.#incoming.discard()
    return finished
  }

  close(options: CloseOptions = {}): Promise<void> {
    const deadline = checkDeadline(options)
    const failedBefore = this.#failure !== undefined
    if (!this.#isOpen) {
      this.abort(new SocketError('closed before the connection was open', { code: 'ABORT_ERR', phase: 'connect' }))
      return this.#released.promise
    }
    if (failedBefore) resetNodeSocket(this.#socket)
    else {
      this.#isClosing = true
      this.#expireIn(deadline)
      this.#incoming.discard()
      void this.#outgoing.finish('the socket was closed')
    }
    return handled(this.#whenReleased(failedBefore))
  }

  reset(): void {
    this.abort(new SocketError('the connection was reset by this side', { code: 'ECONNABORTED', phase: 'close' }))
  }

  /** Fails the connection with an error of ours and resets it. */
  abort(error: SocketError): void {
    if (this.#socket.closed) return
    this.#fail(error)
    resetNodeSocket(this.#socket)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(): void {
    if (this.#failure) return // node can say 'connect' after it was told to stop
    this.#isOpen = true
    const { noDelay, keepAlive, keepAliveInitialDelay } = this.#options
    if (noDelay !== undefined) this.#socket.setNoDelay(noDelay)
    if (keepAlive !== undefined) this.#socket.setKeepAlive(keepAlive, keepAliveInitialDelay)
    this.#opened.resolve(socketInfo(this.#socket, this.#names))
  }

  /** Looks once, when the end arrives: with both FINs sent, or later, a reset cannot be told from a clean end. */
  #checkEnd(): void {
    if (this.#endChecked || !hasPeerEnded(this.#socket)) return
    this.#endChecked = true
    this.#endIsReset ||= endMayBeReset && !this.#socket.writableEnded && hasLostPeer(this.#socket)
  }

  #end(): void {
    this.#checkEnd()
    if (this.#endIsReset) this.abort(peerReset('read'))
    else this.#incoming.end()
  }

  /** node takes a FIN for sent if the connection was reset unnoticed. What has arrived can still be read. */
  #beforeFin(): void {
    if (this.#socket.writableEnded || !hasLostPeer(this.#socket)) return
    this.#endIsReset = !hasPeerEnded(this.#socket)
    this.#failOutgoing(peerReset('write'))
  }

  #fail(error: SocketError): void {
    this.#failOutgoing(error)
    // An end that came before the failure still stands.
    if (hasPeerEnded(this.#socket) && !this.#endIsReset) this.#incoming.end()
    else this.#incoming.fail(this.#failure ?? error)
  }

  #failOutgoing(error: SocketError): void {
    this.#failure ??= error
    this.#opened.reject(this.#failure)
    this.#closed.reject(this.#failure)
    this.#outgoing.fail(this.#failure)
  }

  #close(): void {
    clearTimeout(this.#timer)
    const isClean = this.#incoming.over && this.#socket.writableFinished
    if (this.#failure) this.#fail(this.#failure)
    else if (!isClean) this.#fail(this.#socket.errored ? toSocketError(this.#socket.errored, 'close') : dropped())
    this.#incoming.close()
    this.#opened.reject(new SocketError('the connection was over', { code: 'ECONNABORTED', phase: 'connect' }))
    this.#closed.resolve()
    this.#released.resolve()
  }

  async #whenReleased(failedBefore: boolean): Promise<void> {
    await this.#released.promise
    if (this.#failure && !failedBefore) throw this.#failure
  }

  /** When nobody reads and all is sent, the peer has some time to end as well. */
  #linger(): void {
    if (this.#incoming.discarding && this.#socket.writableFinished && !this.#isClosing) this.#expireIn(lingerTime)
  }

  #expireIn(ms: number): void {
    const expiry = performance.now() + ms
    if (expiry >= this.#expiry || this.#socket.closed) return
    this.#expiry = expiry
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#giveUp(`could not send all that was written in ${ms} ms`, 'ETIMEDOUT'), ms)
  }

  /** Dropping a connection that has sent all, and has nothing unread, loses nothing: the kernel goes on delivering. */
  #giveUp(message: string, code: string): void {
    if (this.#incoming.over && this.#socket.writableFinished) this.#socket.destroy()
    else this.abort(new SocketError(message, { code, phase: 'close' }))
  }
}

function dropped(): SocketError {
  return new SocketError('the connection was dropped', { code: 'ECONNABORTED', phase: 'close' })
}

function peerReset(phase: 'read' | 'write'): SocketError {
  return new SocketError('the peer has reset the connection', { code: 'ECONNRESET', phase })
}
