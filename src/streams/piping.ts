/** Readable streams of ours: what they are piped into may be one of ours, too, and then the pipe goes past the queues of both. */

import { fuse, type PipeSettings } from './fused-pipe.ts'
import type { Streams } from './implementation.ts'

const classes: WeakMap<object, typeof ReadableStream> = new WeakMap()

/** The `ReadableStream` of an implementation with pipes that are fused where they can be. */
export function pipingClass(streams: Streams): typeof ReadableStream {
  let known = classes.get(streams.ReadableStream)
  if (known === undefined) classes.set(streams.ReadableStream, (known = makeClass(streams)))
  return known
}

function makeClass(streams: Streams): typeof ReadableStream {
  return class ReadableStream<Item> extends streams.ReadableStream<Item> {
    override pipeTo(destination: WritableStream<Item>, options?: StreamPipeOptions): Promise<void> {
      let settings: PipeSettings | undefined
      try {
        settings = readOptions(options)
      } catch (error) {
        return Promise.reject(error)
      }
      const fused = settings && fuse(streams, this, destination, settings)
      return fused ?? super.pipeTo(destination, (settings as StreamPipeOptions | undefined) ?? options)
    }

    override pipeThrough<Out>(
      transform: ReadableWritablePair<Out, Item>,
      options?: StreamPipeOptions,
    ): globalThis.ReadableStream<Out> {
      if (!isObject(transform)) return super.pipeThrough(transform, options)
      const { readable, writable } = transform
      const settings = readOptions(options)
      const isStream = readable instanceof streams.ReadableStream
      const fused = isStream && settings ? fuse(streams, this, writable, settings) : undefined
      if (fused === undefined)
        return super.pipeThrough({ readable, writable }, (settings as StreamPipeOptions | undefined) ?? options)
      // A failure shows on the streams.
      fused.catch(() => {})
      return readable
    }
  } as unknown as typeof ReadableStream
}

/** The options in the order in which the standard reads them, once; undefined: they are none, and the platform says so. */
function readOptions(options: StreamPipeOptions | undefined): PipeSettings | undefined {
  if (options !== undefined && options !== null && !isObject(options)) return undefined
  const { preventAbort, preventCancel, preventClose, signal } = (options ?? {}) as Record<keyof PipeSettings, unknown>
  return {
    preventAbort: Boolean(preventAbort),
    preventCancel: Boolean(preventCancel),
    preventClose: Boolean(preventClose),
    signal: signal as AbortSignal | undefined,
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
