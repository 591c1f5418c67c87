/**
 * The named framers and encoders of rules whose frames have, or say, their length: `xFramer` and `xEncoder` take what `x` takes, and the options of
 * the stream beside them.
 */

import { contentLength, type ContentLengthOptions } from '../codec/content-length.ts'
import { fixedLength, type FixedLengthOptions } from '../codec/fixed-length.ts'
import { headerPrefixed, type HeaderPrefixedOptions } from '../codec/header-prefixed.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../codec/length-prefixed.ts'
import { netstring, type NetstringOptions } from '../codec/netstring.ts'
import { octetCounted, type OctetCountedOptions } from '../codec/octet-counted.ts'
import { varintPrefixed, type VarintPrefixedOptions } from '../codec/varint-prefixed.ts'
import { encoder, type EncoderStream } from './encoder.ts'
import { framer, type FramerStream } from './framer.ts'
import { splitOptions, type EncoderOptions, type FramerOptions } from './implementation.ts'

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
 * import { fixedLengthEncoder } from 'framewright'
 *
 * const writer = fixedLengthEncoder(3).writable.getWriter()
 * await assert.rejects(writer.write(new Uint8Array(2)), { code: 'ERR_FRAME_UNENCODABLE' })
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

/**
 * A framer for frames that begin with a varint of their length: {@link varintPrefixed} as a `TransformStream`.
 *
 * ```
 *   |<-- offset -->|<- 1 to maxVarintBytes ->|<--- length --->|
 *   +--------------+-------------------------+----------------+
 *   |   (other)    |     varint length       |    payload     |
 *   +--------------+-------------------------+----------------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { varintPrefixedFramer } from 'framewright'
 *
 * const bytes = new Blob([new Uint8Array([2, 7, 8, 0])]).stream()
 * const frames: number[][] = []
 * for await (const frame of bytes.pipeThrough(varintPrefixedFramer())) frames.push([...frame])
 * assert.deepEqual(frames, [[7, 8], []])
 * ```
 */
export function varintPrefixedFramer(
  options?: VarintPrefixedOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(varintPrefixed(rule), stream)
}

/**
 * An encoder for frames that begin with a varint of their length: {@link varintPrefixed} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { varintPrefixedEncoder } from 'framewright'
 *
 * const stream = varintPrefixedEncoder()
 * void stream.writable.getWriter().write(new Uint8Array(300))
 * const { value } = await stream.readable.getReader().read()
 * assert.deepEqual(value?.subarray(0, 2), new Uint8Array([0xac, 0x02]))
 * ```
 */
export function varintPrefixedEncoder(
  options?: VarintPrefixedOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(varintPrefixed(rule), stream)
}

/**
 * A framer for frames whose header a function of yours understands: {@link headerPrefixed} as a `TransformStream`.
 *
 * ```
 *   |<------- frameLength(header) ------->|
 *   +------------------+------------------+
 *   |      header      |     payload      |
 *   +------------------+------------------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { headerPrefixedFramer } from 'framewright'
 *
 * const bytes = new Blob([new Uint8Array([9, 1, 7, 9, 0])]).stream()
 * const rule = { headerLength: 2, frameLength: (header: Uint8Array) => 2 + header[1]! }
 * const frames: number[][] = []
 * for await (const frame of bytes.pipeThrough(headerPrefixedFramer(rule))) frames.push([...frame])
 * assert.deepEqual(frames, [[9, 1, 7], [9, 0]])
 * ```
 */
export function headerPrefixedFramer(
  options: HeaderPrefixedOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(headerPrefixed(rule as HeaderPrefixedOptions), stream)
}

/**
 * An encoder for frames whose header a function of yours understands: {@link headerPrefixed} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { headerPrefixedEncoder } from 'framewright'
 *
 * const rule = { headerLength: 2, frameLength: (header: Uint8Array) => 2 + header[1]! }
 * const writer = headerPrefixedEncoder(rule).writable.getWriter()
 * await assert.rejects(writer.write(new Uint8Array([9, 5, 7])), { code: 'ERR_FRAME_UNENCODABLE' })
 * ```
 */
