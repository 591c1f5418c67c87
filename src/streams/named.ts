/**
 * The named framers and encoders: for every framing rule `x`, `xFramer` and `xEncoder` take what `x` takes, and the options of the
 * stream beside them.
 */

import { delimiter, type DelimiterOptions, type Delimiters } from '../codec/delimiter.ts'
import { fixedLength, type FixedLengthOptions } from '../codec/fixed-length.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../codec/length-prefixed.ts'
import { lines, type LinesOptions } from '../codec/lines.ts'
import { encoder, type EncoderStream } from './encoder.ts'
import { framer, type FramerStream } from './framer.ts'
import { splitOptions, type EncoderOptions, type FramerOptions } from './implementation.ts'

/**
 * A framer for frames that end with a delimiter: {@link delimiter} as a `TransformStream`.
 *
 * ```
 *   +-----------+-------+-----------+-------+
 *   |  payload  | delim |  payload  | delim |
 *   +-----------+-------+-----------+-------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { delimiterFramer } from 'framewright'
 *
 * const bytes = new Blob(['one\r\ntwo\r\n']).stream()
 * const lengths: number[] = []
 * for await (const frame of bytes.pipeThrough(delimiterFramer('\r\n'))) lengths.push(frame.length)
 * assert.deepEqual(lengths, [3, 3])
 * ```
 */
export function delimiterFramer(
  delimiters: Delimiters,
  options?: DelimiterOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(delimiter(delimiters, rule as DelimiterOptions | undefined), stream)
}

/**
 * An encoder for frames that end with a delimiter: {@link delimiter} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { delimiterEncoder } from 'framewright'
 *
 * const stream = delimiterEncoder('\0')
 * const writer = stream.writable.getWriter()
 * void writer.write(new Uint8Array([1, 2]))
 * const { value } = await stream.readable.getReader().read()
 * assert.deepEqual(value, new Uint8Array([1, 2, 0]))
 * ```
 */
export function delimiterEncoder(
  delimiters: Delimiters,
  options?: DelimiterOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(delimiter(delimiters, rule as DelimiterOptions | undefined), stream)
}

/**
 * A framer for lines of text: {@link lines} as a `TransformStream`.
 *
 * ```
 *   +----------------+---------+----------------+---------+
 *   |      line      | newline |      line      | newline |
 *   +----------------+---------+----------------+---------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { linesFramer } from 'framewright'
 *
 * const bytes = new Blob(['one\r\ntwo\n\nthree']).stream()
 * const text: string[] = []
 * for await (const line of bytes.pipeThrough(linesFramer())) text.push(line)
 * assert.deepEqual(text, ['one', 'two', '', 'three'])
 * ```
 */
export function linesFramer(options?: LinesOptions & FramerOptions<string>): FramerStream<string> {
  const [rule, stream] = splitOptions(options)
  return framer(lines(rule as LinesOptions | undefined), stream)
}

/**
 * An encoder for lines of text: {@link lines} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { linesEncoder } from 'framewright'
 *
 * const stream = linesEncoder({ newline: 'crlf' })
 * void stream.writable.getWriter().write('HELO')
 * const { value } = await stream.readable.getReader().read()
 * assert.equal(new TextDecoder().decode(value), 'HELO\r\n')
 * ```
 */
export function linesEncoder(options?: LinesOptions & EncoderOptions<string>): EncoderStream<string> {
  const [rule, stream] = splitOptions(options)
  return encoder(lines(rule as LinesOptions | undefined), stream)
}

/**
 * A framer for frames of one fixed length: {@link fixedLength} as a `TransformStream`.
 *
 * ```
 *   |<-- length -->|<-- length -->|
 *   +--------------+--------------+
 *   |   frame 0    |   frame 1    |
 *   +--------------+--------------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fixedLengthFramer } from 'framewright'
 *
 * const bytes = new Blob(['abcdef']).stream()
 * const frames: string[] = []
 * for await (const frame of bytes.pipeThrough(fixedLengthFramer(3))) frames.push(new TextDecoder().decode(frame))
 * assert.deepEqual(frames, ['abc', 'def'])
 * ```
 */
export function fixedLengthFramer(
  length: number,
  options?: FixedLengthOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(fixedLength(length, rule), stream)
}

/**
 * An encoder for frames of one fixed length: {@link fixedLength} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fixedLengthEncoder, FramingError } from 'framewright'
 *
 * const writer = fixedLengthEncoder(3).writable.getWriter()
 * await assert.rejects(writer.write(new Uint8Array(2)), FramingError)
 * ```
 */
export function fixedLengthEncoder(
  length: number,
  options?: FixedLengthOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(fixedLength(length, rule), stream)
}

/**
 * A framer for frames whose header says how long they are: {@link lengthPrefixed} as a `TransformStream`.
 *
 * ```
 *   |<-- offset -->|<-- width -->|<-- field + adjust -->|
 *   +--------------+-------------+----------------------+
 *   |   (other)    |   length    |       payload        |
 *   +--------------+-------------+----------------------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lengthPrefixedFramer } from 'framewright'
 *
 * const bytes = new Blob([new Uint8Array([0, 2, 7, 8, 0, 1, 9])]).stream()
 * const frames: number[][] = []
 * for await (const frame of bytes.pipeThrough(lengthPrefixedFramer({ width: 2 }))) frames.push([...frame])
 * assert.deepEqual(frames, [[7, 8], [9]])
 * ```
 */
export function lengthPrefixedFramer(
  options?: LengthPrefixedOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(lengthPrefixed(rule), stream)
}

/**
 * An encoder for frames whose header says how long they are: {@link lengthPrefixed} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lengthPrefixedEncoder } from 'framewright'
 *
 * const stream = lengthPrefixedEncoder({ width: 2 })
 * void stream.writable.getWriter().write(new Uint8Array([7, 8]))
 * const { value } = await stream.readable.getReader().read()
 * assert.deepEqual(value, new Uint8Array([0, 2, 7, 8]))
 * ```
 */
export function lengthPrefixedEncoder(
  options?: LengthPrefixedOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(lengthPrefixed(rule), stream)
}
