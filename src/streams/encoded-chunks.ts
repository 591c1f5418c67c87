/**
 * The readable side of an encoder: where its chunks go when the one who reads asks for them.
 *
 * ```
 *   EncoderCore ──► send() ──┬──► the stream's queue ──► reader
 *                            └──► who reads past the stream
 * ```
 */

import { keepShape } from '../bytes/keep-shape.ts'
import type { ReadSource } from './direct.ts'
import type { Transport } from './encoder-core.ts'

/** Who is told of those who read. */
export interface ChunkEvents {
  /** How many bytes wait to be asked for. */
  readonly length: number
  /** A chunk is wanted. */
  ready(): void
  /** A chunk has gone out, and nobody holds it. */
  takeBack(chunk: Uint8Array): void
  /** None is wanted any more. */
  fail(reason: unknown): void
  /** Whether the chunk that was sent last may be memory of somebody who waits for it. */
  readonly isLending: boolean
}

export class EncodedChunks implements Transport, ReadSource<Uint8Array> {
  events!: ChunkEvents
  #controller!: ReadableStreamDefaultController<Uint8Array>
  /** The stream has asked for a chunk; or who gets it past the stream. */
  #isPulled = false
  #taker: ((chunk: Uint8Array) => void) | undefined
  /** Reads that wait in the stream's own line: nobody may overtake them. */
  #waiting = 0
  /** A chunk has gone into the stream's own queue, and may still be there. */
  #mayQueue = false
  /** The stream is closed or errored, or was cancelled. */
  #isOver = false
  #now: Uint8Array | undefined

  // ---- from the encoder

  send(chunk: Uint8Array): void {
    const take = this.#taker
    if (take === undefined) {
      this.#isPulled = false
      if (this.#waiting > 0) this.#waiting--
      else this.#mayQueue = true
      return this.#controller.enqueue(chunk)
    }
    this.#taker = undefined
    take(chunk)
  }

  end(): undefined {
    this.#isOver = true
    this.#controller.close()
  }

  abort(reason: unknown): undefined {
    this.#isOver = true
    this.#controller.error(reason)
  }

  // ---- from the stream

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller
  }

  pull(): void {
    this.#isPulled = true
    this.events.ready()
  }

  cancel(reason: unknown): void {
    this.#isOver = true
    this.events.fail(reason)
  }

  // ---- past the stream

  get mayTake(): boolean {
    return !this.#isPulled && this.#taker === undefined && this.#waiting === 0 && !this.#isOver && !this.#isQueued
  }

  /** The last chunk may be in the stream's queue before it is asked for; workerd does not count it any more. */
  get queued(): number {
    return this.#isOver ? 1 : -(this.#controller.desiredSize ?? 0)
  }

  get #isQueued(): boolean {
    if (this.#mayQueue) this.#mayQueue = this.queued > 0
    return this.#mayQueue
  }

  get isLending(): boolean {
    return this.events.isLending
  }

  /** Whoever is given none reads the next one. */
  takeNow(): Uint8Array | undefined {
    if (this.events.length === 0 || !this.mayTake) return undefined
    this.read(this.#keep)
    const chunk = this.#now
    if (chunk === undefined) this.#taker = undefined
    this.#now = undefined
    return chunk
  }

  readonly #keep = (chunk: Uint8Array): void => {
    this.#now = chunk
  }

  read(take: (chunk: Uint8Array) => void): void {
    this.#taker = take
    this.events.ready()
  }

  forget(): void {
    this.#taker = undefined
  }

  willWait(): void {
    if (!this.#isOver && !this.#isQueued) this.#waiting++
  }

  waitsNoMore(): void {
    this.#waiting = 0
  }

  takeBack(chunk: Uint8Array): void {
    this.events.takeBack(chunk)
  }
}

keepShape(new EncodedChunks())
