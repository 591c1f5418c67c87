/** A stream of bytes that is read one chunk at a time, past its queue where there is a way. */

import type { ByteSource } from '../bytes/bytes.ts'
import { directSource, type DirectSource } from './direct.ts'
import type { TakenReader, TakenWatcher } from './lazy-duplex.ts'

/** What is asked of a reader, as the Streams standard says. */
interface Reader {
  read(): Promise<ChunkResult>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}

/** What a read gives. */
export interface ChunkResult {
  readonly done: boolean
  readonly value?: ByteSource | undefined
}

/** Who reads. One of the two is called for each `read()`, maybe before that returns. */
export interface ChunkTaker {
  onResult(result: ChunkResult): void
  onError(error: unknown): void
}

export class ChunkSource implements TakenWatcher {
  readonly #reader: Reader
  readonly #direct: DirectSource | undefined
  readonly #taker: ChunkTaker
  readonly #onBytes = (value: Uint8Array): void => {
    this.#isAsked = false
    this.#taker.onResult({ done: false, value })
  }
  /** Somebody waits for what the stream itself does not know of. */
  #isAsked = false
  /** How the stream has ended. */
  #end: (() => void) | undefined
  #isReleased = false

  /** Locks the stream. */
  constructor(readable: { getReader(): Reader } | TakenReader, taker: ChunkTaker) {
    this.#taker = taker
    if ('source' in readable) {
      this.#reader = readable
      this.#direct = readable.source
      readable.watch(this)
    } else {
      this.#reader = readable.getReader()
      this.#direct = directSource(readable)
      if (this.#direct === undefined) return
      const { closed } = this.#reader as unknown as ReadableStreamDefaultReader
      closed.then(
        () => this.ended(),
        (error) => this.failed(error),
      )
    }
  }

  read(): void {
    const direct = this.#direct
    if (direct === undefined || direct.queued > 0) {
      this.#reader.read().then(
        (result) => this.#taker.onResult(result),
        (error) => this.#taker.onError(error),
      )
    } else if (this.#end !== undefined) {
      this.#end()
    } else {
      this.#isAsked = true
      direct.read(this.#onBytes)
    }
  }

  /** Cancels the stream; nothing is called any more. */
  cancel(reason: unknown): Promise<void> {
    const cancelled = this.#reader.cancel(reason)
    this.release()
    return cancelled
  }

  /** Unlocks the stream; nothing is called any more. */
  release(): void {
    this.#isReleased = true
    this.#reader.releaseLock()
  }

  /** The stream has ended. */
  ended(): void {
    this.#over(() => this.#taker.onResult({ done: true }))
  }

  /** The stream has failed. */
  failed(error: unknown): void {
    this.#over(() => this.#taker.onError(error))
  }

  #over(end: () => void): void {
    if (this.#isReleased) return
    this.#end = end
    if (!this.#isAsked) return
    this.#isAsked = false
    end()
  }
}
