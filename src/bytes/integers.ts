/**
 * Unsigned integers of 1 to 8 bytes, big or little endian.
 *
 * ```
 *   +------+------+------+------+
 *   |  00  |  00  |  01  |  02  |   big: 258       little: 0x02010000
 *   +------+------+------+------+
 * ```
 *
 * Numbers above 2^53-1 do not fit a JavaScript number. They are read as `Infinity`, never rounded: a length that is larger
 * than any limit is what such a field means to a framer.
 */

/** Byte order of a multi-byte integer: `'big'` (network order) or `'little'`. */
export type Endian = 'big' | 'little'

const TWO_32 = 0x1_0000_0000
const ALL = 0xffff_ffff

/** The unsigned integer of `width` bytes (1 to 8) at index `at`, or `Infinity` where it is above 2^53-1. No bounds check. */
export function readUint(bytes: Uint8Array, at: number, width: number, endian: Endian): number {
  // What nearly all protocols use, in so little code that compilers put it where it is called.
  if (width !== 4 || endian !== 'big') return readOtherUint(bytes, at, width, endian)
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function readOtherUint(bytes: Uint8Array, at: number, width: number, endian: Endian): number {
  const a = bytes[at]!
  if (width === 1) return a
  if (width === 2) return endian === 'big' ? (a << 8) | bytes[at + 1]! : a | (bytes[at + 1]! << 8)
  if (width === 4) return (a | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  return readMaskedUint(bytes, at, width, endian, ALL, ALL)
}

/** As {@link readUint}, with only the bits that the mask (its upper and lower 32 bits) has: the others may be flags. */
export function readMaskedUint(
  bytes: Uint8Array,
  at: number,
  width: number,
  endian: Endian,
  maskHigh: number,
  maskLow: number,
): number {
  let high = 0
  let low = 0
  for (let i = 0; i < width; i++) {
    const byte = bytes[endian === 'big' ? at + i : at + width - 1 - i]!
    high = ((high << 8) | (low >>> 24)) >>> 0
    low = ((low << 8) | byte) >>> 0
  }
  return joinHalves((high & maskHigh) >>> 0, (low & maskLow) >>> 0)
}

/** Writes `value` (an integer of 0 to 2^53-1 that fits) as `width` bytes at index `at`. No bounds check. */
export function writeUint(bytes: Uint8Array, at: number, width: number, endian: Endian, value: number): void {
  let rest = value
  for (let i = 0; i < width; i++) {
    bytes[endian === 'big' ? at + width - 1 - i : at + i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

/** The largest integer that `width` bytes can hold and a JavaScript number can say exactly. */
export function maxUint(width: number): number {
  return width >= 7 ? Number.MAX_SAFE_INTEGER : 256 ** width - 1
}

/** A 64-bit integer from its two 32-bit halves; `Infinity` above 2^53-1. */
function joinHalves(high: number, low: number): number {
  return high > 0x1f_ffff ? Infinity : high * TWO_32 + low
}
