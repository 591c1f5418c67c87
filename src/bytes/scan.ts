/**
 * Finding a byte in a run of bytes, with the best means the runtime has.
 *
 * Node's `Buffer.prototype.indexOf` is `memchr` (about 20 ns a call plus 0.02 ns a byte) and works on any `Uint8Array`; the
 * standard `Uint8Array.prototype.indexOf` of V8 costs 0.5 ns a byte. It is looked up and never imported, so that this file
 * knows no runtime; where there is no `Buffer` the standard method serves. So it does in Deno, whose `Buffer` looks in JavaScript; there
 * WebAssembly's SIMD looks through long runs (`simd-scan.ts`), at a sixth of the cost for 1 KiB, with the copy that it needs.
 */

import { simdScan, WINDOW } from './simd-scan.ts'

type IndexOf = (this: Uint8Array, value: number, from: number) => number

// oxlint-disable-next-line typescript/unbound-method -- called with the bytes as `this`
const bufferIndexOf = (globalThis as { Buffer?: { prototype?: { indexOf?: IndexOf } } }).Buffer?.prototype?.indexOf

const memchr: IndexOf | undefined = !('Deno' in globalThis) && agrees(bufferIndexOf) ? bufferIndexOf : undefined

// oxlint-disable-next-line typescript/unbound-method -- the same
const indexOf: IndexOf = memchr ?? Uint8Array.prototype.indexOf

/** A byte that comes sooner than this is better looked for many times at once (`Marks`), measured: from 512 bytes on `memchr` is better. */
export const DENSE: number = memchr ? 300 : 16 * 1024

/** So many bytes are looked at sooner than a call is made. */
const FEW = 32
/** Below this many bytes the copy does not pay that SIMD needs. */
const LONG = 64
/** What is copied first: where the byte comes soon, the rest would be copied for nothing. */
const FIRST_WINDOW = 2048

/** The index of the first `value` in `bytes[from, to)`, or -1. */
export function indexOfByte(bytes: Uint8Array, value: number, from: number, to: number): number {
  if (to - from <= FEW) {
    for (let i = from; i < to; i++) if (bytes[i] === value) return i
    return -1
  }
  if (memchr === undefined && to - from >= LONG) return indexInWindows(bytes, value, from, to)
  return indexInRun(bytes, value, from, to)
}

function indexInRun(bytes: Uint8Array, value: number, from: number, to: number): number {
  if (to === bytes.length) return indexOf.call(bytes, value, from)
  // The run ends before its buffer does: never look at what lies behind, or a growing buffer would be scanned over and over.
  const found = indexOf.call(bytes.subarray(from, to), value, 0)
  return found < 0 ? -1 : from + found
}

/** Each window is larger than the one before: no more is copied than three times what is looked for. */
function indexInWindows(bytes: Uint8Array, value: number, from: number, to: number): number {
  for (let at = from, window = FIRST_WINDOW; at < to; at += window, window = Math.min(WINDOW, 4 * window)) {
    const scan = simdScan()
    if (scan === undefined) return indexInRun(bytes, value, at, to)
    scan.run(bytes, value, at, Math.min(to, at + window))
    if (scan.count > 0) return at + scan.places[0]!
  }
  return -1
}

/** The index of the first byte of `bytes[from, to)` whose entry in the 256-entry table `set` is not 0, or -1. */
export function indexOfAny(bytes: Uint8Array, set: Uint8Array, from: number, to: number): number {
  let i = from
  // Four at a step, and one branch for them: half the time.
  for (; i + 3 < to; i += 4) {
    if ((set[bytes[i]!]! | set[bytes[i + 1]!]! | set[bytes[i + 2]!]! | set[bytes[i + 3]!]!) !== 0) break
  }
  for (; i < to; i++) if (set[bytes[i]!] !== 0) return i
  return -1
}

// A `Buffer` that is somebody's polyfill may want a real Buffer as `this`: take it only if it gives the right answers here.
function agrees(candidate: IndexOf | undefined): candidate is IndexOf {
  try {
    const probe = new Uint8Array([7, 8, 9, 8]).subarray(1)
    return (
      candidate?.call(probe, 8, 1) === 2 && candidate.call(probe, 7, 0) === -1 && candidate.call(probe, 9, 3) === -1
    )
  } catch {
    return false
  }
}
