/**
 * What `cobs` and `slip` share: a payload that is written otherwise, and a byte that ends a frame whatever came before it.
 *
 * ```
 *   written     | a | ESC | x | b | END |        stays in the queue until END has come
 *   payload     | a |  y  | b |                  taken off whole, then unescaped where it lies
 * ```
 *
 * Where nothing has to be unescaped it is taken as any frame is. So a frame costs one array at the most, which is the frame; the rules only read
 * ahead, to see at once what is wrong with it.
 */

import type { ByteQueue, CopyPolicy } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { viewOf } from '../bytes/view.ts'
import {
  checkCopy,
  checkFunction,
  checkLimit,
  checkMalformed,
  checkWord,
  malformed,
  tooLong,
  truncated,
  type CopyOptions,
  type LimitOptions,
  type MalformedPolicy,
  type SkipInfo,
} from './policies.ts'
import { SkipRun } from './skip-run.ts'

/** Options of rules that unescape. `onTooLong` has no `'split'` or `'truncate'`: these rules exist to lose a bad frame whole. */
export interface UnescapingOptions extends LimitOptions, CopyOptions {
  /** What is done with a frame over the limit: `'skip'` leaves it out.
   * @defaultValue 'error' */
  onTooLong?: 'error' | 'skip' | undefined
  /** What is done with a frame that breaks the rule: `'skip'` leaves it out.
   * @defaultValue 'error' */
  onMalformed?: MalformedPolicy | undefined
  /** What is done with an unfinished frame when the input ends.
   * @defaultValue 'error' */
  onTrailing?: 'error' | 'drop' | undefined
  /** Called for every run of bytes that was left out, as they were written; an error thrown by it ends the stream. */
  onSkip?: ((info: SkipInfo) => void) | undefined
}

/** Names of the options of {@link UnescapingOptions}. */
export const UNESCAPING_OPTIONS = [
  'maxFrameLength',
  'onTooLong',
  'onMalformed',
  'onTrailing',
  'onSkip',
  'copy',
] as const

/** In place of the position where a frame ends: that has not come. */
export const MORE = -1
/** In place of the position where a frame ends: it is being left out. */
export const LOST = -2
/** Up to this many bytes a loop is faster than a call. */
export const FEW = 24
/** Arrays up to this length lie in V8's own heap, out of which a view would move them. */
const ON_HEAP = 64
const NOTHING: Uint8Array = new Uint8Array(0)

export interface UnescapingSettings {
  readonly limit: number
  readonly onTooLong: 'error' | 'skip'
  readonly onMalformed: MalformedPolicy
  readonly onTrailing: 'error' | 'drop'
  readonly onSkip: ((info: SkipInfo) => void) | undefined
  readonly copy: CopyPolicy
}

/** The options, checked. */
export function unescapingSettings(options: UnescapingOptions): UnescapingSettings {
  return {
    limit: checkLimit(options.maxFrameLength),
    onTooLong: checkWord('onTooLong', options.onTooLong, ['error', 'skip'], 'error'),
    onMalformed: checkMalformed(options.onMalformed),
    onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'drop'], 'error'),
    onSkip: checkFunction('onSkip', options.onSkip),
    copy: checkCopy(options.copy),
  }
}

/** What becomes of a frame that is not to be delivered. */
export class Unescaping {
  readonly #settings: UnescapingSettings
  readonly #end: number
  readonly skip: SkipRun
  /** The most bytes that a payload may have. */
  readonly limit: number
  /** Why the rest of the frame is being left out, up to the byte that ends it. */
  #discarding: SkipInfo['reason'] | undefined

  constructor(settings: UnescapingSettings, end: number) {
    this.#settings = settings
    this.#end = end
    this.skip = new SkipRun(settings.onSkip)
    this.limit = settings.limit
  }

  /** The byte at position `at` is one more than the limit allows. */
  tooLong(bytes: ByteQueue, at: number): typeof LOST {
    if (this.#settings.onTooLong === 'error') throw tooLong(bytes.offset + at, this.limit)
    return this.#discard(bytes, at, 'too-long')
  }

  /** The byte at position `at` breaks the rule. */
  malformed(bytes: ByteQueue, at: number, message: string): typeof LOST {
    if (this.#settings.onMalformed === 'error') throw malformed(message, bytes.offset + at)
    return this.#discard(bytes, at, 'malformed')
  }

  #discard(bytes: ByteQueue, at: number, reason: SkipInfo['reason']): typeof LOST {
    this.#discarding = reason
    this.skip.add(bytes, at, reason)
    return LOST
  }

  /** Goes on leaving out; true if there is (still) something to be left out, and more bytes are needed. */
  discarding(bytes: ByteQueue): boolean {
    if (this.#discarding === undefined) return false
    const at = bytes.indexOf(this.#end)
    this.skip.add(bytes, at < 0 ? bytes.length : at, this.#discarding)
    if (at < 0) return true
    bytes.skip(1)
    this.skip.report()
    this.#discarding = undefined
    return false
  }

  /** The input has ended. `payload` takes off what has come of the last frame. */
  ended(bytes: ByteQueue, payload: (bytes: ByteQueue, length: number) => Uint8Array): void {
    this.skip.report()
    const { length } = bytes
    const discarding = this.#discarding !== undefined
    if (length === 0 && !discarding) return
    if (this.#settings.onTrailing === 'error') {
      const end = bytes.offset + length
      throw truncated(discarding ? NOTHING : payload(bytes, length), end, undefined, end)
    }
    this.#discarding = undefined
    this.skip.add(bytes, length, 'trailing')
    this.skip.report()
  }
}

/** Moves `bytes[start, stop)` to `to`, which is not behind it: a few bytes sooner than a call would have begun. */
export function moveDown(bytes: Uint8Array, to: number, start: number, stop: number): void {
  if (stop - start > FEW) bytes.copyWithin(to, start, stop)
  else while (start < stop) bytes[to++] = bytes[start++]!
}

/** The first `length` bytes, half of them at least, of what `takeCopy` gave. */
export function trim(bytes: Uint8Array, length: number, copy: CopyPolicy): Uint8Array {
  if (length >= bytes.length) return bytes
  if (copy === 'always' && bytes.length <= ON_HEAP) return bytes.slice(0, length)
  return viewOf(bytes, bytes.buffer, bytes.byteOffset, 0, length)
}

/** Writes `bytes[start, stop)` as they are. */
export function putRun(out: ByteSink, bytes: Uint8Array, start: number, stop: number): void {
  if (stop - start <= FEW) for (let i = start; i < stop; i++) out.byte(bytes[i]!)
  else out.bytes(stop - start === bytes.length ? bytes : bytes.subarray(start, stop))
}
