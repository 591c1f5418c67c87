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

  /** Checks that the first delimiter in `written`, at or after position `from`, begins at `expected`, and that it has `length` bytes
   * whatever follows; without `length`, that whatever follows one begins there and not earlier. */
  check(written: Uint8Array, expected: number, length?: number, from = 0): void {
    const finder = this.#finder
    finder.reset()
    finder.scanned = from
    this.#queue.push(written)
    const at = finder.find(this.#queue, false)
    const where = at < 0 ? finder.clear : at
    this.#queue.skip(this.#queue.length)
    if (where === expected && (length === undefined || (at >= 0 && finder.length === length))) return
    throw new FramingError(
      'ERR_FRAME_UNENCODABLE',
      `Frame has a delimiter within it, or makes one with the delimiter behind it (at byte ${where} of the frame)`,
      { offset: where, ...(finder.error && { cause: finder.error }) },
    )
  }
}
