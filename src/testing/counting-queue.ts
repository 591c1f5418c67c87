/** A queue that counts what a decoder does to it. */

import { ByteQueue, type CopyPolicy } from '../bytes/byte-queue.ts'
import type { Endian } from '../bytes/integers.ts'

/** Stands before the queue of a parser: the decoder looks through it. */
export class CountingQueue extends ByteQueue {
  readonly #queue: ByteQueue
  /** Calls, and bytes that they looked at or handed out. */
  steps = 0

  constructor(queue: ByteQueue) {
    super()
    this.#queue = queue
  }

  override get length(): number {
    return this.#queue.length
  }

  override get contiguous(): number {
    return this.#queue.contiguous
  }

  override get offset(): number {
    return this.#queue.offset
  }

  override byteAt(at: number): number {
    this.steps++
    return this.#queue.byteAt(at)
  }

  override uint(at: number, width: number, endian?: Endian): number {
    this.steps += 1 + width
    return this.#queue.uint(at, width, endian)
  }

  override indexOf(value: number, from = 0): number {
    const found = this.#queue.indexOf(value, from)
    this.#looked(from, found)
    return found
  }

  override indexOfAny(set: Uint8Array, from = 0): number {
    const found = this.#queue.indexOfAny(set, from)
    this.#looked(from, found)
    return found
  }

  override match(needle: Uint8Array, at = 0): number {
    const matched = this.#queue.match(needle, at)
    this.steps += 1 + (matched < 0 ? needle.length : matched)
    return matched
  }

  override peekAs<Read>(n: number, read: (bytes: Uint8Array, start: number, stop: number) => Read): Read {
    this.steps += 1 + n
    return this.#queue.peekAs(n, read)
  }

  override peek(at: number, n: number): Uint8Array {
    this.steps += 1 + n
    return this.#queue.peek(at, n)
  }

  override take(n: number, copy?: CopyPolicy): Uint8Array {
    this.steps += 1 + n
    return this.#queue.take(n, copy)
  }

  override skip(n: number): void {
    this.steps++
    this.#queue.skip(n)
  }

  #looked(from: number, found: number): void {
    this.steps += 1 + Math.max(0, (found < 0 ? this.#queue.length : found + 1) - from)
  }
}
