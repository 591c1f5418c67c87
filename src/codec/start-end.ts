/**
 * Frames between two markers.
 *
 * ```
 *   noise | start |  payload  | end | noise | start | payload | end |
 *         |       |<- frame ->|     |               |<-frame->|
 * ```
 *
 * Instruments, radios, barcode readers: STX … ETX, '$' … CR LF. Bytes between frames are skipped.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { bytesOrText, type ByteSource, describe, frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { DelimitedDecoder, type DelimitedSettings } from './delimited.ts'
import { DelimiterFinder } from './delimiter-finder.ts'
import { DelimiterProof } from './delimiter-proof.ts'
import {
  checkCopy,
  checkFunction,
  checkLimit,
  checkOptions,
  checkTooLong,
  checkWord,
  tooLong,
  truncated,
  type CopyOptions,
  type LimitOptions,
  type TooLongOptions,
  type TrailingPolicy,
} from './policies.ts'
import { writePayload } from './write-payload.ts'
import { SkipRun } from './skip-run.ts'

/** Options of {@link startEnd}. */
export interface StartEndOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** Marker that begins a frame; a string is UTF-8. */
  start: string | ByteSource
  /** Marker that ends a frame; a string is UTF-8. It may be the same as `start`. */
  end: string | ByteSource
  /** What is done with an unfinished frame when the input ends.
   * @defaultValue 'error' */
  onTrailing?: TrailingPolicy | undefined
}

const OPTIONS = ['start', 'end', 'maxFrameLength', 'onTooLong', 'onTrailing', 'onSkip', 'copy'] as const

/**
 * Frames between a start and an end marker, without the markers. Bytes between frames are skipped (`onSkip`, reason `'sync'`); a start
 * marker within a frame is payload. Frames may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   +-------+-----------+-----+
 *   | start |  payload  | end |
 *   +-------+-----------+-----+
 * ```
 *
 * The encoder refuses a payload that has the end marker in it, or makes one with the marker behind it.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, startEnd, text } from 'framewright'
 *
 * const sentences = text(startEnd({ start: '$', end: '\r\n' }))
 * const bytes = new TextEncoder().encode('~~$GPGGA,1\r\n~$GPGSA,2\r\n')
 * assert.deepEqual([...new FrameParser(sentences).push(bytes)], ['GPGGA,1', 'GPGSA,2'])
 * ```
 */
export function startEnd(options: StartEndOptions): Codec<Uint8Array> {
  checkOptions('startEnd', options, OPTIONS)
  const start = checkMarker('start', options.start)
  const end = checkMarker('end', options.end)
  const settings: DelimitedSettings = {
    disposition: 'discard',
    emitEmpty: true,
    single: true,
    limit: checkLimit(options.maxFrameLength),
    onTooLong: checkTooLong(options.onTooLong),
    onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'emit', 'drop'], 'error'),
    onSkip: checkFunction('onSkip', options.onSkip),
    copy: checkCopy(options.copy),
  }
  return {
    decoder: () => new StartEndDecoder(start, end, settings),
    encoder: () => new StartEndEncoder(start, end, settings),
  }
}

function checkMarker(name: string, marker: string | ByteSource): Uint8Array {
  if (typeof marker !== 'string' && typeof marker !== 'object') {
    throw new TypeError(`${name} must be a string or bytes, not ${describe(marker)}`)
  }
  // A copy: the caller's memory may change later.
  const bytes = bytesOrText(marker).slice()
  if (bytes.length === 0) throw new RangeError(`${name} must have at least one byte`)
  return bytes
}

class StartEndDecoder implements Decoder<Uint8Array> {
  readonly #start: Uint8Array
  readonly #startFinder: DelimiterFinder
  readonly #framing: DelimitedDecoder
  readonly #settings: DelimitedSettings
  readonly #skip: SkipRun
  /** The start marker has come. */
  #inside = false

  constructor(start: Uint8Array, end: Uint8Array, settings: DelimitedSettings) {
    this.#start = start
    this.#startFinder = new DelimiterFinder([start])
    this.#framing = new DelimitedDecoder(new DelimiterFinder([end]), settings)
    this.#settings = settings
    this.#skip = new SkipRun(settings.onSkip)
  }

  get skipped(): number {
    return this.#skip.total + this.#framing.skipped
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    while (this.#inside || this.#begin(bytes)) {
      const { offset } = bytes
      const frame = this.#framing.decode(bytes)
      // A piece of a frame that goes on leaves us inside; so does nothing at all, where nothing has moved.
      const over = !this.#framing.busy && (frame !== undefined || bytes.offset !== offset)
      if (over) this.#inside = false
      if (frame !== undefined || !over) return frame
    }
    return undefined
  }

  end(bytes: ByteQueue): Uint8Array | undefined {
    if (!this.#inside) {
      this.#skip.add(bytes, bytes.length, 'sync')
      this.#skip.report()
      return undefined
    }
    if (bytes.length === 0 && !this.#framing.busy) return this.#nothing(bytes)
    const frame = this.#framing.end(bytes)
    if (bytes.length === 0 && !this.#framing.busy) this.#inside = false
    return frame
  }

  /** The input has ended right behind a start marker: an unfinished frame of no bytes. */
  #nothing(bytes: ByteQueue): Uint8Array | undefined {
    this.#inside = false
    const { onTrailing, copy } = this.#settings
    if (onTrailing === 'error') throw truncated(new Uint8Array(0), bytes.offset)
    return onTrailing === 'emit' ? bytes.take(0, copy) : undefined
  }

  /** Skips to the next start marker and takes it off; false if it has not wholly come. */
  #begin(bytes: ByteQueue): boolean {
    const finder = this.#startFinder
    finder.reset()
    const at = finder.find(bytes, false)
    this.#skip.add(bytes, at < 0 ? finder.clear : at, 'sync')
    if (at < 0) return false
    this.#skip.report()
    bytes.skip(this.#start.length)
    this.#inside = true
    return true
  }
}

class StartEndEncoder implements Encoder<Uint8Array> {
  readonly #start: Uint8Array
  readonly #end: Uint8Array
  readonly #settings: DelimitedSettings
  readonly #proof: DelimiterProof

  constructor(start: Uint8Array, end: Uint8Array, settings: DelimitedSettings) {
    this.#start = start
    this.#end = end
    this.#settings = settings
    this.#proof = new DelimiterProof(new DelimiterFinder([end]), [end])
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = frameBytes(frame)
    const { limit, copy } = this.#settings
    if (bytes.length > limit) throw tooLong(limit, limit, bytes.length)
    this.#proof.checkBefore(this.#end, bytes)
    out.bytes(this.#start)
    writePayload(out, bytes, copy)
    out.bytes(this.#end)
  }
}

const angles = startEnd({ start: '<', end: '>' })
keepShape(angles.decoder(), angles.encoder())
