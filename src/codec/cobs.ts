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

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { toBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { checkOptions, tooLong } from './policies.ts'
import {
  Unescaping,
  UNESCAPING_OPTIONS,
  unescapingSettings,
  type UnescapingOptions,
  type UnescapingSettings,
} from './unescaping.ts'

/** Options of {@link cobs}. */
export interface CobsOptions extends UnescapingOptions {}

const LONGEST_RUN = 0xff

/**
 * Frames in COBS, each ended by a zero byte. Zeros between frames are passed over; after a frame that breaks the rule
 * (`onMalformed: 'skip'`) the next zero is where it goes on. Frames are memory of their own.
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
  /** Bytes of the run that are still to come, and whether a zero is behind it if another run follows. */
  #left = 0
  #zero = false
  /** Absolute offset up to which no zero is: the bytes behind a run are searched once and not again for every run. */
  #scanned = 0

  constructor(settings: UnescapingSettings) {
    this.#frame = new Unescaping(settings, 0)
  }

  get skipped(): number {
    return this.#frame.skip.total
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    const frame = this.#frame
    while (bytes.length > 0) {
      if (frame.discarding(bytes)) return undefined
      if (bytes.length === 0) return undefined
      if (!frame.begun) {
        this.#left = 0
        this.#zero = false
      }
      if (this.#left > 0) {
        this.#run(bytes)
        continue
      }
      const code = bytes.byteAt(0)
      if (code === 0) {
        bytes.skip(1)
        if (frame.begun) return frame.finish()
        continue
      }
      frame.begin(bytes)
      if (this.#zero) {
        if (frame.room === 0) {
          frame.tooLong(bytes, 0)
          continue
        }
        frame.byte(0)
      }
      bytes.skip(1)
      this.#left = code - 1
      this.#zero = code !== LONGEST_RUN
    }
    return undefined
  }

  end(bytes: ByteQueue): undefined {
    this.#frame.ended(bytes)
  }

  /** What has come of the run: a zero in it, or a byte too many, ends the frame. */
  #run(bytes: ByteQueue): void {
    const frame = this.#frame
    const n = Math.min(this.#left, bytes.length)
    const zero = bytes.indexOf(0, Math.max(0, this.#scanned - bytes.offset))
    this.#scanned = bytes.offset + (zero < 0 ? bytes.length : zero)
    const { room } = frame
    if (zero >= 0 && zero < n && zero <= room) frame.malformed(bytes, zero, 'Zero within a run of COBS')
    else if (n > room) frame.tooLong(bytes, room)
    else {
      frame.run(bytes, n)
      this.#left -= n
    }
  }
}

class CobsEncoder implements Encoder<Uint8Array> {
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = toBytes(frame)
    if (bytes.length > this.#limit) throw tooLong(this.#limit, this.#limit, bytes.length)
    let start = 0
    for (;;) {
      const zero = bytes.indexOf(0, start)
      const end = zero < 0 ? bytes.length : zero
      for (; end - start >= LONGEST_RUN - 1; start += LONGEST_RUN - 1) {
        // A run of 254 that ends the frame needs no empty one behind it.
        out.byte(LONGEST_RUN)
        out.bytes(bytes.subarray(start, start + LONGEST_RUN - 1))
        if (start + LONGEST_RUN - 1 === bytes.length) {
          out.byte(0)
          return
        }
      }
      out.byte(end - start + 1)
      out.bytes(bytes.subarray(start, end))
      if (zero < 0) break
      start = zero + 1
    }
    out.byte(0)
  }
}

keepShape(cobs().decoder())
