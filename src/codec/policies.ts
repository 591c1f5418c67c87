/** The policies that every framing rule understands in the same words, with their defaults and their checks. */

import type { CopyPolicy } from '../bytes/byte-queue.ts'
import { describe } from '../bytes/bytes.ts'
import { FramingError, type FramingErrorFacts } from './framing-error.ts'

/** Default of `maxFrameLength`: 8 MiB. */
const DEFAULT_MAX_FRAME_LENGTH: number = 8 * 1024 * 1024

/** What is done with a frame longer than `maxFrameLength`. */
export type TooLongPolicy = 'error' | 'skip' | 'split' | 'truncate'

/** What is done with an unfinished frame when the input ends. */
export type TrailingPolicy = 'error' | 'emit' | 'drop'

/** What is done with bytes that break the rule. */
export type MalformedPolicy = 'error' | 'skip'

/** What was skipped, and why. */
export interface SkipInfo {
  /** Absolute position in the stream of the first byte skipped. */
  offset: number
  /** How many bytes were skipped. */
  length: number
  /** `'too-long'`: a frame over the limit (`'skip'`), or the part of it over the limit (`'truncate'`). `'trailing'`: an unfinished frame at the end. `'sync'`: bytes before a marker.
   * `'malformed'`: bytes that break the rule. */
  reason: 'too-long' | 'trailing' | 'sync' | 'malformed'
}

/** The limit that every rule has. */
export interface LimitOptions {
  /** The longest payload allowed, in bytes; exactly this many is allowed. `Infinity` must be spelled out.
   * @defaultValue 8 MiB */
  maxFrameLength?: number | undefined
}

/** Policies for frames over the limit, and the report of what was left out. */
export interface TooLongOptions {
  /** What is done with a frame over the limit: `'error'` ends the stream; `'skip'` leaves the frame out; `'truncate'` gives its first
   * `maxFrameLength` bytes; `'split'` gives all of it in frames of at most `maxFrameLength` bytes, as they arrive.
   * @defaultValue 'error' */
  onTooLong?: TooLongPolicy | undefined
  /** Called for every run of bytes that was left out; an error thrown by it ends the stream. */
  onSkip?: ((info: SkipInfo) => void) | undefined
}

/** Whether frames are views or copies. */
export interface CopyOptions {
  /** Whether frames are views of the memory that arrived or copies: see {@link CopyPolicy}.
   * @defaultValue 'auto' */
  copy?: CopyPolicy | undefined
}

/** Checks `maxFrameLength`. */
export function checkLimit(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_MAX_FRAME_LENGTH
  if (limit === Infinity || (Number.isSafeInteger(limit) && limit > 0)) return limit
  throw new RangeError(`maxFrameLength must be a whole number of bytes above 0, or Infinity, not ${describe(limit)}`)
}

/** Checks a whole number within bounds. */
export function checkInteger(name: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`
  throw new RangeError(`${name} must be a whole number ${range}, not ${describe(value)}`)
}

/** Checks an option that is one of a few words. */
export function checkWord<Word extends string>(
  name: string,
  value: Word | undefined,
  words: readonly Word[],
  fallback: Word,
): Word {
  if (value === undefined) return fallback
  if (words.includes(value)) return value
  throw new TypeError(`${name} must be ${words.map((word) => `'${word}'`).join(' or ')}, not ${describe(value)}`)
}

/** Checks an option that is true or false. */
export function checkBoolean(name: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value === 'boolean') return value
  throw new TypeError(`${name} must be true or false, not ${describe(value)}`)
}

/** Checks an option that is a function. */
export function checkFunction<F extends (...args: never[]) => unknown>(
  name: string,
  value: F | undefined,
): F | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw new TypeError(`${name} must be a function, not ${describe(value)}`)
}

/** Checks the options object itself, and that every option in it is known: a misspelt limit must not be no limit. */
export function checkOptions(rule: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`The options of ${rule} must be an object, not ${describe(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${rule} has no option ${JSON.stringify(name)}; it has ${known.join(', ')}`)
    }
  }
}

/** Checks `copy`. */
export function checkCopy(copy: CopyPolicy | undefined): CopyPolicy {
  return checkWord('copy', copy, ['auto', 'always', 'never'], 'auto')
}

/** Checks `onMalformed`. */
export function checkMalformed(policy: MalformedPolicy | undefined): MalformedPolicy {
  return checkWord('onMalformed', policy, ['error', 'skip'], 'error')
}

/** Checks `onTooLong`. */
export function checkTooLong(policy: TooLongPolicy | undefined): TooLongPolicy {
  return checkWord('onTooLong', policy, ['error', 'skip', 'split', 'truncate'], 'error')
}

/** A frame over the limit. `offset` is the first byte past it; `length` is what was declared, where it was. */
export function tooLong(offset: number, limit: number, length?: number): FramingError {
  const declared = length === undefined ? '' : `: it declares ${length === Infinity ? 'more than 2^53-1' : length}`
  return new FramingError(
    'ERR_FRAME_TOO_LONG',
    `Frame is longer than maxFrameLength of ${limit} bytes${declared} (at byte ${offset})`,
    { offset, limit, length },
  )
}

/** Bytes that break the rule: `offset` is the first of them. */
export function malformed(message: string, offset: number, facts: FramingErrorFacts = {}): FramingError {
  return new FramingError('ERR_FRAME_MALFORMED', `${message} (at byte ${offset})`, { offset, ...facts })
}

/** A frame that the decoder would not read back as one equal frame: `offset` is the byte of the frame that makes it so. */
export function unencodable(message: string, offset: number, length: number): FramingError {
  return new FramingError('ERR_FRAME_UNENCODABLE', message, { offset, length })
}

/** Input that ended within a frame, of which `partial` had come; `end` is where it ended. */
export function truncated(
  partial: Uint8Array,
  start: number,
  needed?: number,
  end: number = start + partial.length,
): FramingError {
  const missing = needed === undefined ? '' : ` of ${needed}`
  return new FramingError(
    'ERR_FRAME_TRUNCATED',
    `Input ended within a frame, after ${partial.length}${missing} bytes of it (at byte ${end})`,
    { offset: end, partial, length: needed },
  )
}
