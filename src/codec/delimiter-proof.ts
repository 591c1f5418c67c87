/**
 * The encoder's side of a delimiter: proof that a frame reads back as it was.
 *
 * ```
 *   written:   x a b | a b a b         delimiter "abab", payload "xab"
 *   found:     x | a b a b | a b       one byte too early: refused
 * ```
 */

import { ByteQueue } from '../bytes/byte-queue.ts'
import type { Finder } from './delimited.ts'
import { FramingError } from './framing-error.ts'

/**
 * Proves that what an encoder wrote reads back as one equal frame: looks at it with the decoder's own finder. The delimiter must be
 * found where it was put, and not earlier, nor begin earlier with bytes that are still to come.
 */
export class DelimiterProof {
  readonly #finder: Finder
  readonly #queue: ByteQueue = new ByteQueue()

  constructor(finder: Finder) {
    this.#finder = finder
  }

  /** Checks that the first delimiter in `written`, at or after position `from`, is the last `length` bytes of it. */
  check(written: Uint8Array, length: number, from = 0): void {
    const finder = this.#finder
    const expected = written.length - length
    finder.reset()
    finder.scanned = from
    this.#queue.push(written)
    let at = -1
    let cause: unknown
    try {
      at = finder.find(this.#queue, false)
    } catch (error) {
      cause = error
    }
    const pending = finder.clear
    this.#queue.skip(this.#queue.length)
    if (at === expected && finder.length === length) return
    const where = at < 0 ? pending : at
    throw new FramingError(
      'ERR_FRAME_UNENCODABLE',
      `Frame has a delimiter within it, or makes one with the delimiter behind it (at byte ${where} of the frame)`,
      { offset: where, length: expected, ...(cause === undefined ? {} : { cause }) },
    )
  }
}
