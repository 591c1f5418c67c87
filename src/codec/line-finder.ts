/**
 * Where the next end of line is.
 *
 * ```
 *   'lf'     LF, and one CR before it belongs to it
 *   'crlf'   CR LF and nothing else
 *   'any'    LF, CR or CR LF. A CR ends the line at once; an LF right behind it is swallowed when it comes
 * ```
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { Finder } from './delimited.ts'
import { FramingError } from './framing-error.ts'

/** What ends a line: see {@link LinesOptions}. */
export type Newline = 'lf' | 'crlf' | 'any'

const LF = 0x0a
const CR = 0x0d

/** The finder for `newline`; `rejectBareLF` makes an LF without a CR before it an error (`'crlf'` only). */
export function lineFinder(newline: Newline, rejectBareLF: boolean): Finder {
  return newline === 'any' ? new AnyNewlineFinder() : new NewlineFinder(newline === 'crlf', rejectBareLF)
}

/** 'lf' and 'crlf': every end of line is at an LF. */
class NewlineFinder implements Finder {
  readonly #crlfOnly: boolean
  readonly #rejectBareLF: boolean
  scanned = 0
  length = 0
  clear = 0
  error: FramingError | undefined

  constructor(crlfOnly: boolean, rejectBareLF: boolean) {
    this.#crlfOnly = crlfOnly
    this.#rejectBareLF = rejectBareLF
  }

  reset(): void {
    this.scanned = 0
    this.error = undefined
  }

  find(bytes: ByteQueue, final: boolean): number {
    let at = this.scanned
    for (;;) {
      at = bytes.indexOf(LF, at)
      if (at < 0) {
        const n = bytes.length
        this.scanned = n
        // A CR at the end may turn out to belong to the newline.
        this.clear = !final && n > 0 && bytes.byteAt(n - 1) === CR ? n - 1 : n
        return -1
      }
      this.scanned = at
      if (at > 0 && bytes.byteAt(at - 1) === CR) {
        this.length = 2
        return at - 1
      }
      if (!this.#crlfOnly) {
        this.length = 1
        return at
      }
      if (this.#rejectBareLF) {
        const offset = bytes.offset + at
        this.error = new FramingError('ERR_FRAME_MALFORMED', `LF without a CR before it (at byte ${offset})`, {
          offset,
        })
        this.clear = at
        return -1
      }
      at++
    }
  }
}

/** 'any': the first of CR and LF ends the line. */
class AnyNewlineFinder implements Finder {
  /** The last line ended with a CR: an LF at the front is the rest of its newline. */
  #afterCR = false
  scanned = 0
  length = 1
  clear = 0

  reset(): void {
    this.scanned = 0
    this.#afterCR = false
  }

  find(bytes: ByteQueue): number {
    if (this.#afterCR && bytes.length > 0 && this.scanned === 0) {
      this.#afterCR = false
      if (bytes.byteAt(0) === LF) bytes.skip(1)
    }
    const at = bytes.indexOfAny(NEWLINES, this.scanned)
    if (at < 0) {
      this.clear = this.scanned = bytes.length
      return -1
    }
    this.scanned = at
    this.#afterCR = bytes.byteAt(at) === CR
    return at
  }
}

const NEWLINES: Uint8Array = new Uint8Array(256)
NEWLINES[LF] = NEWLINES[CR] = 1
