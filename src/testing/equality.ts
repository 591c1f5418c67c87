/**
 * Are two frames the same, and has a frame changed since it was delivered? Frames are whatever a codec makes of bytes: bytes, strings,
 * plain objects, arrays, maps, sets, dates, objects of a class with public fields. State that cannot be seen from outside cannot be compared:
 * for such frames there is `options.equals`.
 */

type Fields = Record<string, unknown>

/** Deep equality: same type, same bytes, same fields. NaN equals NaN, 0 and -0 differ. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (ArrayBuffer.isView(a)) return equalBytes(bytesOf(a), bytesOf(b as ArrayBufferView))
  if (a instanceof ArrayBuffer) return equalBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer))
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  if (a instanceof Map) return deepEqual([...a], [...(b as Map<unknown, unknown>)])
  if (a instanceof Set) return deepEqual([...a], [...(b as Set<unknown>)])
  if (a instanceof Error && a.message !== (b as Error).message) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  // No field to be seen: a URL or a RegExp says as text what it is.
  if (names.length === 0 && !Array.isArray(a) && !isPlain(a)) return textOf(a) === textOf(b)
  return names.every((name) => Object.hasOwn(b, name) && deepEqual((a as Fields)[name], (b as Fields)[name]))
}

/** The value as it is now, in memory of its own, for a later {@link deepEqual}. */
export function snapshot(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof DataView)
    return new DataView(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength))
  // The standard method for every kind of array: a Buffer's own slice would be a view of the same memory.
  if (ArrayBuffer.isView(value)) return Uint8Array.prototype.slice.call(value)
  if (value instanceof ArrayBuffer) return value.slice(0)
  if (value instanceof Date) return new Date(value.getTime())
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [snapshot(key), snapshot(one)]))
  if (value instanceof Set) return new Set([...value].map(snapshot))
  if (Array.isArray(value)) return value.map(snapshot)
  const names = Object.keys(value)
  if (names.length === 0 && !isPlain(value)) return value
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as Fields
  for (const name of names) copy[name] = snapshot((value as Fields)[name])
  return copy
}

/** Are these the same bytes? */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function textOf(value: { toString(): string }): string {
  return value.toString()
}
