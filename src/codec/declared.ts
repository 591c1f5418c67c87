/**
 * The machine behind every rule whose frames say how long they are: `lengthPrefixed`, `varintPrefixed`, `headerPrefixed`,
 * `netstring`, `octetCounted`, `contentLength`.
 *
 * ```
 *   |<-------- head -------->|<----- payload ----->|<- trailer ->|
 *   +------------------------+---------------------+-------------+
 *   |  ... says how long ... |                     |             |
 *   +------------------------+---------------------+-------------+
 *   |<-- strip -->|<------------- frame ---------->|
 * ```
 *
 * A `Head` knows how to read one kind of head; this file knows what a frame is: limits, policies, the end of input.
 */

import type { ByteQueue, CopyPolicy } from '../bytes/byte-queue.ts'
import type { Decoder } from './codec.ts'
import { FramingError } from './framing-error.ts'
import { malformed, tooLong, truncated, type MalformedPolicy, type SkipInfo, type TooLongPolicy } from './policies.ts'
import { SkipRun } from './skip-run.ts'

/** Reads the head of a frame. What it found out stays in its fields until `reset`. */
export interface Head {
  /** Bytes before the payload; before the head is read, at least that many, or 0. */
  readonly length: number
  /** Bytes of the payload as declared; `Infinity` above 2^53-1. */
  readonly payload: number
  /** What stands behind the payload, belongs to the frame and is not delivered. */
  readonly trailer: Uint8Array
  /** Bytes taken off the start before the frame is delivered. */
  readonly strip: number
  /** Where in the head the length stands: what an error about it points at. */
  readonly lengthAt: number
  /**
   * Reads the head at the front and takes nothing off. False: more bytes are needed. Throws a {@link FramingError} (malformed) with what
   * is wrong, also where the head itself goes on too long.
   */
  read(bytes: ByteQueue): boolean
  /** The front has moved: another head begins there. */
  reset(): void
  /** Bytes at the front that begin no frame for certain: rules with a marker skip them. */
  garbage?(bytes: ByteQueue): number
  /** Looks at the whole frame, of `total` bytes, when it is there. Throws a {@link FramingError} (malformed) if it is not right. */
  verify?(bytes: ByteQueue, total: number): void
}

export interface DeclaredSettings {
  readonly limit: number
  readonly onTooLong: TooLongPolicy
  readonly onTrailing: 'error' | 'drop'
  readonly onMalformed: MalformedPolicy
  readonly onSkip: ((info: SkipInfo) => void) | undefined
  readonly copy: CopyPolicy
  /** Whether to return after a frame that was left out, so that somebody else may decode the next one. */
  readonly single?: boolean | undefined
}

/** The beginning of a frame: finds it, reads its head, and holds its length against the limit. */
export class DeclaredStart {
  readonly head: Head
  readonly skip: SkipRun
  readonly #settings: DeclaredSettings
  /** Bytes of the whole frame. */
  total = 0

  constructor(head: Head, settings: DeclaredSettings) {
    this.head = head
    this.skip = new SkipRun(settings.onSkip)
    this.#settings = settings
  }

  /** What is at the front: a frame that may come, one that is too long, nothing that can be told yet, or no frame (it was skipped). */
  read(bytes: ByteQueue): 'frame' | 'too-long' | 'more' | 'none' {
    const { head } = this
    if (head.garbage !== undefined) this.skip.add(bytes, head.garbage(bytes), 'sync')
    if (bytes.length === 0) return 'more'
    try {
      if (!head.read(bytes)) return 'more'
    } catch (error) {
      this.reject(bytes, error)
      return 'none'
    }
    // A head is there: what was left out before it is over.
    this.skip.report()
    this.total = head.length + head.payload + head.trailer.length
    if (head.payload <= this.#settings.limit && this.total <= Number.MAX_SAFE_INTEGER) return 'frame'
    const { onTooLong, limit } = this.#settings
    if (onTooLong === 'skip' && head.garbage !== undefined) {
      // Where frames begin with a marker, such a length is most likely none, and the marker a false one.
      this.#pass(bytes, 'sync')
      return 'none'
    }
    // What cannot be counted cannot be skipped either.
    if (onTooLong === 'error' || this.total > Number.MAX_SAFE_INTEGER) {
      throw tooLong(bytes.offset + head.lengthAt, limit, head.payload)
    }
    return 'too-long'
  }

  /** The frame at the front is not right: throws, or goes on to the next byte that may begin one. */
  reject(bytes: ByteQueue, error: unknown): void {
    if (this.#settings.onMalformed === 'error' || !(error instanceof FramingError)) {
      this.skip.report()
      throw error
    }
    this.#pass(bytes, 'malformed')
  }

  /** Is the frame at the front, all of it, what its head promised? If not, goes on as `reject` does. */
  verify(bytes: ByteQueue): boolean {
    const { head, total } = this
    try {
      const at = total - head.trailer.length
      const matched = head.trailer.length === 0 ? 0 : bytes.match(head.trailer, at)
      if (matched !== head.trailer.length) throw malformed('Frame does not end as it must', bytes.offset + at)
      head.verify?.(bytes, total)
      return true
    } catch (error) {
      this.reject(bytes, error)
      return false
    }
  }

  #pass(bytes: ByteQueue, reason: SkipInfo['reason']): void {
    this.skip.add(bytes, 1, reason)
    this.head.reset()
  }
}

