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

import { takeCopy, type ByteQueue, type CopyPolicy } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { toBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { indexOfAny, indexOfByte } from '../bytes/scan.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { FirstOf } from './first-of.ts'
import { checkInteger, checkOptions, tooLong, unencodable } from './policies.ts'
import {
  FEW,
  LOST,
  MORE,
  putRun,
  trim,
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
 * SLIP frames (RFC 1055). Nothing between two ENDs is no frame: SLIP has no empty ones. A frame in which nothing is escaped may
 * be a view of the memory that arrived: see {@link CopyPolicy}.
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
  readonly #special: FirstOf
  readonly #frame: Unescaping
  /** How many bytes stand before the payload: START, if there is one. */
  readonly #lead: number
  readonly #copy: CopyPolicy
  /** Bytes at the front that have been read, and how many of them were an ESC. */
  #scanned = 0
  #escapes = 0

  constructor(alphabet: Alphabet, settings: UnescapingSettings) {
    this.#alphabet = alphabet
    const { start, end, esc } = alphabet
    this.#special = new FirstOf(start < 0 ? [end, esc] : [end, esc, start])
    this.#frame = new Unescaping(settings, alphabet.end)
    this.#lead = alphabet.start < 0 ? 0 : 1
    this.#copy = settings.copy
  }

  get skipped(): number {
    return this.#frame.skip.total
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    while (!this.#frame.discarding(bytes)) {
      const end = this.#read(bytes)
      if (end === MORE) return undefined
      const escaped = this.#escapes > 0
      this.#scanned = this.#escapes = 0
      if (end === LOST) continue
      if (end > this.#lead) {
        const frame = this.#take(bytes, end, escaped)
        bytes.skip(1)
        return frame
      }
      bytes.skip(end + 1)
    }
    return undefined
  }

  end(bytes: ByteQueue): undefined {
    this.#frame.ended(bytes, (queue, length) => this.#take(queue, length, true))
  }

  /** Reads on in the frame at the front: the position of its END, or `MORE`, or `LOST`. */
  #read(bytes: ByteQueue): number {
    const frame = this.#frame
    const { end, esc } = this.#alphabet
    if (this.#lead > this.#scanned && !this.#toStart(bytes)) return MORE
    const { length } = bytes
    for (let from = this.#scanned; ; from += 2) {
      const found = this.#special.find(bytes, from)
      const at = found < 0 ? length : found
      const room = frame.limit - (at - this.#lead - this.#escapes)
      if (room < 0) return frame.tooLong(bytes, at + room)
      this.#scanned = from = at
      if (found < 0) return MORE
      const byte = bytes.byteAt(at)
      if (byte === end) return at
      if (byte !== esc) return frame.malformed(bytes, at, 'START within a frame of SLIP')
      // Whatever it stands for is one byte more.
      if (room === 0) return frame.tooLong(bytes, at)
      if (at + 1 === length) return MORE
      if (this.#meant(bytes.byteAt(at + 1)) < 0) {
        return frame.malformed(bytes, at + 1, 'ESC before a byte that it cannot stand before in SLIP')
      }
      this.#escapes++
      this.#scanned = at + 2
    }
  }

  /** Passes over what stands before START; false if it has not come. */
  #toStart(bytes: ByteQueue): boolean {
    const { skip } = this.#frame
    const at = bytes.indexOf(this.#alphabet.start)
    skip.add(bytes, at < 0 ? bytes.length : at, 'sync')
    if (at < 0) return false
    skip.report()
    this.#scanned = 1
    return true
  }

  /** What `byte` stands for behind an ESC, or -1. */
  #meant(byte: number): number {
    const { start, end, esc, escStart, escEnd, escEsc } = this.#alphabet
    return byte === escEnd ? end : byte === escEsc ? esc : byte === escStart ? start : NONE
  }

  /** Takes the payload that is written in the first `length` bytes. Where they are cut, an ESC may be the last of them. */
  #take(bytes: ByteQueue, length: number, escaped: boolean): Uint8Array {
    const { esc } = this.#alphabet
    bytes.skip(this.#lead)
    if (!escaped) return bytes.take(length - this.#lead, this.#copy)
    const payload = takeCopy(bytes, length - this.#lead, this.#copy)
    const written = payload.length
    let at = indexOfByte(payload, esc, 0, written)
    if (at < 0) return payload
    let to = at
    while (at + 1 < written) {
      payload[to++] = this.#meant(payload[at + 1]!)
      at += 2
      // Escapes that stand close together are found sooner than a search would have begun.
      const near = Math.min(at + FEW, written)
      while (at < near && payload[at] !== esc) payload[to++] = payload[at++]!
      if (at < near || at === written) continue
      const next = indexOfByte(payload, esc, at, written)
      const stop = next < 0 ? written : next
      payload.copyWithin(to, at, stop)
      to += stop - at
      at = stop
    }
    return trim(payload, to, this.#copy)
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
    const { length } = bytes
    for (let from = 0; ; from++) {
      const at = indexOfAny(bytes, this.#special, from, length)
      putRun(out, bytes, from, at < 0 ? length : at)
      if (at < 0) break
      out.byte(esc)
      out.byte(bytes[at] === end ? escEnd : bytes[at] === esc ? escEsc : escStart)
      from = at
    }
    out.byte(end)
  }
}

keepShape(slip().decoder(), slip().encoder())
