/**
 * Memory that will be written over, without the zeros that it would get first: for 64 KiB these cost five times as much as the copy of
 * what is written there.
 *
 * Node and Bun give it (`Buffer.allocUnsafeSlow`). It is looked up and never imported, so that this file knows no runtime; elsewhere it
 * is zeros.
 */

type Allocate = (length: number) => Uint8Array

const { allocUnsafeSlow } = (globalThis as { Buffer?: { allocUnsafeSlow?: Allocate } }).Buffer ?? {}

/** Below this many bytes there is nothing to save. */
const WORTH_IT = 4096

/** `length` bytes in an `ArrayBuffer` of their own. Whatever was in them before: write over all of them, or clear them. */
export function rawMemory(length: number): Uint8Array {
  if (length < WORTH_IT || allocUnsafeSlow === undefined) return new Uint8Array(length)
  const { buffer } = allocUnsafeSlow(length)
  // A polyfill's may be a part of something larger.
  return buffer.byteLength === length ? new Uint8Array(buffer) : new Uint8Array(length)
}
