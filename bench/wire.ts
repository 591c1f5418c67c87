/**
 * How a payload lies on the wire under each rule, written by hand: a benchmark whose bytes come from the library under test would not
 * notice when that is wrong.
 *
 * ```
 *   lf      | text … | LF |               varint  | LEB128 | any bytes … |
 *   crlf    | text … | CR LF |            packet  | AA | 4 bytes, little-endian | any bytes … |
 *   uint32  | 4 bytes, big-endian | any bytes … |
 *   fixed   | any bytes … |               cobs, slip   escaped, between delimiters
 * ```
 *
 * The content is pseudo-random from a fixed seed, and every frame begins somewhere else in it.
 */

export type Rule = 'lf' | 'crlf' | 'uint32' | 'varint' | 'fixed' | 'packet' | 'cobs' | 'slip'

export const PACKET_MARK = 0xaa
const LF = 0x0a
const CR = 0x0d
const END = 0xc0
const ESC = 0xdb

/** Longer than any frame by more than it is moved for the next one. */
const POOL = 1024 * 1024 + 64 * 1024
const STEP = 4099

const any: Uint8Array = pool((random) => random & 0xff)
/** Printable ASCII: no newline in it. */
const text: Uint8Array = pool((random) => 0x20 + (random % 95))

function pool(byte: (random: number) => number): Uint8Array {
  // Marsaglia's xorshift.
  let state = 0x9e3779b9
  return new Uint8Array(POOL).map(() => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return byte(state >>> 8)
  })
}

/** Fills `out` with frame number `index`, to its last byte; its payload. */
export function putOnWire(rule: Rule, out: Uint8Array, index: number): Uint8Array {
  if (rule === 'cobs') return putCobs(out, index)
  if (rule === 'slip') return putSlip(out, index)
  const [head, tail] = around(rule, out.length)
  const length = out.length - head.length - tail.length
  const payload = content(rule === 'lf' || rule === 'crlf' ? text : any, length, index).slice()
  out.set(head)
  out.set(payload, head.length)
  out.set(tail, head.length + length)
  return payload
}

function content(from: Uint8Array, length: number, index: number): Uint8Array {
  const start = (index * STEP) % (POOL - length)
  return from.subarray(start, start + length)
}

/** What stands before and behind the payload of a frame of `size` bytes. */
function around(rule: Rule, size: number): [head: readonly number[], tail: readonly number[]] {
  switch (rule) {
    case 'lf':
      return [[], [LF]]
    case 'crlf':
      return [[], [CR, LF]]
    case 'uint32':
      return [uint32(size - 4).reverse(), []]
    case 'packet':
      return [[PACKET_MARK, ...uint32(size - 5)], []]
    case 'varint': {
      // The length that fits behind itself.
      const head = [1, 2, 3].map((width) => leb128(size - width)).find(({ length }, i) => length === i + 1)!
      return [head, []]
    }
    default:
      return [[], []]
  }
}

/** Little-endian. */
function uint32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)
}

function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)]
}

/** One byte of overhead and the zero at the end: no run is as long as 254 bytes, where there would be one more. */
function putCobs(out: Uint8Array, index: number): Uint8Array {
  const payload = content(any, out.length - 2, index).slice()
  for (let i = 100; i < payload.length; i += 200) payload[i] = 0
  let code = 0
  payload.forEach((byte, i) => {
    out[i + 1] = byte
    if (byte !== 0) return
    out[code] = i + 1 - code
    code = i + 1
  })
  out[code] = out.length - 1 - code
  out[out.length - 1] = 0
  return payload
}

/** As much content as fits before the END. Encoders differ in whether they put another one in front. */
function putSlip(out: Uint8Array, index: number): Uint8Array {
  const bytes = content(any, out.length - 1, index)
  const last = out.length - 1
  const payload: number[] = []
  out[last] = END
  for (let at = 0; at < last;) {
    const byte = bytes[payload.length]!
    const escaped = byte === END || byte === ESC
    // One byte of room is not enough for two.
    const put = escaped && at + 1 === last ? 0x61 : byte
    payload.push(put)
    if (put === byte && escaped) {
      out[at++] = ESC
      out[at++] = byte === END ? 0xdc : 0xdd
    } else {
      out[at++] = put
    }
  }
  return Uint8Array.from(payload)
}
