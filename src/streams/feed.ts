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
import type { FramerCore } from './framer-core.ts'

/** Reads a stream to its end into a framer. Frames that came before an end or an error come first. */
export function feed<Frame>(core: FramerCore<Frame>, readable: ReadableStream<ByteSource>): void {
  const { sink } = core
  const reader = readable.getReader()
  let isOver = false

  function leave(): void {
    isOver = true
    reader.releaseLock()
  }

  // The framing has failed, or its frames are not wanted.
  function fail(reason: unknown): void {
    if (isOver) return
    reader.cancel(reason).catch(ignore)
    leave()
  }

  function onChunk({ done, value }: ReadableStreamReadResult<ByteSource>): void {
    if (isOver) return
    try {
      if (done) {
        leave()
        void (sink.close!() as Promise<void> | undefined)?.catch(ignore)
        return
      }
      const held = sink.write!(value, controller) as Promise<void> | undefined
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
    if (!isOver) reader.read().then(onChunk, onError)
  }

  const controller = { error: fail } as WritableStreamDefaultController
  void sink.start!(controller)
  readOn()
}

/** Failures show on the frames. */
function ignore(): void {}
