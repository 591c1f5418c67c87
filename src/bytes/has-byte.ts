/**
 * Whether a byte is anywhere in some bytes: nearly always it is not, and all of them have to be looked at.
 *
 * A short run costs less than a call. For a long one `memchr` is best, then 64 bytes at a step (`simd-scan.ts`), which takes half of the time
 * of the standard `indexOf` in V8 at 64 bytes, and a sixth at 1 KiB, with the copy that it needs.
 */

import { indexOfByte, isFast } from './scan.ts'
import { simdScan, WINDOW } from './simd-scan.ts'

const SHORT = 16
/** Below this many bytes the copy does not pay. */
const LONG = 64

/** Whether `value` is in `bytes`. */
export function hasByte(bytes: Uint8Array, value: number): boolean {
  const { length } = bytes
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) if (bytes[i] === value) return true
    return false
  }
  if (isFast || length < LONG) return indexOfByte(bytes, value, 0, length) >= 0
  for (let from = 0; from < length; from += WINDOW) {
    const to = Math.min(length, from + WINDOW)
    const scan = simdScan()
    if (scan === undefined) {
      if (indexOfByte(bytes, value, from, to) >= 0) return true
    } else {
      scan.run(bytes, value, from, to)
      if (scan.count > 0) return true
    }
  }
  return false
}
