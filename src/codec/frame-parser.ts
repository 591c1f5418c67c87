/**
 * Runs a decoder over chunks, synchronously: the layer that every other one stands on.
 *
 * It adds what a decoder need not know: the frame count, the end of input, and that the first error is final.
 */

import { ByteQueue } from '../bytes/byte-queue.ts'
import { ByteSink } from '../bytes/byte-sink.ts'
import type { ByteSource } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Decoder } from './codec.ts'
import { numberFrame } from './framing-error.ts'
import { truncated } from './policies.ts'
import { idleCodec } from './idle-codec.ts'

/** What a framer has done so far. */
export interface FramingStats {
  /** Bytes that have come in. */
  readonly bytesIn: number
  /** Frames that have been delivered. */
  readonly frames: number
  /** Bytes that were skipped, as the policies say. */
  readonly skipped: number
  /** Bytes that have come in and are not yet part of a delivered frame: the incoming buffer. */
  readonly pending: number
}

/**
 * Chunks in, frames out, with no stream and no promise. Frames are decoded one by one as they are asked for: those that are
 * not taken from the iterable stay in the buffer, and come first out of the next one.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, lines } from 'framewright'
 *
 * const parser = new FrameParser(lines())
 * const bytes = (text: string) => new TextEncoder().encode(text)
 * assert.deepEqual([...parser.push(bytes('one\ntw'))], ['one'])
 * assert.deepEqual([...parser.push(bytes('o\nthree'))], ['two'])
 * assert.deepEqual([...parser.end()], ['three'])
 * ```
 */
export class FrameParser<Frame> {
  readonly #queue: ByteQueue = new ByteQueue()
  readonly #decoder: Decoder<Frame>
  readonly #iterator: FrameIterator<Frame>
  #frames = 0
  #ended = false
  #done = false
  #failed = false
  /** How many frames `takeMany` gave last. */
  #lastBatch = 0
  #error: unknown

  constructor(codec: Codec<Frame, never>) {
    this.#decoder = codec.decoder()
    this.#iterator = new FrameIterator(this)
  }

