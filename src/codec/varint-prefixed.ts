/**
 * A length that takes as many bytes as it needs, then as many bytes as it says.
 *
 * ```
 *   |<-- offset -->|<- 1 to maxVarintBytes ->|<--- length --->|
 *   +--------------+-------------------------+----------------+
 *   |   (other)    |     varint length       |    payload     |
 *   +--------------+-------------------------+----------------+
 * ```
 *
 * LEB128 as in delimited Protocol Buffers and libp2p; the variable byte integer of MQTT 5.0, 1.5.5, whose packets are
 * `varintPrefixed({ encoding: 'mqtt', offset: 1, strip: 0 })`; RFC 9000, section 16, as HTTP/3's frames have it.
 */

import { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { readVarint, varintLength, writeVarint, type VarintEncoding } from '../bytes/varint.ts'
import type { Encoder } from './codec.ts'
import { declaredSettings, type DeclaredSettings, type Head } from './declared.ts'
import { FramingError } from './framing-error.ts'
import { declaredCodec, type DeclaredCodec } from './pieces.ts'
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkWord,
  malformed,
  tooLong,
  unencodable,
  type CopyOptions,
  type LimitOptions,
  type TooLongOptions,
} from './policies.ts'
import { writePayload } from './write-payload.ts'

/** Options of {@link varintPrefixed}. */
export interface VarintPrefixedOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** How the length is written: `'leb128'`, `'mqtt'` or `'quic'`.
   * @defaultValue 'leb128' */
  encoding?: VarintEncoding | undefined
  /** The most bytes that the length may have: leb128 1 to 10, mqtt 1 to 4, quic 1 to 8.
   * @defaultValue 5; mqtt 4; quic 8 */
  maxVarintBytes?: number | undefined
  /** Whether a length in more bytes than it needs is an error (`ERR_FRAME_MALFORMED`).
   * @defaultValue false */
  requireMinimal?: boolean | undefined
  /** Bytes before the length.
   * @defaultValue 0 */
  offset?: number | undefined
  /** 0 delivers the header with the payload. As headers differ in length there is no other number to give.
   * @defaultValue the whole header is taken off */
  strip?: 0 | undefined
  /** What is done with an unfinished frame when the input ends. There is no `'emit'`: the length says that the frame is not whole.
   * @defaultValue 'error' */
  onTrailing?: 'error' | 'drop' | undefined
}

const OPTIONS = [
  'encoding',
  'maxVarintBytes',
  'requireMinimal',
  'offset',
  'strip',
  'maxFrameLength',
  'onTooLong',
  'onTrailing',
  'onSkip',
  'copy',
] as const

/** The most bytes of a length, and how many are allowed unless it is said otherwise. */
const VARINT_BYTES = { leb128: [10, 5], mqtt: [4, 4], quic: [8, 8] } as const

interface Layout {
  readonly encoding: VarintEncoding
  readonly maxBytes: number
  readonly requireMinimal: boolean
  readonly offset: number
  readonly keepHeader: boolean
}

/**
 * Frames that begin with a varint of their length. The varint has a limit of its own, and `maxFrameLength` is enforced when it is
 * there. Frames may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   |<-- offset -->|<- 1 to maxVarintBytes ->|<--- length --->|
 *   +--------------+-------------------------+----------------+
 *   |   (other)    |     varint length       |    payload     |
 *   +--------------+-------------------------+----------------+
 * ```
 *
 * The encoder writes the shortest form. Where the decoder strips bytes before the length, it writes zeros there; where the header is
 * part of the frame (`strip: 0`), the length in it must be right.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, FrameParser, varintPrefixed } from 'framewright'
 *
 * const bytes = encodeFrames(varintPrefixed(), [new Uint8Array(300)])
 * assert.deepEqual(bytes.subarray(0, 2), new Uint8Array([0xac, 0x02]))
 * const [frame] = new FrameParser(varintPrefixed()).push(bytes)
 * assert.equal(frame?.length, 300)
 * ```
 */
