// A Socket over node:net: its two halves, and what they have in common: how the connection opens, fails and ends.
//
//   'end'   ─► readable ─┐                       ┌─ reader: bytes, then the end or the error
//   'error' ─► fail ─────┼─► opened, closed      │
//   'close' ─► settle ───┘                       └─ writer: FIN, RST
//
// node's own half-close rule is off; ours waits until a reader has reached the end, and flushes before its FIN.

import { Socket as NodeNetSocket } from 'node:net'
import { offerDuplex, type TakenDuplex } from '../streams/lazy-duplex.ts'
import { checkDeadline, checkSocketOptions, type CheckedSocketOptions } from './check-options.ts'
import { handled } from './deferred.ts'
import { isHalfOpen } from './half-open.ts'
import {
  endIsReset,
  endMayBeReset,
  hasLostPeer,
  hasPeerEnded,
  resetNodeSocket,
  socketInfo,
  unsentBytes,
} from './node-connection.ts'
import { LazyDeferred } from './lazy-deferred.ts'
import { NodeReadable, type NodeReadableEvents } from './node-readable.ts'
import { handedOver, type NodeSecurity, noSecurity, requireUpgrade } from './node-security.ts'
import { NodeWritable, type NodeWritableEvents } from './node-writable.ts'
import type { SecureConnection } from './secure-connection.ts'
import { SocketError, toSocketError } from './socket-error.ts'
import { SocketWatch, type WatchedState } from './socket-watch.ts'
import type { SecureTransport, StartTlsOptions } from './tls-options.ts'
import type { CloseOptions, Socket, SocketInfo, SocketStats } from './types.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** How long a connection that was given up on both sides may wait for the end of the peer. */
const lingerTime = 10_000

/** A conversation over a socket of node:net. */
export class NodeSocket implements Socket {
  #socket: NodeNetSocket
  #secure: SecureConnection | undefined
  readonly #security: NodeSecurity
  #upgrade: Socket | undefined
  readonly #options: CheckedSocketOptions
  readonly #names: Partial<SocketInfo>
  readonly #incoming: NodeReadable
  readonly #outgoing: NodeWritable
  readonly #opened = new LazyDeferred<SocketInfo>()
  readonly #closed = new LazyDeferred<void>()
  readonly #released = new LazyDeferred<void>()
  #isOpen = false
  #isClosing = false
  #failure: SocketError | undefined
  #endChecked = false
  #endIsReset = false
  #endIsCut = false
  #expiry = Infinity
  #timer: NodeJS.Timeout | undefined
  #watch: SocketWatch | undefined

  /** What the two halves tell: methods that all sockets share, as functions of each would be 500 bytes. */
  static readonly #Events = class implements NodeReadableEvents, NodeWritableEvents {
    readonly #owner: NodeSocket

    constructor(owner: NodeSocket) {
      this.#owner = owner
    }

    get opened(): Promise<unknown> | undefined {
      return this.#owner.#isOpen ? undefined : this.#owner.#opened.promise
    }

