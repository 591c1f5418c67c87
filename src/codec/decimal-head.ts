/**
 * A length in decimal digits, parsed by hand: no sign, no space, no hex, no leading zero, no longest prefix.
 *
 * ```
 *   +---+---+---+---+
 *   | 1 | 2 | 8 | : |      digits, then the byte that ends them
 *   +---+---+---+---+
 * ```
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { Head } from './declared.ts'
import { malformed } from './policies.ts'

const ZERO = 0x30
/** The digits of 2^53-1: a longer number is too long for anything, and a run of digits must end somewhere. */
const MOST_DIGITS = 16

/** The head of `netstring` (ends with ':', '0' is a length) and of octet counting (ends with a space, it is not). */
export class DecimalHead implements Head {
  readonly #end: number
  readonly #zero: boolean
  readonly trailer: Uint8Array
  readonly lengthAt = 0
  length = 0
  payload = 0
  strip = 0
  /** Digits read so far: they are not read again when more bytes come. */
  #digits = 0

  constructor(end: number, zero: boolean, trailer: Uint8Array) {
    this.#end = end
    this.#zero = zero
    this.trailer = trailer
  }

  read(bytes: ByteQueue): boolean {
    for (; this.#digits < bytes.length; this.#digits++) {
      const byte = bytes.byteAt(this.#digits)
      const digit = byte - ZERO
      if (digit >= 0 && digit <= 9) {
        if (this.#digits === MOST_DIGITS) {
          throw this.#wrong(bytes, `Length of more than ${MOST_DIGITS} digits`)
        }
        if (this.#digits === 1 && this.payload === 0) throw this.#wrong(bytes, 'Length with a zero before it')
        if (this.#digits === 0 && digit === 0 && !this.#zero) throw this.#wrong(bytes, 'Length of 0')
        // Sixteen digits may be above 2^53-1: Infinity, not a rounded number.
        const payload = this.payload * 10 + digit
        this.payload = payload > Number.MAX_SAFE_INTEGER ? Infinity : payload
      } else if (byte === this.#end && this.#digits > 0) {
        this.length = this.strip = this.#digits + 1
        return true
      } else {
        throw this.#wrong(
          bytes,
          `Expected a length in digits and then ${JSON.stringify(String.fromCharCode(this.#end))}`,
        )
      }
    }
    return false
  }

  reset(): void {
    this.#digits = this.payload = this.length = this.strip = 0
  }

  #wrong(bytes: ByteQueue, message: string): Error {
    return malformed(message, bytes.offset + this.#digits)
  }
}
