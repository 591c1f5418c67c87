/**
 * The chunks that wait behind the one at the front, by their absolute place in the stream.
 *
 * ```
 *   base:  4096            5556         7016
 *          [==============][===========][=====
 *             ^ cursor: where the last look ended, and the next one begins
 * ```
 */

import { indexOfAny, indexOfByte } from './scan.ts'
import { copyBytes } from './view.ts'

export interface Segment {
  readonly bytes: Uint8Array
  readonly start: number
  end: number
  /** Absolute offset of `bytes[start]` in the stream. */
  readonly base: number
}

/** So many that have gone out are forgotten at once. */
const GONE = 64

export class Segments {
  /** Entries before `#first` are gone. */
  #list: Segment[] = []
  #first = 0
  #cursor = 0

  push(segment: Segment): void {
    this.#list.push(segment)
  }

  get last(): Segment | undefined {
    return this.#list[this.#list.length - 1]
  }

  shift(): Segment | undefined {
    const segment = this.#list[this.#first]
    if (segment === undefined) return undefined
    if (this.#list.length === 1) {
      // The most frequent case. V8 drops the memory of an array whose length becomes 0, but not when its last entry is taken.
      this.#cursor = 0
      return this.#list.pop()
    }
    this.#list[this.#first] = undefined as unknown as Segment
    this.#first++
    if (this.#first === this.#list.length) {
      this.#list.length = this.#first = this.#cursor = 0
    } else if (this.#first >= GONE && this.#first * 2 >= this.#list.length) {
      this.#list.splice(0, this.#first)
      this.#cursor = Math.max(0, this.#cursor - this.#first)
      this.#first = 0
    }
    return segment
  }

  /** The byte at an absolute offset that has arrived. */
  byteAt(offset: number): number {
    const { bytes, start, base } = this.#locate(offset)!
    return bytes[start + offset - base]!
  }

  /** The absolute offset of the first byte from `offset` on that is `value`, or one of `set`; or -1. */
  find(offset: number, value: number, set: Uint8Array | undefined): number {
    let at = offset
    for (let segment = this.#locate(at); segment !== undefined; segment = this.#list[++this.#cursor]) {
      const { bytes, start, end, base } = segment
      const first = start + Math.max(0, at - base)
      const found = set === undefined ? indexOfByte(bytes, value, first, end) : indexOfAny(bytes, set, first, end)
      if (found >= 0) return found - start + base
      at = base + (end - start)
      if (this.#cursor + 1 === this.#list.length) break
    }
    return -1
  }

  /** Copies what lies from `offset` on to `out`, from index `from` to its end. All of it has arrived. */
  copyTo(out: Uint8Array, from: number, offset: number): void {
    for (let done = from; done < out.length;) {
      const at = offset + done - from
      const { bytes, start, end, base } = this.#locate(at)!
      const first = start + at - base
      const stop = Math.min(end, first + out.length - done)
      copyBytes(out, done, bytes, first, stop)
      done += stop - first
    }
  }

  /** The segment in which an absolute offset lies, or undefined if it has not arrived. */
  #locate(offset: number): Segment | undefined {
    let i = Math.max(this.#cursor, this.#first)
    // A look a little back (the CR before an LF, the next of several delimiters) must not begin again at the front.
    while (i > this.#first && this.#list[i]!.base > offset) i--
    for (; i < this.#list.length; i++) {
      const segment = this.#list[i]!
      if (offset - segment.base < segment.end - segment.start) {
        this.#cursor = i
        return segment
      }
    }
    return undefined
  }
}
