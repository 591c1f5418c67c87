// A Socket over two streams that somebody else has: its two halves, and what they have in common: how the conversation
// opens, fails and ends.
//
//   transport.readable ──► DuplexReadable ──► reader          a failure of the transport's readable, or of its `closed`,
//   transport.writable ◄── DuplexWritable ◄── writer          fails both; one of its writable leaves reading to go on
//
// What this side decides (a reset, an abort, a deadline) takes effect at once, whatever the transport makes of it.

import { checkDeadline, type CheckedSocketOptions } from './check-options.ts'
import { deferred, handled } from './deferred.ts'
import { DuplexReadable } from './duplex-readable.ts'
import { DuplexWritable } from './duplex-writable.ts'
import { isHalfOpen } from './half-open.ts'
import { SocketError, toSocketError } from './socket-error.ts'
import { SocketWatch } from './socket-watch.ts'
import type { SecureTransport, StartTlsOptions } from './tls-options.ts'
import type { TlsTransport } from './transport.ts'
import { socketInfo } from './transport-info.ts'
import type { CloseOptions, Socket, SocketInfo, SocketStats } from './types.ts'

/** How long a connection that was given up on both sides may wait for the end of the peer, or for its transport. */
const lingerTime = 10_000

/** The options that this adapter can keep. */
export type DuplexSettings = Pick<CheckedSocketOptions, 'allowHalfOpen' | 'highWaterMark' | 'limits'>

/** A conversation over a transport. */
export class DuplexSocket implements Socket {
  readonly #transport: TlsTransport
  readonly #settings: DuplexSettings
  readonly #incoming: DuplexReadable
  readonly #outgoing: DuplexWritable
  readonly #opened = deferred<SocketInfo>()
  readonly #closed = deferred<void>()
  readonly #released = deferred<void>()
  #isOpen = false
  #isClosing = false
  #isLettingGo = false
  #isReleased = false
  #failure: SocketError | undefined
  #expiry = Infinity
  #timer: ReturnType<typeof setTimeout> | undefined
  #watch: SocketWatch | undefined
  #next: DuplexSocket | undefined

