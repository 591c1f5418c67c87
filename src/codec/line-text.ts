/**
 * Lines as text, decoded many at a time where that is safe.
 *
 * ```
 *   bytes    | o n e \n t w o \n t h r e e \n ... |      up to 16 KiB, decoded once
 *   text     "one\ntwo\nthree\n..."                      as many characters as bytes: each line is a slice of it
 *                                        "fo" + "ur"     a line that goes on in the next chunk
 * ```
 *
 * A call of the decoder costs more than a short line. If a run of bytes decodes to as many UTF-16 units as it has bytes, every byte
 * has become one unit (no sequence ever becomes more units than it has bytes), so positions in the one are positions in the other, and newlines
 * are found in the text. Otherwise the run has characters of several bytes, and its lines are decoded one by one.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import { malformed } from './policies.ts'
import type { DecodeText, TextEncoding } from './text-encoding.ts'

/** What a short line may keep alive of the text around it, in bytes. */
const WINDOW = 16 * 1024
const SHORT = 1024
/** Fewer bytes are not worth a run. */
const LEAST = 64
/** Where text is wide it will be so for a while: so many times as far as it was looked at. */
const STAYS_WIDE = 8
const CR = 0x0d

export class LineText {
  /** Before this byte of the stream there is no newline, as far as the front is in text that was looked at. */
  clearUntil = 0
  readonly #encoding: TextEncoding
  readonly #decode: DecodeText
  /** A run of decoded text, and the bytes of the stream that it is. */
  #text = ''
  #start = 0
  #end = 0
  /** It may have another newline. */
  #hasMore = false
  /** How long the last line was that was not found in a run: a run should have some like it. */
  #length = 0
  /** Up to here a run is of no use: it has characters of several bytes, or no newline. */
  #uselessUntil = 0

  /** `decode`: that of the encoding, for whole characters. */
  constructor(encoding: TextEncoding, decode: DecodeText) {
    this.#encoding = encoding
    this.#decode = decode
  }

  /**
   * Takes the line at the front and its newline, if there is a run of text with all of it, and it has from `least` to `most` bytes. Its
   * newline is an LF, and the CR before it; `crlf`: there must be one.
   */
  next(bytes: ByteQueue, crlf: boolean, least: number, most: number): string | undefined {
    let at = bytes.offset - this.#start
    let lf = this.#hasMore ? this.#text.indexOf('\n', at) : -1
    while (lf < 0) {
      if (this.#hasMore) this.clearUntil = this.#end
      this.#hasMore = false
      if (bytes.contiguous < LEAST || !this.#open(bytes)) return undefined
      at = 0
      lf = this.#text.indexOf('\n')
      if (lf < 0) this.#uselessUntil = this.#end
    }
    const text = this.#text
    const hasCR = lf > at && text.charCodeAt(lf - 1) === CR
    const stop = hasCR ? lf - 1 : lf
    if ((crlf && !hasCR) || stop - at < least || stop - at > most) {
      // Somebody else's affair, until the end of the run: this may be asked again and again before that line ends.
      this.#hasMore = false
      this.#uselessUntil = this.#end
      return undefined
    }
    bytes.skip(lf + 1 - at)
    if (lf + 1 === text.length) this.#letGo()
    return text.slice(at, stop)
  }

  /** Takes `n` bytes, which are whole characters, off the front as text. Throws a FramingError (malformed) where they are none. */
  take(bytes: ByteQueue, n: number): string {
    this.#length = n
    const known = this.#end - bytes.offset
    if (known >= n) return this.#slice(bytes, n)
    if (known <= 0 || n > SHORT || !this.#endsWithCharacter()) return this.#beginning(bytes, n, n)
    return this.#slice(bytes, known) + this.#beginning(bytes, n - known, n)
  }

  /** Takes `n` bytes that no run has yet; `of`: the length of the line that they are, or are the end of. */
  #beginning(bytes: ByteQueue, n: number, of: number): string {
    const isInRun = bytes.contiguous >= LEAST && this.#open(bytes) && n <= this.#text.length
    return isInRun ? this.#slice(bytes, n) : this.#single(bytes, n, of)
  }

  /** The run may end within a character, but not behind a byte that is one. */
  #endsWithCharacter(): boolean {
    return this.#text.charCodeAt(this.#text.length - 1) < 0x80
  }

  #slice(bytes: ByteQueue, n: number): string {
    const at = bytes.offset - this.#start
    const text = this.#text
    bytes.skip(n)
    if (at + n === text.length) this.#letGo()
    return text.slice(at, at + n)
  }

  /** The run is used up: an idle connection must not hold on to it. */
  #letGo(): void {
    this.#text = ''
    this.#hasMore = false
  }

  /** Decodes a run of text at the front, if that pays and is safe. */
  #open(bytes: ByteQueue): boolean {
    const start = bytes.offset
    const length = Math.min(WINDOW, bytes.contiguous)
    if (length < this.#length || this.#length > SHORT) return false
    if (start < this.#uselessUntil || start + length <= this.#end || !this.#encoding.cuttable) return false
    let text = ''
    try {
      text = bytes.peekAs(length, this.#decode)
    } catch {
      // One of its lines is no text: decoding them one by one says which.
    }
    if (text.length !== length) {
      this.#uselessUntil = start + STAYS_WIDE * length
      return false
    }
    this.#text = text
    this.#start = start
    this.#end = start + length
    this.#hasMore = true
    return true
  }

  #single(bytes: ByteQueue, n: number, of: number): string {
    const start = bytes.offset
    let line: Uint8Array | undefined
    try {
      if (n <= bytes.contiguous) {
        const text = bytes.peekAs(n, this.#decode)
        bytes.skip(n)
        return text
      }
      // The bytes become a string at once: nobody else ever sees them.
      line = bytes.take(n, 'never')
      return this.#decode(line)
    } catch (cause) {
      line ??= bytes.take(n, 'never')
      throw malformed(`Line is no ${this.#encoding.name}`, start + this.#brokenAt(line), { length: of, cause })
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
