/**
 * JSON text sequences.
 *
 * ```
 *   +----+-------------+----+----+-------------+----+
 *   | RS |  JSON text  | LF | RS |  JSON text  | LF |
 *   +----+-------------+----+----+-------------+----+
 * ```
 *
 * RFC 7464 (application/json-seq). RS is 1E. An LF within a text is white space of JSON: that a text is over is known at the RS of the
 * next one, or at the end of the input.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { indexOfByte } from '../bytes/scan.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { DelimitedDecoder, type Finder } from './delimited.ts'
import type { FramingError } from './framing-error.ts'
import {
  checkCopy,
  checkFunction,
  checkLimit,
  checkMalformed,
  checkOptions,
  checkWord,
  malformed,
  tooLong,
  truncated,
  unencodable,
  type CopyOptions,
  type LimitOptions,
  type MalformedPolicy,
  type SkipInfo,
  type TrailingPolicy,
} from './policies.ts'
import { writePayload } from './write-payload.ts'
import { SkipRun } from './skip-run.ts'

/** Options of {@link jsonSequence}. A part of a JSON text is none, so `onTooLong` has no `'split'` or `'truncate'`. */
export interface JsonSequenceOptions extends LimitOptions, CopyOptions {
  /** What is done with a text over the limit: `'skip'` leaves it out.
   * @defaultValue 'error' */
  onTooLong?: 'error' | 'skip' | undefined
  /** What is done with bytes before the first RS, and with a text that has no LF before the next RS and so may be cut short
   * (RFC 7464, 2.4): `'skip'` leaves them out.
   * @defaultValue 'error' */
  onMalformed?: MalformedPolicy | undefined
  /** What is done with a text without its LF when the input ends.
   * @defaultValue 'error' */
  onTrailing?: TrailingPolicy | undefined
  /** Called for every run of bytes that was left out; an error thrown by it ends the stream. */
  onSkip?: ((info: SkipInfo) => void) | undefined
}

const OPTIONS = ['maxFrameLength', 'onTooLong', 'onMalformed', 'onTrailing', 'onSkip', 'copy'] as const
const RS = 0x1e
const LF = 0x0a

/**
 * JSON text sequences (RFC 7464). Frames are the texts as bytes, without RS and LF: `json(jsonSequence())` gives values. Frames may be
 * views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   +----+-------------+----+
 *   | RS |  JSON text  | LF |
 *   +----+-------------+----+
 * ```
 *
 * A text is delivered when the RS of the next one comes, or the input ends: the rule knows it no sooner. Where each text must be seen at
 * once, lines of JSON are the better rule. RS RS is no text; the encoder refuses an empty one, and one with an RS in it.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, FrameParser, json, jsonSequence } from 'framewright'
 *
 * const values = json<{ n: number }>(jsonSequence())
 * const bytes = encodeFrames(values, [{ n: 1 }, { n: 2 }])
 * assert.equal(new TextDecoder().decode(bytes), '\x1e{"n":1}\n\x1e{"n":2}\n')
 * const parser = new FrameParser(values)
 * assert.deepEqual([...parser.push(bytes), ...parser.end()], [{ n: 1 }, { n: 2 }])
 * ```
 */
export function jsonSequence(options: JsonSequenceOptions = {}): Codec<Uint8Array> {
  checkOptions('jsonSequence', options, OPTIONS)
  const settings: Settings = {
    limit: checkLimit(options.maxFrameLength),
    onTooLong: checkWord('onTooLong', options.onTooLong, ['error', 'skip'], 'error'),
    onMalformed: checkMalformed(options.onMalformed),
    onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'emit', 'drop'], 'error'),
    onSkip: checkFunction('onSkip', options.onSkip),
    copy: checkCopy(options.copy),
  }
  return {
    decoder: () => new JsonSequenceDecoder(settings),
    encoder: () => new JsonSequenceEncoder(settings),
  }
}

interface Settings {
  readonly limit: number
  readonly onTooLong: 'error' | 'skip'
  readonly onMalformed: MalformedPolicy
  readonly onTrailing: TrailingPolicy
  readonly onSkip: ((info: SkipInfo) => void) | undefined
  readonly copy: 'auto' | 'always' | 'never'
}

