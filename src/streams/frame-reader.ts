/** The reader of a framer's readable side: frames that are there come straight from the decoder. */

import { keepShape } from '../bytes/keep-shape.ts'
import type { FramerCore } from './framer-core.ts'
import type { Streams } from './implementation.ts'

type ReaderClass = typeof ReadableStreamDefaultReader

/** Makes the fast reader in the place of the stream's own. */
type MakeReader = <Frame>(
  stream: ReadableStream<Frame>,
  reader: ReadableStreamDefaultReader<Frame>,
  core: FramerCore<Frame>,
) => ReadableStreamDefaultReader<Frame>

/** For one implementation of the streams: which class its readers have shows on the first one. */
export function frameReaderClass(streams: Streams): MakeReader {
  let FrameReader: ReturnType<typeof extend> | undefined
  return (stream, reader, core) => {
    if (FrameReader === undefined) {
      FrameReader = extend(reader.constructor as ReaderClass)
      keepShape(new FrameReader(new streams.ReadableStream(), undefined as never))
    }
    reader.releaseLock()
    return new FrameReader(stream, core)
  }
}

function extend(Base: ReaderClass) {
  return class FrameReader<Frame> extends Base<Frame> {
    readonly #core: FramerCore<Frame>
    #isReleased = false

    constructor(stream: ReadableStream<Frame>, core: FramerCore<Frame>) {
      super(stream)
      this.#core = core
    }

    override read(): Promise<ReadableStreamReadResult<Frame>> {
      const frame = this.#isReleased ? undefined : this.#core.takeNow()
      if (frame !== undefined) return Promise.resolve({ value: frame, done: false })
      this.#core.willWait()
      return super.read()
    }

    override releaseLock(): void {
      super.releaseLock()
      if (!this.#isReleased) this.#core.waitsNoMore()
      this.#isReleased = true
    }
  }
}
