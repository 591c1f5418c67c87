/**
 * The outgoing side: encoders write into it, and what has gathered leaves as chunks.
 *
 * ```
 *   take()       [ frame | frame | frame |        room        ]      one chunk of its own memory
 *
 *   takeNext()   [ frame | head ]  [ large frame, passed on ]  [ trailer | frame |  room  ]
 *                 one chunk         another: its own memory     a third
 * ```
 *
 * Small frames are copied into memory that they share. The memory of a large one may be passed on instead: that is between those who write
 * with `pass` and those who made the sink, and hold the writer back until the memory is free.
 */

import { describe, toBytes } from './bytes.ts'
import { writeUint, type Endian } from './integers.ts'
import { unwritten } from './unwritten.ts'
import { keepShape } from './keep-shape.ts'

const FIRST_SLAB = 64
const LAST_SLAB = 64 * 1024
/** Where parts are taken one by one: room for the frame that makes it 64 KiB, after which writers wait. */
const SLACK = 8 * 1024
/** A chunk keeps so much alive, or twice its own length. */
const KEPT = 4096
/** Up to so many bytes a loop costs less than a call. */
const SHORT = 8
/** Up to so many characters that are ASCII, too. */
const SHORT_TEXT = 32
/** Above this a text gets memory of its own: below, writing it where it belongs costs half as much and less, also where it turns out longer. */
const LONG_TEXT = 32 * 1024
const EMPTY: Uint8Array = new Uint8Array(0)
const utf8: TextEncoder = new TextEncoder()

/** Options of {@link ByteSink}. */
export interface ByteSinkOptions {
  /** From how many bytes on what is written with `pass` is not copied. Only for those who take with `takeNext()`, and tell the writers when
   * their memory is free.
   * @defaultValue Infinity: all is copied */
  passFrom?: number | undefined
  /** How many bytes are expected: there is room for them at once.
   * @defaultValue 0 */
  capacity?: number | undefined
  /** Where the memory of chunks comes from.
   * @defaultValue each chunk has its own */
  memory?: SinkMemory | undefined
}

/** Gives memory to a {@link ByteSink}. */
export interface SinkMemory {
  /** Memory of at least `size` bytes, whatever is in it. */
  take(size: number): Uint8Array
  /** The sink has no use for memory that it was given, and no chunk lies in it. */
  giveBack(memory: Uint8Array): void
}

/** Has the short chunks of a sink, which are copies, lie in memory that `allocate` gives: who needs them as a `Buffer` would copy them once more. */
export let allocateShort: (sink: ByteSink, allocate: (length: number) => Uint8Array) => void

