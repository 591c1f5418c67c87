/**
 * A header with a length field, then as many bytes as the field says.
 *
 * ```
 *   |<------------- strip ------------->|                       taken off before the frame is delivered
 *   |<-- offset -->|<----- width ------>|<-- field + adjust -->|
 *   +--------------+--------------------+----------------------+
 *   |   (other)    |    length field    |       payload        |
 *   +--------------+--------------------+----------------------+
 * ```
 *
 * The arithmetic of the length (`offset`, `width`, `adjust`) and what is taken off (`strip`) have nothing to do with each
 * other: changing one never changes the other.
 */

import type { ByteQueue, CopyPolicy } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { bytesOrText, describe, toBytes, type ByteSource } from '../bytes/bytes.ts'
import { maxUint, readMaskedUint, writeUint, type Endian } from '../bytes/integers.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { FramingError } from './framing-error.ts'
import {
  checkCopy,
  checkFunction,
  checkInteger,
  checkLimit,
  checkOptions,
  checkTooLong,
  checkWord,
  tooLong,
  truncated,
  type CopyOptions,
  type LimitOptions,
  type SkipInfo,
  type TooLongOptions,
  type TooLongPolicy,
} from './policies.ts'

/** Options of {@link lengthPrefixed}. */
export interface LengthPrefixedOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** Bytes of the length field, 1 to 8.
   * @defaultValue 4 */
  width?: number | undefined
  /** Byte order of the length field.
   * @defaultValue 'big' */
  endian?: Endian | undefined
  /** Bytes before the length field.
   * @defaultValue 0, or the length of `sync` */
  offset?: number | undefined
  /** What is added to the field to get the payload's length, counted from the end of the field: `-width` where the field counts
   * itself, 4 where a 4-byte checksum that it does not count follows.
   * @defaultValue 0 */
  adjust?: number | undefined
  /** Bytes taken off the start before the frame is delivered; 0 delivers the header too.
   * @defaultValue offset + width */
  strip?: number | undefined
  /** Marker that every header starts with (a string is UTF-8). Bytes before a marker are skipped.
   * @defaultValue none */
  sync?: string | ByteSource | undefined
  /** The bits of the field that are the length, where others are flags. The encoder leaves the others 0.
   * @defaultValue all bits */
  mask?: number | bigint | undefined
  /** What is done with an unfinished frame when the input ends. There is no `'emit'`: the field says that the frame is not whole.
   * @defaultValue 'error' */
  onTrailing?: 'error' | 'drop' | undefined
}

const OPTIONS = [
  'width',
  'endian',
  'offset',
  'adjust',
  'strip',
  'sync',
  'mask',
  'maxFrameLength',
  'onTooLong',
  'onTrailing',
  'onSkip',
  'copy',
] as const

interface Settings {
  readonly width: number
  readonly endian: Endian
  readonly offset: number
  readonly adjust: number
  readonly strip: number
  /** offset + width */
  readonly head: number
  readonly sync: Uint8Array | undefined
  readonly mask: Mask | undefined
  readonly limit: number
  readonly onTooLong: TooLongPolicy
  readonly onTrailing: 'error' | 'drop'
  readonly onSkip: ((info: SkipInfo) => void) | undefined
  readonly copy: CopyPolicy
}

interface Mask {
  readonly high: number
  readonly low: number
}

/**
 * Frames whose header says how long they are. The limit is enforced from the header alone, and memory follows the bytes that
 * arrive, never the length declared. Frames may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   |<-- offset -->|<-- width -->|<-- field + adjust -->|
 *   +--------------+-------------+----------------------+
 *   |   (other)    |   length    |       payload        |
 *   +--------------+-------------+----------------------+
 * ```
 *
 * With `sync`, `onTooLong: 'skip'` takes an over-long frame for a false marker: it skips the marker's first byte and looks for the
 * next one.
 *
 * @throws RangeError or TypeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, FrameParser, lengthPrefixed } from 'framewright'
 *
 * // A 2-byte little-endian length that counts itself.
 * const codec = lengthPrefixed({ width: 2, endian: 'little', adjust: -2 })
 * const bytes = encodeFrames(codec, [new Uint8Array([104, 105])])
 * assert.deepEqual(bytes, new Uint8Array([4, 0, 104, 105]))
 * assert.deepEqual([...new FrameParser(codec).push(bytes)], [new Uint8Array([104, 105])])
 * ```
 */
