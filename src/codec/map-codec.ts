/**
 * Codecs from codecs: the same framing, other values.
 *
 * ```
 *   bytes ──► codec ──► frame ──► decode ──► value
 *   bytes ◄── codec ◄── frame ◄── encode ◄── value
 * ```
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { describe } from '../bytes/bytes.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { FramingError, type FramingErrorCode } from './framing-error.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { idleCodec } from './idle-codec.ts'

/** The two functions of {@link mapCodec}. */
export interface CodecMapping<Frame, In, Out, NewIn> {
  /** A frame to a value. Throws for a frame that is none; it must not give undefined. */
  decode: (frame: Frame) => Out
  /** A value to a frame. Throws for a value that cannot be one. */
  encode: (value: NewIn) => In
}

/**
 * The same framing with other values: each frame goes through `decode` on its way in, each value through `encode` on its way out. What
 * they throw becomes a {@link FramingError} (`ERR_FRAME_MALFORMED`, `ERR_FRAME_UNENCODABLE`) with it as the cause; a `FramingError` that
 * they throw stays what it is. `offset` of a frame that cannot be decoded is where the one before it ended.
 *
 * @throws TypeError for a codec or functions that are none.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, fixedLength, FrameParser, mapCodec } from 'framewright'
 *
 * const temperature = mapCodec(fixedLength(2), {
 *   decode: (bytes) => new DataView(bytes.buffer, bytes.byteOffset).getInt16(0) / 10,
 *   encode: (celsius: number) => new Uint8Array([(celsius * 10) >> 8, celsius * 10]),
 * })
 * assert.deepEqual([...new FrameParser(temperature).push(encodeFrames(temperature, [21.5]))], [21.5])
 * ```
 */
export function mapCodec<Frame, In, Out, NewIn = Out>(
  codec: Codec<Frame, In>,
  { decode, encode }: CodecMapping<Frame, In, Out, NewIn>,
): Codec<Out, NewIn> {
  if (typeof codec?.decoder !== 'function' || typeof codec.encoder !== 'function') {
    throw new TypeError(`mapCodec() takes a codec and two functions, not ${describe(codec)}`)
  }
  for (const [name, value] of Object.entries({ decode, encode })) {
    if (typeof value !== 'function') throw new TypeError(`${name} must be a function, not ${describe(value)}`)
  }
  return {
    decoder: () => new MappedDecoder(codec.decoder(), decode),
    encoder: () => new MappedEncoder(codec.encoder(), encode),
  }
}

class MappedDecoder<Frame, Out> implements Decoder<Out> {
  readonly #decoder: Decoder<Frame>
  readonly #map: (frame: Frame) => Out
  /** Where the frame before this one ended. A decoder may take bytes off as they come: where the front of the queue is when the frame
   * is whole says how the bytes were cut, and not where it began. */
  #from = -1

  constructor(decoder: Decoder<Frame>, map: (frame: Frame) => Out) {
    this.#decoder = decoder
    this.#map = map
  }

  get finished(): boolean {
    return this.#decoder.finished === true
  }

  get skipped(): number {
    return this.#decoder.skipped ?? 0
  }

  decode(bytes: ByteQueue): Out | undefined {
    if (this.#from < 0) this.#from = bytes.offset
    const frame = this.#decoder.decode(bytes)
    return frame === undefined ? undefined : this.#value(frame, bytes)
  }

  end(bytes: ByteQueue): Out | undefined {
    const frame = this.#decoder.end?.(bytes)
    return frame === undefined ? undefined : this.#value(frame, bytes)
  }

  #value(frame: Frame, bytes: ByteQueue): Out {
    const from = this.#from
    this.#from = bytes.offset
    try {
      const value = this.#map(frame)
      if (value === undefined) throw new TypeError('decode gave undefined, which is no frame')
      return value
    } catch (error) {
      throw wrapped('ERR_FRAME_MALFORMED', 'Frame cannot be decoded', error, from)
    }
  }
}

class MappedEncoder<In, NewIn> implements Encoder<NewIn> {
  readonly #encoder: Encoder<In>
  readonly #map: (value: NewIn) => In

  constructor(encoder: Encoder<In>, map: (value: NewIn) => In) {
    this.#encoder = encoder
    this.#map = map
  }

  encode(value: NewIn, out: ByteSink): void {
    let frame: In
    try {
      frame = this.#map(value)
    } catch (error) {
      throw wrapped('ERR_FRAME_UNENCODABLE', 'Value cannot be encoded', error, undefined)
    }
    this.#encoder.encode(frame, out)
  }

  end(out: ByteSink): void {
    this.#encoder.end?.(out)
  }
}

function wrapped(code: FramingErrorCode, message: string, cause: unknown, offset: number | undefined): FramingError {
  if (cause instanceof FramingError) return cause
  const why = cause instanceof Error ? cause.message : describe(cause)
  return new FramingError(code, `${message}: ${why}`, { offset, cause })
}

const mapped = mapCodec(idleCodec, { decode: Object, encode: Object as unknown as () => never })
keepShape(mapped.decoder(), mapped.encoder())
