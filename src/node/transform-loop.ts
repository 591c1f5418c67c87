/**
 * `for await` over a decoding transform.
 *
 * ```
 *   next() ──► stream.takeFor(loop) ──► frame             one is there: no promise is made but the one for it
 *        ├──► line ◄── hand(frame) ◄── stream             none is there, and the loop has the stream for itself
 *        └──► Node's own iterator ──► stream.read()       all else: the first one, ends, errors, leaving, readers besides
 * ```
 *
 * Node's iterator reads each frame out of the stream's buffer, and a frame that is waited for goes through an event, a tick and four
 * promises. The frames of this one go past all that, as long as nobody can tell the difference.
 */

import type { TransformFrames } from './decode-transform.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** The stream that a loop is over. */
export interface LoopSource<Frame> {
  /** The next frame, past Node's buffer. Undefined: none is there, or it has to be read. */
  takeFor(loop: TransformLoop<Frame>): Frame | undefined
  /** Do the frames that come go to this loop? */
  serves(loop: TransformLoop<Frame>): boolean
  /** Frames go through Node's buffer again, also those that are there already. */
  leave(loop: TransformLoop<Frame>): void
}

type Result<Frame> = IteratorResult<Frame, undefined>

export class TransformLoop<Frame> implements TransformFrames<Frame> {
  readonly #source: LoopSource<Frame>
  readonly #inner: AsyncIterator<Frame, undefined>
  /** Only then it may be gone round: Node's iterator listens from its first call on, until somebody leaves the loop. */
  #state: 'new' | 'begun' | 'left' = 'new'
  /** Calls that Node's iterator has not answered yet: those that come now are behind them. */
  #asked = 0
  /** Calls that wait for a frame. */
  #line: ((result: Result<Frame> | Promise<Result<Frame>>) => void)[] = []

  constructor(source: LoopSource<Frame>, inner: AsyncIterator<Frame, undefined>) {
    this.#source = source
    this.#inner = inner
  }

  next(): Promise<Result<Frame>> {
    if (this.#state !== 'begun' || this.#asked > 0) return this.#read()
    if (this.#line.length === 0) {
      const value = this.#source.takeFor(this)
      if (value !== undefined) return Promise.resolve({ value, done: false })
    }
    if (!this.#source.serves(this)) return this.#read()
    return new Promise((resolve) => this.#line.push(resolve))
  }

  // Calls that waited get their answers from Node's iterator, one microtask later than it gives them: so do these, which come after.
  async return(value?: undefined): Promise<Result<Frame>> {
    this.#stop()
    return await this.#ask(this.#inner.return!(value))
  }

  async throw(error?: unknown): Promise<Result<Frame>> {
    this.#stop()
    return await this.#ask(this.#inner.throw!(error))
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Does a call wait for a frame? */
  get waits(): boolean {
    return this.#line.length > 0
  }

  /** A frame for the call that has waited longest. */
  hand(value: Frame): void {
    this.#line.shift()!({ value, done: false })
  }

  /** No more is handed over: calls that wait must read. */
  release(): void {
    for (const resolve of this.#line.splice(0)) resolve(this.#read())
  }

  #read(): Promise<Result<Frame>> {
    if (this.#state === 'new') this.#state = 'begun'
    return this.#ask(this.#inner.next())
  }

  #stop(): void {
    this.#state = 'left'
    this.#source.leave(this)
  }

  #ask(answer: Promise<Result<Frame>>): Promise<Result<Frame>> {
    this.#asked++
    const answered = (): void => {
      this.#asked--
    }
    answer.then(answered, answered)
    return answer
  }
}

keepShape(new TransformLoop(undefined as never, undefined as never))
