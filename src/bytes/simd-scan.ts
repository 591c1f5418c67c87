/**
 * All places of one byte in a run of bytes, 64 bytes at a step: a few instructions of WebAssembly, where the runtime has them.
 *
 * ```
 *   input   | a b LF c d e LF f ...          up to 16 KiB, copied in
 *   output  | 2 | 6 | ...                    places, ascending
 * ```
 *
 * A call of the runtime's own search costs about 20 ns, for a frame of 16 bytes more than all the rest of its decoding. One call here
 * finds the ends of some hundred frames, for 5 to 15 ns each.
 *
 * It is compiled when there has been enough to find that it pays (about 1 ms). Not in browsers: a page's policy may forbid it, and trying
 * would be reported as a violation; nor where code must not be made at run time (workerd). There the runtime's own search serves.
 */

/** The longest run that one call looks at. */
export const WINDOW: number = 16 * 1024
/** The most places that one call gives. */
export const MOST: number = 512

/** What is found in one call. */
export interface Scan {
  /** Where the places are, counted from the start of the run. */
  readonly places: Int32Array
  /** Looks for `value` in `bytes[from, to)`, at most `WINDOW` bytes. What it found is in `count` and `scanned`. */
  run(bytes: Uint8Array, value: number, from: number, to: number): void
  /** How many places there are. */
  count: number
  /** How many bytes were looked at. */
  scanned: number
}

/** Calls before it is compiled: what is over sooner need not wait for it. */
const PAYS_AFTER = 256
let asked = 0
let scan: Scan | null | undefined

/** The scan, or undefined: not yet, or not here. */
export function simdScan(): Scan | undefined {
  if (scan === undefined && ++asked > PAYS_AFTER) scan = compile() ?? null
  return scan ?? undefined
}

function compile(): Scan | undefined {
  const { process, WebAssembly: wasm } = globalThis as unknown as { process?: object; WebAssembly?: Wasm }
  const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1
  if (process === undefined || wasm === undefined || !isLittleEndian) return undefined
  try {
    const { memory, scan: find } = new wasm.Instance(new wasm.Module(MODULE)).exports
    const input = new Uint8Array(memory.buffer, 0, WINDOW)
    const places = new Int32Array(memory.buffer, WINDOW, MOST)
    return {
      places,
      count: 0,
      scanned: 0,
      run(bytes, value, from, to) {
        const length = to - from
        input.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))
        const packed = find(length, value, MOST)
        let count = packed & 0xfff
        // The last step looks at whole 64 bytes: what lies behind the run is left from another one.
        while (count > 0 && places[count - 1]! >= length) count--
        this.count = count
        this.scanned = Math.min(packed >>> 12, length)
      },
    }
  } catch {
    return undefined
  }
}

/** As much of WebAssembly as is needed; the types of the web have it, those of a bare runtime may not. */
interface Wasm {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => {
    exports: { memory: { buffer: ArrayBuffer }; scan: (length: number, value: number, most: number) => number }
  }
}

/** Locals of the function; the first three are its parameters. */
const [LENGTH, VALUE, LIMIT, AT, COUNT, MASK, SPLAT, A, B, C, D] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const

const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const tee = (local: number): number[] => [0x22, local]
/** A number from 0 to 63, and any other as signed LEB128. */
const i32 = (value: number): number[] => (value < 64 ? [0x41, value] : [0x41, (value & 0x7f) | 0x80, value >> 7])

/** `eq(load(at + offset), splat)`: 16 bytes, each all ones where it is the value. */
const equal = (offset: number, into: number): number[] =>
  [
    [...get(AT), 0xfd, 0x00, 0x00, offset], // v128.load
    [...get(SPLAT), 0xfd, 0x23], // i8x16.eq
    tee(into),
  ].flat()
/** 16 bits of it as the bits from `shift` of a number of 64. */
const bits = (from: number, shift: number): number[] =>
  [
    [...get(from), 0xfd, 0x64, 0xad], // i8x16.bitmask, i64.extend_i32_u
    shift === 0 ? [] : [0x42, shift, 0x86], // i64.const, i64.shl
  ].flat()
const OR64 = 0x84
const OR128 = [0xfd, 0x50]

// Each line is one step, its instructions in a list of their own.
const BODY: number[] = [
  [...get(VALUE), 0xfd, 0x0f, ...set(SPLAT)], // i8x16.splat
  [0x02, 0x40, 0x03, 0x40], // block, loop
  [...get(AT), ...get(LENGTH), 0x4f, 0x0d, 1], // all looked at: leave
  [...get(COUNT), ...i32(64), 0x6a, ...get(LIMIT), 0x4b, 0x0d, 1], // 64 more might not fit: leave
  [...equal(0, A), ...equal(16, B), ...OR128, ...equal(32, C), ...OR128, ...equal(48, D), ...OR128],
  [0xfd, 0x53, 0x04, 0x40], // v128.any_true, if
  [...bits(A, 0), ...bits(B, 16), OR64, ...bits(C, 32), OR64, ...bits(D, 48), OR64, ...set(MASK)],
  [0x03, 0x40], // loop: one place for each bit
  [...get(COUNT), ...i32(2), 0x74], // where it goes: count << 2 …
  [...get(AT), ...get(MASK), 0x7a, 0xa7, 0x6a], // at + i64.ctz(mask)
  [0x36, 2, 0x80, 0x80, 0x01], // i32.store, … + 16 KiB
  [...get(COUNT), ...i32(1), 0x6a, ...set(COUNT)],
  [...get(MASK), ...get(MASK), 0x42, 1, 0x7d, 0x83, ...tee(MASK)], // mask &= mask - 1
  [0x50, 0x45, 0x0d, 0], // not 0: the next
  [0x0b, 0x0b], // end of the bits, end of if
  [...get(AT), ...i32(64), 0x6a, ...set(AT), 0x0c, 0], // at += 64, again
  [0x0b, 0x0b],
  [...get(AT), ...i32(12), 0x74, ...get(COUNT), 0x72], // at << 12 | count
  [0x0b],
].flat()

/** Bytes with their number before them. */
const counted = (bytes: readonly number[]): number[] =>
  bytes.length < 128 ? [bytes.length, ...bytes] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes]
const name = (text: string): number[] => counted(Array.from(text, (char) => char.charCodeAt(0)))
const section = (id: number, content: readonly number[]): number[] => [id, ...counted(content)]

const [I32, I64, V128] = [0x7f, 0x7e, 0x7b]
const MODULE: Uint8Array = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, [1, 0x60, ...counted([I32, I32, I32]), ...counted([I32])]), // (length, value, most) -> packed
    section(3, [1, 0]),
    section(5, [1, 0, 1]), // one page of memory: 64 KiB
    section(7, [2, ...name('memory'), 2, 0, ...name('scan'), 0, 0]),
    section(10, [1, ...counted([3, 2, I32, 1, I64, 5, V128, ...BODY])]),
  ].flat(),
)
