// Notices that a connection stands still. It has one timer, and none without a limit; no chunk costs anything, as a look
// now and then compares counters:
//
//   limit / 8: look ── look ── … ── look: the same since then, and the limit is over ─► fail
//
// So a limit is never too short, and up to an eighth too long. The time between two looks counts as two eighths at most:
// while the program itself stood still (a long computation, a debugger, a laptop asleep), the bytes that came wait
// in the kernel, and the timer would be called before them.

import { SocketError } from './socket-error.ts'
import { StallError } from './stall-error.ts'
import type { SocketStats } from './types.ts'

/** The limits of SocketOptions, in ms; undefined: none. */
export interface SocketLimits {
  readonly readTimeout: number | undefined
  readonly writeTimeout: number | undefined
  readonly idleTimeout: number | undefined
  readonly stallTimeout: number | undefined
}

/** What a watch sees when it looks, whatever adapter it belongs to. */
export interface WatchedState extends SocketStats {
  /** Whether a read waits for bytes. */
  readonly isReading: boolean
  /** Whether so much waits to be read that nothing more is taken from the kernel. */
  readonly isFull: boolean
  /** Bytes of the write under way that the kernel has not taken; a constant where the runtime does not tell. */
  readonly unsent: number
}

const looksPerLimit = 8

/** Since when a state is the same, as far as looks can tell. */
class Steady {
  #values: readonly (number | boolean)[] = []
  #since = 0

  /** For how long there have been these values. */
  look(now: number, ...values: readonly (number | boolean)[]): number {
    if (values.some((value, i) => value !== this.#values[i])) {
      this.#values = values
      this.#since = now
    }
    return now - this.#since
  }
}

/** Watches one open connection until it fails or `stop` is called. */
export class SocketWatch {
  readonly #limits: SocketLimits
  readonly #period: number
  readonly #timer: ReturnType<typeof setInterval>
  readonly #read = new Steady()
  readonly #write = new Steady()
  readonly #unread = new Steady()
  readonly #idle = new Steady()
  /** Time that counts, in ms. */
  #clock = 0
  #lookedAt: number = performance.now()

  /** Starts. At least one limit is set. `fail` is called at most once. */
  constructor(limits: SocketLimits, look: () => WatchedState, fail: (error: SocketError) => void) {
    this.#limits = limits
    const { readTimeout, writeTimeout, idleTimeout, stallTimeout } = limits
    const all = [readTimeout, writeTimeout, idleTimeout, stallTimeout].map((limit) => limit ?? Infinity)
    this.#period = Math.max(1, Math.floor(Math.min(...all) / looksPerLimit))
    this.#timer = setInterval(() => {
      const error = this.#look(look())
      if (!error) return
      this.stop()
      fail(error)
    }, this.#period)
    // The connection keeps the process alive, if anything; where a timer is a number, there is no process.
    ;(this.#timer as { unref?: () => void }).unref?.()
    this.#look(look())
  }

  /** The connection is over. */
  stop(): void {
    clearInterval(this.#timer)
  }

  #look({ incoming, outgoing, isReading, isFull, unsent }: WatchedState): SocketError | undefined {
    const now = performance.now()
    this.#clock += Math.min(now - this.#lookedAt, 2 * this.#period)
    this.#lookedAt = now
    const { readTimeout = Infinity, writeTimeout = Infinity, idleTimeout = Infinity } = this.#limits
    const { stallTimeout = Infinity } = this.#limits
    const isWriting = outgoing.waiting > 0

    const read = this.#read.look(this.#clock, isReading, incoming.bytes)
    // The next write can look like the last one in all but the bytes that are done.
    const write = this.#write.look(this.#clock, isWriting, outgoing.bytes, unsent)
    const unread = this.#unread.look(this.#clock, isFull, incoming.bytes - incoming.waiting)
    const idle = this.#idle.look(this.#clock, incoming.bytes, incoming.waiting, outgoing.bytes, unsent)

    if ((isWriting && write >= stallTimeout) || (isFull && unread >= stallTimeout)) {
      return new StallError({
        incoming: { waiting: incoming.waiting, since: isFull ? now - unread : undefined },
        outgoing: { waiting: outgoing.waiting, since: isWriting ? now - write : undefined },
        duration: Math.max(isWriting ? write : 0, isFull ? unread : 0),
      })
    }
    if (isWriting && write >= writeTimeout) {
      return timedOut('write', `nothing could be sent for ${ms(write)}; ${outgoing.waiting} bytes wait to be sent`)
    }
    if (isReading && read >= readTimeout) {
      return timedOut('read', `a read has waited for ${ms(read)}; ${incoming.bytes} bytes had arrived before`)
    }
    if (idle >= idleTimeout) {
      const both = `${incoming.bytes} bytes had arrived and ${outgoing.bytes} were sent before`
      return timedOut('close', `no byte has moved in either direction for ${ms(idle)}; ${both}`)
    }
    return undefined
  }
}

function timedOut(phase: 'read' | 'write' | 'close', message: string): SocketError {
  return new SocketError(message, { code: 'ETIMEDOUT', phase })
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`
}
