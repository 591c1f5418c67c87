/**
 * Memory that somebody writes all of at once need not be filled with zeros first, which for large arrays costs half as much as the
 * writing. JavaScript's own arrays always are; Node's `Buffer` has a way around that. It is looked up and never imported, so that this file
 * knows no runtime. (Deno's `Buffer` fills with zeros, too.)
 */

type Allocate = (length: number) => Uint8Array

const buffer = 'Deno' in globalThis ? undefined : (globalThis as { Buffer?: { allocUnsafeSlow?: Allocate } }).Buffer
const allocate: Allocate | undefined = buffer?.allocUnsafeSlow?.bind(buffer)

/** Below this zeros cost no more than to go round them. */
const WORTH_IT = 32 * 1024

/** An array of `length` bytes with memory of its own and anything in it: to be written from end to end before anybody sees it. */
export function unwritten(length: number): Uint8Array {
  if (length >= WORTH_IT && allocate !== undefined) {
    // A polyfill may do what it likes; a frame's memory is its own.
    const memory = allocate(length)?.buffer
    if (memory?.byteLength === length) return new Uint8Array(memory)
  }
  return new Uint8Array(length)
}
