/**
 * Memory in which small chunks are gathered: a peer who sends single bytes costs bytes and not objects, and a frame out of small chunks lies in
 * one piece.
 *
 * ```
 *   [ chunk | chunk | chunk |               ]      1 KiB, then twice as much each time, up to 64 KiB
 *   0                       used
 * ```
 *
 * When it is full there is a new one, unless nothing in it is wanted any more and nobody has a view of it, as all frames were copies or texts:
 * then it is written over.
 */

import { keepShape } from './keep-shape.ts'

const FIRST = 1024
const LAST = 64 * 1024
/** What is kept of it while nothing waits. */
const IDLE = 4096
const EMPTY: Uint8Array = new Uint8Array(0)

export class Arena {
  bytes: Uint8Array = EMPTY
  /** Somebody has a view of it, or of a part of it. */
  isSeen = false
  #used = 0
  #nextSize = FIRST

  /** Copies a chunk right behind what came last; false if there is no room. */
  append(chunk: Uint8Array): boolean {
    const used = this.#used
    const end = used + chunk.length
    if (end > this.bytes.length) return false
    this.bytes.set(chunk, used)
    this.#used = end
    return true
  }

  /** Room for `n` bytes, to be written: where it begins. `isFree`: no bytes in it are wanted but those that will be copied there first. */
  begin(n: number, isFree: boolean): number {
    if (this.#used + n > this.bytes.length) {
      if (!isFree || this.isSeen || 2 * n > this.bytes.length) this.#renew(2 * n)
      this.#used = 0
    }
    const start = this.#used
    this.#used += n
    return start
  }

  /** Nothing waits any more, maybe for long: lets go of what is large. */
  idle(): void {
    this.#nextSize = Math.min(this.#nextSize, IDLE)
    if (this.bytes.length > IDLE) this.bytes = EMPTY
    else if (!this.isSeen) this.#used = 0
  }

  #renew(least: number): void {
    this.bytes = new Uint8Array(Math.max(this.#nextSize, least))
    this.#nextSize = Math.min(LAST, this.#nextSize * 2)
    this.isSeen = false
  }
}

keepShape(new Arena())
