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

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { bytesOrText, type ByteSource, describe, frameBytes } from '../bytes/bytes.ts'
import { maxUint, readMaskedUint, writeUint, type Endian } from '../bytes/integers.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Encoder } from './codec.ts'
import { declaredSettings, type DeclaredSettings, type Fault, type Head } from './declared.ts'
import { DelimiterFinder } from './delimiter-finder.ts'
import { declaredCodec, type DeclaredCodec } from './pieces.ts'
import {
  checkInteger,
  checkOptions,
  checkWord,
  malformed,
  tooLong,
  unencodable,
  type CopyOptions,
  type LimitOptions,
  type MalformedPolicy,
  type TooLongOptions,
} from './policies.ts'
import { writePayload } from './write-payload.ts'

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
  /** What is done with a header that cannot be (a length below 0, a frame shorter than `strip`): `'skip'`, with `sync` only, looks for
   * the next marker behind it.
   * @defaultValue 'error' */
  onMalformed?: MalformedPolicy | undefined
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
  'onMalformed',
  'onSkip',
  'copy',
] as const

/** Where the length stands, and what it says. */
interface Layout {
  readonly width: number
  readonly endian: Endian
  readonly offset: number
  readonly adjust: number
  readonly strip: number
  readonly sync: Uint8Array | undefined
  readonly mask: Mask | undefined
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
export function lengthPrefixed(options: LengthPrefixedOptions = {}): DeclaredCodec {
  checkOptions('lengthPrefixed', options, OPTIONS)
  const sync = options.sync === undefined ? undefined : bytesOrText(options.sync)
  if (sync?.length === 0) throw new RangeError('sync must have at least one byte')
  const width = checkInteger('width', options.width ?? 4, 1, 8)
  const offset = checkInteger('offset', options.offset ?? sync?.length ?? 0, sync?.length ?? 0)
  const settings = declaredSettings(options)
  if (settings.onMalformed === 'skip' && sync === undefined) {
    throw new TypeError("onMalformed 'skip' needs a sync marker: without one nothing says where the next frame begins")
  }
  const layout: Layout = {
    width,
    endian: checkWord('endian', options.endian, ['big', 'little'], 'big'),
    offset,
    adjust: checkInteger('adjust', options.adjust ?? 0, Number.MIN_SAFE_INTEGER),
    // More than the longest frame has would leave nothing of any frame.
    strip: checkInteger(
      'strip',
      options.strip ?? offset + width,
      0,
      Math.min(offset + width + settings.limit, Number.MAX_SAFE_INTEGER),
    ),
    // The marker is the caller's memory: a copy cannot change under us.
    sync: sync?.slice(),
    mask: checkMask(options.mask, width),
  }
  return declaredCodec(
    () => (layout.sync === undefined ? new FieldHead(layout) : new MarkedFieldHead(layout, layout.sync)),
    settings,
    () => new LengthPrefixedEncoder(layout, settings),
  )
}

/** A head of fixed length with the length field in it. */
class FieldHead implements Head {
  readonly #layout: Layout
  readonly length: number
  readonly lengthAt: number
  readonly strip: number
  readonly trailer: Uint8Array = new Uint8Array(0)
  payload = 0

  constructor(layout: Layout) {
    this.#layout = layout
    this.length = layout.offset + layout.width
    this.lengthAt = layout.offset
    this.strip = layout.strip
  }

  read(bytes: ByteQueue): boolean | Fault {
    const { length } = this
    if (bytes.length < length) return false
    const { width, endian, offset, adjust, mask } = this.#layout
    const field = mask === undefined ? bytes.uint(offset, width, endian) : this.#masked(bytes, mask)
    const payload = (this.payload = field + adjust)
    if (payload >= 0 && this.strip <= length + payload) return true
    return this.#wrong(field, bytes.offset + offset)
  }

  reset(): void {}

