/**
 * Frames that end with a delimiter of one or more bytes.
 *
 * ```
 *   +-----------+-------+-----------+-------+
 *   |  payload  | delim |  payload  | delim |
 *   +-----------+-------+-----------+-------+
 * ```
 */

import type { ByteSink } from '../bytes/byte-sink.ts'
import { bytesOrText, type ByteSource, describe, frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Encoder } from './codec.ts'
import { DelimitedDecoder, type DelimitedSettings } from './delimited.ts'
import { DelimiterFinder } from './delimiter-finder.ts'
import { DelimiterProof } from './delimiter-proof.ts'
import { FramingError } from './framing-error.ts'
import {
  checkBoolean,
  checkCopy,
  checkFunction,
  checkLimit,
  checkOptions,
  checkTooLong,
  checkWord,
  tooLong,
  type CopyOptions,
  type LimitOptions,
  type TooLongOptions,
  type TrailingPolicy,
} from './policies.ts'
import { writePayload } from './write-payload.ts'

/** One delimiter, or several that all end a frame. Strings are UTF-8. */
export type Delimiters = string | ByteSource | readonly (string | ByteSource)[]

/** Options of {@link delimiter} that go with every disposition. */
export interface DelimiterCommonOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** Whether frames without payload are delivered.
   * @defaultValue true */
  emitEmpty?: boolean | undefined
}

/** Options of {@link delimiter}: the frames end with the delimiter, or begin with it (`disposition: 'prefix'`). */
export type DelimiterOptions =
  | (DelimiterCommonOptions & {
      /** `'discard'`: the frame is the payload alone. `'suffix'`: the delimiter is its end.
       * @defaultValue 'discard' */
      disposition?: 'discard' | 'suffix' | undefined
      /** What is done with bytes after the last delimiter when the input ends.
       * @defaultValue 'error' */
      onTrailing?: TrailingPolicy | undefined
    })
  | (DelimiterCommonOptions & {
      /** The delimiter is the beginning of the frame, which ends where the next one begins or the input ends: it cannot be
       * unfinished, so there is no `onTrailing`. */
      disposition: 'prefix'
      onTrailing?: undefined
    })

const OPTIONS = ['disposition', 'emitEmpty', 'maxFrameLength', 'onTooLong', 'onTrailing', 'onSkip', 'copy'] as const

/**
 * Frames that end with a delimiter. The leftmost delimiter ends the frame, and of several that start at the same byte the longest:
 * one that is the start of a longer one is known only at the next byte. The limit counts the payload without its delimiter.
 * Frames may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   +-----------+-------+-----------+-------+
 *   |  payload  | delim |  payload  | delim |
 *   +-----------+-------+-----------+-------+
 *   |<-discard->|                              frame without the delimiter
 *   |<----- suffix ---->|                      delimiter at its end
 *               |<----- prefix ---->|          delimiter at its beginning
 * ```
 *
 * The encoder writes the first of the delimiters that is not the start of another. It takes frames as the decoder gives them: with
 * `'suffix'` and `'prefix'` the delimiter is part of the frame. A frame that would be read back otherwise is refused.
 *
 * @param delimiters a string (as UTF-8), bytes, or an array of them.
 * @throws TypeError or RangeError for delimiters or options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { delimiter, FrameParser } from 'framewright'
 *
 * const parser = new FrameParser(delimiter(['\r\n', ';'], { onTrailing: 'emit' }))
 * const text = [...parser.push(new TextEncoder().encode('a;b\r\n;c')), ...parser.end()]
 * assert.deepEqual(text.map((frame) => new TextDecoder().decode(frame)), ['a', 'b', '', 'c'])
 * ```
 */
export function delimiter(delimiters: Delimiters, options: DelimiterOptions = {}): Codec<Uint8Array> {
  checkOptions('delimiter', options, OPTIONS)
  const list = checkDelimiters(delimiters)
  const disposition = checkWord('disposition', options.disposition, ['discard', 'suffix', 'prefix'], 'discard')
  if (disposition === 'prefix' && options.onTrailing !== undefined) {
    throw new TypeError("onTrailing has no meaning with disposition 'prefix': the end of input ends the last frame")
  }
  const settings: DelimitedSettings = {
    disposition,
    emitEmpty: checkBoolean('emitEmpty', options.emitEmpty, true),
    limit: checkLimit(options.maxFrameLength),
    onTooLong: checkTooLong(options.onTooLong),
    // With 'prefix' the end of input is as good an end of a frame as any.
    onTrailing:
      disposition === 'prefix'
        ? 'emit'
        : checkWord('onTrailing', options.onTrailing, ['error', 'emit', 'drop'], 'error'),
    onSkip: checkFunction('onSkip', options.onSkip),
    copy: checkCopy(options.copy),
  }
  return {
    decoder: () => new DelimitedDecoder(new DelimiterFinder(list), settings),
    encoder: () => new DelimiterEncoder(list, settings),
  }
}

