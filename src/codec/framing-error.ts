/** The one error class of the library: what was wrong, at which byte, which limit. */

/**
 * What was wrong:
 *
 * - `ERR_FRAME_TOO_LONG`: a frame is longer than `maxFrameLength`.
 * - `ERR_FRAME_TRUNCATED`: the input ended within a frame.
 * - `ERR_FRAME_MALFORMED`: the bytes break the framing rule.
 * - `ERR_FRAME_UNENCODABLE`: an encoder was given a frame that its decoder would not read back as one equal frame.
 * - `ERR_FRAME_TIMEOUT`: a frame had begun to arrive and was not whole within `frameTimeout`.
 */
export type FramingErrorCode =
  | 'ERR_FRAME_TOO_LONG'
  | 'ERR_FRAME_TRUNCATED'
  | 'ERR_FRAME_MALFORMED'
  | 'ERR_FRAME_UNENCODABLE'
  | 'ERR_FRAME_TIMEOUT'

/** The facts that a {@link FramingError} carries; those that do not apply are undefined. */
export interface FramingErrorFacts {
  /** Absolute position in the stream of the byte that broke the rule: the first byte past the limit, the byte that is missing or wrong. */
  offset?: number | undefined
  /** Number of the frame, counted from 0. */
  frameIndex?: number | undefined
  /** The limit that was broken, in bytes. */
  limit?: number | undefined
  /** The length that was declared or seen, in bytes; `Infinity` for a declared length above 2^53-1. */
  length?: number | undefined
  /** The bytes of the frame that had arrived, for `ERR_FRAME_TRUNCATED`. */
  partial?: Uint8Array | undefined
  /** The error that caused this one. */
  cause?: unknown
}

/**
 * Bytes that are not what the framing rule says, or a frame that it cannot carry. Good frames before the error are delivered
 * before it; after it nothing follows.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, FramingError, lengthPrefixed } from 'framewright'
 *
 * const parser = new FrameParser(lengthPrefixed({ width: 2, maxFrameLength: 100 }))
 * assert.throws(
 *   () => [...parser.push(new Uint8Array([0xff, 0xff]))],
 *   (error) => error instanceof FramingError && error.code === 'ERR_FRAME_TOO_LONG' && error.length === 65535,
 * )
 * ```
 */
export class FramingError extends Error {
  /** `'FramingError'`. */
  override readonly name: string = 'FramingError'
  /** What was wrong: see {@link FramingErrorCode}. */
  readonly code: FramingErrorCode
  /** Absolute position in the stream of the byte that broke the rule. */
  readonly offset: number | undefined
  /** Number of the frame, counted from 0. */
  readonly frameIndex: number | undefined
  /** The limit that was broken, in bytes. */
  readonly limit: number | undefined
  /** The length that was declared or seen, in bytes. */
  readonly length: number | undefined
  /** The bytes of the frame that had arrived. */
  readonly partial: Uint8Array | undefined

  /** A codec of your own throws it with the facts it knows; the frame's number is filled in by whoever runs the codec. */
  constructor(code: FramingErrorCode, message: string, facts: FramingErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined)
    this.code = code
    this.offset = facts.offset
    this.frameIndex = facts.frameIndex
    this.limit = facts.limit
    this.length = facts.length
    this.partial = facts.partial
  }
}

/** Gives an error that has no frame number yet the number of the frame it happened in. */
export function numberFrame(error: unknown, frameIndex: number): void {
  if (error instanceof FramingError && error.frameIndex === undefined) {
    ;(error as { frameIndex: number | undefined }).frameIndex = frameIndex
  }
}