/** Every text ends at an RS, and the LF before it belongs to the end; a missing one is an error, or is remembered. */
class RecordFinder implements Finder {
  readonly #strict: boolean
  scanned = 0
  length = 0
  clear = 0
  error: FramingError | undefined
  /** The text found has no LF behind it. */
  cut = false
  /** Bytes of this text have been seen. They may be gone, if it is left out; a last LF never is. */
  #begun = false

  constructor(strict: boolean) {
    this.#strict = strict
  }

  find(bytes: ByteQueue, final: boolean): number {
    const at = bytes.indexOf(RS, this.scanned)
    if (at < 0) {
      const n = (this.scanned = bytes.length)
      if (n > 0) this.#begun = true
      this.clear = !final && n > 0 && bytes.byteAt(n - 1) === LF ? n - 1 : n
      return -1
    }
    this.scanned = at
    // RS RS is no text, and so none that is cut.
    this.cut = at === 0 ? this.#begun : bytes.byteAt(at - 1) !== LF
    if (this.cut && this.#strict) {
      this.error = malformed('Text without an LF at its end: it may be cut short', bytes.offset + at)
      this.clear = at
      return -1
    }
    this.#begun = false
    this.length = this.cut || at === 0 ? 1 : 2
    return at + 1 - this.length
  }

  reset(): void {
    this.scanned = 0
    this.#begun = false
    this.error = undefined
  }
}

class JsonSequenceDecoder implements Decoder<Uint8Array> {
  readonly #settings: Settings
  readonly #finder: RecordFinder
  readonly #framing: DelimitedDecoder
  readonly #skip: SkipRun
  /** The first RS has come. */
  #begun = false

  constructor(settings: Settings) {
    this.#settings = settings
    this.#finder = new RecordFinder(settings.onMalformed === 'error')
    this.#framing = new DelimitedDecoder(this.#finder, {
      ...settings,
      disposition: 'discard',
      emitEmpty: false,
      onTrailing: 'drop',
    })
    this.#skip = new SkipRun(settings.onSkip)
  }

  get skipped(): number {
    return this.#skip.total + this.#framing.skipped
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    while (this.#begun || this.#begin(bytes)) {
      const text = this.#framing.decode(bytes)
      if (text === undefined || !this.#finder.cut) return text
      this.#skip.count(bytes.offset - 1 - text.length, text.length, 'malformed')
      this.#skip.report()
    }
    return undefined
  }

  end(bytes: ByteQueue): Uint8Array | undefined {
    const { length, offset } = bytes
    const { onTrailing, copy } = this.#settings
    this.#skip.report()
    if (!this.#begun) return undefined
    this.#begun = false
    const whole = length > 0 && bytes.byteAt(length - 1) === LF
    if (this.#framing.busy) {
      // Of a text over the limit nothing waits but its LF, which is not left out with it.
      bytes.skip(length)
      this.#framing.end(bytes)
    } else if (whole) {
      const text = bytes.take(length - 1, copy)
      bytes.skip(1)
      return text.length === 0 ? undefined : text
    }
    if (onTrailing === 'error' && !whole) throw truncated(bytes.take(bytes.length), offset)
    if (onTrailing === 'emit' && bytes.length > 0) return bytes.take(length, copy)
    this.#skip.add(bytes, bytes.length, 'trailing')
    this.#skip.report()
    return undefined
  }

  /** Passes over the first RS, and over what stands before it. */
  #begin(bytes: ByteQueue): boolean {
    if (bytes.length === 0) return false
    if (bytes.byteAt(0) !== RS && this.#settings.onMalformed === 'error') {
      throw malformed('The first text does not begin with RS', bytes.offset)
    }
    const at = bytes.indexOf(RS)
    this.#skip.add(bytes, at < 0 ? bytes.length : at, 'malformed')
    if (at < 0) return false
    this.#skip.report()
    bytes.skip(1)
    this.#begun = true
    return true
  }
}

class JsonSequenceEncoder implements Encoder<Uint8Array> {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = frameBytes(frame)
    const { limit, copy } = this.#settings
    if (bytes.length > limit) throw tooLong(limit, limit, bytes.length)
    if (bytes.length === 0) throw unencodable('An empty text is no JSON', 0, 0)
    const rs = indexOfByte(bytes, RS, 0, bytes.length)
    if (rs >= 0) throw unencodable(`RS within a text (at byte ${rs} of it)`, rs, bytes.length)
    out.byte(RS)
    writePayload(out, bytes, copy)
    out.byte(LF)
  }
}

keepShape(jsonSequence().decoder(), jsonSequence().encoder())
