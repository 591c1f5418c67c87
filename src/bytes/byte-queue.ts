/**
 * The incoming buffer: bytes that have arrived and were not taken yet, as a line of chunks with a cursor at the front.
 *
 * ```
 *            front
 *              v
 *   [.........|===][=========][==      ]      . taken   = waiting
 *     head             rest      arena: small chunks are gathered here
 * ```
 *
 * Chunks are adopted and not copied. Bytes are copied once, and only where it is needed: many small chunks are gathered into
 * one buffer, a frame that lies across chunks is assembled, a small frame out of a big chunk is copied so that it does not
 * keep the chunk alive. Nothing is scanned twice: `indexOf` and `byteAt` remember where the last look was.
 */

import { Arena } from './arena.ts'
import { describe, toBytes, type ByteSource } from './bytes.ts'
import { FrameMemory } from './frame-memory.ts'
import { readUint, type Endian } from './integers.ts'
import { keepShape } from './keep-shape.ts'
import { Marks } from './marks.ts'
import { copyBytes, copyOf, viewOf } from './view.ts'
import { DENSE, indexOfAny, indexOfByte } from './scan.ts'
import { Segments } from './segments.ts'

/**
 * Whether a frame is a view of the memory that arrived or a copy of its own.
 *
 * - `'auto'`: a frame keeps at most 64 KiB (one read of a socket), or 64 times its own length, of memory alive.
 * - `'always'`: every frame has memory of its own, that nothing else looks at.
 * - `'never'`: a frame that lies within one chunk is a view of it, and keeps the whole chunk alive.
 *
 * Of the frames that are encoded, streams pass large ones on in the memory that they came in; with `'always'` what leaves is a copy.
 */
export type CopyPolicy = 'auto' | 'always' | 'never'

/** Chunks below this many bytes are gathered, so that a peer who sends single bytes costs bytes and not objects. */
const SMALL_CHUNK = 1024
/** A chunk that keeps alive this many times its own length is gathered too. */
const WASTEFUL = 16
/** Above this a chunk is big: what a socket reads at once is not, and its frames are views. */
const BIG_CHUNK = 64 * 1024
const AUTO_RATIO = 64
/** Below this many bytes one look for many frames costs more than it saves. */
const WORTH_MARKING = 256

const EMPTY: Uint8Array = new Uint8Array(0)
/** An integer that lies across chunks, for as long as it takes to read it. */
const ACROSS: Uint8Array = new Uint8Array(8)

/**
 * Takes a frame whose end is known already, as that of many short ones is: what stands before the next byte `value`, and that byte with
 * it. Undefined, and nothing is taken, where it is not known, where the frame has fewer than `least` or more than `most` bytes, and where the
 * chunk ends with it. It does no more than `indexOf`, `take` and `skip`, which cost a short frame nearly as much again as its view.
 */
export let takeMarked: (
  queue: ByteQueue,
  value: number,
  least: number,
  most: number,
  copy: CopyPolicy,
) => Uint8Array | undefined

/**
 * Takes `n` bytes, with `before` bytes that stand in front of them and `behind` bytes that stand behind them, in one step. Undefined, and nothing
 * is taken, where the chunk at the front does not go on behind all of them: then it is for `skip` and `take`.
 */
export let takeWithin: (
  queue: ByteQueue,
  before: number,
  n: number,
  behind: number,
  copy: CopyPolicy,
) => Uint8Array | undefined

/**
 * Takes `n` bytes off the front as a copy that may be written to: nobody else looks at it. With `'always'` its memory is its own, else others
 * may lie beside it.
 */
export let takeCopy: (queue: ByteQueue, n: number, copy: CopyPolicy) => Uint8Array

/**
 * Bytes that arrived and wait to be taken: what a decoder reads. Positions are counted from the front (0 is the next byte).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ByteQueue } from 'framewright'
 *
 * const queue = new ByteQueue()
 * queue.push(new Uint8Array([0, 2, 104]))
 * queue.push(new Uint8Array([105, 33]))
 * assert.equal(queue.uint(0, 2), 2)
 * queue.skip(2)
 * assert.deepEqual(queue.take(2), new Uint8Array([104, 105]))
 * assert.equal(queue.length, 1)
 * assert.equal(queue.offset, 4)
 * ```
 */
export class ByteQueue {
  // The head segment lies open in fields of its own: nearly every frame lies within it.
  #bytes: Uint8Array = EMPTY
  /** Of the head, when they were needed for the first time: to ask an array for them costs more than a short line. */
  #buffer: ArrayBufferLike | undefined
  #byteOffset = 0
  #pos = 0
  #end = 0
  /** Frames below this length are copied under `'auto'`: what they would keep alive is too much for them. */
  #smallFrame = 0
  /** Where the byte that was looked for last is in the head, where it is there often. */
  #marks: Marks | undefined
  /** Absolute offset of `#bytes[0]`. */
  #origin = 0

