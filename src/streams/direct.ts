/**
 * Ways past the queues of streams that are ours. An item that goes through a stream costs some ten promises and closures, and a byte
 * stream moves its memory to a new ArrayBuffer as well: for a message of 1 KiB that is as much as the rest of its way.
 *
 * Whoever goes past a stream has locked it first, so that nobody else is there. Errors, ends and cancelling stay the stream's.
 */

/** What a stream reads from: a socket, the decoder of a framer, the encoder of an encoder. */
export interface DirectSource<Item = Uint8Array> {
  /** What is in the stream's own queue: it comes first, through the stream. Above 0 also at the end of the stream, which is there, too. */
  readonly queued: number
  /** The item that was given last may be memory of somebody who waits for it: he is told that it is free when the next one is asked for. */
  readonly isLending?: boolean
  /** An item that is there now, and nothing before it in the stream's queue. */
  takeNow?(): Item | undefined
  /** Those that are there now, at most `most`. */
  takeMany?(most: number): Item[]
  /** The last of them were not wanted yet: they come first, next time. */
  giveBack?(items: readonly Item[]): void
  /** Gives `take` the next item, maybe before it returns. Where none will come, the stream closes or errors, and `take` is forgotten. */
  read(take: (item: Item) => void): void
  /** The read that is under way is given up: what comes is the stream's. */
  forget(): void
  /** The item that was given last has been written, and nobody holds it: its memory may be used again. */
  takeBack?(item: Item): void
}

/** A source whose stream has readers and loops of ours (see FrameReadable): they take an item past the stream where nobody is before them, and
 * read it through the stream else. */
export interface ReadSource<Item> extends DirectSource<Item>, UnderlyingDefaultSource<Item> {
  /** Whether nobody waits, and nothing is in the stream's queue: what comes next may go past the stream. */
  readonly mayTake: boolean
  /** An item that is there now; undefined also where others are waiting for one. */
  takeNow(): Item | undefined
  /** Those that are there now, at most `most`, with `first` before them. */
  takeMany?(most: number, first?: Item): Item[]
  /** A read goes the stream's own way, and waits unless an item is in the stream's queue. */
  willWait(): void
  /** The reader has left, and its reads with it. */
  waitsNoMore(): void
}

/** What a stream writes to: a socket, the decoder of a framer, the encoder of an encoder. */
export interface DirectSink<Item = Uint8Array> {
  /** Whether the stream can be written to: it is not about to close, and has not failed. */
  readonly isOpen: boolean
  /** Whether nobody holds an item any more that is written: the kernel has a copy. */
  readonly letsGo?: boolean
  /** How much the stream takes before backpressure sets in. */
  readonly highWaterMark: number
  /** What is left of that, as the stream's `desiredSize` says it: at 0 and below nothing more should be written. */
  readonly room: number
  /** Takes an item as the stream would, and tells when it would be written: now (undefined), or later. False: it has to go through the
   * stream, as others are before it there; or for its error. */
  write(item: Item): Promise<void> | undefined | false
  /** For how many items like the last one there is room at once. */
  readonly roomForMany?: number
  /** Writes items in turn while there is room: how many it took, and what `write` would say of the last one. One that fails was taken. */
  writeMany?(items: readonly Item[]): { readonly taken: number; readonly written: Promise<void> | undefined | false }
  /** No more items at present: what was kept to leave together leaves. */
  sendGathered?(): void
}

const sources: WeakMap<object, DirectSource<unknown>> = new WeakMap()
const sinks: WeakMap<object, DirectSink<never>> = new WeakMap()
const done: Promise<void> = Promise.resolve()

/** Tells what a stream reads from. */
export function offerSource(stream: object, source: DirectSource<unknown>): void {
  sources.set(stream, source)
}

/** Tells what a stream writes to. */
export function offerSink(stream: object, sink: DirectSink<never>): void {
  sinks.set(stream, sink)
}

/** The way past a stream that is read; undefined: there is none. */
export function directSource<Item = Uint8Array>(stream: object): DirectSource<Item> | undefined {
  return sources.get(stream) as DirectSource<Item> | undefined
}

/** The way past a stream that is written to; undefined: there is none. */
export function directSink<Item = Uint8Array>(stream: object): DirectSink<Item> | undefined {
  return sinks.get(stream)
}

/** Writes past the stream, or through it. */
export function writeDirect(
  direct: DirectSink | undefined,
  writer: { write(chunk: Uint8Array): Promise<void> },
  chunk: Uint8Array,
): Promise<void> {
  const written = direct === undefined ? false : direct.write(chunk)
  return written === false ? writer.write(chunk) : (written ?? done)
}
