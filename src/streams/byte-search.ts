/**
 * The search for what ends a line, or for another delimiter, in the bytes of a {@link ByteReader}: for as long as the front stays where it is
 * no byte is looked at twice, however often the caller has to wait.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import { bytesOrText, describe, type ByteSource } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Finder } from '../codec/delimited.ts'
import { DelimiterFinder } from '../codec/delimiter-finder.ts'
import { tooLong } from '../codec/policies.ts'
import { MORE } from './frame-taker.ts'

export class ByteSearch {
  readonly #finder: Finder
  /** The front that it has looked from. */
  #front = -1

  constructor(finder: Finder) {
    this.#finder = finder
  }

  /** @throws TypeError or RangeError for a delimiter that cannot be. */
  static for(delimiter: string | ByteSource): ByteSearch {
    if (typeof delimiter !== 'string' && (typeof delimiter !== 'object' || delimiter === null)) {
      throw new TypeError(`A delimiter must be a string or bytes, not ${describe(delimiter)}`)
    }
    // A copy: the caller's memory may change while we wait.
    const bytes = bytesOrText(delimiter).slice()
    if (bytes.length === 0) throw new RangeError('A delimiter must have at least one byte')
    return new ByteSearch(new DelimiterFinder([bytes]))
  }

  /** After it was found: the length of what was looked for. */
  get length(): number {
    return this.#finder.length
  }

  /** Where it is, with no more than `maxLength` bytes after the first `lead` ones before it; -1 where the input `ended` without it. */
  find(queue: ByteQueue, ended: boolean, maxLength: number, lead = 0): number | typeof MORE {
    const finder = this.#finder
    if (this.#front !== queue.offset) {
      this.#front = queue.offset
      finder.reset()
    }
    const at = finder.find(queue, ended)
    const known = (at < 0 ? finder.clear : at) - lead
    if (known > maxLength) throw tooLong(queue.offset + lead + maxLength, maxLength)
    return at < 0 && !ended ? MORE : at
  }
}

keepShape(ByteSearch.for('\n'))
