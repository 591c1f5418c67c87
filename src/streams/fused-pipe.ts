/**
 * A pipe between two streams that are ours, past the queues of both.
 *
 * ```
 *   readable ── reader ──┐  locks, ends, errors, cancel, abort  ┌── writer ── writable
 *   source ──────────────┴─────────────► items ─────────────────┴──────────► sink
 * ```
 *
 * It does what the standard's ReadableStreamPipeTo says, in its words. One thing is better: the abort of a signal does not wait for a
 * write that is under way, which may be stuck for ever.
 */

import { directSink, directSource, type DirectSink, type DirectSource } from './direct.ts'
import type { Streams } from './implementation.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** The options of `pipeTo`, read. */
export interface PipeSettings {
  readonly preventAbort: boolean
  readonly preventCancel: boolean
  readonly preventClose: boolean
  readonly signal: AbortSignal | undefined
}

/** For tests: whether pipes are fused at all, and readers of frames and writers go past their streams' queues. */
export const fusing: { isOn: boolean } = { isOn: true }

/** Pipes past the queues of the two streams; undefined: that cannot be, here the stream's own `pipeTo` is right. */
export function fuse<Item>(
  streams: Streams,
  readable: ReadableStream<Item>,
  writable: WritableStream<Item>,
  settings: PipeSettings,
): Promise<void> | undefined {
  const { signal } = settings
  if (!fusing.isOn || !(writable instanceof streams.WritableStream)) return undefined
  if (signal !== undefined && !(signal instanceof AbortSignal)) return undefined
  const source = directSource<Item>(readable)
  const sink = directSink<Item>(writable)
  if (source === undefined || sink?.isOpen !== true || readable.locked || writable.locked) return undefined
  return new Promise((resolve, reject) => {
    const settle = (failure: Failure | undefined): void => (failure === undefined ? resolve() : reject(failure.error))
    new FusedPipe(readable.getReader(), source, writable.getWriter(), sink, settings, settle).start()
  })
}

/** An error; undefined is one, too. */
interface Failure {
  readonly error: unknown
}

class FusedPipe<Item> {
  readonly #reader: ReadableStreamDefaultReader<Item>
  readonly #source: DirectSource<Item>
  readonly #writer: WritableStreamDefaultWriter<Item>
  readonly #sink: DirectSink<Item>
  readonly #settings: PipeSettings
  readonly #settle: (failure: Failure | undefined) => void
  /** The source has been asked for an item. */
  #isReading = false
  #isRunning = false
  /** Nothing is read any more. */
  #isShuttingDown = false
  /** Items that were read and are not written yet, and those of them that go through the stream: nothing may overtake these. */
  #writing = 0
  #inStream = 0
  /** Nobody has left anything in the stream's queue. */
  #isQueueKnown = false
  /** What is to be done when everything is written. */
  #whenWritten: (() => void) | undefined

  constructor(
    reader: ReadableStreamDefaultReader<Item>,
    source: DirectSource<Item>,
    writer: WritableStreamDefaultWriter<Item>,
    sink: DirectSink<Item>,
    settings: PipeSettings,
    settle: (failure: Failure | undefined) => void,
  ) {
    this.#reader = reader
    this.#source = source
    this.#writer = writer
    this.#sink = sink
    this.#settings = settings
    this.#settle = settle
  }

  start(): void {
    const [reader, writer] = [this.#reader, this.#writer]
    const { preventAbort, preventCancel, preventClose, signal } = this.#settings
    this.#isQueueKnown = writer.desiredSize === this.#sink.highWaterMark
    reader.closed.then(
      () => this.#shutDown(preventClose ? undefined : () => this.#close()),
      (error) => this.#shutDown(preventAbort ? undefined : () => writer.abort(error), { error }),
    )
    const backward = (error: unknown): void =>
      this.#shutDown(preventCancel ? undefined : () => this.#cancel(error), { error }, 'at once')
    writer.closed.then(() => backward(new TypeError('The destination of the pipe has closed')), backward)
    if (signal?.aborted === true) this.#onSignal()
    else signal?.addEventListener('abort', this.#onSignal)
    // A stream that was made just now has started by then.
    queueMicrotask(() => this.#run())
  }

  // ---- items

  /** Passes on what is there while there is room for it; then waits for the one or the other. */
  #run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    while (!this.#isReading && !this.#isShuttingDown && this.#room > 0 && !this.#isBorrowing) {
      const item = this.#source.takeNow?.()
      if (item === undefined) this.#read()
      else this.#write(item)
    }
    this.#isRunning = false
    this.#sink.sendGathered?.()
  }

  get #mustQueue(): boolean {
    return this.#inStream > 0 || !this.#isQueueKnown
  }