  #masked(bytes: ByteQueue, { high, low }: Mask): number {
    const { width, endian, offset } = this.#layout
    return readMaskedUint(bytes.peek(offset, width), 0, width, endian, high, low)
  }

  // Within `read` a closure would cost every frame.
  #wrong(field: number, at: number): Fault {
    const { length, payload, strip } = this
    const why =
      payload < 0
        ? `declares a length of ${field}, which with adjust ${this.#layout.adjust} is below 0`
        : `has ${length + payload} bytes with its header, fewer than the ${strip} to strip`
    return () => malformed(`Frame ${why}`, at, { length: field })
  }
}

/** The same, and it begins with a marker. */
class MarkedFieldHead extends FieldHead {
  readonly #marker: DelimiterFinder
  readonly #length: number

  constructor(layout: Layout, sync: Uint8Array) {
    super(layout)
    this.#marker = new DelimiterFinder([sync])
    this.#length = sync.length
  }

  garbage(bytes: ByteQueue): number {
    this.#marker.reset()
    const at = this.#marker.find(bytes, false)
    return at < 0 ? this.#marker.clear : at
  }

  override read(bytes: ByteQueue): boolean | Fault {
    return bytes.length >= this.#length && super.read(bytes)
  }
}

class LengthPrefixedEncoder implements Encoder<Uint8Array> {
  readonly #layout: Layout
  readonly #settings: DeclaredSettings
  /** What stands before the frame where the decoder strips it: the marker, then zeros, with room for the field. */
  readonly #stripped: Uint8Array

  constructor(layout: Layout, settings: DeclaredSettings) {
    this.#layout = layout
    this.#settings = settings
    this.#stripped = new Uint8Array(Math.max(layout.offset + layout.width, layout.strip))
    if (layout.sync !== undefined) this.#stripped.set(layout.sync)
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const { width, endian, offset, adjust, strip, mask } = this.#layout
    const { limit, copy } = this.#settings
    const head = offset + width
    const bytes = frameBytes(frame)
    const payload = strip + bytes.length - head
    if (payload < 0)
      throw unencodable(`Frame has ${bytes.length} bytes, fewer than its header of ${head - strip}`, 0, bytes.length)
    if (payload > limit) throw tooLong(bytes.length - (payload - limit), limit, payload)
    const field = payload - adjust
    const fits = field >= 0 && field <= maxUint(width) && (mask === undefined || masked(field, mask) === field)
    if (!fits) {
      throw unencodable(
        `A length field of ${width} bytes${mask ? ' with this mask' : ''} cannot say ${field}`,
        0,
        bytes.length,
      )
    }
    writeUint(this.#stripped, offset, width, endian, field)
    const stripped = strip === this.#stripped.length ? this.#stripped : this.#stripped.subarray(0, strip)
    if (strip < head) this.#checkHeader(bytes, stripped, field)
    out.bytes(stripped)
    writePayload(out, bytes, copy)
  }

  /** The frame brings (part of) its own header: it must say what the decoder will find. */
  #checkHeader(bytes: Uint8Array, stripped: Uint8Array, field: number): void {
    const { width, endian, offset, mask, sync } = this.#layout
    const written = new Uint8Array(offset + width)
    written.set(stripped)
    written.set(bytes.subarray(0, written.length - stripped.length), stripped.length)
    const all = mask ?? { high: 0xffff_ffff, low: 0xffff_ffff }
    const says = readMaskedUint(written, offset, width, endian, all.high, all.low)
    const marked = sync === undefined || sync.every((byte, i) => written[i] === byte)
    if (says === field && marked) return
    throw unencodable(
      marked
        ? `Frame has a length field of ${says}, but its length makes that ${field}`
        : 'Frame does not start with the sync marker',
      0,
      bytes.length,
    )
  }
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

const four = lengthPrefixed()
keepShape(four.decoder(), four.pieceDecoder(), four.encoder(), lengthPrefixed({ sync: '!' }).decoder())
