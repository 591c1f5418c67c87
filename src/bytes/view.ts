/**
 * A frame out of a chunk, made the way that costs least where we run.
 *
 * A view costs 30 to 40 ns in V8, a short array of its own 60. In JavaScriptCore it is the other way round: a view is 70 to 100 ns, as the
 * buffer keeps a list of its views, an array of 16 bytes 20; and `subarray` is cheaper there than the constructor.
 */

/** Bun is the one runtime of ours that stands on it; Safari is not told apart, and gets views. */
const isJavaScriptCore = typeof (globalThis as { Bun?: unknown }).Bun === 'object'

/** Below this many bytes a copy costs less than a view. */
const SHORT: number = isJavaScriptCore ? 33 : 0

/** `bytes[start, stop)` as a view; or as a copy, where that is cheaper and `mayCopy`. `buffer` and `byteOffset` are those of `bytes`. */
export function frameOf(
  bytes: Uint8Array,
  buffer: ArrayBufferLike,
  byteOffset: number,
  start: number,
  stop: number,
  mayCopy: boolean,
): Uint8Array {
  const length = stop - start
  if (mayCopy && length < SHORT) {
    const copy = new Uint8Array(length)
    for (let i = 0; i < length; i++) copy[i] = bytes[start + i]!
    return copy
  }
  // A Buffer would give a Buffer: frames are plain arrays, whatever the chunk was.
  if (isJavaScriptCore && bytes.constructor === Uint8Array) return bytes.subarray(start, stop)
  return new Uint8Array(buffer, byteOffset + start, length)
}