export function lengthPrefixed(options: LengthPrefixedOptions = {}): Codec<Uint8Array> {
  checkOptions('lengthPrefixed', options, OPTIONS)
  const sync = options.sync === undefined ? undefined : bytesOrText(options.sync)
  if (sync?.length === 0) throw new RangeError('sync must have at least one byte')
  const width = checkInteger('width', options.width ?? 4, 1, 8)
  const offset = checkInteger('offset', options.offset ?? sync?.length ?? 0, sync?.length ?? 0)
  const settings: Settings = {
    width,
    endian: checkWord('endian', options.endian, ['big', 'little'], 'big'),
    offset,
    adjust: checkInteger('adjust', options.adjust ?? 0, Number.MIN_SAFE_INTEGER),
    strip: checkInteger('strip', options.strip ?? offset + width, 0),
    head: offset + width,
    // The marker is the caller's memory: a copy cannot change under us.
    sync: sync?.slice(),
    mask: checkMask(options.mask, width),
    limit: checkLimit(options.maxFrameLength),
    onTooLong: checkTooLong(options.onTooLong),
    onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'drop'], 'error'),
    onSkip: checkFunction('onSkip', options.onSkip),
    copy: checkCopy(options.copy),
  }
  return {
    decoder: () => new LengthPrefixedDecoder(settings),
    encoder: () => new LengthPrefixedEncoder(settings),
  }
}

class LengthPrefixedDecoder implements Decoder<Uint8Array> {
  readonly #settings: Settings
  /** Nothing to be done before the queue holds this many bytes. */
  #need: number
  /** Bytes of an over-long frame still to come, and whether they are delivered in pieces or left out. */
  #left = 0
  #pieces = false
  /** The run of bytes that is being left out: where it began, and how long it is so far. */
  #skipFrom = 0
  #skipRun = 0
  skipped = 0

  constructor(settings: Settings) {
    this.#settings = settings
    this.#need = settings.head
  }

