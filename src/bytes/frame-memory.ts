/**
 * Memory for frames that are not views of the chunk they came in.
 *
 * ```
 *   chunks   [......==][==......]        a frame across chunks: in memory of its own,
 *   pool     [====|===|====|     ]       or, where it is small, in memory that it shares with its neighbours
 *
 *   chunk    [=|==|=|=|==|=|=|=|==|=|=| … more than 64 KiB … ]     a frame that is small for the chunk it would keep alive:
 *   window   [=|==|=|=|==|=|=|=]                                   a view of a copy of its surroundings
 * ```
 */

import { keepShape } from './keep-shape.ts'
import { unwritten } from './unwritten.ts'
import { copyBytes, copyOf, isJavaScriptCore } from './view.ts'

/** What a small frame may keep alive beyond itself. */
const WINDOW = 16 * 1024
const FIRST_POOL = 1024
/** What is kept of it while nothing waits. */
const IDLE_POOL = 4096
/** Up to this a frame that lies across chunks may share its memory with others. */
const SHARED = 2048

const NONE: Uint8Array = new Uint8Array(0)

export class FrameMemory {
  #pool: Uint8Array = NONE
  #poolUsed = 0
  #poolSize = FIRST_POOL

  // The copy of a part of the chunk at the front, and where in the chunk that part is.
  #window: ArrayBufferLike = NONE.buffer
  #windowStart = 0
  #windowEnd = 0

  /** Memory for a frame of `n` bytes, all of which are to be written. An array of its own costs up to 1 µs in V8 (below 64 bytes little, but
   * not in Deno), a part of one hardly anything; in JavaScriptCore an array of 100 bytes costs a third of such a part, one of 2 KiB as much. */
  take(n: number, mayShare: boolean): Uint8Array {
    if (isJavaScriptCore || !mayShare || n > SHARED) return unwritten(n)
    // Also where somebody has transferred it away: then it has no length.
    if (this.#poolUsed + n > this.#pool.length) {
      this.#pool = new Uint8Array(Math.max(this.#poolSize, n))
      this.#poolUsed = 0
      this.#poolSize = Math.min(WINDOW, 2 * this.#poolSize)
    }
    const out = new Uint8Array(this.#pool.buffer, this.#poolUsed, n)
    this.#poolUsed += n
    return out
  }

  /** `chunk[start, stop)` as a view of a copy of its surroundings, which its neighbours share; the chunk's bytes end at `end`. */
  cut(chunk: Uint8Array, start: number, stop: number, end: number): Uint8Array {
    const n = stop - start
    if (n * 4 > WINDOW) return copyOf(chunk, start, stop)
    if (start < this.#windowStart || stop > this.#windowEnd) {
      // There is no neighbour to share a window with.
      if (end - start < 2 * n) return this.#copied(chunk, start, stop)
      this.#windowStart = start
      this.#windowEnd = Math.min(end, start + WINDOW)
      this.#window = copyOf(chunk, start, this.#windowEnd).buffer
    }
    return new Uint8Array(this.#window, start - this.#windowStart, n)
  }

  #copied(chunk: Uint8Array, start: number, stop: number): Uint8Array {
    const out = this.take(stop - start, true)
    copyBytes(out, 0, chunk, start, stop)
    return out
  }

  /** Another chunk is at the front. */
  leaveChunk(): void {
    this.#windowEnd = 0
  }

  /** Nothing waits any more, maybe for long. */
  idle(): void {
    this.#window = NONE.buffer
    this.#poolSize = Math.min(this.#poolSize, IDLE_POOL)
    if (this.#pool.length <= IDLE_POOL) return
    this.#pool = NONE
    this.#poolUsed = 0
  }
}

keepShape(new FrameMemory())
