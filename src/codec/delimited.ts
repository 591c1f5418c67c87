/**
 * The machine behind every rule that ends a frame with a mark: `delimiter` and `lines`.
 *
 * ```
 *   +-----------+---+-------+---+------+---+
 *   |  payload  | d |payload| d |      | d |
 *   +-----------+---+-------+---+------+---+
 *        frame 0      frame 1    frame 2 (empty)
 * ```
 *
 * A `Finder` knows what a delimiter looks like; this file knows what a frame is: limits, policies, the end of input.
 */

import { takeMarked, takeWithin, type ByteQueue, type CopyPolicy } from '../bytes/byte-queue.ts'
import type { Decoder } from './codec.ts'
import type { FramingError } from './framing-error.ts'
import { tooLong, truncated, type SkipInfo, type TooLongPolicy, type TrailingPolicy } from './policies.ts'
import { SkipRun } from './skip-run.ts'

/** Finds the next delimiter in a queue. It remembers how far it has looked, so that no byte is looked at twice. */
export interface Finder {
  /** Bytes at the front that are known to start no delimiter. Whoever moves the front moves this along. */
  scanned: number
  /** After a delimiter was found: its length. */
  length: number
  /** After none was found: bytes at the front that are payload for certain, whatever follows. */
  clear: number
  /** After none was found: the byte behind the clear ones breaks the rule. They get what is due to them before this is thrown. */
  readonly error?: FramingError | undefined
  /** The delimiter, where it is one byte and nothing else. */
  readonly byte?: number | undefined
  /** Position of the leftmost delimiter, or -1. `final`: the input has ended, nothing more will follow. */
  find(bytes: ByteQueue, final: boolean): number
  /** Forgets everything: the next look is at another stream of bytes. */
  reset(): void
}

export interface DelimitedSettings {
  /** Is the delimiter left out of the frame, its end, or its beginning? */
  readonly disposition: 'discard' | 'suffix' | 'prefix'
  readonly emitEmpty: boolean
  readonly limit: number
  readonly onTooLong: TooLongPolicy
  readonly onTrailing: TrailingPolicy
  readonly onSkip: ((info: SkipInfo) => void) | undefined
  readonly copy: CopyPolicy
  /** Whether to return after a frame that was left out, so that somebody else may decode the next one. */
  readonly single?: boolean | undefined
  /** Where a payload that is too long may be cut: at most `length` bytes after `from`. Text must not be cut within a character. */
  readonly cut?: ((bytes: ByteQueue, from: number, length: number) => number) | undefined
}

type Take<Frame> = (bytes: ByteQueue, n: number) => Frame

export class DelimitedDecoder<Frame = Uint8Array> implements Decoder<Frame> {
  readonly #finder: Finder
  readonly #settings: DelimitedSettings
  /** Undefined: as bytes, and directly, as that is what nearly every frame is. */
  readonly #takeAs: Take<Frame> | undefined
  readonly #copy: CopyPolicy
  readonly #limit: number
  readonly #discard: boolean
  /** The byte that ends a frame and is left out of it, where that is all there is to it, or -1. */
  readonly #byte: number
  /** The shortest payload that is a frame. */
  readonly #least: number
  /** Bytes of the delimiter that stands before the payload (`disposition: 'prefix'`). */
  #lead = 0
  /** Pieces of this frame have been delivered (`onTooLong: 'split'`). */
  #open = false
  /** The rest of this frame is being left out. */
  #discarding = false
  readonly #skip: SkipRun

  /** `take`: how a frame of so many bytes is taken off the front; as bytes unless it is said otherwise. */
  constructor(finder: Finder, settings: DelimitedSettings, take?: Take<Frame>) {
    this.#finder = finder
    this.#settings = settings
    this.#skip = new SkipRun(settings.onSkip)
    this.#takeAs = take
    this.#copy = settings.copy
    this.#limit = settings.limit
    this.#discard = settings.disposition === 'discard'
    this.#byte = this.#discard && take === undefined ? (finder.byte ?? -1) : -1
    this.#least = settings.emitEmpty ? 0 : 1
  }

  get skipped(): number {
    return this.#skip.total
  }

  /** Is a part of the frame at the front gone already? */
  get busy(): boolean {
    return this.#open || this.#discarding
  }

