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
import { type ChunkResult, ChunkSource } from './chunk-source.ts'
import type { FramerCore } from './framer-core.ts'

/** Reads a stream to its end into a framer. Frames that came before an end or an error come first. */
export function feed<Frame>(core: FramerCore<Frame>, readable: ReadableStream<ByteSource>): void {
  const { sink } = core
  let isOver = false

  /** The framing has failed, or its frames are not wanted. */
  function fail(reason: unknown): void {
    if (isOver) return
    isOver = true
    source.cancel(reason).catch(ignore)
  }

  function leave(): void {
    isOver = true
    source.release()
  }

  function onResult({ done, value }: ChunkResult): void {
    if (isOver) return
    try {
      if (done) {
        leave()
        void (sink.close!() as Promise<void> | undefined)?.catch(ignore)
        return
      }
      const held = sink.write!(value as ByteSource, controller) as Promise<void> | undefined
      if (held === undefined) readOn()
      else held.then(readOn, fail)
    } catch (error) {
      fail(error)
    }
  }

  function onError(error: unknown): void {
    if (isOver) return
    leave()
    void sink.abort!(error)
  }

  function readOn(): void {
    if (!isOver) source.read()
  }

  const source = new ChunkSource(readable, onResult, onError)
  const controller = { error: fail } as WritableStreamDefaultController
  void sink.start!(controller)
  readOn()
}

/** Failures show on the frames. */
function ignore(): void {}
