/**
 * Frames larger than one wants in memory, as they arrive.
 *
 * ```
 *   chunks    [ head | pay ][ lo ][ ad | head | payload ]
 *   pieces           | pay |  lo |  ad |      | payload |
 *                     first         last        first, last
 * ```
 *
 * Nothing is gathered: a piece is what has arrived of its frame, in one chunk.
 */

import type { ByteQueue, CopyPolicy } from '../bytes/byte-queue.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { DeclaredDecoder, DeclaredStart, passTrailer, type DeclaredSettings, type Head } from './declared.ts'
import { truncated } from './policies.ts'

/** A part of a frame. */
export interface FramePiece {
  /** The bytes of this part: a view of the chunk that brought them. At least one, unless the frame is empty. */
  readonly bytes: Uint8Array
  /** Is it the beginning of its frame? */
  readonly first: boolean
  /** Is it the end of its frame? */
  readonly last: boolean
  /** Bytes of the whole frame. */
  readonly frameLength: number
}

/** A codec whose frames declare their length, and so can be read in pieces: see {@link pieces}. */
export interface DeclaredCodec extends Codec<Uint8Array> {
  /** A decoder that gives frames in pieces, as they arrive. */
  pieceDecoder(): Decoder<FramePiece>
}

/** The codec of a rule that has a `Head`. */
export function declaredCodec(
  head: () => Head,
  settings: DeclaredSettings,
  encoder: () => Encoder<Uint8Array>,
): DeclaredCodec {
  return {
    decoder: () => new DeclaredDecoder(head(), settings),
    encoder,
    pieceDecoder: () => new PieceDecoder(head(), settings),
  }
}

/**
 * Frames in pieces, as they arrive, for frames larger than one wants in memory: the codec of a rule whose frames declare their
 * length, seen so. `maxFrameLength` holds for the whole frame: set it to what you allow. `onTooLong: 'split'` and `'truncate'` have no
 * meaning here and are errors; pieces follow the chunks, so where they are cut depends on how the bytes came. What is wrong behind a
 * payload (the comma of a netstring) is known when the last piece is out: the error comes then. A frame that has begun cannot be
 * dropped: where the input ends within it, that is `ERR_FRAME_TRUNCATED` whatever `onTrailing` says.
 *
 * @throws TypeError if the codec's frames do not declare their length, are checked as a whole, or are split or truncated.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, lengthPrefixed, pieces } from 'framewright'
 *
 * const parser = new FrameParser(pieces(lengthPrefixed({ width: 1 })))
 * const shown = (chunk: number[]) =>
 *   [...parser.push(new Uint8Array(chunk))].map(({ bytes, first, last }) => ({ bytes: [...bytes], first, last }))
 * assert.deepEqual(shown([5, 1, 2]), [{ bytes: [1, 2], first: true, last: false }])
 * assert.deepEqual(shown([3, 4, 5]), [{ bytes: [3, 4, 5], first: false, last: true }])
 * ```
 */
export function pieces(codec: DeclaredCodec): Codec<FramePiece, Uint8Array> {
  if (typeof codec?.pieceDecoder !== 'function') {
    throw new TypeError('pieces() takes a codec whose frames declare their length, such as lengthPrefixed')
  }
  // Options that have no meaning for pieces throw now, and not when the first stream comes.
  codec.pieceDecoder()
  return { decoder: () => codec.pieceDecoder(), encoder: () => codec.encoder() }
}

const NOTHING: Uint8Array = new Uint8Array(0)

class PieceDecoder implements Decoder<FramePiece> {
  readonly #start: DeclaredStart
  readonly #settings: DeclaredSettings
  readonly #copy: CopyPolicy
  /** The head at the front has been read. */
  #known = false
  #open = false
  #first = false
  #frameLength = 0
  /** Bytes of the frame still to be delivered, and of its trailer still to be passed over; of an over-long frame, to be left out. */
  #left = 0
  #trailer: Uint8Array = NOTHING
  #overlong = 0

  constructor(head: Head, settings: DeclaredSettings) {
    if (settings.onTooLong === 'split' || settings.onTooLong === 'truncate') {
      throw new TypeError(`onTooLong '${settings.onTooLong}' has no meaning for pieces: use 'error' or 'skip'`)
    }
    if (head.verify !== undefined) throw new TypeError('A frame that is checked as a whole cannot be read in pieces')
    this.#start = new DeclaredStart(head, settings)
    this.#settings = settings
    this.#copy = settings.copy
  }

  get skipped(): number {
    return this.#start.skip.total
  }

  decode(bytes: ByteQueue): FramePiece | undefined {
    if (!this.#open && !this.#beginNext(bytes)) return undefined
    const left = this.#left
    const there = bytes.contiguous
    if (left > 0 && there === 0) return undefined
    const length = left < there ? left : there
    const first = this.#first
    this.#left = left - length
    this.#first = false
    this.#open = length < left
    return { bytes: bytes.take(length, this.#copy), first, last: length === left, frameLength: this.#frameLength }
  }

  end(bytes: ByteQueue): undefined {
    const { length, offset } = bytes
    const { skip, total, head } = this.#start
    skip.report()
    const missing = this.#left + this.#trailer.length + this.#overlong
    if (length === 0 && missing === 0) return
    // A frame of which pieces have been delivered cannot be dropped any more: somebody waits for its last one.
    if (this.#settings.onTrailing === 'error' || this.#open) {
      throw truncated(bytes.take(length), offset, missing || (this.#known ? total : head.length) || undefined)
    }
    skip.add(bytes, length, 'trailing')
    skip.report()
    this.#trailer = NOTHING
    this.#overlong = 0
  }

  /** Passes over what is left of the frame before, and over those that are too long; false if more bytes are needed. */
  #beginNext(bytes: ByteQueue): boolean {
    for (;;) {
      if (this.#overlong > 0 && !this.#leaveOut(bytes)) return false
      if (this.#trailer.length > 0 && !this.#passTrailer(bytes)) return false
      if (this.#begin(bytes)) return true
      if (this.#overlong === 0) return false
    }
  }

  /** Reads the next head and takes off what is stripped; false if more bytes are needed, or the frame is too long. */
  #begin(bytes: ByteQueue): boolean {
    const start = this.#start
    const { head } = start
    if (!this.#known) {
      let found = start.read(bytes)
      while (found === 'none') found = start.read(bytes)
      if (found === 'more') return false
      if (found === 'too-long') {
        this.#trailer = head.trailer
        this.#overlong = start.total - head.trailer.length
        head.reset()
        return false
      }
      this.#known = true
    }
    const { strip, trailer } = head
    const frameLength = start.total - strip - trailer.length
    // The head stays until the first piece can be delivered: until then all of the frame may be dropped.
    if (bytes.length < strip + Math.min(1, frameLength)) return false
    bytes.skip(strip)
    this.#known = false
    this.#left = this.#frameLength = frameLength
    this.#trailer = trailer
    this.#open = this.#first = true
    head.reset()
    return true
  }

  #passTrailer(bytes: ByteQueue): boolean {
    if (!passTrailer(bytes, this.#trailer)) return false
    this.#trailer = NOTHING
    return true
  }

  #leaveOut(bytes: ByteQueue): boolean {
    const n = Math.min(this.#overlong, bytes.length)
    this.#start.skip.add(bytes, n, 'too-long')
    this.#overlong -= n
    if (this.#overlong > 0) return false
    this.#start.skip.report()
    return true
  }
}
