/** The run of bytes that a decoder is leaving out: counted as it goes, reported once when it is over. */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { SkipInfo } from './policies.ts'

export class SkipRun {
  readonly #onSkip: ((info: SkipInfo) => void) | undefined
  #offset = 0
  #length = 0
  #reason: SkipInfo['reason'] = 'too-long'
  /** Bytes left out in all runs. */
  total = 0

  constructor(onSkip: ((info: SkipInfo) => void) | undefined) {
    this.#onSkip = onSkip
  }

  /** Takes `n` bytes off the front and leaves them out. A run that has begun keeps the reason it began for. */
  add(bytes: ByteQueue, n: number, reason: SkipInfo['reason']): void {
    this.count(bytes.offset, n, reason)
    bytes.skip(n)
  }

  /** Leaves out `n` bytes from `offset` on that have been taken off already. */
  count(offset: number, n: number, reason: SkipInfo['reason']): void {
    if (n === 0) return
    if (this.#length === 0) {
      this.#offset = offset
      this.#reason = reason
    }
    this.#length += n
    this.total += n
  }

  /** The run is over, if there is one. */
  report(): void {
    if (this.#length === 0) return
    const info: SkipInfo = { offset: this.#offset, length: this.#length, reason: this.#reason }
    this.#length = 0
    this.#onSkip?.(info)
  }
}