    ended(): void {
      const owner = this.#owner
      if (owner.#options.allowHalfOpen || isHalfOpen(owner)) return
      void owner.#outgoing.finish('the peer has ended its side, and so ours; allowHalfOpen is false')
    }

    discarding(): void {
      this.#owner.#linger()
    }

    discardedTooMuch(): void {
      // A close() that is still flushing has a deadline instead: the peer may read only after it has sent.
      if (!this.#owner.#isClosing || this.#owner.#socket.writableFinished)
        this.#owner.#giveUp(tooLate('16 MiB came that nobody reads', 'ECONNABORTED'))
    }

    finishing(): void {
      this.#owner.#beforeFin()
    }

    finished(): void {
      this.#owner.#incoming.forgetDiscarded()
      this.#owner.#linger()
    }

    aborted(error: SocketError): void {
      this.#owner.abort(error)
    }
  }

  readonly #onError = (error: Error): void => this.#fail(toSocketError(error, this.#isOpen ? 'read' : 'connect'))
  readonly #onReadable = (): void => this.#checkEnd()
  readonly #onEnd = (): void => this.#end()
  readonly #onClose = (): void => this.#close()

  static {
    offerDuplex(NodeSocket, (socket) => socket.#howToTake)
  }

  /** Adopts a socket in whatever state it is. `names`: see socketInfo. */
  constructor(
    socket: NodeNetSocket,
    options: CheckedSocketOptions,
    names: Partial<SocketInfo> = {},
    security: NodeSecurity = noSecurity,
  ) {
    this.#socket = socket
    this.#security = security
    this.#secure = security.connection
    this.#options = options
    this.#names = names
    socket.allowHalfOpen = true
    const events = new NodeSocket.#Events(this)
    this.#incoming = new NodeReadable(socket, events)
    this.#outgoing = new NodeWritable(socket, options.highWaterMark, events, socket.pending)
    // A read that is given up in the turn in which the stream was made never gets here. startTls() has to know of each.
    if (security.upgrade) void this.#incoming.stream
    this.#listen(socket)
    if (!socket.pending) this.#open()
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

  /** Both directions without their streams; undefined: somebody has asked for one of them, or one is over. */
  get #howToTake(): (() => TakenDuplex) | undefined {
    const [incoming, outgoing] = [this.#incoming, this.#outgoing]
    if (!incoming.canBeTaken || !outgoing.canBeTaken) return undefined
    return () => ({ reader: incoming.takeOver(), writer: outgoing.takeOver() })
  }

  get stats(): SocketStats {
    const [incoming, outgoing] = [this.#incoming, this.#outgoing]
    return {
      incoming: { bytes: this.#socket.bytesRead, waiting: incoming.waiting, progressAt: incoming.progressAt },
      outgoing: { bytes: outgoing.bytes, waiting: outgoing.waiting, progressAt: outgoing.progressAt },
    }
  }

  get secureTransport(): SecureTransport {
    return this.#security.secureTransport
  }

  get upgraded(): boolean {
    return this.#upgrade !== undefined
  }

  /** Goes on with an open connection, until which the socket was one that is never connected; `secure`: what is below. */
  adopt(socket: NodeNetSocket, secure?: SecureConnection): void {
    if (this.#failure) return resetNodeSocket(socket, secure?.transport)
    const placeholder = this.#socket
    this.#leave(placeholder)
    placeholder.destroy()
    this.#socket = socket
    this.#secure = secure
    socket.allowHalfOpen = true
    this.#incoming.attach(socket)
    this.#listen(socket)
    this.#open()
    this.#outgoing.attach(socket)
    if (socket.readableEnded) this.#end()
    if (socket.closed) queueMicrotask(() => this.#close())
  }

  startTls(options: StartTlsOptions = {}): Socket {
    const upgrade = requireUpgrade({
      security: this.#security,
      isUpgraded: this.upgraded,
      isOver: this.#failure !== undefined || this.#isClosing || this.#incoming.over || this.#outgoing.isEnding,
      isLocked: this.#incoming.isLocked || this.#outgoing.isLocked,
      queued: this.#incoming.queued,
    })
    this.#upgrade = upgrade({ handOver: () => this.#handOver(), abort: (error) => this.abort(error) }, options)
    this.#incoming.release()
    return this.#upgrade
  }

  shutdown(how: 'read' | 'write' | 'both'): Promise<void> {
    if (how !== 'read' && how !== 'write' && how !== 'both') {
      throw new TypeError(`how must be 'read', 'write' or 'both', not ${String(how)}`)
    }
    if (this.#upgrade) return this.#closed.promise
    const finished = how === 'read' ? Promise.resolve() : this.#outgoing.finish('this direction was shut down')
    if (how !== 'write') this.#incoming.discard()
    return finished
  }

  close(options: CloseOptions = {}): Promise<void> {
    const deadline = checkDeadline(options)
    if (this.#upgrade) return this.#closed.promise
    const failedBefore = this.#failure !== undefined
    if (!this.#isOpen) {
      this.abort(new SocketError('closed before the connection was open', { code: 'ABORT_ERR', phase: 'connect' }))
      return this.#released.promise
    }
    if (failedBefore) resetNodeSocket(this.#socket, this.#secure?.transport)
    else {
      this.#isClosing = true
      this.#expireIn(deadline)
      this.#incoming.discard()
      void this.#outgoing.finish('the socket was closed')
    }
    return handled(this.#whenReleased(failedBefore))
  }

  reset(): void {
    if (this.#upgrade) return this.#upgrade.reset()
    this.abort(new SocketError('the connection was reset by this side', { code: 'ECONNABORTED', phase: 'close' }))
  }

  /** Fails the connection with an error of ours and resets it. */
  abort(error: SocketError): void {
    if (this.#socket.closed) return
    this.#fail(error)
    resetNodeSocket(this.#socket, this.#secure?.transport)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** on('readable') would end the flow of 'data'. */
  #listen(socket: NodeNetSocket): void {
    socket.prependListener('error', this.#onError)
    socket.prependListener('readable', this.#onReadable)
    socket.prependListener('end', this.#onEnd)
    socket.prependListener('close', this.#onClose)
    // The event of an open connection will not come again.
    if (socket.pending) socket.prependOnceListener('connect', () => this.#open())
  }

  #leave(socket: NodeNetSocket): void {
    socket.off('error', this.#onError)
    socket.off('readable', this.#onReadable)
    socket.off('end', this.#onEnd)
    socket.off('close', this.#onClose)
  }

  #open(): void {
    if (this.#failure || this.#isOpen) return // node can say 'connect' after it was told to stop
    this.#isOpen = true
    const { noDelay, keepAlive, keepAliveInitialDelay, limits } = this.#options
    if (limits)
      this.#watch = new SocketWatch(
        limits,
        () => this.#look(),
        (error) => this.#giveUp(error),
      )
    if (noDelay !== undefined) this.#socket.setNoDelay(noDelay)
    if (keepAlive !== undefined) this.#socket.setKeepAlive(keepAlive, keepAliveInitialDelay)
    this.#opened.resolve(socketInfo(this.#socket, { ...this.#names, alpn: this.#secure?.alpn }))
  }

  #look(): WatchedState {
    const { stats } = this
    const isFull = stats.incoming.waiting >= this.#socket.readableHighWaterMark
    const unsent = unsentBytes(this.#secure?.transport ?? this.#socket)
    return { ...stats, isReading: this.#incoming.isReading, isFull, unsent }
  }

  /** Looks once, when the end arrives: later a reset cannot be told from a clean end. */
  #checkEnd(): void {
    if (this.#endChecked || !hasPeerEnded(this.#socket)) return
    this.#endChecked = true
    this.#endIsCut = this.#secure?.endIsCut === true && !endIsReset(this.#socket)
    this.#endIsReset ||= this.#secure?.canTell
      ? this.#secure.endIsCut
      : (endMayBeReset || this.#secure !== undefined) && endIsReset(this.#socket)
  }

  #end(): void {
    this.#checkEnd()
    if (this.#endIsReset) this.abort(this.#endIsCut ? truncated() : peerReset('read'))
    else this.#incoming.end()
  }

  /** node takes a FIN for sent if the connection was reset unnoticed. What has arrived can still be read. */
  // oxlint-disable-next-line no-unused-private-class-members -- used in the class within this one
  #beforeFin(): void {
    if (this.#socket.writableEnded || !hasLostPeer(this.#socket)) return
    this.#endIsReset = !hasPeerEnded(this.#socket)
    this.#failOutgoing(peerReset('write'))
  }

  /** Leaves the socket to another, after what was written. */
  async #handOver(): Promise<NodeNetSocket> {
    await this.#opened.promise
    await this.#outgoing.flush('the conversation goes on over TLS')
    if (this.#failure) throw this.#failure
    this.#leave(this.#socket)
    clearTimeout(this.#timer)
    this.#watch?.stop()
    this.#outgoing.fail(handedOver())
    this.#closed.resolve(undefined)
    this.#released.resolve(undefined)
    return this.#socket
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
    this.#watch?.stop()
    const isClean = this.#incoming.over && this.#socket.writableFinished
    if (this.#failure) this.#fail(this.#failure)
    else if (!isClean) this.#fail(this.#socket.errored ? toSocketError(this.#socket.errored, 'close') : dropped())
    this.#incoming.close()
    this.#opened.reject(new SocketError('the connection was over', { code: 'ECONNABORTED', phase: 'connect' }))
    this.#closed.resolve(undefined)
    this.#released.resolve(undefined)
  }

  async #whenReleased(failedBefore: boolean): Promise<void> {
    await this.#released.promise
    if (this.#failure && !failedBefore) throw this.#failure
  }

  /** When nobody reads and all is sent, the peer has some time to end as well. */
  // oxlint-disable-next-line no-unused-private-class-members -- used in the class within this one
  #linger(): void {
    if (this.#incoming.discarding && this.#socket.writableFinished && !this.#isClosing) this.#expireIn(lingerTime)
  }

  #expireIn(ms: number): void {
    const expiry = performance.now() + ms
    if (expiry >= this.#expiry || this.#socket.closed) return
    this.#expiry = expiry
    clearTimeout(this.#timer)
    const error = (): SocketError => tooLate(`could not send all that was written in ${ms} ms`, 'ETIMEDOUT')
    this.#timer = setTimeout(() => this.#giveUp(error()), ms)
  }

  /** Dropping a connection that has sent all, and has nothing unread, loses nothing: the kernel goes on delivering. */
  #giveUp(error: SocketError): void {
    if (this.#incoming.over && this.#socket.writableFinished) this.#socket.destroy()
    else this.abort(error)
  }
}

function tooLate(message: string, code: string): SocketError {
  return new SocketError(message, { code, phase: 'close' })
}

function dropped(): SocketError {
  return new SocketError('the connection was dropped', { code: 'ECONNABORTED', phase: 'close' })
}

function peerReset(phase: 'read' | 'write'): SocketError {
  return new SocketError('the peer has reset the connection', { code: 'ECONNRESET', phase })
}

function truncated(): SocketError {
  const message = `the connection ended without the peer's close_notify: what it has sent may be cut off`
  return new SocketError(message, { code: 'ERR_TLS_TRUNCATED', phase: 'read' })
}

keepShape(new NodeSocket(new NodeNetSocket(), checkSocketOptions({}, true)))
