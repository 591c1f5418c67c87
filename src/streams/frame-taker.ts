/**
 * Decoders over one queue that others read from too: each knows whether its state still belongs to the bytes at the front.
 *
 * ```
 *   readFrame(a) readFrame(a) | readExactly(n) | readFrame(a)
 *   |<---- one decoder ------>|                | another one: its bytes begin here
 * ```
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { Codec, Decoder } from '../codec/codec.ts'
import { numberFrame } from '../codec/framing-error.ts'
import { truncated } from '../codec/policies.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { idleCodec } from '../codec/idle-codec.ts'

/** What an attempt gives when the bytes at hand are not enough. */
export const MORE: unique symbol = Symbol('more bytes are needed')

/** One decoder, and how far it has come. */
export class FrameTaker<Frame> {
  readonly codec: Codec<Frame, never>
  readonly #decoder: Decoder<Frame>
  /** The front of the queue when the decoder was last there: what it remembers of the bytes is true there and nowhere else. */
  front: number
  #frames = 0
  #over = false
  #failed = false
  #error: unknown

  constructor(codec: Codec<Frame, never>, front: number) {
    this.codec = codec
    this.#decoder = codec.decoder()
    this.front = front
  }

  /** The next frame, {@link MORE}, or undefined: there will be none, for the input has ended or the decoder has finished. */
  take(queue: ByteQueue, ended: boolean): Frame | undefined | typeof MORE {
    if (this.#over) {
      if (this.#failed) throw this.#error
      return undefined
    }
    const decoder = this.#decoder
    try {
      let frame = decoder.decode(queue)
      if (frame === undefined) {
        if (!ended && !this.#finished) return MORE
        frame = this.#last(queue)
      }
      if (frame !== undefined) this.#frames++
      this.#over = frame === undefined || this.#finished
      return frame
    } catch (error) {
      numberFrame(error, this.#frames)
      this.#over = this.#failed = true
      this.#error = error
      throw error
    } finally {
      this.front = queue.offset
    }
  }

  #last(queue: ByteQueue): Frame | undefined {
    if (this.#finished) return undefined
    const frame = this.#decoder.end?.(queue)
    if (frame !== undefined || this.#finished) return frame
    const { length, offset } = queue
    if (length > 0) throw truncated(queue.take(length), offset)
    return undefined
  }

  get #finished(): boolean {
    return this.#decoder.finished === true
  }
}

/** The decoders of one queue. They live as long as their codecs. */
export class FrameTakers {
  readonly #known: WeakMap<object, FrameTaker<unknown>> = new WeakMap()
  #last: FrameTaker<unknown> | undefined

  /** The decoder of `codec`, if nobody else has taken bytes since it was there; else a new one. */
  at<Frame>(codec: Codec<Frame, never>, front: number): FrameTaker<Frame> {
    let taker = this.#last
    if (taker?.codec !== codec) taker = this.#known.get(codec)
    if (taker?.front !== front) {
      taker = new FrameTaker(codec, front)
      this.#known.set(codec, taker)
    }
    this.#last = taker
    return taker as FrameTaker<Frame>
  }
}

keepShape(new FrameTaker(idleCodec, 0), new FrameTakers())
