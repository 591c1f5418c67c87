/** The reader of a framer's readable side: frames that are there come straight from the decoder. */

import type { ReadSource } from './direct.ts'
import { FrameLine } from './frame-line.ts'
import type { Streams } from './implementation.ts'

type ReaderClass = typeof ReadableStreamDefaultReader

/** Makes the fast reader in the place of the stream's own. */
type MakeReader = <Frame>(
  stream: ReadableStream<Frame>,
  reader: ReadableStreamDefaultReader<Frame>,
  core: ReadSource<Frame>,
) => ReadableStreamDefaultReader<Frame>

/** For one implementation of the streams: which class its readers have shows on the first one. */
export function frameReaderClass(streams: Streams): MakeReader {
  let known: ReturnType<typeof make> | undefined
  return (stream, reader, core) => {
    known ??= make(reader.constructor as ReaderClass, streams)
    reader.releaseLock()
    return new known.FrameReader(stream, core)
  }
}

/** `idle` keeps the shape (see bytes/keep-shape.ts), and goes away with the implementation. */
function make(Base: ReaderClass, streams: Streams) {
  const FrameReader = extend(Base)
  return { FrameReader, idle: new FrameReader(new streams.ReadableStream(), undefined as never) }
}

function extend(Base: ReaderClass) {
  return class FrameReader<Frame> extends Base<Frame> {
    readonly #core: ReadSource<Frame>
    /** Reads that wait for the decoder; made for the first one. */
    #line: FrameLine<Frame, Frame> | undefined
    #isReleased = false

    constructor(stream: ReadableStream<Frame>, core: ReadSource<Frame>) {
      super(stream)
      this.#core = core
    }

    override read(): Promise<ReadableStreamReadResult<Frame>> {
      if (this.#isReleased) return super.read()
      const line = this.#line
      if (line !== undefined && line.length > 0) return line.wait()
      const core = this.#core
      const frame = core.takeNow()
      if (frame !== undefined) return Promise.resolve({ value: frame, done: false })
      if (core.mayTake) return this.#lineAt(core).wait()
      core.willWait()
      return super.read()
    }

    override releaseLock(): void {
      super.releaseLock()
      if (this.#isReleased) return
      this.#isReleased = true
      this.#core.waitsNoMore()
      this.#line?.fail(new TypeError('The reader was released'))
    }

    #lineAt(core: ReadSource<Frame>): FrameLine<Frame, Frame> {
      return (this.#line ??= new FrameLine<Frame, Frame>(core, this.closed, itself, nothing))
    }
  }
}

function itself<Frame>(frame: Frame): Frame {
  return frame
}

function nothing(): void {}
