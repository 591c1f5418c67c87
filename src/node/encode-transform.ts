/**
 * Frames to bytes as a Node stream.
 *
 * ```
 *   write(frame) ──► encoder ──► ByteSink ──► one chunk a tick, while there is room
 * ```
 */

import type { Transform } from 'node:stream'
import { allocateShort, ByteSink } from '../bytes/byte-sink.ts'
import type { Codec, Encoder } from '../codec/codec.ts'
import { numberFrame } from '../codec/framing-error.ts'
import { destroyed, TransformBase, transformOptions, type Callback, type TransformOptions } from './transform-base.ts'

/** Options of {@link encodeTransform}. */
export interface EncodeTransformOptions extends TransformOptions {}

/** Frames that gather before a chunk leaves, in bytes. */
const CHUNK = 64 * 1024
/** From how many bytes on a frame is not copied: below, a chunk of its own costs more than the copy. Node's sockets send the chunks of a tick
 * together. */
const PASS_FROM = 8 * 1024

/**
 * A Node `Transform` for any codec, your own too: write frames (its writable side is in object mode), read bytes, as `Buffer`.
 *
 * Frames written in one tick leave as one chunk, and so do those that gather while nobody reads: up to 64 KiB, then writes wait.
 *
 * A frame's memory is yours again when the callback of its write has come. Frames of 8 KiB and more are not copied where somebody
 * listens for 'data', or it is piped: such a chunk is the frame's own memory, and the callback comes when its listeners have had it and take
 * more. Who keeps it longer, as a stream further down may do, sees what you do to it then, as with any Transform that passes chunks
 * on; `copy: 'always'` in the codec's options makes chunks of their own.
 *
 * The stream is destroyed with a {@link FramingError} for a frame that the codec's decoder would not read back as one equal frame, after the bytes
 * of the frames before it have been read.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Readable } from 'node:stream'
 * import { text } from 'node:stream/consumers'
 * import { lines } from 'framewright'
 * import { encodeTransform } from 'framewright/node'
 *
 * assert.equal(await text(Readable.from(['one', 'two']).pipe(encodeTransform(lines()))), 'one\ntwo\n')
 * ```
 */
export function encodeTransform<Frame>(codec: Codec<unknown, Frame>, options: EncodeTransformOptions = {}): Transform {
  return new Encoding(codec, options) as unknown as Transform
}

class Encoding<Frame> extends TransformBase {
  readonly #encoder: Encoder<Frame>
  readonly #out: ByteSink = new ByteSink({ passFrom: PASS_FROM })
  #frames = 0
  /** There is room for a chunk. */
  #wanted = true
  /** What has gathered leaves at the end of this tick. */
  #scheduled = false
  /** Whoever reads has memory of a frame that is not copied, or will get it. */
  #hasLent = false
  /** Of the write that waits for room, or for its memory. */
  #callback: Callback | undefined

  constructor(codec: Codec<unknown, Frame>, options: EncodeTransformOptions) {
    super(
      transformOptions('encodeTransform', options, [], {
        writableObjectMode: true,
        readableHighWaterMark: CHUNK,
        writableHighWaterMark: 16,
      }),
    )
    this.#encoder = codec.encoder()
    // Out of the pool that Node has for short ones.
    allocateShort(this.#out, allocate)
  }

  override _write(frame: Frame, _encoding: unknown, callback: Callback): void {
    const mark = this.#out.length
    try {
      this.#encoder.encode(frame, this.#out)
      this.#frames++
    } catch (error) {
      this.#fail(error, mark, callback)
      return
    }
    if (this.#isFull) {
      this.#callback = callback
      this.#flush()
      return
    }
    if (this.#wanted && !this.#scheduled) {
      this.#scheduled = true
      process.nextTick(() => {
        this.#scheduled = false
        this.#flush()
      })
    }
    callback()
  }

  override _final(callback: Callback): void {
    const mark = this.#out.length
    try {
      this.#encoder.end?.(this.#out)
    } catch (error) {
      this.#fail(error, mark, callback)
      return
    }
    this.#sendAll()
    this.push(null)
    callback()
  }

  override read(size?: number): unknown {
    // Whoever takes more is through with what he has got. Node itself asks with 0, ahead of him.
    if (this.#hasLent && size !== 0 && this.readableLength === 0) this.#giveBack()
    return super.read(size)
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#scheduled) this.#flush()
  }

  override _destroy(error: Error | null, callback: Callback): void {
    callback(error)
    const waiting = this.#callback
    this.#callback = undefined
    waiting?.(error ?? destroyed())
  }

  get #isFull(): boolean {
    return this.#hasLent || this.#out.passed > 0 || this.#out.length >= CHUNK
  }

  /** What has gathered leaves while there is room for it, and the write that waited for that goes on. */
  #flush(): void {
    while (this.#wanted && !this.failing && !this.destroyed && this.#out.length > 0) this.#sendNext()
    if (this.failing || this.destroyed || this.#isFull) return
    const callback = this.#callback
    this.#callback = undefined
    callback?.()
  }

  #sendAll(): void {
    while (this.#out.length > 0) this.#sendNext()
  }

  #sendNext(): void {
    const { passed } = this.#out
    // Nobody listens yet, or he reads now and then: it may lie here for as long as he likes.
    const mustCopy = passed > 0 && (this.readableFlowing === null || this.listenerCount('readable') > 0)
    const chunk = mustCopy ? this.#out.take() : this.#out.takeNext()!
    this.#hasLent ||= !mustCopy && this.#out.passed < passed
    this.#wanted = this.push(toBuffer(chunk))
    // The listeners have had it, and are not paused.
    if (this.#hasLent && this.readableFlowing === true && this.readableLength === 0) this.#hasLent = false
  }

  #giveBack(): void {
    this.#hasLent = false
    this.#flush()
  }

  /** What was good before it leaves first. */
  #fail(error: unknown, mark: number, callback: Callback): void {
    this.#out.truncate(mark)
    numberFrame(error, this.#frames)
    this.#sendAll()
    this.failAfterRead(error as Error, callback)
  }
}

/** The same bytes as Node has them. */
function toBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
}

function allocate(length: number): Buffer {
  return Buffer.allocUnsafe(length)
}
