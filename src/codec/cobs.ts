/**
 * Consistent Overhead Byte Stuffing.
 *
 * ```
 *   payload      11 22 00 33
 *   written   03 11 22 02 33 00        a code says how far the next zero is; 00 ends the frame
 *             |------>|---->|
 * ```
 *
 * S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999. A code of FF is a run of
 * 254 bytes with no zero behind it. It costs one byte, and one more for every 254.
 */

import { takeCopy, type ByteQueue, type CopyPolicy } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { toBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { indexOfByte } from '../bytes/scan.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { checkOptions, tooLong } from './policies.ts'
import {
  LOST,
  MORE,
  moveDown,
  putRun,
  trim,
  Unescaping,
  UNESCAPING_OPTIONS,
  unescapingSettings,
  type UnescapingOptions,
  type UnescapingSettings,
} from './unescaping.ts'

/** Options of {@link cobs}. */
export interface CobsOptions extends UnescapingOptions {}

/** The code of a run that no zero follows, and how long that is. */
const LONGEST_RUN = 0xff
const FULL_RUN = LONGEST_RUN - 1

/**
 * Frames in COBS, each ended by a zero byte. Zeros between frames are passed over; after a frame that breaks the rule
 * (`onMalformed: 'skip'`) the next zero is where it goes on. A frame of at most 254 bytes in which there are no zeros may be a
 * view of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   +------+----------------+------+--------+----+
 *   | code | code - 1 bytes | code |  ...   | 00 |
 *   +------+----------------+------+--------+----+
 * ```
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cobs, encodeFrames, FrameParser } from 'framewright'
 *
 * const bytes = encodeFrames(cobs(), [new Uint8Array([0x11, 0x22, 0, 0x33])])
 * assert.deepEqual(bytes, new Uint8Array([3, 0x11, 0x22, 2, 0x33, 0]))
 * assert.deepEqual([...new FrameParser(cobs()).push(bytes)], [new Uint8Array([0x11, 0x22, 0, 0x33])])
 * ```
 */
export function cobs(options: CobsOptions = {}): Codec<Uint8Array> {
  checkOptions('cobs', options, UNESCAPING_OPTIONS)
  const settings = unescapingSettings(options)
  return {
    decoder: () => new CobsDecoder(settings),
    encoder: () => new CobsEncoder(settings.limit),
  }
}

class CobsDecoder implements Decoder<Uint8Array> {
  readonly #frame: Unescaping
  readonly #copy: CopyPolicy
  /** Bytes at the front in which there is no zero. */
  #scanned = 0
  /** Position of the first code that has not been read with its whole run, how long the payload before it is, and whether it brings a zero. */
  #code = 0
  #payload = 0
  #zero = false

  constructor(settings: UnescapingSettings) {
    this.#frame = new Unescaping(settings, 0)
    this.#copy = settings.copy
  }

  get skipped(): number {
    return this.#frame.skip.total
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    while (!this.#frame.discarding(bytes)) {
      const end = this.#read(bytes)
      if (end === MORE) return undefined
      this.#scanned = this.#code = this.#payload = 0
      this.#zero = false
      if (end === LOST) continue
      const frame = end > 0 ? takePayload(bytes, end, this.#copy) : undefined
      bytes.skip(1)
      if (frame !== undefined) return frame
    }
    return undefined
  }

  end(bytes: ByteQueue): undefined {
    this.#frame.ended(bytes, (queue, length) => takePayload(queue, length, this.#copy))
  }

  /** Reads on in the frame at the front: the position of the zero that ends it, or `MORE`, or `LOST`. */
  #read(bytes: ByteQueue): number {
    const frame = this.#frame
    const end = bytes.indexOf(0, this.#scanned)
    const stop = end < 0 ? bytes.length : end
    this.#scanned = stop
    while (this.#code < stop) {
      const at = this.#code
      const code = bytes.byteAt(at)
      const payload = this.#payload + (this.#zero ? 1 : 0)
      const run = Math.min(code, stop - at) - 1
      if (payload + run > frame.limit) {
        // One too many is the zero that the code brings, or a byte of the run behind it.
        return frame.tooLong(bytes, at + Math.max(0, 1 + frame.limit - payload))
      }
      if (run < code - 1) return end < 0 ? MORE : frame.malformed(bytes, end, 'Zero within a run of COBS')
      this.#code = at + code
      this.#payload = payload + run
      this.#zero = code !== LONGEST_RUN
    }
    return end
  }
}

/**
 * Takes the payload that is written in the first `length` bytes, the last run of which may be cut. Where no run is full it lies there as it
 * is, with codes in place of its zeros:
 *
 * ```
 *   written   03 11 22 02 33         code 03, and then
 *                11 22 00 33         the payload
 * ```
 */
function takePayload(bytes: ByteQueue, length: number, copy: CopyPolicy): Uint8Array {
  let code = bytes.byteAt(0)
  bytes.skip(1)
  if (code >= length) return bytes.take(length - 1, copy)
  const payload = takeCopy(bytes, length - 1, copy)
  let to = code - 1
  for (let at = to; at < payload.length;) {
    const zero = code !== LONGEST_RUN
    code = payload[at]!
    if (zero) payload[to++] = 0
    const next = Math.min(at + code, payload.length)
    if (to <= at) moveDown(payload, to, at + 1, next)
    to += next - at - 1
    at = next
  }
  return trim(payload, to, copy)
}

class CobsEncoder implements Encoder<Uint8Array> {
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = toBytes(frame)
    if (bytes.length > this.#limit) throw tooLong(this.#limit, this.#limit, bytes.length)
    const { length } = bytes
    for (let start = 0; ; start++) {
      const zero = indexOfByte(bytes, 0, start, length)
      const end = zero < 0 ? length : zero
      for (; end - start >= FULL_RUN; start += FULL_RUN) {
        out.byte(LONGEST_RUN)
        putRun(out, bytes, start, start + FULL_RUN)
        // A run of 254 that ends the frame needs no empty one behind it.
        if (start + FULL_RUN === length) return out.byte(0)
      }
      out.byte(end - start + 1)
      putRun(out, bytes, start, end)
      if (zero < 0) break
      start = zero
    }
    out.byte(0)
  }
}

keepShape(cobs().decoder(), cobs().encoder())
