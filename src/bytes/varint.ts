/**
 * Integers that take as many bytes as they need.
 *
 * ```
 *   leb128, mqtt    +-+-------+ +-+-------+       7 bits a byte, lowest first; the top bit says that one more follows
 *                   |1| b6-b0 | |0|b13-b7 |       mqtt: the same, 4 bytes at most (MQTT 5.0, 1.5.5)
 *                   +-+-------+ +-+-------+
 *
 *   quic            +--+------+ +---------+       the top two bits say 1, 2, 4 or 8 bytes; the rest is big endian
 *                   |01|b13-b8| |  b7-b0  |       (RFC 9000, section 16)
 *                   +--+------+ +---------+
 * ```
 */

import type { ByteQueue } from './byte-queue.ts'
import type { ByteSink } from './byte-sink.ts'
import { describe } from './bytes.ts'

/** How a varint is written: `'leb128'` (Protocol Buffers, WebAssembly), `'mqtt'` or `'quic'`. */
export type VarintEncoding = 'leb128' | 'mqtt' | 'quic'

/** The most bytes that a varint of each encoding may have: what holds 64 bits, and for MQTT what its specification allows. */
const MAX_VARINT_BYTES: Readonly<Record<VarintEncoding, number>> = { leb128: 10, mqtt: 4, quic: 8 }

/**
 * How many bytes the varint at position `at` has: 0 if that cannot be known before more bytes arrive, -1 if it goes on after
 * `maxBytes`. It looks at `maxBytes` bytes at the most.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ByteQueue, readVarint, varintLength } from 'framewright'
 *
 * const queue = new ByteQueue()
 * queue.push(new Uint8Array([0xac]))
 * assert.equal(varintLength(queue, 0), 0)
 * queue.push(new Uint8Array([0x02]))
 * assert.equal(varintLength(queue, 0), 2)
 * assert.equal(readVarint(queue, 0, 2), 300)
 * ```
 */
export function varintLength(
  bytes: ByteQueue,
  at: number,
  encoding: VarintEncoding = 'leb128',
  maxBytes: number = MAX_VARINT_BYTES[encoding],
): number {
  const available = bytes.length - at
  if (available <= 0) return 0
  if (encoding === 'quic') {
    const length = 1 << (bytes.byteAt(at) >> 6)
    return length > maxBytes ? -1 : length > available ? 0 : length
  }
  const most = Math.min(available, maxBytes)
  for (let i = 0; i < most; i++) if (bytes.byteAt(at + i) < 0x80) return i + 1
  return most === maxBytes ? -1 : 0
}

/**
 * The value of the varint of `length` bytes (see {@link varintLength}) at position `at`, or `Infinity` above 2^53-1: never a rounded
 * number.
 *
 * @throws RangeError if those bytes have not arrived.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ByteQueue, readVarint } from 'framewright'
 *
 * const queue = new ByteQueue()
 * queue.push(new Uint8Array([0x7b, 0xbd]))
 * assert.equal(readVarint(queue, 0, 2, 'quic'), 15_293)
 * ```
 */
export function readVarint(bytes: ByteQueue, at: number, length: number, encoding: VarintEncoding = 'leb128'): number {
  let value = 0
  if (encoding === 'quic') {
    value = bytes.byteAt(at) & 0x3f
    for (let i = 1; i < length; i++) value = value * 256 + bytes.byteAt(at + i)
  } else {
    for (let i = length - 1; i >= 0; i--) value = value * 128 + (bytes.byteAt(at + i) & 0x7f)
  }
  // Rounding begins above 2^53, and never brings a larger number back below it.
  return value > Number.MAX_SAFE_INTEGER ? Infinity : value
}

/**
 * Appends a varint in its shortest form.
 *
 * @throws RangeError if `value` is no integer from 0 to 2^53-1, or too large for the encoding (mqtt: 268,435,455).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ByteSink, writeVarint } from 'framewright'
 *
 * const sink = new ByteSink()
 * writeVarint(sink, 300)
 * writeVarint(sink, 15_293, 'quic')
 * assert.deepEqual(sink.take(), new Uint8Array([0xac, 0x02, 0x7b, 0xbd]))
 * ```
 */
export function writeVarint(out: ByteSink, value: number, encoding: VarintEncoding = 'leb128'): void {
  if (!Number.isSafeInteger(value) || value < 0 || (encoding === 'mqtt' && value >= 128 ** 4)) {
    throw new RangeError(`${describe(value)} cannot be written as a varint (${encoding})`)
  }
  if (encoding === 'quic') {
    const length = value < 2 ** 6 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 30 ? 4 : 8
    const prefix = Math.log2(length)
    out.byte(prefix * 64 + Math.floor(value / 256 ** (length - 1)))
    for (let i = length - 2; i >= 0; i--) out.byte(Math.floor(value / 256 ** i) % 256)
    return
  }
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) out.byte((rest % 128) + 128)
  out.byte(rest)
}
