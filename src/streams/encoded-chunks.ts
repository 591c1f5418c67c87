/**
 * The readable side of an encoder: where its chunks go when the one who reads asks for them.
 *
 * ```
 *   EncoderCore ──► send() ──┬──► the stream's queue ──► reader
 *                            └──► who reads past the stream
 * ```
 */

import { offerSource, type DirectSource } from './direct.ts'
import type { Transport } from './encoder-core.ts'
import type { Streams } from './implementation.ts'
import { pipingClass } from './piping.ts'

/** Who is told of those who read. */
export interface ChunkEvents {
  /** A chunk is wanted. */
  ready(): void
  /** A chunk has gone out, and nobody holds it. */
  takeBack(chunk: Uint8Array): void
  /** None is wanted any more. */
  cancel(reason: unknown): void
}

export class EncodedChunks implements Transport, DirectSource {
  readonly stream: ReadableStream<Uint8Array>
  readonly #events: ChunkEvents
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #isOver = false
  #taker: ((chunk: Uint8Array) => void) | undefined

  constructor(streams: Streams, strategy: QueuingStrategy<Uint8Array> | undefined, events: ChunkEvents) {
    this.#events = events
    const Readable = pipingClass(streams)
    this.stream = new Readable<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => events.ready(),
        cancel: (reason) => events.cancel(reason),
      },
      { highWaterMark: 0, ...strategy },
    )
    // With a queue of its own the stream asks for chunks itself.
    if (strategy === undefined) offerSource(this.stream, this)
  }

  // ---- from the encoder

  send(chunk: Uint8Array): void {
    const take = this.#taker
    if (take === undefined) return this.#controller.enqueue(chunk)
    this.#taker = undefined
    take(chunk)
  }

  end(): undefined {
    this.#isOver = true
    this.#controller.close()
  }

  abort(reason: unknown): undefined {
    this.#controller.error(reason)
  }

  // ---- past the stream

  /** The last chunk may be in the stream's queue before it is asked for; workerd does not count it any more. */
  get queued(): number {
    return this.#isOver ? 1 : -(this.#controller.desiredSize ?? 0)
  }

  read(take: (chunk: Uint8Array) => void): void {
    this.#taker = take
    this.#events.ready()
  }

  forget(): void {
    this.#taker = undefined
  }

  takeBack(chunk: Uint8Array): void {
    this.#events.takeBack(chunk)
  }
}