export function headerPrefixedEncoder(
  options: HeaderPrefixedOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(headerPrefixed(rule as HeaderPrefixedOptions), stream)
}

/**
 * A framer for netstrings: {@link netstring} as a `TransformStream`.
 *
 * ```
 *   +--------+-----+-----------+-----+
 *   | length | ":" |  payload  | "," |
 *   +--------+-----+-----------+-----+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { netstringFramer } from 'framewright'
 *
 * const bytes = new Blob(['5:hello,0:,']).stream()
 * const lengths: number[] = []
 * for await (const frame of bytes.pipeThrough(netstringFramer())) lengths.push(frame.length)
 * assert.deepEqual(lengths, [5, 0])
 * ```
 */
export function netstringFramer(options?: NetstringOptions & FramerOptions<Uint8Array>): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(netstring(rule), stream)
}

/**
 * An encoder for netstrings: {@link netstring} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { netstringEncoder } from 'framewright'
 *
 * const stream = netstringEncoder()
 * void stream.writable.getWriter().write(new TextEncoder().encode('hello'))
 * const { value } = await stream.readable.getReader().read()
 * assert.equal(new TextDecoder().decode(value), '5:hello,')
 * ```
 */
export function netstringEncoder(options?: NetstringOptions & EncoderOptions<Uint8Array>): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(netstring(rule), stream)
}

/**
 * A framer for octet counting (RFC 6587): {@link octetCounted} as a `TransformStream`.
 *
 * ```
 *   +---------+----+----------------+
 *   | MSG-LEN | SP |      MSG       |
 *   +---------+----+----------------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { octetCountedFramer } from 'framewright'
 *
 * const bytes = new Blob(['6 <1>one<2>two\n']).stream()
 * const frames: string[] = []
 * for await (const frame of bytes.pipeThrough(octetCountedFramer({ autoDetect: true }))) frames.push(new TextDecoder().decode(frame))
 * assert.deepEqual(frames, ['<1>one', '<2>two'])
 * ```
 */
export function octetCountedFramer(
  options?: OctetCountedOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(octetCounted(rule), stream)
}

/**
 * An encoder for octet counting (RFC 6587): {@link octetCounted} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { octetCountedEncoder } from 'framewright'
 *
 * const stream = octetCountedEncoder()
 * void stream.writable.getWriter().write(new TextEncoder().encode('<1>one'))
 * const { value } = await stream.readable.getReader().read()
 * assert.equal(new TextDecoder().decode(value), '6 <1>one')
 * ```
 */
export function octetCountedEncoder(
  options?: OctetCountedOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(octetCounted(rule), stream)
}

/**
 * A framer for frames behind a header block with a Content-Length: {@link contentLength} as a `TransformStream`.
 *
 * ```
 *   +----------------------------+---------+---------------+
 *   | Content-Length: n CR LF …  |  CR LF  |    content    |
 *   +----------------------------+---------+---------------+
 * ```
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { contentLengthFramer } from 'framewright'
 *
 * const bytes = new Blob(['Content-Length: 2\r\n\r\n{}']).stream()
 * const frames: string[] = []
 * for await (const frame of bytes.pipeThrough(contentLengthFramer())) frames.push(new TextDecoder().decode(frame))
 * assert.deepEqual(frames, ['{}'])
 * ```
 */
export function contentLengthFramer(
  options?: ContentLengthOptions & FramerOptions<Uint8Array>,
): FramerStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return framer(contentLength(rule), stream)
}

/**
 * An encoder for frames behind a header block with a Content-Length: {@link contentLength} as a `TransformStream`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { contentLengthEncoder } from 'framewright'
 *
 * const stream = contentLengthEncoder()
 * void stream.writable.getWriter().write(new TextEncoder().encode('{}'))
 * const { value } = await stream.readable.getReader().read()
 * assert.equal(new TextDecoder().decode(value), 'Content-Length: 2\r\n\r\n{}')
 * ```
 */
export function contentLengthEncoder(
  options?: ContentLengthOptions & EncoderOptions<Uint8Array>,
): EncoderStream<Uint8Array> {
  const [rule, stream] = splitOptions(options)
  return encoder(contentLength(rule), stream)
}
