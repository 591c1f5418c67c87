/**
 * What counts as bytes at the border of the library: an `ArrayBuffer`, a `SharedArrayBuffer` or any view of one.
 * Inside, everything is a plain `Uint8Array`: one shape keeps the hot paths fast, and a Node `Buffer`, whose `slice` is a
 * view and not a copy, cannot change what the code means. `ByteQueue` alone holds a `Buffer` as it came.
 */

/** Bytes as a caller may hand them over: an `ArrayBuffer`, a `SharedArrayBuffer`, or any view of one (a Node `Buffer` too). */
export type ByteSource = ArrayBufferLike | ArrayBufferView

const utf8: TextEncoder = new TextEncoder()

/** The same memory as a plain `Uint8Array`, with no copy; anything else is a `TypeError` that names what came. */
export function toBytes(source: unknown): Uint8Array {
  if (source instanceof Uint8Array && source.constructor === Uint8Array) return source
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  if (source instanceof ArrayBuffer) return new Uint8Array(source)
  if (typeof SharedArrayBuffer === 'function' && source instanceof SharedArrayBuffer) return new Uint8Array(source)
  // Buffers of another realm (a worker, an iframe, a test runner's sandbox) fail `instanceof` and are bytes all the same.
  const tag = Object.prototype.toString.call(source)
  if (tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]')
    return new Uint8Array(source as ArrayBuffer)
  throw new TypeError(`Expected bytes (an ArrayBuffer or a view such as Uint8Array), got ${describe(source)}`)
}

/** The bytes of a frame that is to be written, with no view made for a `Buffer`: for those who do no more than copy them or look at them. */
export function frameBytes(frame: unknown): Uint8Array {
  return frame instanceof Uint8Array ? frame : toBytes(frame)
}

/** A string as UTF-8, or bytes as they are: for options such as a delimiter. */
export function bytesOrText(source: string | ByteSource): Uint8Array {
  return typeof source === 'string' ? utf8.encode(source) : toBytes(source)
}

/** A short name of a value for error messages: its type, and the value itself where that helps and is short. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return value.length <= 40 ? `the string ${JSON.stringify(value)}` : 'a string'
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'undefined') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'object') return `an object (${value.constructor?.name ?? 'no prototype'})`
  return `a ${typeof value}`
}
