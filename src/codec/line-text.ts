/**
 * Lines as text, decoded many at a time where that is safe.
 *
 * ```
 *   bytes    | o n e \n t w o \n t h r e e \n ... |      16 KiB, decoded once
 *   text     "one\ntwo\nthree\n..."                      as many characters as bytes: each line is a slice of it
 * ```
 *
 * A call of the decoder costs more than a short line. If a run of bytes decodes to as many UTF-16 units as it has bytes, every byte
 * has become one unit (no sequence ever becomes more units than it has bytes), so positions in the one are positions in the other.
 * Otherwise the run has characters of several bytes, and its lines are decoded one by one.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import { malformed } from './policies.ts'
import type { TextEncoding } from './text-encoding.ts'

/** What a short line may keep alive of the text around it, in bytes. */
const WINDOW = 16 * 1024
const SHORT = 1024

export class LineText {
  readonly #encoding: TextEncoding
  readonly #decode: (bytes: Uint8Array) => string
  /** A run of decoded text, and the bytes of the stream that it is. */
  #text = ''
  #start = 0
  #end = 0
  /** Up to here the stream is known to have characters of several bytes. */
  #wideUntil = 0

  /** `decode`: that of the encoding, for whole characters. */
  constructor(encoding: TextEncoding, decode: (bytes: Uint8Array) => string) {
    this.#encoding = encoding
    this.#decode = decode
  }

  /** Takes `n` bytes, which are whole characters, off the front as text. Throws a FramingError (malformed) where they are none. */
  take(bytes: ByteQueue, n: number): string {
    const start = bytes.offset
    if (start + n > this.#end && !this.#open(bytes, n, start)) return this.#single(bytes, n)
    bytes.skip(n)
    return this.#text.slice(start - this.#start, start - this.#start + n)
  }

  /** Decodes a run of text at the front, if that pays and is safe. */
  #open(bytes: ByteQueue, n: number, start: number): boolean {
    const length = Math.min(WINDOW, bytes.contiguous)
    if (n > SHORT || length < 4 * n || start < this.#wideUntil || !this.#encoding.cuttable) return false
    let text = ''
    try {
      text = this.#decode(bytes.peek(0, length))
    } catch {
      // One of its lines is no text: decoding them one by one says which.
    }
    if (text.length !== length) {
      this.#wideUntil = start + length
      return false
    }
    this.#text = text
    this.#start = start
    this.#end = start + length
    return true
  }

  #single(bytes: ByteQueue, n: number): string {
    const start = bytes.offset
    // The bytes become a string at once: nobody else ever sees them.
    const line = bytes.take(n, 'never')
    try {
      return this.#decode(line)
    } catch (cause) {
      const at = this.#brokenAt(line)
      throw malformed(`Line is no ${this.#encoding.name}`, start + at, { length: n, cause })
    }
  }

  /** The byte at which the text breaks off: rare, so it may be slow. */
  #brokenAt(line: Uint8Array): number {
    const decoder = new TextDecoder(this.#encoding.name, { fatal: true })
    let at = 0
    try {
      for (; at < line.length; at++) decoder.decode(line.subarray(at, at + 1), { stream: true })
    } catch {
      // `at` is the byte that cannot be.
    }
    return at
  }
}
