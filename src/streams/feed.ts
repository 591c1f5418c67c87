/**
 * What `readable.pipeTo(framer.writable)` does, without the writable side between: its queue, and several promises for every chunk, are
 * not needed where one loop is all that writes.
 *
 * ```
 *   readable ──► read() ──► FramerCore: parser ──► frames
 *                  └──── when the frames of the chunk before have been asked for
 * ```
 */

import type { ByteSource } from '../bytes/bytes.ts'
import { type ChunkResult, ChunkSource, type ChunkTaker } from './chunk-source.ts'
import type { FramerCore } from './framer-core.ts'
import type { TakenReader } from './lazy-duplex.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** Reads a stream to its end into a framer. Frames that came before an end or an error come first. */
export function feed<Frame>(core: FramerCore<Frame>, readable: ReadableStream<ByteSource> | TakenReader): void {
  new Feed(core.sink, readable).start()
}

/** One object for all of it: functions of each connection would be several hundred bytes more. */
class Feed implements ChunkTaker {
  readonly #sink: UnderlyingSink<ByteSource>
  readonly #source: ChunkSource
  #isOver = false

  constructor(sink: UnderlyingSink<ByteSource>, readable: ReadableStream<ByteSource> | TakenReader) {
    this.#sink = sink
    this.#source = new ChunkSource(readable, this)
  }

  start(): void {
    void this.#sink.start!(this.#controller)
    this.#readOn()
  }

  /** The framing has failed, or its frames are not wanted: what a controller is told. */
  error(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source.cancel(reason).catch(ignore)
  }

  onResult({ done, value }: ChunkResult): void {
    if (this.#isOver) return
    try {
      if (done) {
        this.#leave()
        void (this.#sink.close!() as Promise<void> | undefined)?.catch(ignore)
        return
      }
      const held = this.#sink.write!(value as ByteSource, this.#controller) as Promise<void> | undefined
      if (held === undefined) this.#readOn()
      else
        held.then(
          () => this.#readOn(),
          (error: unknown) => this.error(error),
        )
    } catch (error) {
      this.error(error)
    }
  }

  onError(error: unknown): void {
    if (this.#isOver) return
    this.#leave()
    void this.#sink.abort!(error)
  }

  get #controller(): WritableStreamDefaultController {
    return this as unknown as WritableStreamDefaultController
  }

  #leave(): void {
    this.#isOver = true
    this.#source.release()
  }

  #readOn(): void {
    if (!this.#isOver) this.#source.read()
  }
}

/** Failures show on the frames. */
function ignore(): void {}

const nobody = { source: undefined, watch() {} } as unknown as TakenReader
keepShape(new Feed(undefined as never, nobody))
