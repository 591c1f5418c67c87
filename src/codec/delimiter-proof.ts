/**
 * The encoder's side of a delimiter: proof that a frame reads back as it was.
 *
 * ```
 *   written:   x a b | a b a b         delimiter "abab", payload "xab"
 *   found:     x | a b a b | a b       one byte too early: refused
 * ```
 */

import { ByteQueue } from '../bytes/byte-queue.ts'
import { indexOfAny, indexOfByte } from '../bytes/scan.ts'
import type { Finder } from './delimited.ts'
import { FramingError } from './framing-error.ts'

const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * Proves that what an encoder writes reads back as one equal frame: looks at it with the decoder's own finder. The delimiter must be
 * found where it is put, and not earlier, nor begin earlier with bytes that are still to come.
 */
export class DelimiterProof {
  readonly #finder: Finder
  /** The byte that all delimiters begin with; or, where they differ, a table with a 1 for each. */
  readonly #start: number | Uint8Array
  /** Made when it is needed: each encoder has such a proof, and hardly a frame needs it. */
  #queue: ByteQueue | undefined

  /** `delimiters`: what the finder looks for. */
  constructor(finder: Finder, delimiters: readonly Uint8Array[]) {
    this.#finder = finder
    const first = delimiters[0]![0]!
    this.#start = delimiters.every((one) => one[0] === first) ? first : tableOf(delimiters)
  }

  /** Checks that of `bytes` and the `delimiter` behind them just this delimiter is found, and nothing else. It must not be the start of
   * another one. */
  checkBefore(delimiter: Uint8Array, bytes: Uint8Array): void {
    // Nearly every frame: no delimiter can begin within it.
    if (!this.#canBegin(bytes)) return
    this.check(bytes, delimiter, bytes.length, delimiter.length)
  }

  /** Checks that the first delimiter in `bytes` and `more`, at or after position `from`, begins at `expected`, and that it has `length` bytes
   * whatever follows; without `length`, that whatever follows one begins there and not earlier. */
  check(bytes: Uint8Array, more: Uint8Array = NOTHING, expected: number, length?: number, from = 0): void {
    const finder = this.#finder
    const queue = (this.#queue ??= new ByteQueue())
    finder.reset()
    finder.scanned = from
    queue.push(bytes)
    queue.push(more)
    const at = finder.find(queue, false)
    const where = at < 0 ? finder.clear : at
    queue.skip(queue.length)
    if (where === expected && (length === undefined || (at >= 0 && finder.length === length))) return
    throw new FramingError(
      'ERR_FRAME_UNENCODABLE',
      `Frame has a delimiter within it, or makes one with the delimiter behind it (at byte ${where} of the frame)`,
      { offset: where, ...(finder.error && { cause: finder.error }) },
    )
  }

  #canBegin(bytes: Uint8Array): boolean {
    const start = this.#start
    const { length } = bytes
    return (typeof start === 'number' ? indexOfByte(bytes, start, 0, length) : indexOfAny(bytes, start, 0, length)) >= 0
  }
}

function tableOf(delimiters: readonly Uint8Array[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const one of delimiters) table[one[0]!] = 1
  return table
}
