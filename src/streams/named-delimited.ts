/**
 * The named framers and encoders of rules that end a frame with a mark: `xFramer` and `xEncoder` take what `x` takes, and the options of
 * the stream beside them.
 */

import { cobs, type CobsOptions } from '../codec/cobs.ts'
import { delimiter, type DelimiterOptions, type Delimiters } from '../codec/delimiter.ts'
import { jsonSequence, type JsonSequenceOptions } from '../codec/json-sequence.ts'
import { lines, type LinesOptions } from '../codec/lines.ts'
import { slip, type SlipOptions } from '../codec/slip.ts'
import { startEnd, type StartEndOptions } from '../codec/start-end.ts'
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
 * void stream.writable.getWriter().write(new Uint8Array([1, 2]))
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
 * A framer for frames between two markers: {@link startEnd} as a `TransformStream`.
 *
 * ```
 *   +-------+-----------+-----+
 *   | start |  payload  | end |
 *   +-------+-----------+-----+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { startEndFramer } from 'framewright'
 *
 * const bytes = new Blob(['~~<one>~<two>']).stream()
 * const frames: string[] = []
 * for await (const frame of bytes.pipeThrough(startEndFramer({ start: '<', end: '>' }))) frames.push(new TextDecoder().decode(frame))
 * assert.deepEqual(frames, ['one', 'two'])
 * ```
 */
export function startEndFramer(options: StartEndOptions & FramerOptions<Uint8Array>): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(startEnd(rule as StartEndOptions), stream)
}

/**
 * An encoder for frames between two markers: {@link startEnd} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { startEndEncoder } from 'framewright'
 *
 * const stream = startEndEncoder({ start: '<', end: '>' })
 * void stream.writable.getWriter().write(new TextEncoder().encode('one'))
 * const { value } = await stream.readable.getReader().read()
 * assert.equal(new TextDecoder().decode(value), '<one>')
 * ```
 */
export function startEndEncoder(options: StartEndOptions & EncoderOptions<Uint8Array>): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(startEnd(rule as StartEndOptions), stream)
}

/**
 * A framer for COBS frames, each ended by a zero byte: {@link cobs} as a `TransformStream`.
 *
 * ```
 *   +------+----------------+------+--------+----+
 *   | code | code - 1 bytes | code |  ...   | 00 |
 *   +------+----------------+------+--------+----+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cobsFramer } from 'framewright'
 *
 * const bytes = new Blob([new Uint8Array([2, 1, 2, 3, 0, 1, 0])]).stream()
 * const frames: number[][] = []
 * for await (const frame of bytes.pipeThrough(cobsFramer())) frames.push([...frame])
 * assert.deepEqual(frames, [[1, 0, 3], []])
 * ```
 */
export function cobsFramer(options?: CobsOptions & FramerOptions<Uint8Array>): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(cobs(rule), stream)
}

/**
 * An encoder for COBS frames, each ended by a zero byte: {@link cobs} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { cobsEncoder } from 'framewright'
 *
 * const stream = cobsEncoder()
 * void stream.writable.getWriter().write(new Uint8Array([1, 0, 3]))
 * const { value } = await stream.readable.getReader().read()
 * assert.deepEqual(value, new Uint8Array([2, 1, 2, 3, 0]))
 * ```
 */
export function cobsEncoder(options?: CobsOptions & EncoderOptions<Uint8Array>): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(cobs(rule), stream)
}

/**
 * A framer for SLIP frames (RFC 1055): {@link slip} as a `TransformStream`.
 *
 * ```
 *   +-----------------------------+-----+
 *   | payload, END and ESC escaped| END |
 *   +-----------------------------+-----+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { slipFramer } from 'framewright'
 *
 * const bytes = new Blob([new Uint8Array([0xc0, 1, 0xdb, 0xdd, 0xc0])]).stream()
 * const frames: number[][] = []
 * for await (const frame of bytes.pipeThrough(slipFramer())) frames.push([...frame])
 * assert.deepEqual(frames, [[1, 0xdb]])
 * ```
 */
export function slipFramer(options?: SlipOptions & FramerOptions<Uint8Array>): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(slip(rule), stream)
}

/**
 * An encoder for SLIP frames (RFC 1055): {@link slip} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { slipEncoder } from 'framewright'
 *
 * const stream = slipEncoder()
 * void stream.writable.getWriter().write(new Uint8Array([1, 0xdb]))
 * const { value } = await stream.readable.getReader().read()
 * assert.deepEqual(value, new Uint8Array([0xc0, 1, 0xdb, 0xdd, 0xc0]))
 * ```
 */
export function slipEncoder(options?: SlipOptions & EncoderOptions<Uint8Array>): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(slip(rule), stream)
}

/**
 * A framer for JSON text sequences (RFC 7464): {@link jsonSequence} as a `TransformStream`.
 *
 * ```
 *   +----+-------------+----+
 *   | RS |  JSON text  | LF |
 *   +----+-------------+----+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { jsonSequenceFramer } from 'framewright'
 *
 * const bytes = new Blob(['\x1e{"n":1}\n\x1e[2]\n']).stream()
 * const texts: string[] = []
 * for await (const frame of bytes.pipeThrough(jsonSequenceFramer())) texts.push(new TextDecoder().decode(frame))
 * assert.deepEqual(texts, ['{"n":1}', '[2]'])
 * ```
 */
export function jsonSequenceFramer(
  options?: JsonSequenceOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(jsonSequence(rule), stream)
}

/**
 * An encoder for JSON text sequences (RFC 7464): {@link jsonSequence} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { jsonSequenceEncoder } from 'framewright'
 *
 * const stream = jsonSequenceEncoder()
 * void stream.writable.getWriter().write(new TextEncoder().encode('[2]'))
 * const { value } = await stream.readable.getReader().read()
 * assert.equal(new TextDecoder().decode(value), '\x1e[2]\n')
 * ```
 */
export function jsonSequenceEncoder(
  options?: JsonSequenceOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(jsonSequence(rule), stream)
}
