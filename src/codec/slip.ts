/**
 * SLIP: frames that end with END, in whose payload END and ESC are written as two bytes.
 *
 * ```
 *   payload      01 C0 02 DB 03
 *   written      01 DB DC 02 DB DD 03 C0
 *                   ^^^^^    ^^^^^    ^^ END
 * ```
 *
 * RFC 1055. All six bytes can be set; with START (an extension, as in serialport) a frame also begins with a byte of its own.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { toBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { checkInteger, checkOptions, tooLong, unencodable } from './policies.ts'
import {
  Unescaping,
  UNESCAPING_OPTIONS,
  unescapingSettings,
  type UnescapingOptions,
  type UnescapingSettings,
} from './unescaping.ts'

/** Options of {@link slip}: its bytes, each 0 to 255, all different. */
export interface SlipOptions extends UnescapingOptions {
  /** Begins a frame; bytes before it are skipped.
   * @defaultValue none */
  start?: number | undefined
  /** Ends a frame.
   * @defaultValue 0xc0 */
  end?: number | undefined
  /** Begins what stands for one of the special bytes.
   * @defaultValue 0xdb */
  esc?: number | undefined
  /** After `esc`: stands for `start`. Needed with `start`.
   * @defaultValue none */
  escStart?: number | undefined
  /** After `esc`: stands for `end`.
   * @defaultValue 0xdc */
  escEnd?: number | undefined
  /** After `esc`: stands for `esc`.
   * @defaultValue 0xdd */
  escEsc?: number | undefined
}

const OPTIONS = [...UNESCAPING_OPTIONS, 'start', 'end', 'esc', 'escStart', 'escEnd', 'escEsc'] as const
/** In place of a byte that is not used: no byte is equal to it. */
const NONE = -1

/**
 * SLIP frames (RFC 1055). Nothing between two ENDs is no frame: SLIP has no empty ones. Frames are memory of their own.
 *
 * ```
 *   +-----------------------------+-----+
 *   | payload, END and ESC escaped| END |
 *   +-----------------------------+-----+
 * ```
 *
 * An `esc` before anything but the three bytes it may stand before is `ERR_FRAME_MALFORMED`. The encoder begins the stream with an END, so
 * that noise on the line before it is no part of the first frame (RFC 1055), and refuses an empty frame.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, FrameParser, slip } from 'framewright'
 *
 * const bytes = encodeFrames(slip(), [new Uint8Array([1, 0xc0, 2])])
 * assert.deepEqual(bytes, new Uint8Array([0xc0, 1, 0xdb, 0xdc, 2, 0xc0]))
 * assert.deepEqual([...new FrameParser(slip()).push(bytes)], [new Uint8Array([1, 0xc0, 2])])
 * ```
 */
export function slip(options: SlipOptions = {}): Codec<Uint8Array> {
  checkOptions('slip', options, OPTIONS)
  if ((options.start === undefined) !== (options.escStart === undefined)) {
    throw new TypeError('start and escStart go together: a START in the payload must be written otherwise')
  }
  const { start, end = 0xc0, esc = 0xdb, escStart, escEnd = 0xdc, escEsc = 0xdd } = options
  const used = Object.entries({ start, end, esc, escStart, escEnd, escEsc }).filter(([, byte]) => byte !== undefined)
  for (const [name, byte] of used) checkInteger(name, byte!, 0, 255)
  if (new Set(used.map(([, byte]) => byte)).size < used.length) {
    throw new RangeError('The bytes of slip must all be different')
  }
  const alphabet: Alphabet = { start: start ?? NONE, end, esc, escStart: escStart ?? NONE, escEnd, escEsc }
  const settings = unescapingSettings(options)
  return {
    decoder: () => new SlipDecoder(alphabet, settings),
    encoder: () => new SlipEncoder(alphabet, settings.limit),
  }
}

interface Alphabet {
  readonly start: number
  readonly end: number
  readonly esc: number
  readonly escStart: number
  readonly escEnd: number
  readonly escEsc: number
}

/** The bytes that cannot stand for themselves, as a table. */
function specialBytes({ start, end, esc }: Alphabet): Uint8Array {
  const special = new Uint8Array(256)
  special[end] = special[esc] = 1
  if (start >= 0) special[start] = 1
  return special
}

