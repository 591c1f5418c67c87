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

import { takeWithin, type ByteQueue, type CopyPolicy } from '../bytes/byte-queue.ts'
import type { Decoder } from './codec.ts'
import { FramingError } from './framing-error.ts'
import {
  checkCopy,
  checkFunction,
  checkLimit,
  checkMalformed,
  checkTooLong,
  checkWord,
  malformed,
  tooLong,
  truncated,
  type CopyOptions,
  type LimitOptions,
  type MalformedPolicy,
  type SkipInfo,
  type TooLongOptions,
  type TooLongPolicy,
} from './policies.ts'
import { SkipRun } from './skip-run.ts'

/** What is wrong with a frame, as an error if one is wanted: where bytes are skipped there may be one for each of them. */
export type Fault = () => FramingError

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
   * Reads the head at the front and takes nothing off. False: more bytes are needed. Gives or throws what is wrong (malformed), also
   * where the head itself goes on too long.
   */
  read(bytes: ByteQueue): boolean | Fault
  /** The front has moved: another head begins there. */
  reset(): void
  /** Bytes at the front that begin no frame for certain: rules with a marker skip them. */
  garbage?(bytes: ByteQueue): number
  /** Looks at the whole frame, of `total` bytes, when it is there: true, or what is wrong (malformed), given or thrown. */
  verify?(bytes: ByteQueue, total: number): true | Fault
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

/** The options that all these rules have; `onMalformed` goes with those alone where something says where the next frame begins. */
type DeclaredOptions = LimitOptions &
  TooLongOptions &
  CopyOptions & {
    readonly onTrailing?: 'error' | 'drop' | undefined
    readonly onMalformed?: MalformedPolicy | undefined
  }

/** The options, checked. */
export function declaredSettings(options: DeclaredOptions): DeclaredSettings {
  return {
    limit: checkLimit(options.maxFrameLength),
    onTooLong: checkTooLong(options.onTooLong),
    onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'drop'], 'error'),
    onMalformed: checkMalformed(options.onMalformed),
    onSkip: checkFunction('onSkip', options.onSkip),
    copy: checkCopy(options.copy),
  }
}

/** The beginning of a frame: finds it, reads its head, and holds its length against the limit. */
export class DeclaredStart {
  readonly head: Head
  readonly skip: SkipRun
  /** A frame begins where the one before it ended, and is what its head says: nothing is looked for, nothing checked as a whole. */
  readonly plain: boolean
  readonly #settings: DeclaredSettings
  /** Bytes of the whole frame. */
  total = 0

  constructor(head: Head, settings: DeclaredSettings) {
    this.head = head
    this.plain = head.garbage === undefined && head.verify === undefined && settings.onMalformed === 'error'
    this.skip = new SkipRun(settings.onSkip)
    this.#settings = settings
  }

  /**
   * What is at the front: a frame that may come, one that is too long, nothing that can be told yet, or no frame (it was skipped).
   * `known`: what the head has just said, if it was asked.
   */
  read(bytes: ByteQueue, known?: boolean | Fault): 'frame' | 'too-long' | 'more' | 'none' {
    const { head } = this
    const found = known ?? this.#look(bytes)
    if (found === false) return 'more'
    if (found !== true) {
      this.#reject(bytes, found)
      return 'none'
    }
    this.total = head.length + head.payload + head.trailer.length
    const { onTooLong, limit } = this.#settings
    if (head.payload <= limit && this.total <= Number.MAX_SAFE_INTEGER) {
      // What was left out before a frame is over. One that is still to be verified may yet be left out too.
      if (head.verify === undefined) this.skip.report()
      return 'frame'
    }
    if (onTooLong === 'skip' && head.garbage !== undefined) {
      // Where frames begin with a marker, such a length is most likely none, and the marker a false one.
      this.#pass(bytes, 'sync')
      return 'none'
    }
    this.skip.report()
    // What cannot be counted cannot be skipped either.
    if (onTooLong === 'error' || this.total > Number.MAX_SAFE_INTEGER) {
      throw tooLong(bytes.offset + head.lengthAt, limit, head.payload)
    }
    return 'too-long'
  }

  /** Is the frame at the front, all of it, what its head promised? If not, throws, or goes on to the next byte that may begin one. */
  verify(bytes: ByteQueue): boolean {
    const { head, total } = this
    const at = total - head.trailer.length
    let found: true | Fault
    try {
      const ends = head.trailer.length === 0 || bytes.match(head.trailer, at) === head.trailer.length
      found = ends ? (head.verify?.(bytes, total) ?? true) : wrongTrailer(bytes.offset + at)
    } catch (error) {
      found = this.#caught(error)
    }
    if (found === true) this.skip.report()
    else this.#reject(bytes, found)
    return found === true
  }

  #look(bytes: ByteQueue): boolean | Fault {
    const { head } = this
    if (head.garbage !== undefined) this.skip.add(bytes, head.garbage(bytes), 'sync')
    if (bytes.length === 0) return false
    // No run of skipped bytes is open that would have to be told first.
    if (this.plain) return head.read(bytes)
    try {
      return head.read(bytes)
    } catch (error) {
      return this.#caught(error)
    }
  }

  #reject(bytes: ByteQueue, fault: Fault): void {
    if (this.#settings.onMalformed === 'skip') return this.#pass(bytes, 'malformed')
    this.skip.report()
    throw fault()
  }

  /** What was thrown, if it says that the bytes are wrong; else it is a mistake of the program and goes on its way. */
  #caught(error: unknown): Fault {
    if (error instanceof FramingError) return () => error
    this.skip.report()
    throw error
  }

  #pass(bytes: ByteQueue, reason: SkipInfo['reason']): void {
    this.skip.add(bytes, 1, reason)
    this.head.reset()
  }
}

