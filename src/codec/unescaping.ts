/**
 * What `cobs` and `slip` share: a payload that is unescaped as it arrives, and a byte that ends a frame whatever came before it.
 *
 * ```
 *   written     | a | ESC | x | b | END |        taken off the queue as it comes
 *   payload     | a |  y  | b |                  gathers until END
 * ```
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import { ByteSink } from '../bytes/byte-sink.ts'
import {
  checkFunction,
  checkLimit,
  checkMalformed,
  checkWord,
  malformed,
  tooLong,
  truncated,
  type LimitOptions,
  type MalformedPolicy,
  type SkipInfo,
} from './policies.ts'
import { SkipRun } from './skip-run.ts'

/** Options of rules that unescape. `onTooLong` has no `'split'` or `'truncate'`: these rules exist to lose a bad frame whole. */
export interface UnescapingOptions extends LimitOptions {
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
export const UNESCAPING_OPTIONS = ['maxFrameLength', 'onTooLong', 'onMalformed', 'onTrailing', 'onSkip'] as const

export interface UnescapingSettings {
  readonly limit: number
  readonly onTooLong: 'error' | 'skip'
  readonly onMalformed: MalformedPolicy
  readonly onTrailing: 'error' | 'drop'
  readonly onSkip: ((info: SkipInfo) => void) | undefined
}

/** The options, checked. */
export function unescapingSettings(options: UnescapingOptions): UnescapingSettings {
  return {
    limit: checkLimit(options.maxFrameLength),
    onTooLong: checkWord('onTooLong', options.onTooLong, ['error', 'skip'], 'error'),
    onMalformed: checkMalformed(options.onMalformed),
    onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'drop'], 'error'),
    onSkip: checkFunction('onSkip', options.onSkip),
  }
}

/** The frame that is being unescaped. */
export class Unescaping {
  readonly #settings: UnescapingSettings
  readonly #end: number
  readonly #payload: ByteSink = new ByteSink()
  readonly skip: SkipRun
  /** Absolute offset of the first written byte, or -1 between frames. */
  #start = -1
  /** Why the rest of the frame is being left out, up to the byte that ends it. */
  #discarding: SkipInfo['reason'] | undefined

  constructor(settings: UnescapingSettings, end: number) {
    this.#settings = settings
    this.#end = end
    this.skip = new SkipRun(settings.onSkip)
  }

  /** Has a frame begun? */
  get begun(): boolean {
    return this.#start >= 0
  }

  /** How many more bytes the payload may have. */
  get room(): number {
    return this.#settings.limit - this.#payload.length
  }

  /** A frame begins at the front, unless it has. */
  begin(bytes: ByteQueue): void {
    if (this.#start < 0) this.#start = bytes.offset
  }

  /** Takes `n` bytes off the front as they are. */
  run(bytes: ByteQueue, n: number): void {
    if (n > 0) this.#payload.bytes(bytes.take(n, 'never'))
  }

  /** Adds one byte. */
  byte(value: number): void {
    this.#payload.byte(value)
  }

  /** The frame is whole. */
  finish(): Uint8Array {
    this.#start = -1
    return this.#payload.take()
  }

  /** The byte `ahead` of the front is one more than the limit allows. */
  tooLong(bytes: ByteQueue, ahead: number): undefined {
    const { onTooLong, limit } = this.#settings
    if (onTooLong === 'error') throw tooLong(bytes.offset + ahead, limit)
    this.#discard(bytes, 'too-long')
  }

  /** The byte `ahead` of the front breaks the rule. */
  malformed(bytes: ByteQueue, ahead: number, message: string): undefined {
    if (this.#settings.onMalformed === 'error') throw malformed(message, bytes.offset + ahead)
    this.#discard(bytes, 'malformed')
  }

  #discard(bytes: ByteQueue, reason: SkipInfo['reason']): void {
    this.#discarding = reason
    this.skip.count(this.#start, bytes.offset - this.#start, reason)
    this.#payload.truncate(0)
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
    this.#start = -1
    return false
  }

  /** The input has ended. */
  ended(bytes: ByteQueue): void {
    const { onTrailing } = this.#settings
    this.skip.report()
    if (!this.begun) return
    if (onTrailing === 'error')
      throw truncated(this.#discarding ? this.#payload.take() : this.finish(), bytes.offset, undefined, bytes.offset)
    if (this.#discarding === undefined) this.skip.count(this.#start, bytes.offset - this.#start, 'trailing')
    this.skip.report()
    this.#start = -1
    this.#payload.truncate(0)
    this.#discarding = undefined
  }
}