  /** Takes both streams: they are locked from here on. */
  constructor(transport: TlsTransport, settings: DuplexSettings) {
    this.#transport = transport
    this.#settings = settings
    this.#incoming = new DuplexReadable(transport.readable, {
      ended: () => {
        if (!settings.allowHalfOpen && !isHalfOpen(this)) {
          void this.#outgoing.finish('the peer has ended its side, and so ours; allowHalfOpen is false')
        }
        this.#letGo()
      },
      failed: (error) => {
        this.#fail(error)
        this.#outgoing.abort(error)
        this.#letGo()
      },
      lost: () => this.#letGo(),
      discarding: () => this.#linger(),
      discardedTooMuch: () => {
        // A close() that is still flushing has a deadline instead: the peer may read only after it has sent.
        if (!this.#isClosing || this.#outgoing.finished) {
          this.#giveUp(tooLate('16 MiB came that nobody reads', 'ECONNABORTED'))
        }
      },
    })
    this.#outgoing = new DuplexWritable(transport.writable, settings.highWaterMark, {
      opened: transport.opened && this.#opened.promise,
      finished: () => {
        this.#incoming.forgetDiscarded()
        this.#linger()
        this.#letGo()
      },
      failed: (error) => {
        this.#fail(error)
        if (error.code === 'ECONNRESET') this.#incoming.noteReset(error)
        if (this.#incoming.discarding) this.#incoming.abort(error)
        this.#letGo()
      },
      aborted: (error) => this.abort(error),
    })
    if (transport.opened) {
      transport.opened.then(
        (info) => this.#open(info),
        (error: unknown) => this.abort(toSocketError(error, 'connect')),
      )
    } else this.#open(undefined)
    transport.closed?.then(undefined, (error: unknown) => this.#lose(toSocketError(error, 'close')))
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
      incoming: { bytes: incoming.bytes, waiting: incoming.waiting, progressAt: incoming.progressAt },
      outgoing: { bytes: outgoing.bytes, waiting: outgoing.waiting, progressAt: outgoing.progressAt },
    }
  }

  get secureTransport(): SecureTransport {
    return this.#transport.secureTransport ?? 'off'
  }

  get upgraded(): boolean {
    return this.#next !== undefined
  }

  startTls(options: StartTlsOptions = {}): Socket {
    const { startTls } = this.#transport
    if (!startTls) throw noTls('its transport has no TLS, or it was not made with secureTransport: starttls')
    const isUsable =
      this.#isOpen && !this.#isClosing && !this.#isReleased && !this.#outgoing.over && !this.#incoming.over
    if (!isUsable) throw noTls('it is not open, or was upgraded before, or is at its end')
    if (this.readable.locked || this.writable.locked) throw noTls('a stream is locked', 'ERR_STREAM_LOCKED')
    if (this.#outgoing.waiting > 0) throw noTls('what was written is not sent yet: await the writes')
    if (!this.#incoming.detach()) throw noTls('an abandoned read may have left bytes', 'ERR_TLS_UNREAD')
    this.#outgoing.detach(new SocketError('the conversation has gone on over TLS', { code: 'EPIPE', phase: 'write' }))
    this.#next = new DuplexSocket(startTls.call(this.#transport, options), this.#settings)
    this.#isReleased = true
    clearTimeout(this.#timer)
    this.#watch?.stop()
    this.#closed.resolve()
    this.#released.resolve()
    return this.#next
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
    const failure = this.#failure
    if (!this.#isOpen) {
      this.abort(new SocketError('closed before the connection was open', { code: 'ABORT_ERR', phase: 'connect' }))
      return this.#released.promise
    }
    if (failure) this.#release(failure)
    else {
      this.#isClosing = true
      this.#expireIn(deadline)
      this.#incoming.discard()
      void this.#outgoing.finish('the socket was closed')
    }
    return handled(this.#whenReleased(failure))
  }

  reset(): void {
    this.abort(new SocketError('the connection was reset by this side', { code: 'ECONNABORTED', phase: 'close' }))
  }

  /** Fails the connection with an error of ours, and resets it. */
  abort(error: SocketError): void {
    if (this.#next) return this.#next.abort(error)
    if (this.#isReleased) return
    this.#fail(error)
    this.#release(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(info: unknown): void {
    if (this.#isReleased) return
    this.#isOpen = true
    const { limits, highWaterMark } = this.#settings
    if (limits) {
      this.#watch = new SocketWatch(
        limits,
        () => {
          const { stats } = this
          const isFull = stats.incoming.waiting >= highWaterMark
          return { ...stats, isReading: this.#incoming.isReading, isFull, unsent: 0 }
        },
        (error) => this.#giveUp(error),
      )
    }
    this.#opened.resolve(socketInfo(this.#transport.info, info))
    this.#outgoing.open()
    this.#incoming.open()
  }

  /** Notes the first failure, and errors what is being written. */
  #fail(error: SocketError): void {
    this.#failure ??= error
    this.#opened.reject(this.#failure)
    this.#closed.reject(this.#failure)
    this.#outgoing.fail(this.#failure)
  }

  /** The transport has failed as a whole. What it has given can be read, and an end that has come stands. */
  #lose(error: SocketError): void {
    if (this.#isReleased || this.#isLettingGo) return
    this.#fail(error)
    this.#outgoing.abort(error)
    this.#incoming.fail(error)
    this.#letGo()
  }

  /** When both directions are over the transport is let go, which it may take some time for, or may fail at. */
  #letGo(): void {
    if (this.#isLettingGo || this.#isReleased || !this.#incoming.over || !this.#outgoing.over) return
    if (this.#failure) return this.#release(this.#failure)
    const { close, closed } = this.#transport
    if (!close && !closed) return this.#release()
    this.#isLettingGo = true
    this.#expireIn(lingerTime)
    const gone = async (): Promise<unknown> => {
      await close?.call(this.#transport)
      return closed
    }
    gone().then(
      () => this.#release(),
      (error: unknown) => this.abort(toSocketError(error, 'close')),
    )
  }

  /** The end of it all; the transport is not waited for. */
  #release(failure?: SocketError): void {
    if (this.#isReleased) return
    this.#isReleased = true
    clearTimeout(this.#timer)
    this.#watch?.stop()
    if (failure) {
      const end = this.#transport.reset ?? this.#transport.close
      // What a function throws is no worse than what has happened already.
      void handled((async () => end?.call(this.#transport, failure))())
    }
    const reason = failure ?? new SocketError('nobody reads any more', { code: 'ECONNABORTED', phase: 'close' })
    this.#outgoing.abort(reason)
    this.#incoming.abort(reason)
    this.#opened.reject(reason)
    this.#closed.resolve()
    this.#released.resolve()
  }

  async #whenReleased(failedBefore: SocketError | undefined): Promise<void> {
    await this.#released.promise
    if (this.#failure && !failedBefore) throw this.#failure
  }

  /** When nobody reads and all is sent, the peer has some time to end as well. */
  #linger(): void {
    if (this.#incoming.discarding && this.#outgoing.finished && !this.#isClosing) this.#expireIn(lingerTime)
  }

  #expireIn(ms: number): void {
    const expiry = performance.now() + ms
    if (expiry >= this.#expiry || this.#isReleased) return
    this.#expiry = expiry
    clearTimeout(this.#timer)
    const error = (): SocketError => tooLate(`could not send all that was written in ${ms} ms`, 'ETIMEDOUT')
    this.#timer = setTimeout(() => this.#giveUp(error()), ms)
  }

  /** What has sent all, and is not read any more, is merely let go. */
  #giveUp(error: SocketError): void {
    const { discarding, over } = this.#incoming
    if ((discarding || over) && this.#outgoing.finished) this.#release()
    else this.abort(error)
  }
}

function tooLate(message: string, code: string): SocketError {
  return new SocketError(message, { code, phase: 'close' })
}

function noTls(why: string, code = 'ERR_TLS_NOT_ALLOWED'): SocketError {
  return new SocketError(`this conversation cannot go on over TLS: ${why}`, { code, phase: 'tls' })
}
