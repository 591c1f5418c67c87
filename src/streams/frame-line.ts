/**
 * Those who wait for a frame that is not there yet, past the queue of the stream that they have locked.
 *
 * ```
 *   wait() ──► [ first | second | ... ] ◄── decoder: one frame for each
 *                                       ◄── the stream has closed, or failed: that for all
 * ```
 */

import { keepShape } from '../bytes/keep-shape.ts'
import type { ReadSource } from './direct.ts'

interface Waiting<Item> {
  readonly resolve: (result: IteratorResult<Item, undefined>) => void
  readonly reject: (error: unknown) => void
}

export class FrameLine<Frame, Item> {
  readonly #core: ReadSource<Frame>
  readonly #item: (frame: Frame) => Item
  /** Those who hold the stream are told that it is over before those who wait. */
  readonly #over: () => void
  readonly #waiting: Waiting<Item>[] = []

  /** `closed`: of the reader that has the lock. `item`: what becomes of a frame. */
  constructor(core: ReadSource<Frame>, closed: Promise<unknown>, item: (frame: Frame) => Item, over: () => void) {
    this.#core = core
    this.#item = item
    this.#over = over
    closed.then(this.#end, this.fail)
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length
  }

  /** The next frame. Nobody else may be before those who wait here: see `ReadSource.mayTake`. */
  wait(): Promise<IteratorResult<Item, undefined>> {
    const result = new Promise<IteratorResult<Item, undefined>>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
    if (this.#waiting.length === 1) this.#core.read(this.#take)
    return result
  }

  /** No frame comes for those who wait. */
  readonly fail = (error: unknown): void => {
    if (this.#waiting.length === 0) return
    this.#core.forget()
    this.#over()
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  readonly #end = (): void => {
    if (this.#waiting.length === 0) return
    this.#over()
    for (const { resolve } of this.#waiting.splice(0)) resolve({ value: undefined, done: true })
  }

  readonly #take = (frame: Frame): void => {
    const { resolve } = this.#waiting.shift()!
    resolve({ value: this.#item(frame), done: false })
    if (this.#waiting.length > 0) this.#core.read(this.#take)
  }
}

const never: Promise<undefined> = new Promise(() => {})
keepShape(new FrameLine(undefined as never, never, undefined as never, undefined as never))
