/**
 * The outgoing side: encoders write into it, and what has gathered leaves as one chunk.
 *
 * ```
 *   slab   [ frame | frame | frame |        room        ]
 *          |<---- one chunk ------>|
 * ```
 *
 * Everything is copied in: once `encode` has returned, the frame's memory is the caller's again. A chunk that was taken has its
 * memory for itself: whoever has it may even transfer it.
 */

import { describe } from './bytes.ts'
import { writeUint, type Endian } from './integers.ts'
import type { Slabs } from './slabs.ts'

const FIRST_SLAB = 256
const LAST_SLAB = 64 * 1024
const EMPTY: Uint8Array<ArrayBuffer> = new Uint8Array(0)
const utf8: TextEncoder = new TextEncoder()

/**
 * Where encoders put their bytes. It grows as it is written to.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ByteSink } from 'framewright'
 *
 * const sink = new ByteSink()
 * sink.uint(2, 4)
 * sink.bytes(new Uint8Array([104, 105]))
 * assert.deepEqual(sink.take(), new Uint8Array([0, 0, 0, 2, 104, 105]))
 * assert.equal(sink.length, 0)
 * ```
 */
export class ByteSink {
  #slab: Uint8Array<ArrayBuffer> = EMPTY
  #used = 0
  #nextSlab = FIRST_SLAB
  readonly #slabs: Slabs | undefined

  /** `slabs`: where its memory comes from; by default each chunk has its own. */
  constructor(slabs?: Slabs) {
    this.#slabs = slabs
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#used
  }

  /** Appends one byte (0 to 255). */
  byte(value: number): void {
    this.#reserve(1)
    this.#slab[this.#used++] = value
  }

  /** Appends a copy of `bytes`. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#slab.set(bytes, this.#used)
    this.#used += bytes.length
  }

  /** Appends a string as UTF-8. */
  text(text: string): void {
    // A UTF-16 unit takes at most three bytes: room for that is cheap for a short text, and for a long one it is not.
    if (text.length > 1024) return this.bytes(utf8.encode(text))
    this.#reserve(text.length * 3)
    this.#used += utf8.encodeInto(text, this.#slab.subarray(this.#used)).written
  }

  /**
   * Appends an unsigned integer of `width` bytes (1 to 8, default order big endian).
   *
   * @throws RangeError if it is not an integer from 0 to 2^53-1, or does not fit.
   */
  uint(value: number, width: number, endian: Endian = 'big'): void {
    if (!Number.isSafeInteger(value) || value < 0 || (width < 7 && value >= 256 ** width)) {
      throw new RangeError(`${describe(value)} does not fit an unsigned integer of ${width} bytes`)
    }
    this.#reserve(width)
    writeUint(this.#slab, this.#used, width, endian, value)
    this.#used += width
  }

  /** Everything that has gathered, as one chunk that is the caller's own; the sink is empty afterwards. */
  take(): Uint8Array {
    const chunk = this.#slab.subarray(0, this.#used)
    // What gathers next is probably as much again.
    this.#nextSlab = Math.min(LAST_SLAB, Math.max(FIRST_SLAB, this.#used))
    this.#slab = EMPTY
    this.#used = 0
    return chunk
  }

  /** The bytes written since the sink held `length` bytes, left where they are: what one frame became. Do not keep or change them. */
  peek(length = 0): Uint8Array {
    return this.#slab.subarray(length, this.#used)
  }

  /** Takes back what was written since the sink held `length` bytes: for a frame that turned out not to be encodable. */
  truncate(length: number): void {
    if (length < this.#used) this.#used = length
  }

  /** Grows by doubling, so that the cost stays linear however frames are written. */
  #reserve(n: number): void {
    const needed = this.#used + n
    if (needed <= this.#slab.length) return
    const size = Math.max(needed, this.#nextSlab)
    const slab = this.#slabs?.take(size) ?? new Uint8Array(size)
    this.#nextSlab = slab.length * 2
    slab.set(this.#slab.subarray(0, this.#used))
    this.#slab = slab
  }
}