  /** What comes after the head. */
  readonly #rest: Segments = new Segments()
  #restLength = 0

  /** For small chunks; not there before the second of them. */
  #arena: Arena | undefined
  /** What came last lies at the end of the arena: a small chunk that comes now goes right behind it. */
  #gathering = false

  /** For frames that are not views of a chunk; not there before the first of them. */
  #memory: FrameMemory | undefined

  /** How many bytes wait. */
  get length(): number {
    return this.#end - this.#pos + this.#restLength
  }

  /** How many bytes lie in one piece at the front: taking no more than that copies nothing. */
  get contiguous(): number {
    return this.#end - this.#pos
  }

  /** Absolute position of the front in the stream: how many bytes have been taken or skipped so far. */
  get offset(): number {
    return this.#origin + this.#pos
  }

  /**
   * Appends a chunk. It is adopted and not copied (unless it is small): do not change it afterwards.
   *
   * @throws TypeError if it is not bytes.
   */
  push(chunk: ByteSource): void {
    // A Buffer stays one: to make a plain array of it costs as much as a short frame. What leaves the queue is always plain.
    const bytes = chunk instanceof Uint8Array ? chunk : toBytes(chunk)
    if (this.#gathering && this.#gatherBehind(bytes)) return
    const length = bytes.length
    if (length === 0) return
    if (this.#pos === this.#end) {
      // Empty: whatever came is the head, with no copy.
      this.#gathering = false
      this.#setHead(bytes, 0, length, this.#origin + this.#pos)
    } else if (length < SMALL_CHUNK || length * WASTEFUL < bytes.buffer.byteLength) {
      this.#gather(bytes)
    } else {
      this.#append(bytes, 0, length)
    }
  }

  /**
   * The byte at position `at`.
   *
   * @throws RangeError if that byte has not arrived.
   */
  byteAt(at: number): number {
    const index = this.#pos + at
    if (at >= 0 && index < this.#end) return this.#bytes[index]!
    this.#need(at, 1)
    return this.#rest.byteAt(this.offset + at)
  }

  /**
   * The unsigned integer of `width` bytes (1 to 8, default order big endian) at position `at`. Above 2^53-1 it is `Infinity`:
   * never a rounded number.
   *
   * @throws RangeError if those bytes have not arrived.
   */
  uint(at: number, width: number, endian: Endian = 'big'): number {
    const index = this.#pos + at
    if (at >= 0 && index + width <= this.#end) return readUint(this.#bytes, index, width, endian)
    return this.#uintAcross(at, width, endian)
  }

  /** The position of the first byte `value` at or after position `from`, or -1. */
  indexOf(value: number, from = 0): number {
    const start = this.#pos + from
    const known = this.#marks === undefined ? -1 : this.#marks.find(value, start)
    if (known >= 0) return known - this.#pos
    const found = start < this.#end ? this.#search(value, start) : -1
    if (found >= 0) return found - this.#pos
    return this.#restLength === 0 ? -1 : this.#findInRest(from, value, undefined)
  }

  /** The position of the first byte at or after `from` whose entry in `set` (256 entries, indexed by byte) is not 0, or -1. */
  indexOfAny(set: Uint8Array, from = 0): number {
    const start = this.#pos + from
    if (start < this.#end) {
      const found = indexOfAny(this.#bytes, set, start, this.#end)
      if (found >= 0) return found - this.#pos
    }
    return this.#restLength === 0 ? -1 : this.#findInRest(from, 0, set)
  }

  /**
   * How far `needle` matches at position `at`: its whole length where it is there, -1 where a byte differs, and the number of
   * bytes compared where the queue ended before the needle did.
   */
  match(needle: Uint8Array, at = 0): number {
    const available = Math.min(needle.length, this.length - at)
    for (let i = 0; i < available; i++) if (this.byteAt(at + i) !== needle[i]) return -1
    return available
  }

  /**
   * `n` bytes from position `at` on, left where they are: a view where they lie in one chunk, else a copy. Do not change them.
   *
   * @throws RangeError if those bytes have not arrived.
   */
  peek(at: number, n: number): Uint8Array {
    this.#need(at, n)
    const start = this.#pos + at
    if (start + n <= this.#end) return this.#view(start, start + n)
    const out = new Uint8Array(n)
    this.#copyTo(out, at)
    return out
  }

  /**
   * What `read` makes of the first `n` bytes, which it gets where they lie and may look at until it returns: `bytes[start, stop)`. For text, which
   * is no bytes afterwards: a view of them costs as much as a short one.
   *
   * @throws RangeError if they do not lie in one piece (see `contiguous`).
   */
  peekAs<Read>(n: number, read: (bytes: Uint8Array, start: number, stop: number) => Read): Read {
    const stop = this.#pos + n
    if (n >= 0 && stop <= this.#end) return read(this.#bytes, this.#pos, stop)
    throw new RangeError(`${describe(n)} bytes were asked for in one piece, but only ${this.contiguous} lie so`)
  }

  /**
   * Takes `n` bytes off the front. Within one chunk that is a view or a copy, as `copy` says (see {@link CopyPolicy}); bytes that
   * lie across chunks are assembled in memory of their own, once.
   *
   * @throws RangeError if those bytes have not arrived.
   */
  take(n: number, copy: CopyPolicy = 'auto'): Uint8Array {
    const start = this.#pos
    const stop = start + n
    if (!(n >= 0 && stop <= this.#end)) return this.#assemble(n, copy)
    const out = this.#frame(start, stop, copy)
    this.#pos = stop
    if (stop === this.#end) this.#nextHead()
    return out
  }

  /**
   * Takes `n` bytes off the front and forgets them.
   *
   * @throws RangeError if those bytes have not arrived.
   */
  skip(n: number): void {
    const stop = this.#pos + n
    if (n >= 0 && stop < this.#end) {
      this.#pos = stop
      return
    }
    this.#need(0, n)
    let left = n
    while (left > 0) {
      const step = Math.min(left, this.#end - this.#pos)
      this.#pos += step
      left -= step
      if (this.#pos === this.#end) this.#nextHead()
    }
  }

  // ---- front

  /** Looks for `value` in the head. Where it comes soon it will come again, and the next ones are found along with it. */
  #search(value: number, start: number): number {
    const first = this.#marks === undefined ? start : this.#marks.unknown(value, start)
    const found = first < this.#end ? indexOfByte(this.#bytes, value, first, this.#end) : -1
    // Marks are used up before others are made: who looks for two bytes in turns would make new ones for each look.
    if (this.#marks !== undefined && !this.#marks.areBehind(start)) return found
    if (found >= 0 && found - start < DENSE && this.#end - found > WORTH_MARKING) {
      this.#marks = Marks.of(this.#bytes, value, found + 1, this.#end, this.#marks)
    } else {
      this.#forgetMarks()
    }
    return found
  }

  #forgetMarks(): void {
    this.#marks?.giveBack()
    this.#marks = undefined
  }

  #setHead(bytes: Uint8Array, start: number, end: number, base: number): void {
    this.#bytes = bytes
    this.#buffer = undefined
    this.#pos = start
    this.#end = end
    this.#origin = base - start
    if (this.#marks !== undefined) this.#forgetMarks()
  }

  /** Before the first view of the head. */
  #open(): number {
    if (this.#bytes === this.#arena?.bytes) this.#arena.isSeen = true
    const { buffer, byteOffset } = this.#bytes
    this.#buffer = buffer
    this.#byteOffset = byteOffset
    const kept = buffer.byteLength
    return (this.#smallFrame = kept > BIG_CHUNK ? Math.ceil(kept / AUTO_RATIO) : 0)
  }

  static {
    takeMarked = (queue, value, least, most, copy) => {
      const marks = queue.#marks
      if (marks === undefined) return undefined
      const start = queue.#pos
      const at = marks.take(value, start, start + least, Math.min(start + most, queue.#end - 2))
      if (at < 0) return undefined
      const frame = queue.#within(start, at, copy)
      queue.#pos = at + 1
      return frame
    }
    takeCopy = (queue, n, copy) => {
      // One that passes all calls on to another has no bytes itself.
      const isHere = n <= queue.#end - queue.#pos + queue.#restLength
      return isHere ? queue.#assemble(n, copy) : queue.take(n, 'always')
    }
    takeWithin = (queue, before, n, behind, copy) => {
      const start = queue.#pos + before
      const stop = start + n
      if (stop + behind >= queue.#end) return undefined
      const frame = queue.#within(start, stop, copy)
      queue.#pos = stop + behind
      return frame
    }
  }

  /** A part of the head, and not all of it, as a frame: nearly always it is a view. */
  #within(start: number, stop: number, copy: CopyPolicy): Uint8Array {
    const buffer = this.#buffer
    return copy === 'auto' && buffer !== undefined && stop - start >= this.#smallFrame
      ? viewOf(this.#bytes, buffer, this.#byteOffset, start, stop)
      : this.#frame(start, stop, copy)
  }

  /** A part of the head as a frame. */
  #frame(start: number, stop: number, copy: CopyPolicy): Uint8Array {
    if (copy === 'auto') {
      const small = this.#buffer === undefined ? this.#open() : this.#smallFrame
      if (stop - start < small) return this.#ownMemory().cut(this.#bytes, start, stop, this.#end)
    } else if (copy === 'always') {
      return copyOf(this.#bytes, start, stop)
    }
    return this.#view(start, stop)
  }

  #view(start: number, stop: number): Uint8Array {
    const bytes = this.#bytes
    if (this.#buffer === undefined) this.#open()
    if (stop - start === bytes.length && bytes.constructor === Uint8Array) return bytes
    return viewOf(bytes, this.#buffer!, this.#byteOffset, start, stop)
  }

  /** The head is used up: the next chunk takes its place. */
  #nextHead(): void {
    this.#memory?.leaveChunk()
    const next = this.#rest.shift()
    if (next === undefined) return this.#emptied()
    this.#setHead(next.bytes, next.start, next.end, next.base)
    this.#restLength -= next.end - next.start
  }

  /** Lets go of the memory: an idle connection must not hold on to the last chunk. */
  #emptied(): void {
    this.#memory?.idle()
    const arena = this.#arena
    arena?.idle()
    if (!this.#gathering || arena!.bytes.length === 0) {
      this.#gathering = false
      this.#setHead(EMPTY, 0, 0, this.offset)
    } else if (!arena!.isSeen) {
      // Small chunks will go on to be small. The head is all of the arena, or the part of it that is still free.
      this.#setHead(arena!.bytes, 0, 0, this.offset)
    } else if (this.#marks !== undefined) {
      this.#forgetMarks()
    }
  }

  #ownMemory(): FrameMemory {
    return (this.#memory ??= new FrameMemory())
  }

  /** A frame put together, as one that lies across chunks has to be: each byte is copied once. */
  #assemble(n: number, copy: CopyPolicy): Uint8Array {
    this.#need(0, n)
    const out = this.#ownMemory().take(n, copy !== 'always')
    for (let done = 0; done < n;) {
      const stop = Math.min(this.#end, this.#pos + n - done)
      copyBytes(out, done, this.#bytes, this.#pos, stop)
      done += stop - this.#pos
      this.#pos = stop
      if (stop === this.#end) this.#nextHead()
    }
    return out
  }

  // ---- back

  #append(bytes: Uint8Array, start: number, end: number): void {
    this.#gathering = false
    this.#rest.push({ bytes, start, end, base: this.offset + this.length })
    this.#restLength += end - start
  }

  /** Copies a small chunk right behind the one before it; false where it is not small, or there is no room. */
  #gatherBehind(chunk: Uint8Array): boolean {
    const n = chunk.length
    if (n >= SMALL_CHUNK || !this.#arena!.append(chunk)) return false
    if (this.#restLength === 0) {
      this.#end += n
    } else {
      this.#rest.last!.end += n
      this.#restLength += n
    }
    return true
  }

  /** Copies a small chunk into the arena; runs of small chunks become one segment. */
  #gather(chunk: Uint8Array): void {
    const arena = (this.#arena ??= new Arena())
    // A lone small head moves along: a frame out of small chunks then lies in one piece.
    const head = this.#end - this.#pos
    const moves = this.#restLength === 0 && head < SMALL_CHUNK ? head : 0
    const n = moves + chunk.length
    const start = arena.begin(n, moves === this.length)
    const { bytes } = arena
    // First the head: it may lie in the same memory.
    if (moves > 0) copyBytes(bytes, start, this.#bytes, this.#pos, this.#end)
    bytes.set(chunk, start + moves)
    if (moves > 0) this.#setHead(bytes, start, start + n, this.offset)
    else this.#append(bytes, start, start + n)
    this.#gathering = true
  }

  // ---- beyond the head

  #uintAcross(at: number, width: number, endian: Endian): number {
    this.#need(at, width)
    for (let i = 0; i < width; i++) ACROSS[i] = this.byteAt(at + i)
    return readUint(ACROSS, 0, width, endian)
  }

  #findInRest(from: number, value: number, set: Uint8Array | undefined): number {
    const front = this.offset
    const found = this.#rest.find(front + Math.max(from, this.#end - this.#pos), value, set)
    return found < 0 ? -1 : found - front
  }

  #copyTo(out: Uint8Array, at: number): void {
    const start = this.#pos + at
    const stop = Math.min(this.#end, start + out.length)
    const inHead = Math.max(0, stop - start)
    if (inHead > 0) copyBytes(out, 0, this.#bytes, start, stop)
    this.#rest.copyTo(out, inHead, this.offset + at + inHead)
  }

  #need(at: number, n: number): void {
    if (at >= 0 && n >= 0 && at + n <= this.length) return
    throw new RangeError(
      `Bytes ${describe(at)} to ${describe(at + n)} of the queue were asked for, but it holds ${this.length}`,
    )
  }
}

keepShape(new ByteQueue())