/** Something that leaves as one chunk. */
interface Part {
  readonly bytes: Uint8Array
  readonly isPassed: boolean
}

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
  readonly #passFrom: number
  readonly #lastSlab: number
  readonly #memory: SinkMemory | undefined
  #allocateShort: ((length: number) => Uint8Array) | undefined
  /** What is in front of the slab. */
  #parts: Part[] = []
  #partsLength = 0
  #passed = 0
  #slab: Uint8Array = EMPTY
  #used = 0
  #nextSlab: number

  /** @throws RangeError if `passFrom` is below 1. */
  constructor({ passFrom = Infinity, capacity = 0, memory }: ByteSinkOptions = {}) {
    if (!(passFrom >= 1)) throw new RangeError(`passFrom must be 1 or more, not ${describe(passFrom)}`)
    this.#passFrom = passFrom
    this.#lastSlab = passFrom === Infinity ? LAST_SLAB : LAST_SLAB + SLACK
    this.#nextSlab = Math.max(FIRST_SLAB, capacity)
    this.#memory = memory
  }

  static {
    allocateShort = (sink, allocate) => {
      sink.#allocateShort = allocate
    }
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#partsLength + this.#used
  }

  /** How many of them are in memory that is not the sink's: it must not change before they are taken, and whoever has got them needs it
   * no more. */
  get passed(): number {
    return this.#passed
  }

  /** Appends one byte (0 to 255). */
  byte(value: number): void {
    if (this.#used === this.#slab.length) this.#grow(1)
    this.#slab[this.#used++] = value
  }

  /** Appends a copy of `bytes`. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes
    if (this.#used + length > this.#slab.length) this.#grow(length)
    const slab = this.#slab
    const at = this.#used
    if (length > SHORT) slab.set(bytes, at)
    else for (let i = 0; i < length; i++) slab[at + i] = bytes[i]!
    this.#used = at + length
  }

  /**
   * Appends bytes that stay as they are until the write of the frame is over, as those of the frame itself do: where they are many, they
   * may leave without being copied. Memory that you will use for something else belongs into `bytes`.
   */
  pass(bytes: Uint8Array): void {
    if (bytes.length < this.#passFrom || !isPassable(bytes.buffer)) return this.bytes(bytes)
    this.#closeSlab()
    this.#add(bytes, true)
  }

  /** Appends a string as UTF-8. */
  text(text: string): void {
    const { length } = text
    if (length > LONG_TEXT) return this.#longText(text)
    if (this.#used + length > this.#slab.length) this.#grow(length)
    if (length <= SHORT_TEXT && this.#ascii(text)) return
    const { read, written } = utf8.encodeInto(text, this.#slab.subarray(this.#used))
    this.#used += written
    if (read === length) return
    // It is not ASCII. A UTF-16 unit takes at most three bytes.
    const rest = text.slice(read)
    this.#grow(rest.length * 3)
    this.#used += utf8.encodeInto(rest, this.#slab.subarray(this.#used)).written
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
    if (this.#used + width > this.#slab.length) this.#grow(width)
    writeUint(this.#slab, this.#used, width, endian, value)
    this.#used += width
  }

  /** Everything that has gathered, as one chunk that is the caller's own; the sink is empty afterwards. */
  take(): Uint8Array {
    if (this.#parts.length === 0) return this.#takeSlab()
    const chunk = this.#join(0)
    this.truncate(0)
    return chunk
  }

  /**
   * The next chunk of what has gathered, without copying it; undefined if there is none. It is the caller's own, unless `passed` is less
   * than before: then it is what somebody wrote with `pass`, or the beginning of it.
   */
  takeNext(): Uint8Array | undefined {
    const parts = this.#parts
    if (parts.length === 0) return this.#used === 0 ? undefined : this.#takeSlab()
    const part = parts[0]!
    if (parts.length > 2) parts.shift()
    else {
      // Nearly always: a call that moves the others costs as much as all else here.
      const last = parts.pop()!
      if (parts.length > 0) parts[0] = last
    }
    this.#forget(part)
    return part.bytes
  }

  /** The bytes written since the sink held `length` bytes: what one frame became. They are left where they are, and copied only where they
   * do not lie in one piece. Do not keep or change them. */
  peek(length = 0): Uint8Array {
    const at = length - this.#partsLength
    return at >= 0 ? this.#slab.subarray(at, this.#used) : this.#join(length)
  }

  /** Takes back what was written since the sink held `length` bytes: for a frame that turned out not to be encodable. */
  truncate(length: number): void {
    const at = length - this.#partsLength
    if (at < this.#used) this.#used = Math.max(0, at)
    while (this.#partsLength > length) {
      const last = this.#parts.pop()!
      this.#forget(last)
      const kept = length - this.#partsLength
      if (kept > 0) this.#add(toBytes(last.bytes).subarray(0, kept), last.isPassed)
    }
  }

  /** Writes a text that is ASCII, and nothing of another one; there is room. */
  #ascii(text: string): boolean {
    const slab = this.#slab
    const at = this.#used
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      slab[at + i] = code
    }
    this.#used = at + text.length
    return true
  }

  #longText(text: string): void {
    const bytes = utf8.encode(text)
    if (bytes.length < this.#passFrom) return this.bytes(bytes)
    // It has memory of its own already.
    this.#closeSlab()
    this.#add(bytes, false)
  }

  #add(bytes: Uint8Array, isPassed: boolean): void {
    this.#parts.push({ bytes, isPassed })
    this.#partsLength += bytes.length
    if (isPassed) this.#passed += bytes.length
  }

  #forget({ bytes, isPassed }: Part): void {
    this.#partsLength -= bytes.length
    if (isPassed) this.#passed -= bytes.length
  }

  #closeSlab(): void {
    if (this.#used > 0) this.#add(this.#takeSlab(), false)
  }

  #takeSlab(): Uint8Array {
    const slab = this.#slab
    const used = this.#used
    if (slab.length <= FIRST_SLAB) return this.#copySlab(used)
    const isWasted = slab.length > KEPT && used < slab.length / 2
    const chunk = isWasted ? slab.slice(0, used) : slab.subarray(0, used)
    if (isWasted) this.#memory?.giveBack(slab)
    // What is behind it goes with the chunk: nobody shall find there what was in this memory before.
    else if (used < slab.length) slab.fill(0, used)
    // What gathers next is probably about as much again.
    this.#nextSlab = Math.min(this.#lastSlab, used <= FIRST_SLAB ? FIRST_SLAB : used + (used >> 2))
    this.#slab = EMPTY
    this.#used = 0
    return chunk
  }

  /** Such a slab lies in the engine's own heap, and a view would have it moved out of there, which costs more than all the rest: it stays. */
  #copySlab(used: number): Uint8Array {
    const slab = this.#slab
    const chunk = this.#allocateShort === undefined ? new Uint8Array(used) : this.#allocateShort(used)
    for (let i = 0; i < used; i++) chunk[i] = slab[i]!
    this.#used = 0
    return chunk
  }

  /** What was written since the sink held `length` bytes, in one piece. */
  #join(length: number): Uint8Array {
    const whole = unwritten(this.length - length)
    let at = this.#partsLength - length
    whole.set(this.#slab.subarray(0, this.#used), at)
    for (let i = this.#parts.length - 1; at > 0; i--) {
      const { bytes } = this.#parts[i]!
      at -= bytes.length
      whole.set(at < 0 ? bytes.subarray(-at) : bytes, Math.max(0, at))
    }
    return whole
  }

  /** Makes room for `n` bytes more: by doubling, so that the cost stays linear however frames are written. Where parts are taken one by one,
   * a slab that is rather full is one of them. */
  #grow(n: number): void {
    const isInParts = this.#passFrom < Infinity
    if (isInParts && this.#used >= LAST_SLAB / 2 && this.#used + n > this.#lastSlab) this.#closeSlab()
    const size = Math.max(this.#used + n, this.#nextSlab)
    const slab = this.#memory?.take(size) ?? unwritten(size)
    this.#nextSlab = isInParts ? Math.min(this.#lastSlab, slab.length * 2) : slab.length * 2
    slab.set(this.#slab.subarray(0, this.#used))
    this.#memory?.giveBack(this.#slab)
    this.#slab = slab
  }
}

/** Whether memory is there for one program alone, and as long as it is: only such memory is passed on. */
function isPassable(buffer: ArrayBufferLike): boolean {
  // The tag is for buffers of another realm; it costs more than all that is done with a frame that is passed on.
  const isOwn = buffer instanceof ArrayBuffer || Object.prototype.toString.call(buffer) === '[object ArrayBuffer]'
  return isOwn && (buffer as { resizable?: boolean }).resizable !== true
}

keepShape(new ByteSink())
