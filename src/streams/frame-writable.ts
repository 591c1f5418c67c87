/**
 * The writable side of an encoder, with a writer that puts frames straight into the outgoing buffer.
 *
 * ```
 *   write() ──┬─ there is room, nobody is before us ──► encoder      no queue, no controller
 *             └─ else ────────────────────────────────► the stream's own way
 * ```
 */

import type { EncoderCore } from './encoder-core.ts'
import { fusing } from './fused-pipe.ts'
import type { Streams } from './implementation.ts'

type WriterClass = typeof WritableStreamDefaultWriter
type FrameWritableClass = new <Frame>(
  core: EncoderCore<Frame>,
  strategy: QueuingStrategy<Frame>,
) => WritableStream<Frame>

const done: Promise<void> = Promise.resolve()
const classes: WeakMap<object, FrameWritableClass> = new WeakMap()

/** The class of writable sides over one implementation of the streams. */
export function frameWritableClass(streams: Streams): FrameWritableClass {
  let known = classes.get(streams.WritableStream)
  if (known === undefined) classes.set(streams.WritableStream, (known = makeClass(streams)))
  return known
}

function makeClass(streams: Streams): FrameWritableClass {
  let known: ReturnType<typeof makeWriter> | undefined
  return class FrameWritable<Frame> extends streams.WritableStream<Frame> {
    readonly #core: EncoderCore<Frame>

    constructor(core: EncoderCore<Frame>, strategy: QueuingStrategy<Frame>) {
      super(core.sink, strategy)
      this.#core = core
    }

    override close(): Promise<void> {
      if (!this.locked) this.#core.shut()
      return super.close()
    }

    override abort(reason?: unknown): Promise<void> {
      if (!this.locked) this.#core.shut()
      return super.abort(reason)
    }

    override getWriter(): WritableStreamDefaultWriter<Frame> {
      const writer = super.getWriter()
      if (!fusing.isOn) return writer
      // Which class writers have shows on the first one.
      known ??= makeWriter(writer.constructor as WriterClass, streams)
      writer.releaseLock()
      return new known.FrameWriter(this, this.#core)
    }
  }
}

/** `idle` keeps the shape (see bytes/keep-shape.ts), and goes away with the implementation. */
function makeWriter(Base: WriterClass, streams: Streams) {
  const FrameWriter = writerClass(Base)
  return { FrameWriter, idle: new FrameWriter(new streams.WritableStream(), undefined as never) }
}

function writerClass(Base: WriterClass) {
  return class FrameWriter<Frame> extends Base<Frame> {
    readonly #core: EncoderCore<Frame>
    #isReleased = false

    constructor(stream: WritableStream<Frame>, core: EncoderCore<Frame>) {
      super(stream)
      this.#core = core
    }

    override get desiredSize(): number | null {
      const size = super.desiredSize
      return size === null ? null : size - this.#core.fresh
    }

    override write(frame?: Frame): Promise<void> {
      if (!this.#isReleased) {
        if (this.#core.takeNow(frame as Frame)) return done
        this.#core.willQueue()
      }
      return super.write(frame)
    }

    override close(): Promise<void> {
      if (!this.#isReleased) this.#core.shut()
      return super.close()
    }

    override abort(reason?: unknown): Promise<void> {
      if (!this.#isReleased) this.#core.shut()
      return super.abort(reason)
    }

    override releaseLock(): void {
      super.releaseLock()
      this.#isReleased = true
    }
  }
}
