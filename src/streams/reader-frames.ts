/**
 * The frames of a `ByteReader` as an async iterable that leaves the reader as it is when the loop is left.
 *
 * A frame that is there costs one promise and no question to the source.
 */

import type { ByteIntake } from './byte-intake.ts'
import { MORE } from './frame-taker.ts'
import { keepShape } from '../bytes/keep-shape.ts'

type Result<Frame> = IteratorResult<Frame, undefined>

const AsyncIteratorPrototype: object = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
)

export class ReaderFrames<Frame> implements AsyncIterableIterator<Frame, undefined, undefined> {
  readonly #intake: ByteIntake
  readonly #take: () => Frame | undefined | typeof MORE
  readonly #signal: AbortSignal | undefined
  #finished = false

  /** `take`: one attempt to take a frame. */
  constructor(intake: ByteIntake, take: () => Frame | undefined | typeof MORE, signal: AbortSignal | undefined) {
    this.#intake = intake
    this.#take = take
    this.#signal = signal
  }

  next(): Promise<Result<Frame>> {
    if (this.#finished) return Promise.resolve({ value: undefined, done: true })
    let frame: Frame | undefined | typeof MORE
    try {
      frame = this.#intake.now(this.#take, this.#signal)
    } catch (error) {
      this.#finished = true
      return Promise.reject(error)
    }
    return frame === MORE ? this.#wait() : Promise.resolve(this.#result(frame))
  }

  #wait(): Promise<Result<Frame>> {
    return this.#intake.wait(this.#take, this.#signal).then(
      (frame) => this.#result(frame),
      (error: unknown) => {
        this.#finished = true
        throw error
      },
    )
  }

  #result(frame: Frame | undefined): Result<Frame> {
    if (frame !== undefined) return { value: frame, done: false }
    this.#finished = true
    return { value: undefined, done: true }
  }

  /** Leaves; what was not taken is still there. */
  return(): Promise<Result<Frame>> {
    this.#finished = true
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

Object.setPrototypeOf(ReaderFrames.prototype, AsyncIteratorPrototype)

keepShape(new ReaderFrames(undefined as never, undefined as never, undefined))
