/**
 * Netstrings.
 *
 * ```
 *   +--------------+-----+-------------+-----+
 *   | length, e.g. | ":" |   payload   | "," |
 *   |     "12"     |     |  (12 bytes) |     |
 *   +--------------+-----+-------------+-----+
 * ```
 *
 * D. J. Bernstein, "Netstrings", 1997: decimal digits with no zero before them, and "0" for the empty one.
 */

import type { ByteSink } from '../bytes/byte-sink.ts'
import { frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Encoder } from './codec.ts'
import { DecimalHead } from './decimal-head.ts'
import { declaredSettings, type DeclaredSettings } from './declared.ts'
import { declaredCodec, type DeclaredCodec } from './pieces.ts'
import { checkOptions, tooLong, type CopyOptions, type LimitOptions, type TooLongOptions } from './policies.ts'
import { writePayload } from './write-payload.ts'

/** Options of {@link netstring}. */
export interface NetstringOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** What is done with an unfinished frame when the input ends. There is no `'emit'`: the length says that the frame is not whole.
   * @defaultValue 'error' */
  onTrailing?: 'error' | 'drop' | undefined
}

const OPTIONS = ['maxFrameLength', 'onTooLong', 'onTrailing', 'onSkip', 'copy'] as const
const COLON = 0x3a
const COMMA = 0x2c

/**
 * Netstrings: the length in decimal, a colon, the payload, a comma. Frames are the payloads; they may be views of the memory that
 * arrived: see {@link CopyPolicy}.
 *
 * ```
 *   +--------+-----+-----------+-----+
 *   | length | ":" |  payload  | "," |
 *   +--------+-----+-----------+-----+
 * ```
 *
 * A length with a zero before it, of more than 16 digits, or with anything but digits is `ERR_FRAME_MALFORMED`, at that byte.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, FrameParser, netstring } from 'framewright'
 *
 * const bytes = encodeFrames(netstring(), [new TextEncoder().encode('hello world!')])
 * assert.equal(new TextDecoder().decode(bytes), '12:hello world!,')
 * assert.equal([...new FrameParser(netstring()).push(bytes)][0]?.length, 12)
 * ```
 */
export function netstring(options: NetstringOptions = {}): DeclaredCodec {
  checkOptions('netstring', options, OPTIONS)
  const trailer = Uint8Array.of(COMMA)
  const settings = declaredSettings(options)
  return declaredCodec(
    () => new DecimalHead(COLON, true, trailer),
    settings,
    () => new NetstringEncoder(settings),
  )
}

class NetstringEncoder implements Encoder<Uint8Array> {
  readonly #settings: DeclaredSettings

  constructor(settings: DeclaredSettings) {
    this.#settings = settings
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = frameBytes(frame)
    const { limit, copy } = this.#settings
    if (bytes.length > limit) throw tooLong(limit, limit, bytes.length)
    out.text(`${bytes.length}:`)
    writePayload(out, bytes, copy)
    out.byte(COMMA)
  }
}

keepShape(netstring().decoder(), netstring().encoder())