  /** What is being written is memory of somebody who waits for it. */
  get #isBorrowing(): boolean {
    return this.#writing > 0 && this.#source.isLending === true
  }

  get #room(): number {
    return this.#mustQueue ? (this.#writer.desiredSize ?? 0) : this.#sink.room
  }

  #read(): void {
    this.#isReading = true
    if (this.#source.queued <= 0) this.#source.read(this.#take, this.#sink.takesApart)
    else void this.#readQueued()
  }

  async #readQueued(): Promise<void> {
    this.#writing++
    try {
      const { done, value } = await this.#reader.read()
      if (!done) this.#take(value)
    } catch {
      // The stream has failed, and says so itself.
    }
    this.#wrote()
  }

  readonly #take = (item: Item): void => {
    this.#isReading = false
    this.#write(item)
    this.#run()
  }

  #write(item: Item): void {
    const written = this.#mustQueue ? false : this.#sink.write(item)
    if (written === undefined) return this.#letGo(item)
    this.#writing++
    if (written !== false) {
      const wrote = (): void => {
        this.#letGo(item)
        this.#wrote()
      }
      return void written.then(wrote, this.#wrote)
    }
    this.#inStream++
    this.#writer.write(item).then(this.#wroteInStream, this.#wroteInStream)
  }

  /** An item is written: its memory can be used again, unless somebody else has it now. */
  #letGo(item: Item): void {
    if (this.#sink.letsGo === true) this.#source.takeBack?.(item)
  }

  readonly #wroteInStream = (): void => {
    this.#isQueueKnown = --this.#inStream === 0
    this.#wrote()
  }

  /** One is written, or has failed: then the stream tells why. */
  readonly #wrote = (): void => {
    this.#writing--
    if (!this.#isShuttingDown) this.#run()
    else if (this.#writing === 0) this.#whenWritten?.()
  }

  // ---- the end

  readonly #onSignal = (): void => {
    const { preventAbort, preventCancel, signal } = this.#settings
    const error: unknown = signal?.reason
    const actions = (): Promise<unknown> =>
      Promise.all([
        preventAbort ? undefined : this.#writer.abort(error),
        preventCancel ? undefined : this.#cancel(error),
      ])
    this.#shutDown(actions, { error }, 'at once')
  }

  /** Reads no more, and ends when what was read is written and `action` is done. */
  #shutDown(action: (() => Promise<unknown>) | undefined, failure?: Failure, when?: 'at once'): void {
    if (this.#isShuttingDown) return
    this.#isShuttingDown = true
    this.#source.forget()
    const act = (): void => {
      this.#whenWritten = undefined
      if (action === undefined) return this.#finish(failure)
      action().then(
        () => this.#finish(failure),
        (error: unknown) => this.#finish({ error }),
      )
    }
    if (this.#writing === 0 || when === 'at once') act()
    else this.#whenWritten = act
  }

  async #close(): Promise<void> {
    try {
      await this.#writer.close()
    } catch {
      // The stream's own error, where it has failed before.
      await this.#writer.closed
    }
  }

  /** Only a source that has failed rejects it, and then it is over anyway. */
  #cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason).catch(() => {})
  }

  #finish(failure: Failure | undefined): void {
    this.#writer.releaseLock()
    this.#reader.releaseLock()
    this.#settings.signal?.removeEventListener('abort', this.#onSignal)
    this.#settle(failure)
  }
}

const nothing = undefined as never
keepShape(new FusedPipe(nothing, nothing, nothing, nothing, nothing, nothing))
