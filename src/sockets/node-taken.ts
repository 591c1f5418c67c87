// A direction of a socket that was taken without its stream. The stream is made when something is wanted that only a stream
// does, or when somebody else asks for it: then it is locked, and its reader or writer is held here.

import type { TakenReader, TakenWatcher, TakenWriter } from '../streams/lazy-duplex.ts'
import type { NodeReadable } from './node-readable.ts'
import type { NodeWritable } from './node-writable.ts'

export class TakenReadable implements TakenReader {
  readonly source: NodeReadable
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #watcher: TakenWatcher | undefined

  constructor(source: NodeReadable) {
    this.source = source
  }

  watch(watcher: TakenWatcher): void {
    this.#watcher = watcher
  }

  read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    return this.#real.read()
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#real.cancel(reason)
  }

  releaseLock(): void {
    this.source.giveBack()
    this.#reader?.releaseLock()
  }

  /** The stream was made. */
  hold(stream: ReadableStream<Uint8Array>): void {
    this.#reader = stream.getReader()
  }

  /** The stream would have closed. */
  ended(): void {
    const watcher = this.#watcher
    if (watcher) queueMicrotask(() => watcher.ended())
    this.#watcher = undefined
  }

  /** The stream would have failed. */
  failed(error: unknown): void {
    const watcher = this.#watcher
    if (watcher) queueMicrotask(() => watcher.failed(error))
    this.#watcher = undefined
  }

  get #real(): ReadableStreamDefaultReader<Uint8Array> {
    if (this.#reader === undefined) void this.source.stream
    return this.#reader!
  }
}

export class TakenWritable implements TakenWriter {
  readonly sink: NodeWritable
  #writer: WritableStreamDefaultWriter<ArrayBufferView> | undefined
  #watcher: { failed(error: unknown): void } | undefined

  constructor(sink: NodeWritable) {
    this.sink = sink
  }

  watch(watcher: { failed(error: unknown): void }): void {
    this.#watcher = watcher
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#real.write(chunk)
  }

  close(): Promise<void> {
    return this.#real.close()
  }

  abort(reason?: unknown): Promise<void> {
    return this.#real.abort(reason)
  }

  /** The stream was made. */
  hold(stream: WritableStream<ArrayBufferView>): void {
    this.#writer = stream.getWriter()
    this.#writer.closed.catch((error: unknown) => this.#tell(error))
  }

  /** The stream would have failed. */
  failed(error: unknown): void {
    queueMicrotask(() => this.#tell(error))
  }

  #tell(error: unknown): void {
    this.#watcher?.failed(error)
    this.#watcher = undefined
  }

  get #real(): WritableStreamDefaultWriter<ArrayBufferView> {
    if (this.#writer === undefined) void this.sink.stream
    return this.#writer!
  }
}
