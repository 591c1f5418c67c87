/** What both directions share: a `Duplex` that is a `Transform` to whoever asks. */

import { Duplex, Transform, type DuplexOptions } from 'node:stream'
import { checkInteger, checkOptions } from '../codec/policies.ts'

/** Options that Node's streams have and that make sense here. */
export interface TransformOptions {
  /** Room of the writable side before `write()` returns false.
   * @defaultValue decoding: 64 KiB, counted in bytes; encoding: 16 frames */
  writableHighWaterMark?: number | undefined
  /** Room of the readable side: what is decoded, or encoded, ahead of whoever reads.
   * @defaultValue decoding: 16 frames; encoding: 64 KiB, counted in bytes */
  readableHighWaterMark?: number | undefined
  /** Destroys the stream with an AbortError when it is aborted.
   * @defaultValue none */
  signal?: AbortSignal | undefined
}

/** What Node wants to be called when a chunk, or the end, has been dealt with. */
export type Callback = (error?: Error | null) => void

/** Checks the options, and puts defaults where there are none. `more`: options that are not for Node. */
export function transformOptions(
  name: string,
  options: TransformOptions,
  more: readonly string[],
  defaults: DuplexOptions & { readonly readableHighWaterMark: number; readonly writableHighWaterMark: number },
): DuplexOptions {
  checkOptions(name, options, ['readableHighWaterMark', 'writableHighWaterMark', 'signal', ...more])
  const {
    readableHighWaterMark = defaults.readableHighWaterMark,
    writableHighWaterMark = defaults.writableHighWaterMark,
    signal,
  } = options
  checkInteger('readableHighWaterMark', readableHighWaterMark, 1)
  checkInteger('writableHighWaterMark', writableHighWaterMark, 1)
  return { ...defaults, readableHighWaterMark, writableHighWaterMark, ...(signal === undefined ? {} : { signal }) }
}

/** For a write that is never going to be dealt with, where `destroy` was given no reason: Node's own code. */
export function destroyed(): Error {
  return Object.assign(new Error('The stream was destroyed before this was written'), { code: 'ERR_STREAM_DESTROYED' })
}

/**
 * `Transform` calls back when all output of a chunk has been pushed, however much that is. These decide for themselves; so they inherit
 * the prototype of `Transform` and not its constructor, which would end the readable side on its own.
 */
export abstract class TransformBase extends Duplex {
  #failing = false

  /** Something failed, and frames or bytes from before that still wait to be read. */
  protected get failing(): boolean {
    return this.#failing
  }

  /** Fails when all that was pushed before has been read: `destroy`, and an error given to a callback, drop what waits. */
  protected failAfterRead(error: Error, fail: (error: Error) => void): void {
    if (this.#failing) return
    this.#failing = true
    if (this.readableLength === 0) {
      fail(error)
      return
    }
    // Nothing is pushed any more, so whoever takes what waits does it through `read`.
    this.read = (size?: number): unknown => {
      const chunk: unknown = super.read(size)
      if (this.readableLength === 0) {
        Reflect.deleteProperty(this, 'read')
        // Not before whoever reads has got this one.
        process.nextTick(() => fail(error))
      }
      return chunk
    }
  }
}

Object.setPrototypeOf(TransformBase.prototype, Transform.prototype)
