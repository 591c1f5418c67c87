/**
 * Where the first of a few bytes is.
 *
 * ```
 *   queue   a b c ESC x d e f g h i j k END l m n o ESC ...
 *                 ^                     ^
 *                 the next ESC          the next END: remembered until the front has passed it
 * ```
 *
 * A table that says of every byte whether it is one of them costs 1 ns a byte. Searches for one byte hardly cost anything, and each
 * byte is looked at once for each of them.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'

/** Among so few bytes the table is faster. */
const FEW = 64

export class FirstOf {
  readonly #values: readonly number[]
  readonly #table: Uint8Array = new Uint8Array(256)
  /** For each value, the absolute offset before which it is not. */
  readonly #none: number[]

  constructor(values: readonly number[]) {
    this.#values = values
    this.#none = values.map(() => 0)
    for (const value of values) this.#table[value] = 1
  }

  /** The position of the first of them at or after `from`, or -1. Each call looks at or behind where the one before did. */
  find(bytes: ByteQueue, from: number): number {
    const { length } = bytes
    if (length - from <= FEW) return bytes.indexOfAny(this.#table, from)
    let first = length
    for (let i = 0; i < this.#values.length; i++) first = Math.min(first, this.#next(bytes, i, from))
    return first < length ? first : -1
  }

  /** The position of the next byte of one value, or where the bytes end. */
  #next(bytes: ByteQueue, i: number, from: number): number {
    const value = this.#values[i]!
    const { length, offset } = bytes
    const start = Math.max(from, this.#none[i]! - offset)
    if (start >= length) return length
    if (bytes.byteAt(start) === value) return start
    const found = bytes.indexOf(value, start)
    const next = found < 0 ? length : found
    this.#none[i] = offset + next
    return next
  }
}