export function varintPrefixed(options: VarintPrefixedOptions = {}): DeclaredCodec {
  checkOptions('varintPrefixed', options, OPTIONS)
  const encoding = checkWord('encoding', options.encoding, ['leb128', 'mqtt', 'quic'], 'leb128')
  const [most, usual] = VARINT_BYTES[encoding]
  const offset = checkInteger('offset', options.offset ?? 0, 0)
  const layout: Layout = {
    encoding,
    maxBytes: checkInteger('maxVarintBytes', options.maxVarintBytes ?? usual, 1, most),
    requireMinimal: checkBoolean('requireMinimal', options.requireMinimal, false),
    offset,
    keepHeader: options.strip !== undefined && checkInteger('strip', options.strip, 0, 0) === 0,
  }
  const settings = declaredSettings(options)
  return declaredCodec(
    () => new VarintHead(layout),
    settings,
    () => new VarintPrefixedEncoder(layout, settings),
  )
}

class VarintHead implements Head {
  readonly #layout: Layout
  readonly lengthAt: number
  readonly trailer: Uint8Array = new Uint8Array(0)
  length = 0
  payload = 0
  strip = 0

  constructor(layout: Layout) {
    this.#layout = layout
    this.lengthAt = layout.offset
  }

  read(bytes: ByteQueue): boolean {
    const { encoding, maxBytes, requireMinimal, offset, keepHeader } = this.#layout
    const size = varintLength(bytes, offset, encoding, maxBytes)
    if (size === 0) return false
    const at = bytes.offset + offset
    if (size < 0) throw malformed(`The length of a frame has more than ${maxBytes} bytes`, at, { limit: maxBytes })
    this.payload = readVarint(bytes, offset, size, encoding)
    if (requireMinimal && size > minimalSize(this.payload, encoding)) {
      throw malformed(`The length of a frame has ${size} bytes, more than ${this.payload} needs`, at, {
        length: this.payload,
      })
    }
    this.length = offset + size
    this.strip = keepHeader ? 0 : this.length
    return true
  }

  reset(): void {
    this.length = 0
  }
}

function minimalSize(value: number, encoding: VarintEncoding): number {
  if (encoding === 'quic') return value < 2 ** 6 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 30 ? 4 : 8
  let size = 1
  for (let rest = value; rest >= 128 && size < 8; rest /= 128) size++
  return value === Infinity ? 10 : size
}

class VarintPrefixedEncoder implements Encoder<Uint8Array> {
  readonly #layout: Layout
  readonly #settings: DeclaredSettings
  readonly #queue: ByteQueue = new ByteQueue()

  constructor(layout: Layout, settings: DeclaredSettings) {
    this.#layout = layout
    this.#settings = settings
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const { encoding, maxBytes, offset, keepHeader } = this.#layout
    const bytes = frameBytes(frame)
    const header = keepHeader ? this.#headerOf(bytes) : 0
    const payload = bytes.length - header
    const { limit, copy } = this.#settings
    if (payload > limit) throw tooLong(header + limit, limit, payload)
    if (!keepHeader) {
      if (minimalSize(payload, encoding) > maxBytes) {
        throw unencodable(`A length of ${maxBytes} bytes (${encoding}) cannot say ${payload}`, 0, bytes.length)
      }
      for (let i = 0; i < offset; i++) out.byte(0)
      writeVarint(out, payload, encoding)
    }
    writePayload(out, bytes, copy)
  }

  /** The length of the header that the frame brings itself; it must say what the frame has. */
  #headerOf(bytes: Uint8Array): number {
    const head = new VarintHead(this.#layout)
    this.#queue.push(bytes)
    try {
      if (head.read(this.#queue) && head.length + head.payload === bytes.length) return head.length
    } catch (cause) {
      throw new FramingError('ERR_FRAME_UNENCODABLE', 'Frame has no header that can be read', {
        offset: this.#layout.offset,
        length: bytes.length,
        cause,
      })
    } finally {
      this.#queue.skip(this.#queue.length)
    }
    throw unencodable(
      `Frame has ${bytes.length} bytes, and its header says something else`,
      this.#layout.offset,
      bytes.length,
    )
  }
}

keepShape(varintPrefixed().decoder(), varintPrefixed().encoder())
