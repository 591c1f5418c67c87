/** Which Web Streams the library builds on, and how full its buffers may get. */

import { describe, type ByteSource } from '../bytes/bytes.ts'

/**
 * An implementation of the Streams standard: the runtime's own, or one such as `web-streams-polyfill`. Streams of two
 * implementations cannot be piped into each other, so whoever uses one hands it to every framer and encoder.
 */
export interface StreamsImplementation {
  /** The class of readable streams. */
  readonly ReadableStream: StreamClass
  /** The class of writable streams. */
  readonly WritableStream: StreamClass
  /** The class that framers and encoders are instances of. */
  readonly TransformStream: StreamClass
}

/** A stream class, of whichever implementation. */
// oxlint-disable-next-line typescript/no-explicit-any -- a class as such: every constructor must be assignable
export type StreamClass = abstract new (...args: any[]) => object

/** The same classes with the types of the standard. */
export interface Streams {
  readonly ReadableStream: typeof ReadableStream
  readonly WritableStream: typeof WritableStream
  readonly TransformStream: typeof TransformStream
}

/** Options that every framer and encoder takes. */
export interface StreamOptions {
  /** The Web Streams to build on.
   * @defaultValue the runtime's own */
  streams?: StreamsImplementation | undefined
}

/** Options of a framer beside those of its rule. */
export interface FramerOptions<Frame> extends StreamOptions {
  /** Strategy of the writable side. Its `desiredSize` is the room left in the incoming buffer, in bytes.
   * @defaultValue 64 KiB, counted in bytes */
  writableStrategy?: QueuingStrategy<ArrayBufferView> | undefined
  /** Strategy of the readable side. Above 0, frames are decoded ahead of demand.
   * @defaultValue highWaterMark 0: a frame is decoded when it is asked for */
  readableStrategy?: QueuingStrategy<Frame> | undefined
  /** How long, in milliseconds, a frame may take from its first byte to its last: then both sides error with `ERR_FRAME_TIMEOUT`, whose
   * `length` says how many bytes have arrived. Counted is the time in which a reader waits and the bytes do not come. It does not go
   * with rules whose frames end where the next one begins.
   * @defaultValue none: as long as it takes */
  frameTimeout?: number | undefined
}

/** Queuing options of an encoder. */
export interface EncoderOptions<Frame> extends StreamOptions {
  /** Strategy of the writable side.
   * @defaultValue 64 KiB: bytes count their length, strings their UTF-16 units, anything else 1 KiB */
  writableStrategy?: QueuingStrategy<Frame> | undefined
  /** Strategy of the readable side.
   * @defaultValue highWaterMark 0: frames gather in the encoder while the transport is busy */
  readableStrategy?: QueuingStrategy<Uint8Array> | undefined
}

/** How many bytes a buffer may hold before backpressure sets in. */
export const DEFAULT_HIGH_WATER_MARK: number = 64 * 1024

/** Bytes count their length. What is no bytes counts nothing here and is refused when it is written. */
export function byteStrategy(): QueuingStrategy<ByteSource> {
  return { highWaterMark: DEFAULT_HIGH_WATER_MARK, size: (chunk) => chunk?.byteLength ?? 0 }
}

/** Frames that are no bytes have no size before they are encoded: a guess that keeps a queue of them small. */
const GUESS = 1024

/** Frames count as near to their bytes as can be said before they are encoded. */
export function frameStrategy<Frame>(): QueuingStrategy<Frame> {
  return { highWaterMark: DEFAULT_HIGH_WATER_MARK, size: frameSize }
}

export function frameSize(frame: unknown): number {
  if (typeof frame === 'string') return frame.length
  const bytes = (frame as { byteLength?: unknown } | null | undefined)?.byteLength
  return typeof bytes === 'number' ? bytes : GUESS
}

/** What an item counts under a strategy. */
export function sizeOf<Item>(item: Item, strategy: QueuingStrategy<Item> | undefined): number {
  const { size } = strategy ?? {}
  return size === undefined ? 1 : size(item)
}

/** The classes to build on, checked. */
export function implementation(streams: StreamsImplementation | undefined): Streams {
  if (streams === undefined) return globalThis
  for (const name of ['ReadableStream', 'WritableStream', 'TransformStream'] as const) {
    if (typeof streams[name] !== 'function') {
      throw new TypeError(`streams must have the class ${name}, and has ${describe(streams[name])}`)
    }
  }
  return streams as unknown as Streams
}

/** Splits the options of a named factory: those of the streams, and those of the framing rule. */
export function splitOptions<Options extends EncoderOptions<never> | FramerOptions<never>>(
  options: Options | undefined,
): [rule: Omit<Options, keyof FramerOptions<never>> | undefined, stream: Options | undefined] {
  if (options === undefined || typeof options !== 'object' || options === null) return [options, undefined]
  const { streams, writableStrategy, readableStrategy, frameTimeout, ...rule } = options as FramerOptions<never>
  return [rule as Options, { streams, writableStrategy, readableStrategy, frameTimeout } as Options]
}
