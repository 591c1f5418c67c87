/**
 * What follows when framing is over: the bytes that the decoder left, and all that still come, unframed.
 *
 * ```
 *   | frame | frame | last frame | raw bytes ........
 *   |<--- framer.readable ------>|<-- framer.rest -->
 * ```
 */

import type { Streams } from './implementation.ts'

/** Where the bytes are. */
export interface RawSource {
  /** The bytes that are there now, or undefined. */
  take(): Uint8Array | undefined
  /** Nothing more will come. */
  ended(): boolean
  /** Nobody wants them. */
  cancel(reason: unknown): void
}

export class RawRest {
  readonly stream: ReadableStream<Uint8Array>
  readonly #source: RawSource
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #demand = false
  #over = false

  constructor(streams: Streams, source: RawSource) {
    this.#source = source
    this.stream = new streams.ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#demand = true
          this.serve()
        },
        cancel: (reason) => {
          this.#over = true
          source.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Hands on what is there, if somebody waits for it. */
  serve(): void {
    if (this.#over) return
    const bytes = this.#demand ? this.#source.take() : undefined
    if (bytes !== undefined) {
      this.#demand = false
      this.#controller.enqueue(bytes)
    } else if (this.#demand && this.#source.ended()) {
      this.#over = true
      this.#controller.close()
    }
  }

  fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#controller.error(error)
  }
}