  /**
   * Adds a chunk; the result yields the frames that are whole now. The chunk is adopted: do not change it afterwards.
   *
   * @throws TypeError if the chunk is not bytes, or after `end()`. The iterable throws a {@link FramingError} where the bytes
   * break the rule, after the good frames before it.
   */
  push(chunk: ByteSource): IterableIterator<Frame> {
    if (this.#ended) throw new TypeError('push() after end(): a parser serves one stream of bytes')
    // After an error nothing is decoded any more: nothing need be kept.
    if (!this.#failed) this.#queue.push(chunk)
    return this.#iterator
  }

  /** The input has ended; the result yields what is left, and throws where the input ended within a frame. */
  end(): IterableIterator<Frame> {
    this.#ended = true
    return this.#iterator
  }

  /** The next frame, or undefined: more bytes are needed, or framing is over. Throws as the iterables of `push` and `end` do. */
  take(): Frame | undefined {
    if (this.#done) return this.#afterwards()
    const decoder = this.#decoder
    try {
      const frame = decoder.decode(this.#queue)
      if (frame === undefined) return this.#ended || decoder.finished === true ? this.#last() : undefined
      this.#frames++
      if (decoder.finished === true) this.#done = true
      return frame
    } catch (error) {
      throw this.#fail(error)
    }
  }

  /**
   * The next frames, until there are `most` of them or more bytes are needed: `take` in a loop, and faster. `first` goes before them.
   * Where an error comes behind good frames they are the result, and the next call throws it.
   */
  takeMany(most: number, first?: Frame): Frame[] {
    const decoder = this.#decoder
    const queue = this.#queue
    // Made as long as the last one became: an array that grows is copied several times, and one that is too long is made for nothing.
    // oxlint-disable-next-line unicorn/no-new-array -- the length is meant
    const batch = new Array<Frame>(Math.min(most, this.#lastBatch))
    let n = 0
    if (first !== undefined) batch[n++] = first
    const before = n
    let failure: { error: unknown } | undefined
    try {
      let done = this.#done
      while (n < most && !done) {
        const frame = decoder.decode(queue)
        if (frame === undefined) break
        batch[n++] = frame
        if (decoder.finished === true) done = this.#done = true
      }
    } catch (error) {
      failure = { error }
    }
    this.#frames += n - before
    try {
      if (failure !== undefined) throw this.#fail(failure.error)
      // The ends of things are rare: there is one place that knows them.
      const last = n < most ? this.take() : undefined
      if (last !== undefined) batch[n++] = last
    } catch (error) {
      if (n === 0) throw error
    }
    if (n < batch.length) batch.length = n
    if (n > 0) this.#lastBatch = n
    return batch
  }

  /** No frame will come any more: the input has ended and all of it is used up, or the decoder has finished. */
  get done(): boolean {
    return this.#done
  }

  /** `end()` was called: no more bytes will come in. */
  get ended(): boolean {
    return this.#ended
  }

  /** The decoder has finished on its own (an upgrade, n frames read): `rest()` and all that follows is raw bytes. */
  get finished(): boolean {
    return this.#decoder.finished === true
  }

  /** Takes the bytes that no frame has used: what follows when the decoder has finished. */
  rest(): Uint8Array {
    return this.#queue.take(this.#queue.length)
  }

  /** Bytes that have come in and are not yet part of a delivered frame: the fill of the incoming buffer. */
  get pending(): number {
    return this.#queue.length
  }

  /** What was done so far. */
  get stats(): FramingStats {
    return {
      bytesIn: this.#queue.offset + this.#queue.length,
      frames: this.#frames,
      skipped: this.#decoder.skipped ?? 0,
      pending: this.#queue.length,
    }
  }

  /** The first error is final. */
  #fail(error: unknown): unknown {
    numberFrame(error, this.#frames)
    this.#done = this.#failed = true
    this.#error = error
    return error
  }

  #afterwards(): undefined {
    if (this.#failed) throw this.#error
  }

  /** `decode` has no more and nothing will follow: what the rule makes of the rest. */
  #last(): Frame | undefined {
    const decoder = this.#decoder
    if (decoder.finished !== true) {
      const frame = decoder.end?.(this.#queue)
      if (frame !== undefined) {
        this.#frames++
        this.#done = this.finished
        return frame
      }
      const { length, offset } = this.#queue
      if (length > 0 && !this.finished) throw truncated(this.rest(), offset)
    }
    this.#done = true
    return undefined
  }
}

// One iterator for the life of the parser: asking for it costs nothing, and leaving a loop early loses nothing.
class FrameIterator<Frame> implements IterableIterator<Frame> {
  readonly #parser: FrameParser<Frame>

  constructor(parser: FrameParser<Frame>) {
    this.#parser = parser
  }

  next(): IteratorResult<Frame, undefined> {
    const value = this.#parser.take()
    // Made in one place, a compiler can do without the object: from two it costs 6 ns.
    return { value, done: value === undefined } as IteratorResult<Frame, undefined>
  }

  [Symbol.iterator](): this {
    return this
  }
}

keepShape(new FrameParser(idleCodec))

/**
 * Frames to bytes, all at once.
 *
 * @throws FramingError where a frame cannot be encoded.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, lines } from 'framewright'
 *
 * assert.equal(new TextDecoder().decode(encodeFrames(lines(), ['one', 'two'])), 'one\ntwo\n')
 * ```
 */
export function encodeFrames<Frame>(codec: Codec<unknown, Frame>, frames: Iterable<Frame>): Uint8Array {
  const sink = new ByteSink({ capacity: expectedLength(frames) })
  const encoder = codec.encoder()
  let index = 0
  try {
    for (const frame of frames) {
      encoder.encode(frame, sink)
      index++
    }
    encoder.end?.(sink)
  } catch (error) {
    numberFrame(error, index)
    throw error
  }
  return sink.take()
}

/** What a rule may put around a frame. */
const AROUND = 16

/** About how many bytes frames become, where that can be told. */
function expectedLength(frames: Iterable<unknown>): number {
  if (!Array.isArray(frames)) return 0
  let length = 0
  for (const frame of frames as unknown[]) {
    if (!(frame instanceof Uint8Array) && typeof frame !== 'string') return 0
    length += frame.length + AROUND
  }
  return length
}
