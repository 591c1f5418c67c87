/**
 * Frames of one fixed length.
 *
 * ```
 *   |<-- n -->|<-- n -->|<-- n -->|
 *   +---------+---------+---------+
 *   | frame 0 | frame 1 | frame 2 |
 *   +---------+---------+---------+
 * ```
 *
 * The oldest rule there is: records of a tape, blocks of a disk, samples of a sensor.
 */

import type { ByteQueue, CopyPolicy } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { FramingError } from './framing-error.ts'
import {
  checkCopy,
  checkFunction,
  checkInteger,
  checkLimit,
  checkOptions,
  checkWord,
  truncated,
  type CopyOptions,
  type LimitOptions,
  type SkipInfo,
  type TrailingPolicy,
} from './policies.ts'
import { writePayload } from './write-payload.ts'

/** Options of {@link fixedLength}. */
export interface FixedLengthOptions extends LimitOptions, CopyOptions {
  /** What is done with a short frame at the end of the input.
   * @defaultValue 'error' */
  onTrailing?: TrailingPolicy | undefined
  /** Called for a short frame at the end that was dropped. */
  onSkip?: ((info: SkipInfo) => void) | undefined
}

/** Names of the options of {@link fixedLength}. */
const OPTIONS = ['maxFrameLength', 'onTrailing', 'onSkip', 'copy'] as const

/**
 * Frames of exactly `length` bytes. Frames may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   |<-- length -->|<-- length -->|
 *   +--------------+--------------+
 *   |   frame 0    |   frame 1    |
 *   +--------------+--------------+
 * ```
 *
 * @param length bytes of one frame, 1 or more.
 * @throws RangeError if `length` is not a whole number from 1 to `maxFrameLength`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, fixedLength } from 'framewright'
 *
 * const parser = new FrameParser(fixedLength(2))
 * assert.deepEqual([...parser.push(new Uint8Array([1, 2, 3]))], [new Uint8Array([1, 2])])
 * assert.deepEqual([...parser.push(new Uint8Array([4]))], [new Uint8Array([3, 4])])
 * ```
 */
export function fixedLength(length: number, options: FixedLengthOptions = {}): Codec<Uint8Array> {
  checkOptions('fixedLength', options, OPTIONS)
  checkInteger('The length of fixedLength', length, 1)
  const limit = checkLimit(options.maxFrameLength)
  if (length > limit) {
    throw new RangeError(
      `The length of fixedLength, ${length}, is above maxFrameLength (${limit}): raise maxFrameLength`,
    )
  }
  const settings: Settings = {
    length,
    copy: checkCopy(options.copy),
    onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'emit', 'drop'], 'error'),
    onSkip: checkFunction('onSkip', options.onSkip),
  }
  return {
    decoder: () => new FixedLengthDecoder(settings),
    encoder: () => new FixedLengthEncoder(settings),
  }
}

interface Settings {
  readonly length: number
  readonly copy: CopyPolicy
  readonly onTrailing: TrailingPolicy
  readonly onSkip: ((info: SkipInfo) => void) | undefined
}

class FixedLengthDecoder implements Decoder<Uint8Array> {
  readonly #settings: Settings
  skipped = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    const { length, copy } = this.#settings
    return bytes.length < length ? undefined : bytes.take(length, copy)
  }

  end(bytes: ByteQueue): Uint8Array | undefined {
    const { offset, length } = bytes
    if (length === 0) return undefined
    const { onTrailing, onSkip, copy } = this.#settings
    if (onTrailing === 'emit') return bytes.take(length, copy)
    if (onTrailing === 'error') throw truncated(bytes.take(length), offset, this.#settings.length)
    bytes.skip(length)
    this.skipped += length
    onSkip?.({ offset, length, reason: 'trailing' })
    return undefined
  }
}

class FixedLengthEncoder implements Encoder<Uint8Array> {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = frameBytes(frame)
    const { length, copy } = this.#settings
    if (bytes.length !== length) {
      throw new FramingError(
        'ERR_FRAME_UNENCODABLE',
        `Every frame of fixedLength(${length}) has ${length} bytes, this one has ${bytes.length}`,
        { offset: Math.min(bytes.length, length), limit: length, length: bytes.length },
      )
    }
    writePayload(out, bytes, copy)
  }
}

keepShape(fixedLength(1).decoder(), fixedLength(1).encoder())
