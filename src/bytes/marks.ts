/**
 * Where a byte is in the chunk at the front, found for many frames at once.
 *
 * ```
 *   chunk   |one.LF.two.LF.three.LF.four ...          |
 *                 ^      ^        ^
 *   marks        [3,     7,      13]     known up to here: |
 * ```
 *
 * Where frames are short, looking for the end of each one on its own costs more than anything else.
 */

import { keepShape } from './keep-shape.ts'
import { MOST, simdScan, WINDOW } from './simd-scan.ts'

/** Marks that no queue uses now. They are needed only while somebody decodes, so that one set goes round. */
let spare: Marks | undefined

export class Marks {
  readonly #places: Int32Array = new Int32Array(MOST)
  #value = -1
  #next = 0
  #count = 0
  /** Known are the places from `#from` to `#to`. */
  #from = 0
  #to = 0

  /** The places of `value` in `bytes[from, …)`, as far as one look goes; undefined where there is no means for that. */
  static of(bytes: Uint8Array, value: number, from: number, end: number, own: Marks | undefined): Marks | undefined {
    const scan = simdScan()
    if (scan === undefined) return undefined
    const marks = own ?? spare ?? new Marks()
    if (marks === spare) spare = undefined
    scan.run(bytes, value, from, Math.min(end, from + WINDOW))
    const { places, count } = scan
    for (let i = 0; i < count; i++) marks.#places[i] = from + places[i]!
    marks.#value = value
    marks.#next = 0
    marks.#count = count
    marks.#from = from
    marks.#to = from + scan.scanned
    return marks
  }

  /** The first place of `value` at or after `start`, or -1 where none is known. */
  find(value: number, start: number): number {
    if (value !== this.#value || start < this.#from) return -1
    let next = this.#next
    while (next < this.#count && this.#places[next]! < start) next++
    this.#next = next
    this.#from = start
    return next < this.#count ? this.#places[next]! : -1
  }

  /** The first place of `value` at or after `start`, if it lies from `least` to `most`: the next look is behind it. Else -1. */
  take(value: number, start: number, least: number, most: number): number {
    const next = this.#next
    if (value !== this.#value || start < this.#from || next >= this.#count) return -1
    const at = this.#places[next]!
    if (at < least || at > most) return -1
    this.#next = next + 1
    this.#from = at + 1
    return at
  }

  /** Whether there is none at or after `start`. */
  areBehind(start: number): boolean {
    return this.#count === 0 || this.#places[this.#count - 1]! < start
  }

  /** From where on to look for `value`, when `find` knew of none at or after `start`. */
  unknown(value: number, start: number): number {
    return value === this.#value && start >= this.#from && start < this.#to ? this.#to : start
  }

  /** They are not needed any more. */
  giveBack(): void {
    this.#value = -1
    // oxlint-disable-next-line typescript/no-this-alias -- kept for the next queue, not to be called later
    spare = this
  }
}

keepShape(new Marks())