class SlipDecoder implements Decoder<Uint8Array> {
  readonly #alphabet: Alphabet
  readonly #special: Uint8Array
  readonly #frame: Unescaping
  /** With START: has it come? */
  #inside = false
  #escaped = false

  constructor(alphabet: Alphabet, settings: UnescapingSettings) {
    this.#alphabet = alphabet
    this.#special = specialBytes(alphabet)
    this.#frame = new Unescaping(settings, alphabet.end)
  }

  get skipped(): number {
    return this.#frame.skip.total
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    const frame = this.#frame
    const { start } = this.#alphabet
    while (bytes.length > 0) {
      if (frame.discarding(bytes)) return undefined
      if (!frame.begun) this.#escaped = this.#inside = false
      if (bytes.length === 0) return undefined
      if (start >= 0 && !this.#inside) {
        this.#toStart(bytes)
        continue
      }
      const whole = this.#escaped ? this.#unescape(bytes) : this.#plain(bytes)
      if (whole !== undefined) return whole
    }
    return undefined
  }

  end(bytes: ByteQueue): undefined {
    this.#frame.ended(bytes)
  }

  /** Bytes up to the next special one, and that one. */
  #plain(bytes: ByteQueue): Uint8Array | undefined {
    const frame = this.#frame
    const { end, esc } = this.#alphabet
    const at = bytes.indexOfAny(this.#special)
    const n = at < 0 ? bytes.length : at
    if (n > 0) frame.begin(bytes)
    if (n > frame.room) return frame.tooLong(bytes, frame.room)
    frame.run(bytes, n)
    if (at < 0) return undefined
    const byte = bytes.byteAt(0)
    if (byte === end) {
      bytes.skip(1)
      return frame.begun ? this.#whole() : undefined
    }
    frame.begin(bytes)
    if (byte !== esc) return frame.malformed(bytes, 0, 'START within a frame of SLIP')
    // Whatever it stands for is one byte more.
    if (frame.room === 0) return frame.tooLong(bytes, 0)
    bytes.skip(1)
    this.#escaped = true
    return undefined
  }

  #unescape(bytes: ByteQueue): undefined {
    const { start, end, esc, escStart, escEnd, escEsc } = this.#alphabet
    const byte = bytes.byteAt(0)
    const meant = byte === escEnd ? end : byte === escEsc ? esc : byte === escStart ? start : -1
    if (meant < 0) return this.#frame.malformed(bytes, 0, 'ESC before a byte that it cannot stand before in SLIP')
    this.#escaped = false
    this.#frame.byte(meant)
    bytes.skip(1)
  }

  #whole(): Uint8Array | undefined {
    const frame = this.#frame.finish()
    return frame.length === 0 ? undefined : frame
  }

  #toStart(bytes: ByteQueue): void {
    const frame = this.#frame
    const at = bytes.indexOf(this.#alphabet.start)
    frame.skip.add(bytes, at < 0 ? bytes.length : at, 'sync')
    if (at < 0) return
    frame.skip.report()
    frame.begin(bytes)
    bytes.skip(1)
    this.#inside = true
  }
}

class SlipEncoder implements Encoder<Uint8Array> {
  readonly #alphabet: Alphabet
  readonly #special: Uint8Array
  readonly #limit: number
  #first = true

  constructor(alphabet: Alphabet, limit: number) {
    this.#alphabet = alphabet
    this.#special = specialBytes(alphabet)
    this.#limit = limit
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const { start, end, esc, escStart, escEnd, escEsc } = this.#alphabet
    const bytes = toBytes(frame)
    if (bytes.length === 0) throw unencodable('SLIP has no empty frames', 0, 0)
    if (bytes.length > this.#limit) throw tooLong(this.#limit, this.#limit, bytes.length)
    if (start >= 0) out.byte(start)
    else if (this.#first) out.byte(end)
    this.#first = false
    let from = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!
      if (this.#special[byte] === 0) continue
      out.bytes(bytes.subarray(from, at))
      out.byte(esc)
      out.byte(byte === end ? escEnd : byte === esc ? escEsc : escStart)
      from = at + 1
    }
    out.bytes(bytes.subarray(from))
    out.byte(end)
  }
}

keepShape(slip().decoder())
