/**
 * Ways past the queues of streams that are ours. A chunk that goes through a stream costs some ten promises and closures, and a byte
 * stream moves its memory to a new ArrayBuffer as well: for a message of 1 KiB that is as much as the rest of its way.
 *
 * Whoever goes past a stream has locked it first, so that nobody else is there. Errors, ends and cancelling stay the stream's.
 */

/** What a stream of bytes reads from. */
export interface DirectSource {
  /** Bytes in the stream's own queue. They come first: through the stream. */
  readonly queued: number
  /** Gives `take` the next chunk, maybe before it returns. Where none will come, the stream closes or errors, and `take` is forgotten. */
  read(take: (chunk: Uint8Array) => void): void
}

/** What a stream of bytes writes to. */
export interface DirectSink {
  /** Takes a chunk as the stream would; undefined: not now, it has to go through the stream. */
  write(chunk: Uint8Array): Promise<void> | undefined
}

const sources: WeakMap<object, DirectSource> = new WeakMap()
const sinks: WeakMap<object, DirectSink> = new WeakMap()

/** Tells what a stream reads from. */
export function offerSource(stream: object, source: DirectSource): void {
  sources.set(stream, source)
}

/** Tells what a stream writes to. */
export function offerSink(stream: object, sink: DirectSink): void {
  sinks.set(stream, sink)
}

/** The way past a stream that is read; undefined: there is none. */
export function directSource(stream: object): DirectSource | undefined {
  return sources.get(stream)
}

/** The way past a stream that is written to; undefined: there is none. */
export function directSink(stream: object): DirectSink | undefined {
  return sinks.get(stream)
}
