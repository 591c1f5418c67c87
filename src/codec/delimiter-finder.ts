/**
 * Where the next of a set of delimiters is.
 *
 * ```
 *   p a y l o a d \r \n p a ...        delimiters: "\r\n"
 *                 ^     ^
 *                 at    at + length
 * ```
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { Finder } from './delimited.ts'

/** Looks for the leftmost of several byte strings, the longest where two start at the same byte. */
export class DelimiterFinder implements Finder {
  readonly #longestFirst: readonly Uint8Array[]
  /** The byte that they all start with, or -1 where they differ: then `#starts` has a 1 for each. */
  readonly #start: number
  readonly #starts: Uint8Array = new Uint8Array(256)
  readonly #single: boolean
  readonly byte: number | undefined
  scanned = 0
  length = 0
  clear = 0

  constructor(delimiters: readonly Uint8Array[]) {
    this.#longestFirst = [...delimiters].sort((a, b) => b.length - a.length)
    const first = delimiters[0]![0]!
    this.#start = delimiters.every((one) => one[0] === first) ? first : -1
    this.#single = this.#start >= 0 && this.#longestFirst[0]!.length === 1
    this.byte = this.#single ? this.#start : undefined
    for (const one of delimiters) this.#starts[one[0]!] = 1
    this.length = this.#longestFirst[0]!.length
  }

  reset(): void {
    this.scanned = 0
  }

  find(bytes: ByteQueue, final: boolean): number {
    if (!this.#single) return this.#findLonger(bytes, final)
    // The common case, in so little code that compilers put it where it is called.
    const at = bytes.indexOf(this.#start, this.scanned)
    this.scanned = at < 0 ? (this.clear = bytes.length) : at
    return at
  }

  #findLonger(bytes: ByteQueue, final: boolean): number {
    let at = this.scanned
    for (;;) {
      at = this.#start >= 0 ? bytes.indexOf(this.#start, at) : bytes.indexOfAny(this.#starts, at)
      if (at < 0) {
        this.clear = this.scanned = bytes.length
        return -1
      }
      const length = this.#matchAt(bytes, at, final)
      if (length > 0) {
        this.length = length
        this.scanned = at
        return at
      }
      if (length === 0) {
        this.clear = this.scanned = at
        return -1
      }
      at++
    }
  }

  /** Length of the delimiter at `at`; -1 if there is none; 0 if only bytes that have not arrived can tell. */
  #matchAt(bytes: ByteQueue, at: number, final: boolean): number {
    for (const one of this.#longestFirst) {
      const matched = bytes.match(one, at)
      if (matched === one.length) return matched
      if (matched >= 0 && !final) return 0
    }
    return -1
  }
}