function checkDelimiters(delimiters: Delimiters): Uint8Array[] {
  const given: readonly unknown[] = Array.isArray(delimiters) ? delimiters : [delimiters]
  if (given.length === 0) throw new RangeError('At least one delimiter is needed')
  return given.map((one) => {
    if (typeof one !== 'string' && typeof one !== 'object') {
      throw new TypeError(`A delimiter must be a string or bytes, not ${describe(one)}`)
    }
    // A copy: the caller's memory may change later.
    const bytes = bytesOrText(one as string | ByteSource).slice()
    if (bytes.length === 0) throw new RangeError('A delimiter must have at least one byte')
    return bytes
  })
}

class DelimiterEncoder implements Encoder<Uint8Array> {
  readonly #settings: DelimitedSettings
  readonly #delimiters: readonly Uint8Array[]
  readonly #written: Uint8Array
  readonly #proof: DelimiterProof
  #first = true

  constructor(delimiters: readonly Uint8Array[], settings: DelimitedSettings) {
    this.#settings = settings
    this.#delimiters = delimiters
    // One that is the start of another would become that other with a payload that goes on like it.
    this.#written = delimiters.find((one) => !delimiters.some((other) => startsWith(other, one)))!
    this.#proof = new DelimiterProof(new DelimiterFinder(delimiters), delimiters)
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = frameBytes(frame)
    const { disposition, copy } = this.#settings
    if (disposition === 'discard') {
      this.#checkLength(bytes.length)
      this.#proof.checkBefore(this.#written, bytes)
      writePayload(out, bytes, copy)
      out.bytes(this.#written)
      return
    }
    if (disposition === 'suffix') this.#checkSuffixed(bytes)
    else this.#checkPrefixed(bytes)
    writePayload(out, bytes, copy)
    this.#first = false
  }

  #checkSuffixed(bytes: Uint8Array): void {
    const ending = this.#endOf(bytes)
    const payload = bytes.length - ending
    this.#checkLength(payload)
    this.#proof.check(bytes, undefined, payload, ending)
  }

  /** The frame begins with a delimiter, and must not make one with whichever comes next. */
  #checkPrefixed(bytes: Uint8Array): void {
    const lead = this.#delimiters.reduce((n, one) => (one.length > n && isAt(bytes, one, 0) ? one.length : n), 0)
    if (lead === 0 && (!this.#first || bytes.length === 0)) {
      throw new FramingError('ERR_FRAME_UNENCODABLE', "Frame does not begin with a delimiter (disposition 'prefix')", {
        offset: 0,
        length: bytes.length,
      })
    }
    this.#checkLength(bytes.length - lead, lead)
    for (const next of this.#delimiters) {
      // The one in front must not grow with what follows, and the next must not begin early.
      if (lead > 0) this.#proof.check(bytes, next, 0, lead)
      this.#proof.check(bytes, next, bytes.length, undefined, lead)
    }
  }

  #endOf(bytes: Uint8Array): number {
    const ending = this.#delimiters.reduce(
      (n, one) => (one.length > n && isAt(bytes, one, bytes.length - one.length) ? one.length : n),
      0,
    )
    if (ending > 0) return ending
    throw new FramingError('ERR_FRAME_UNENCODABLE', "Frame does not end with a delimiter (disposition 'suffix')", {
      offset: bytes.length,
      length: bytes.length,
    })
  }

  #checkLength(payload: number, lead = 0): void {
    const { limit, emitEmpty } = this.#settings
    if (payload > limit) throw tooLong(lead + limit, limit, payload)
    if (payload === 0 && !emitEmpty) {
      throw new FramingError('ERR_FRAME_UNENCODABLE', 'Frame is empty, and emitEmpty is false', {
        offset: 0,
        length: 0,
      })
    }
  }
}

/** Is `one` the start of `other`, which goes on? */
function startsWith(other: Uint8Array, one: Uint8Array): boolean {
  return other.length > one.length && isAt(other, one, 0)
}

function isAt(bytes: Uint8Array, needle: Uint8Array, at: number): boolean {
  return at >= 0 && needle.every((byte, i) => bytes[at + i] === byte)
}

keepShape(delimiter('\n').decoder(), delimiter('\n').encoder())