  decode(bytes: ByteQueue): Frame | undefined {
    if (!this.#discard || this.#open || this.#discarding) return this.#next(bytes, false)
    // The common case: nothing is left of the frame before, and this one is there and not too long.
    const finder = this.#finder
    if (this.#byte >= 0) {
      const known = takeMarked(bytes, this.#byte, this.#least, this.#limit, this.#copy)
      if (known !== undefined) {
        finder.scanned = 0
        return known as Frame
      }
    }
    const at = finder.find(bytes, false)
    if (at < this.#least || at > this.#limit) return this.#next(bytes, false, at)
    finder.scanned = 0
    if (this.#takeAs === undefined) {
      const within = takeWithin(bytes, 0, at, finder.length, this.#copy)
      if (within !== undefined) return within as Frame
    }
    const frame = this.#takeAs === undefined ? (bytes.take(at, this.#copy) as Frame) : this.#takeAs(bytes, at)
    bytes.skip(finder.length)
    return frame
  }

  end(bytes: ByteQueue): Frame | undefined {
    return this.#next(bytes, true)
  }

  /** `found`: what the finder has just said, if it was asked. */
  #next(bytes: ByteQueue, final: boolean, found?: number): Frame | undefined {
    const finder = this.#finder
    const { limit, single } = this.#settings
    for (let at = found ?? finder.find(bytes, final); ; at = finder.find(bytes, final)) {
      const known = at < 0 ? finder.clear : at
      if (!this.#discarding) {
        const length = known - this.#lead
        if (length > limit) {
          const piece = this.#tooLong(bytes)
          if (piece !== undefined) return piece
          continue
        }
        if (at < 0) {
          // A full piece need not wait for what comes next, where a delimiter right behind it would add nothing to it.
          if (length === limit && this.#mayCutAt(bytes, limit)) return this.#piece(bytes, limit)
          if (finder.error !== undefined) throw finder.error
          return final ? this.#trailing(bytes) : undefined
        }
        const empty = length === 0 && (this.#open || !this.#settings.emitEmpty)
        this.#open = false
        const frame = this.#delimited(bytes, at, empty)
        if (frame !== undefined || single === true) return frame
      } else {
        this.#leaveOut(bytes, known)
        if (at < 0 && finder.error === undefined && !final) return undefined
        this.#discarding = false
        this.#skip.report()
        if (at >= 0) {
          this.#delimited(bytes, 0, true)
          if (single === true) return undefined
        } else {
          if (finder.error !== undefined) throw finder.error
          if (this.#settings.onTrailing === 'error') throw truncated(new Uint8Array(0), bytes.offset)
          return undefined
        }
      }
    }
  }

  #take(bytes: ByteQueue, n: number): Frame {
    return this.#takeAs === undefined ? (bytes.take(n, this.#copy) as Frame) : this.#takeAs(bytes, n)
  }

  /** Takes the frame that ends at the delimiter at position `at`, or passes over it. */
  #delimited(bytes: ByteQueue, at: number, passOver: boolean): Frame | undefined {
    const { length } = this.#finder
    const { disposition } = this.#settings
    if (disposition === 'prefix') {
      // The delimiter stays: it begins the next frame. Nothing stands before the first one.
      const frame = passOver || at === 0 ? undefined : this.#take(bytes, at)
      if (frame === undefined) bytes.skip(at)
      this.#lead = length
      this.#finder.scanned = length
      return frame
    }
    this.#finder.scanned = 0
    const frame = passOver ? undefined : this.#take(bytes, disposition === 'suffix' ? at + length : at)
    bytes.skip(passOver ? at + length : disposition === 'suffix' ? 0 : length)
    return frame
  }

  // ---- too long

  #tooLong(bytes: ByteQueue): Frame | undefined {
    const { limit, onTooLong } = this.#settings
    const start = bytes.offset + this.#lead
    if (onTooLong === 'error') throw tooLong(start + limit, limit)
    if (onTooLong === 'split') return this.#piece(bytes, limit)
    const frame = onTooLong === 'truncate' ? this.#piece(bytes, limit) : undefined
    this.#open = false
    this.#discarding = true
    this.#forget(bytes, this.#lead)
    this.#lead = 0
    return frame
  }

  /** The first part of a frame over the limit. */
  #piece(bytes: ByteQueue, limit: number): Frame {
    const n = this.#lead + this.#cut(bytes, limit)
    const piece = this.#take(bytes, n)
    this.#finder.scanned = Math.max(0, this.#finder.scanned - n)
    this.#lead = 0
    this.#open = true
    return piece
  }

  #cut(bytes: ByteQueue, limit: number): number {
    return this.#settings.cut?.(bytes, this.#lead, limit) ?? limit
  }

  #mayCutAt(bytes: ByteQueue, limit: number): boolean {
    const { disposition, onTooLong } = this.#settings
    return onTooLong === 'split' && disposition !== 'suffix' && this.#cut(bytes, limit) === limit
  }

  #forget(bytes: ByteQueue, n: number): void {
    bytes.skip(n)
    this.#finder.scanned = Math.max(0, this.#finder.scanned - n)
  }

  #leaveOut(bytes: ByteQueue, n: number): void {
    this.#skip.add(bytes, n, 'too-long')
    this.#finder.scanned = Math.max(0, this.#finder.scanned - n)
  }

  // ---- the end of input

  /** What is left when the input ends and no delimiter follows. */
  #trailing(bytes: ByteQueue): Frame | undefined {
    const { disposition, onTrailing, emitEmpty } = this.#settings
    const { length, offset } = bytes
    const open = this.#open
    this.#open = false
    if (length === 0 && !open) return undefined
    if (disposition === 'prefix') {
      // A frame that begins with its delimiter ends where the next one begins, or where the input does.
      const frame = length > this.#lead || (emitEmpty && !open) ? this.#take(bytes, length) : undefined
      bytes.skip(bytes.length)
      this.#lead = 0
      return frame
    }
    if (onTrailing === 'error') throw truncated(bytes.take(length), offset)
    if (length === 0) return undefined
    if (onTrailing === 'emit') return this.#take(bytes, length)
    this.#skip.add(bytes, length, 'trailing')
    this.#skip.report()
    return undefined
  }
}