export class DeclaredDecoder implements Decoder<Uint8Array> {
  readonly #start: DeclaredStart
  readonly #settings: DeclaredSettings
  /** The head at the front has been read. */
  #known = false
  /** Bytes of an over-long frame still to come. */
  #left = 0
  /** The next piece of it to deliver, and how many bytes to take off that first; 0 if the rest is left out. */
  #piece = 0
  #strip = 0

  constructor(head: Head, settings: DeclaredSettings) {
    this.#start = new DeclaredStart(head, settings)
    this.#settings = settings
  }

  get skipped(): number {
    return this.#start.skip.total
  }

  /** Is a part of the frame at the front gone already? */
  get busy(): boolean {
    return this.#left > 0
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    const start = this.#start
    const { head } = start
    for (;;) {
      if (this.#left > 0) {
        const piece = this.#overlong(bytes)
        if (piece !== undefined || this.#left > 0 || this.#settings.single === true) return piece
      }
      if (!this.#known) {
        const found = start.read(bytes)
        if (found === 'more') return undefined
        if (found === 'too-long') this.#tooLong()
        if (found !== 'frame') continue
        this.#known = true
      }
      const { total } = start
      if (bytes.length < total) return undefined
      this.#known = false
      const { strip, trailer } = head
      if ((trailer.length > 0 || head.verify !== undefined) && !start.verify(bytes)) continue
      head.reset()
      if (strip > 0) bytes.skip(strip)
      const frame = bytes.take(total - strip - trailer.length, this.#settings.copy)
      if (trailer.length > 0) bytes.skip(trailer.length)
      return frame
    }
  }

  end(bytes: ByteQueue): undefined {
    const { length, offset } = bytes
    const { skip, total, head } = this.#start
    skip.report()
    if (length === 0 && this.#left === 0) return
    if (this.#settings.onTrailing === 'error') {
      const needed = this.#left > 0 ? length + this.#left : this.#known ? total : head.length || undefined
      throw truncated(bytes.take(length), offset, needed)
    }
    skip.add(bytes, length, 'trailing')
    skip.report()
    this.#left = 0
  }

  // ---- too long

  #tooLong(): void {
    const { head, total } = this.#start
    const { limit, onTooLong } = this.#settings
    this.#left = total
    // The first piece has the head before it.
    this.#piece = onTooLong === 'skip' ? 0 : head.length + limit
    this.#strip = Math.min(head.strip, this.#piece)
    head.reset()
  }

  /** Goes on with a frame over the limit: the next piece of it, or undefined when more bytes are needed or it is over. */
  #overlong(bytes: ByteQueue): Uint8Array | undefined {
    const { skip, head } = this.#start
    const { limit, onTooLong, copy } = this.#settings
    const piece = Math.min(this.#piece, this.#left - head.trailer.length)
    if (piece > 0) {
      if (bytes.length < piece) return undefined
      const strip = this.#strip
      this.#left -= piece
      this.#piece = onTooLong === 'split' ? limit : 0
      this.#strip = 0
      bytes.skip(strip)
      return bytes.take(piece - strip, copy)
    }
    const n = Math.min(this.#left, bytes.length)
    this.#left -= n
    // The trailer behind the last piece is no loss.
    if (onTooLong === 'split') bytes.skip(n)
    else skip.add(bytes, n, 'too-long')
    if (this.#left === 0) skip.report()
    return undefined
  }
}
