/**
 * Frames to bytes as a Node stream.
 *
 * ```
 *   write(frame) ──► encoder ──► ByteSink ──► one chunk a tick, while there is room
 * ```
 */

import type { Transform } from 'node:stream'
import { ByteSink } from '../bytes/byte-sink.ts'
import type { Codec, Encoder } from '../codec/codec.ts'
import { numberFrame } from '../codec/framing-error.ts'
import { destroyed, TransformBase, transformOptions, type Callback, type TransformOptions } from './transform-base.ts'

/** Options of {@link encodeTransform}. */
export interface EncodeTransformOptions extends TransformOptions {}

/** Frames that gather before a chunk leaves, in bytes. */
const CHUNK = 64 * 1024

/**
 * A Node `Transform` for any codec, your own too: write frames (its writable side is in object mode), read bytes, as `Buffer`.
 *
 * Frames written in one tick leave as one chunk, and so do those that gather while nobody reads: up to 64 KiB, then writes wait. What
 * was written has been copied when its callback comes.
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
  readonly #out: ByteSink = new ByteSink()
  #frames = 0
  /** There is room for a chunk. */
  #wanted = true
  /** What has gathered leaves at the end of this tick. */
  #scheduled = false
  /** Of the write that waits for room. */
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
    if (this.#out.length >= CHUNK) {
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
    this.#send()
    this.push(null)
    callback()
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

  /** What has gathered leaves if there is room for it, and the write that waited for that goes on. */
  #flush(): void {
    if (!this.#wanted || this.failing || this.destroyed) return
    this.#send()
    const callback = this.#callback
    this.#callback = undefined
    callback?.()
  }

  #send(): void {
    if (this.#out.length === 0) return
    const { buffer, byteOffset, byteLength } = this.#out.take()
    this.#wanted = false
    if (this.push(Buffer.from(buffer, byteOffset, byteLength))) this.#wanted = true
  }

  /** What was good before it leaves first. */
  #fail(error: unknown, mark: number, callback: Callback): void {
    this.#out.truncate(mark)
    numberFrame(error, this.#frames)
    this.#send()
    this.failAfterRead(error as Error, callback)
  }
}