  decode(bytes: ByteQueue): Uint8Array | undefined {
    const { sync, head, strip, copy } = this.#settings
    for (;;) {
      if (this.#left > 0) {
        const piece = this.#overlong(bytes)
        if (piece !== undefined || this.#left > 0) return piece
      }
      if (bytes.length < this.#need) {
        if (sync !== undefined && this.#need === head) this.#align(bytes, sync)
        return undefined
      }
      if (sync !== undefined && !this.#align(bytes, sync)) return undefined
      if (bytes.length < head) return undefined
      const payload = this.#payload(bytes)
      if (payload === undefined) continue
      const total = head + payload
      if (bytes.length < total) {
        this.#need = total
        return undefined
      }
      this.#need = head
      if (strip > 0) bytes.skip(strip)
      return bytes.take(total - strip, copy)
    }
  }

  end(bytes: ByteQueue): undefined {
    const { onTrailing, head, sync } = this.#settings
    this.#report(this.#left > 0 ? 'too-long' : 'sync')
    const { length, offset } = bytes
    if (length === 0 && this.#left === 0) return
    if (onTrailing === 'error') {
      if (this.#left > 0) throw truncated(bytes.take(length), offset, length + this.#left)
      throw truncated(bytes.take(length), offset, sync === undefined && length < head ? head : this.#need)
    }
    bytes.skip(length)
    this.#skip(offset, length)
    this.#report('trailing')
    this.#left = 0
  }

  /** The payload's length out of the header at the front; undefined if the header was skipped over. */
  #payload(bytes: ByteQueue): number | undefined {
    const { width, endian, offset, adjust, head, strip, mask, limit, onTooLong, sync } = this.#settings
    const field =
      mask === undefined
        ? bytes.uint(offset, width, endian)
        : readMaskedUint(bytes.peek(offset, width), 0, width, endian, mask.high, mask.low)
    const payload = field + adjust
    if (payload >= 0 && payload <= limit && payload <= Number.MAX_SAFE_INTEGER - head && strip <= head + payload) {
      return payload
    }
    const at = bytes.offset + offset
    if (payload < 0 || strip > head + payload) {
      const why =
        payload < 0
          ? `declares a length of ${field}, which with adjust ${adjust} is below 0`
          : `has ${head + payload} bytes with its header, fewer than the ${strip} to strip`
      throw new FramingError('ERR_FRAME_MALFORMED', `Frame ${why} (at byte ${at})`, { offset: at, length: field })
    }
    // A length that cannot be counted cannot be skipped either.
    if (onTooLong === 'error' || payload > Number.MAX_SAFE_INTEGER - head) throw tooLong(at, limit, payload)
    if (onTooLong === 'skip' && sync !== undefined) {
      this.#skip(bytes.offset, 1)
      bytes.skip(1)
      return undefined
    }
    this.#left = head + payload
    this.#pieces = onTooLong !== 'skip'
    return undefined
  }

  /** Goes on with a frame over the limit: the next piece of it, or undefined when more bytes are needed or it is over. */
  #overlong(bytes: ByteQueue): Uint8Array | undefined {
    const { head, strip, limit, onTooLong, copy } = this.#settings
    if (this.#pieces) {
      // The first piece has the header before it, of which `strip` bytes are taken off.
      const first = this.#need === head
      const piece = Math.min(this.#left, first ? head + limit : limit)
      if (bytes.length < piece) return undefined
      const off = first ? Math.min(strip, piece) : 0
      this.#left -= piece
      this.#pieces = onTooLong === 'split'
      this.#need = this.#left > 0 && this.#pieces ? 0 : head
      bytes.skip(off)
      return bytes.take(piece - off, copy)
    }
    const n = Math.min(this.#left, bytes.length)
    this.#skip(bytes.offset, n)
    bytes.skip(n)
    this.#left -= n
    if (this.#left === 0) this.#report('too-long')
    return undefined
  }

  /** Skips to the next marker; false if it has not wholly arrived. */
  #align(bytes: ByteQueue, sync: Uint8Array): boolean {
    for (;;) {
      const at = bytes.indexOf(sync[0]!)
      const garbage = at < 0 ? bytes.length : at
      if (garbage > 0) {
        this.#skip(bytes.offset, garbage)
        bytes.skip(garbage)
      }
      if (at < 0) return false
      const matched = bytes.match(sync)
      if (matched === sync.length) {
        this.#report('sync')
        return true
      }
      if (matched >= 0) return false
      this.#skip(bytes.offset, 1)
      bytes.skip(1)
    }
  }

  #skip(offset: number, length: number): void {
    if (this.#skipRun === 0) this.#skipFrom = offset
    this.#skipRun += length
    this.skipped += length
  }

  #report(reason: SkipInfo['reason']): void {
    if (this.#skipRun === 0) return
    const info: SkipInfo = { offset: this.#skipFrom, length: this.#skipRun, reason }
    this.#skipRun = 0
    this.#settings.onSkip?.(info)
  }
}

class LengthPrefixedEncoder implements Encoder<Uint8Array> {
  readonly #settings: Settings
  /** What stands before the frame where the decoder strips it: the marker, then zeros, with room for the field. */
  readonly #stripped: Uint8Array

  constructor(settings: Settings) {
    this.#settings = settings
    this.#stripped = new Uint8Array(Math.max(settings.head, settings.strip))
    if (settings.sync !== undefined) this.#stripped.set(settings.sync)
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const { width, endian, offset, adjust, strip, head, mask, limit, sync } = this.#settings
    const bytes = toBytes(frame)
    const payload = strip + bytes.length - head
    if (payload < 0) throw unencodable(`Frame has ${bytes.length} bytes, fewer than its header of ${head - strip}`, bytes)
    if (payload > limit) throw tooLong(bytes.length - (payload - limit), limit, payload)
    const field = payload - adjust
    const fits = field >= 0 && field <= maxUint(width) && (mask === undefined || masked(field, mask) === field)
    if (!fits) {
      throw unencodable(`A length field of ${width} bytes${mask ? ' with this mask' : ''} cannot say ${field}`, bytes)
    }
    writeUint(this.#stripped, offset, width, endian, field)
    const mark = out.length
    out.bytes(strip === this.#stripped.length ? this.#stripped : this.#stripped.subarray(0, strip))
    out.bytes(bytes)
    if (strip >= head) return
    // The frame brings (part of) its own header: it must say what the decoder will find.
    const written = out.peek(mark)
    const all = mask ?? { high: 0xffff_ffff, low: 0xffff_ffff }
    const says = readMaskedUint(written, offset, width, endian, all.high, all.low)
    const marked = sync === undefined || sync.every((byte, i) => written[i] === byte)
    if (says === field && marked) return
    out.truncate(mark)
    throw unencodable(
      marked
        ? `Frame has a length field of ${says}, but its length makes that ${field}`
        : 'Frame does not start with the sync marker',
      bytes,
    )
  }
}

function unencodable(message: string, frame: Uint8Array): FramingError {
  return new FramingError('ERR_FRAME_UNENCODABLE', message, { offset: 0, length: frame.length })
}

function masked(value: number, mask: Mask): number {
  const high = Math.floor(value / 0x1_0000_0000)
  return ((high & mask.high) >>> 0) * 0x1_0000_0000 + ((value & mask.low) >>> 0)
}

function checkMask(mask: number | bigint | undefined, width: number): Mask | undefined {
  if (mask === undefined) return undefined
  const whole = typeof mask === 'bigint' || Number.isSafeInteger(mask) ? BigInt(mask) : 0n
  if (whole < 1n || whole >= 1n << BigInt(width * 8)) {
    throw new RangeError(`mask must be a whole number from 1 to the largest of ${width} bytes, not ${describe(mask)}`)
  }
  return { high: Number(whole >> 32n), low: Number(whole & 0xffff_ffffn) }
}