export class DeclaredDecoder implements Decoder<Uint8Array> {
  readonly #start: DeclaredStart
  readonly #settings: DeclaredSettings
  readonly #head: Head
  readonly #limit: number
  readonly #copy: CopyPolicy
  readonly #plain: boolean
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
    this.#head = head
    this.#limit = settings.limit
    this.#copy = settings.copy
    this.#plain = this.#start.plain
  }

  get skipped(): number {
    return this.#start.skip.total
  }

  /** Is a part of the frame at the front gone already? */
  get busy(): boolean {
    return this.#left > 0
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    if (this.#known || !this.#plain || this.#left > 0) return this.#goOn(bytes)
    if (bytes.length === 0) return undefined
    const head = this.#head
    const found = head.read(bytes)
    // The common case: nothing is left of the frame before, and this one is there, in one chunk, and not too long.
    if (found === true && head.payload <= this.#limit && head.trailer.length === 0) {
      const { strip } = head
      const frame = takeWithin(bytes, strip, head.length + head.payload - strip, 0, this.#copy)
      if (frame !== undefined) {
        head.reset()
        return frame
      }
    }
    return this.#found(bytes, found)
  }

  /** The same for a frame that may have a trailer, or lie across chunks; all else is rare. */
  #found(bytes: ByteQueue, found: boolean | Fault): Uint8Array | undefined {
    if (found === false) return undefined
    const head = this.#head
    const { payload, strip, trailer } = head
    const end = head.length + payload
    if (found !== true || payload > this.#limit || end + trailer.length > bytes.length) return this.#next(bytes, found)
    if (trailer.length > 0 && bytes.match(trailer, end) < trailer.length) return this.#next(bytes, found)
    head.reset()
    return takeFrame(bytes, strip, end - strip, trailer.length, this.#copy)
  }

  #goOn(bytes: ByteQueue): Uint8Array | undefined {
    return this.#known && bytes.length < this.#start.total ? undefined : this.#next(bytes)
  }

  /** `found`: what the head has just said, if it was asked. */
  #next(bytes: ByteQueue, found?: boolean | Fault): Uint8Array | undefined {
    const start = this.#start
    const head = this.#head
    for (let answer = found; ; answer = undefined) {
      if (this.#left > 0) {
        const piece = this.#overlong(bytes)
        if (piece !== undefined || this.#left > 0 || this.#settings.single === true) return piece
      }
      if (!this.#known) {
        const what = start.read(bytes, answer)
        if (what === 'more') return undefined
        if (what === 'too-long') this.#tooLong()
        if (what !== 'frame') continue
        this.#known = true
      }
      const { total } = start
      if (bytes.length < total) return undefined
      this.#known = false
      const { strip, trailer } = head
      if ((trailer.length > 0 || head.verify !== undefined) && !start.verify(bytes)) continue
      head.reset()
      return takeFrame(bytes, strip, total - strip - trailer.length, trailer.length, this.#copy)
    }
  }

  end(bytes: ByteQueue): undefined {
    const { length, offset } = bytes
    const { skip, total, head } = this.#start
    skip.report()
    if (length === 0 && this.#left === 0) return
    if (this.#settings.onTrailing === 'error') {
      const needed = this.#left > 0 ? this.#left : this.#known ? total : head.length || undefined
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
    // The first piece has the head before it, and has at least what is stripped.
    this.#piece = onTooLong === 'skip' ? 0 : Math.max(head.length + limit, head.strip)
    this.#strip = head.strip
    head.reset()
  }

  /** Goes on with a frame over the limit: the next piece of it, or undefined when more bytes are needed or it is over. */
  #overlong(bytes: ByteQueue): Uint8Array | undefined {
    const { skip, head } = this.#start
    const { limit, onTooLong, copy } = this.#settings
    const rest = this.#left - head.trailer.length
    const piece = Math.min(this.#piece, rest)
    if (piece > 0) {
      if (bytes.length < piece) return undefined
      const strip = this.#strip
      this.#left -= piece
      this.#piece = onTooLong === 'split' ? limit : 0
      this.#strip = 0
      bytes.skip(strip)
      return bytes.take(piece - strip, copy)
    }
    const n = Math.min(rest, bytes.length)
    this.#left -= n
    skip.add(bytes, n, 'too-long')
    if (n < rest) return undefined
    skip.report()
    if (passTrailer(bytes, head.trailer)) this.#left = 0
    return undefined
  }
}

/** Takes a frame of `n` bytes off the front, without what stands before and behind it. */
function takeFrame(bytes: ByteQueue, before: number, n: number, behind: number, copy: CopyPolicy): Uint8Array {
  const within = takeWithin(bytes, before, n, behind, copy)
  if (within !== undefined) return within
  if (before > 0) bytes.skip(before)
  const frame = bytes.take(n, copy)
  if (behind > 0) bytes.skip(behind)
  return frame
}

/**
 * Takes the trailer off the front; false if it is not all there yet. One that is wrong is no better behind a frame that was not wanted:
 * the next one would be read from anywhere.
 */
export function passTrailer(bytes: ByteQueue, trailer: Uint8Array): boolean {
  const matched = bytes.match(trailer)
  if (matched < 0) throw wrongTrailer(bytes.offset)()
  if (matched < trailer.length) return false
  bytes.skip(matched)
  return true
}

function wrongTrailer(at: number): Fault {
  return () => malformed('Frame does not end as it must', at)
}
