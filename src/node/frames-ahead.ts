/**
 * Frames that are decoded and wait for a loop: they come in one by one or as a batch, and leave one by one.
 *
 * ```
 *   batch  [ gone, gone, frame, frame, frame ]
 *                        ^ #taken
 * ```
 *
 * An array that is shifted moves all that is left for each frame that leaves; here an index moves.
 */

import { keepShape } from '../bytes/keep-shape.ts'

/** So many empty places are given up at once. */
const GONE = 64

export class FramesAhead<Frame> {
  #frames: (Frame | undefined)[] = []
  /** How many have left: their places are empty, so that nobody keeps them alive. */
  #taken = 0

  get length(): number {
    return this.#frames.length - this.#taken
  }

  /** Behind all that wait. */
  push(frame: Frame): void {
    if (this.#taken >= GONE) this.#dropTaken()
    this.#frames.push(frame)
  }

  /** All of a batch, where none wait. The array is adopted. */
  adopt(batch: Frame[]): void {
    this.#frames = batch
    this.#taken = 0
  }

  /** The one that has waited longest, or undefined if none does. */
  shift(): Frame | undefined {
    const frame = this.#frames[this.#taken]
    if (frame !== undefined) this.#frames[this.#taken++] = undefined
    return frame
  }

  clear(): void {
    this.adopt([])
  }

  #dropTaken(): void {
    this.#frames.splice(0, this.#taken)
    this.#taken = 0
  }
}

keepShape(new FramesAhead())
