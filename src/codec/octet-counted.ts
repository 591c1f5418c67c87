/**
 * Octet counting, as syslog over TCP has it.
 *
 * ```
 *   +---------+----+----------------+---------+----+-----------+
 *   | MSG-LEN | SP |      MSG       | MSG-LEN | SP |    MSG    |      octet counting
 *   +---------+----+----------------+---------+----+-----------+
 *
 *   +----------------+----+----------------+----+
 *   |      MSG       | LF |      MSG       | LF |                    non-transparent framing (autoDetect)
 *   +----------------+----+----------------+----+
 * ```
 *
 * RFC 6587, sections 3.4.1 and 3.4.2. MSG-LEN is decimal and begins with 1 to 9; a message begins with '<', so the first byte tells.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { DecimalHead } from './decimal-head.ts'
import { DeclaredDecoder, declaredSettings, type DeclaredSettings } from './declared.ts'
import { DelimitedDecoder } from './delimited.ts'
import { DelimiterFinder } from './delimiter-finder.ts'
import { declaredCodec, type DeclaredCodec } from './pieces.ts'
import {
  checkBoolean,
  checkOptions,
  tooLong,
  unencodable,
  type CopyOptions,
  type LimitOptions,
  type TooLongOptions,
} from './policies.ts'
import { writePayload } from './write-payload.ts'

/** Options of {@link octetCounted}. */
export interface OctetCountedOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** Whether a frame whose first byte is none of 1 to 9 ends with LF instead. Told anew for each frame; an LF on its own is no frame.
   * @defaultValue false */
  autoDetect?: boolean | undefined
  /** What is done with an unfinished frame when the input ends.
   * @defaultValue 'error' */
  onTrailing?: 'error' | 'drop' | undefined
}

const OPTIONS = ['autoDetect', 'maxFrameLength', 'onTooLong', 'onTrailing', 'onSkip', 'copy'] as const
const SPACE = 0x20
const LF = 0x0a
const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * Octet counting: the length in decimal, a space, the message (RFC 6587, 3.4.1). With `autoDetect` also messages that end with LF
 * (3.4.2), whichever each one is. Frames are the messages; they may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   +---------+----+----------------+
 *   | MSG-LEN | SP |      MSG       |
 *   +---------+----+----------------+
 * ```
 *
 * A length of 0, with a zero before it, or of more than 16 digits is `ERR_FRAME_MALFORMED`, at that byte. The encoder counts octets
 * always, and refuses an empty message: its length cannot be said.
 *
 * Without `autoDetect` its frames can be read in {@link pieces}.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, octetCounted, text } from 'framewright'
 *
 * const parser = new FrameParser(text(octetCounted({ autoDetect: true })))
 * const bytes = new TextEncoder().encode('8 <1>one\ntw<2>two\n7 <3>tres')
 * assert.deepEqual([...parser.push(bytes)], ['<1>one\nt', 'w<2>two', '<3>tres'])
 * ```
 */
export function octetCounted(options?: OctetCountedOptions & { autoDetect?: false | undefined }): DeclaredCodec
export function octetCounted(options?: OctetCountedOptions): Codec<Uint8Array>
export function octetCounted(options: OctetCountedOptions = {}): Codec<Uint8Array> {
  checkOptions('octetCounted', options, OPTIONS)
  const settings = declaredSettings(options)
  const encoder = (): OctetCountedEncoder => new OctetCountedEncoder(settings)
  if (!checkBoolean('autoDetect', options.autoDetect, false)) return declaredCodec(head, settings, encoder)
  return { decoder: () => new AutoDetectDecoder(settings), encoder }
}

function head(): DecimalHead {
  return new DecimalHead(SPACE, false, NOTHING)
}

/** Two decoders that take turns: the first byte of a frame says whose turn it is. */
class AutoDetectDecoder implements Decoder<Uint8Array> {
  readonly #counting: DeclaredDecoder
  readonly #delimited: DelimitedDecoder
  #active: DeclaredDecoder | DelimitedDecoder | undefined

  constructor(settings: DeclaredSettings) {
    this.#counting = new DeclaredDecoder(head(), { ...settings, single: true })
    this.#delimited = new DelimitedDecoder(new DelimiterFinder([Uint8Array.of(LF)]), {
      ...settings,
      single: true,
      disposition: 'discard',
      emitEmpty: false,
    })
  }

  get skipped(): number {
    return this.#counting.skipped + this.#delimited.skipped
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    return this.#next(bytes, false)
  }

  end(bytes: ByteQueue): Uint8Array | undefined {
    return this.#next(bytes, true)
  }

  #next(bytes: ByteQueue, final: boolean): Uint8Array | undefined {
    for (;;) {
      if (this.#active === undefined) {
        if (bytes.length === 0) return undefined
        const first = bytes.byteAt(0)
        this.#active = first >= 0x31 && first <= 0x39 ? this.#counting : this.#delimited
      }
      const { offset } = bytes
      const frame = final ? this.#active.end(bytes) : this.#active.decode(bytes)
      if (!this.#active.busy) this.#active = undefined
      // Nothing taken and nothing moved: more bytes are needed.
      if (frame !== undefined || bytes.offset === offset) return frame
    }
  }
}

class OctetCountedEncoder implements Encoder<Uint8Array> {
  readonly #settings: DeclaredSettings

  constructor(settings: DeclaredSettings) {
    this.#settings = settings
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = frameBytes(frame)
    if (bytes.length === 0) throw unencodable('An empty message has no length in octet counting', 0, 0)
    const { limit, copy } = this.#settings
    if (bytes.length > limit) throw tooLong(limit, limit, bytes.length)
    out.text(`${bytes.length} `)
    writePayload(out, bytes, copy)
  }
}

keepShape(octetCounted({ autoDetect: true }).decoder(), octetCounted().encoder())
