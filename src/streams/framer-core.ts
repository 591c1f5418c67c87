/**
 * What a framer does, between the two halves that the Streams standard gives it.
 *
 * ```
 *   write(chunk) ──► parser ──► pull(): one frame
 *        │             │
 *        └── waits ◄───┘   until all whole frames of the chunk have been asked for
 * ```
 *
 * A chunk counts as being written until the decoder has no more use for it without another one. So the writable side's queue
 * IS the incoming buffer: its `desiredSize` is the room left, and a peer who sends faster than anybody reads fills it and stops.
 */

import type { ByteSource } from '../bytes/bytes.ts'
import { FrameParser } from '../codec/frame-parser.ts'
import type { DirectSink, ReadSource } from './direct.ts'
import { FrameDeadline, frameTimedOut } from './frame-deadline.ts'
import { sizeOf, type Streams } from './implementation.ts'
import { RawRest } from './raw-rest.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { idleCodec } from '../codec/idle-codec.ts'

const NONE: readonly never[] = []

export class FramerCore<Frame> implements ReadSource<Frame>, DirectSink<ByteSource> {
  readonly parser: FrameParser<Frame>
  /** The writable side's: those who go past that count as it does. */
  strategy: QueuingStrategy<ByteSource> | undefined
  readonly #streams: Streams
  #readable!: ReadableStreamDefaultController<Frame>
  #writable!: WritableStreamDefaultController
  /** A frame is being waited for; and who gets it past the stream. */
  #demand = false
  #taker: ((frame: Frame) => void) | undefined
  /** Reads that wait in the stream's own line: nobody may overtake them. */
  #waiting = 0
  /** A frame has gone into the stream's own queue, and may still be there. */
  #mayQueue = false
  /** The readable side is closed or errored: no frame goes out any more. */
  #over = false
  #failed = false
  #error: unknown
  /** Frames that were taken from the decoder and come first: one that came out when the input ended and nobody had asked yet, and what was
   * given back. */
  #early: readonly Frame[] = NONE
  #isEnding = false
  /** The write, or the close, that waits for the buffer to empty, and what settles it. */
  #held: Promise<void> | undefined
  #heldSize = 0
  #release: (() => void) | undefined
  #refuse: ((reason: unknown) => void) | undefined
  #watchesAbort = false
  #rest: RawRest | undefined
  readonly #deadline: FrameDeadline | undefined

  constructor(parser: FrameParser<Frame>, streams: Streams, frameTimeout: number | undefined) {
    this.parser = parser
    this.#streams = streams
    if (frameTimeout !== undefined) this.#deadline = new FrameDeadline(frameTimeout, () => this.#late(frameTimeout))
  }

  // ---- readable side

  // What the readable stream calls: it has the core itself for its source.

  start(controller: ReadableStreamDefaultController<Frame>): void {
    this.#readable = controller
  }

  pull(): void {
    this.#demand = true
    this.#serve()
  }

  cancel(reason: unknown): void {
    this.#fail(reason)
  }

  /** A frame that is there now, without asking the stream for it; undefined also where others are waiting for one. */
  takeNow(): Frame | undefined {
    if (!this.mayTake) return undefined
    try {
      return this.#take()
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  /** The frames that are there now, at most `most`, with `first` before them. */
  takeMany(most: number, first?: Frame): Frame[] {
    const before = first === undefined ? [] : [first]
    if (!this.mayTake) return before
    try {
      const early = this.#early
      const room = most - before.length
      const batch = early.length > 0 ? [...before, ...early.slice(0, room)] : this.parser.takeMany(most, first)
      if (early.length > 0) this.#early = early.slice(room)
      this.#letGoIfEmpty()
      return batch
    } catch (error) {
      this.#fail(error)
      return before
    }
  }

  /** Frames that were taken, and not wanted yet: see DirectSource. */
  giveBack(frames: readonly Frame[]): void {
    this.#early = [...frames, ...this.#early]
  }

  /** A read goes the stream's own way, and waits unless a frame is in the stream's queue. */
  willWait(): void {
    if (!this.#over && !this.#isQueued) this.#waiting++
  }

  /** The reader has left, and its reads with it. */
  waitsNoMore(): void {
    this.#waiting = 0
  }

  /** Whether nobody waits, and no frame is in the stream's queue: what comes next may go past the stream. */
  get mayTake(): boolean {
    return !this.#demand && this.#waiting === 0 && !this.#over && !this.#isQueued
  }

  /** Frames in the stream's own queue: a read that was abandoned leaves one there. */
  get queued(): number {
    return this.#over ? 1 : -(this.#readable.desiredSize ?? 0)
  }

  get #isQueued(): boolean {
    if (this.#mayQueue) this.#mayQueue = this.queued > 0
    return this.#mayQueue
  }

  /** Reads past the stream: see DirectSource. */
  read(take: (frame: Frame) => void): void {
    this.#taker = take
    this.#demand = true
    this.#serve()
  }

  forget(): void {
    this.#taker = undefined
  }

  /** What comes after framing is over, as raw bytes. */
  get rest(): ReadableStream<Uint8Array> {
    return this.#raw().stream
  }

  // ---- writable side

  /** What the writable stream calls, or whoever writes in its place. */
  get sink(): UnderlyingSink<ByteSource> {
    return new FramerCore.#Input(this as unknown as FramerCore<unknown>)
  }

  static readonly #Input = class implements UnderlyingSink<ByteSource> {
    readonly #core: FramerCore<unknown>

    constructor(core: FramerCore<unknown>) {
      this.#core = core
    }

    start(controller: WritableStreamDefaultController): void {
      this.#core.#writable = controller
    }

    write(chunk: ByteSource): Promise<void> | undefined {
      const core = this.#core
      if (core.#failed) throw core.#error
      try {
        core.parser.push(chunk)
      } catch (error) {
        core.#fail(error)
        throw error
      }
      return core.#settleInput()
    }

    close(): Promise<void> | undefined {
      const core = this.#core
      if (core.#failed) throw core.#error
      core.#isEnding = true
      core.parser.end()
      if (!core.#demand && !core.#over && core.parser.pending === 0) core.#finishEarly()
      return core.#settleInput()
    }

    abort(reason: unknown): void {
      this.#core.#fail(reason)
    }
  }

  get isOpen(): boolean {
    return !this.#failed && !this.#isEnding
  }

  get highWaterMark(): number {
    return this.strategy?.highWaterMark ?? 1
  }

  get room(): number {
    return this.isOpen ? this.highWaterMark - this.#heldSize : 0
  }

  /** Writes past the stream: see DirectSink. */
  write(chunk: ByteSource): Promise<void> | undefined | false {
    if (!this.isOpen) return false
    try {
      this.parser.push(chunk)
      const held = this.#settleInput()
      if (held !== undefined) this.#heldSize += sizeOf(chunk, this.strategy)
      return held
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  /** Serves those who wait, and holds the write back while frames are left that nobody wants yet. */
  #settleInput(): Promise<void> | undefined {
    if (this.#over) this.#rest?.serve()
    else this.#serve()
    if (this.#failed) throw this.#error
    if (this.parser.pending === 0 ? this.#over || this.#early.length === 0 : this.#demand) return undefined
    return (this.#held ??= new Promise((resolve, reject) => {
      this.#release = resolve
      this.#refuse = reject
      this.#unblockOnAbort()
    }))
  }

  /** `abort` waits for the write that is under way, which may wait for a reader who never comes: do not keep it waiting. */
  #unblockOnAbort(): void {
    if (this.#watchesAbort) return
    this.#watchesAbort = true
    const { signal } = this.#writable
    signal?.addEventListener('abort', () => this.#refuseWrite(signal.reason), { once: true })
  }

  // ---- between

  #take(): Frame | undefined {
    const frame = this.#early.length === 0 ? this.parser.take() : this.#takeEarly()
    this.#letGoIfEmpty()
    return frame
  }

  #takeEarly(): Frame | undefined {
    const [frame, ...others] = this.#early
    this.#early = others
    return frame
  }

  #serve(): void {
    while (this.#demand && !this.#over) {
      let frame: Frame | undefined
      try {
        frame = this.#take()
      } catch (error) {
        this.#fail(error)
        return
      }
      if (frame === undefined) {
        if (this.parser.done) this.#finish()
        else this.#needMore()
        return
      }
      this.#demand = false
      this.#deadline?.stop()
      this.#deliver(frame)
    }
  }

  #deliver(frame: Frame): void {
    const take = this.#taker
    if (take === undefined) {
      if (this.#waiting > 0) this.#waiting--
      else this.#mayQueue = true
      this.#readable.enqueue(frame)
    } else {
      this.#taker = undefined
      take(frame)
    }
  }

  /** Somebody waits, and what has arrived is not enough: now it is the peer's turn. */
  #needMore(): void {
    if (this.#deadline !== undefined) {
      const { pending, bytesIn } = this.parser.stats
      if (pending > 0) this.#deadline.start(bytesIn - pending)
      else this.#deadline.stop()
    }
    this.#letGo()
  }

  #late(frameTimeout: number): void {
    const { pending, bytesIn } = this.parser.stats
    this.#fail(frameTimedOut(frameTimeout, pending, bytesIn))
  }

  /** The input has ended with nothing left over: there is no need to wait for a reader to find that out. */
  // oxlint-disable-next-line no-unused-private-class-members -- used in the class within this one
  #finishEarly(): void {
    const frame = this.takeNow()
    if (frame !== undefined) this.giveBack([frame])
    else if (this.parser.done) this.#finish()
  }

  /** No frame will follow. What is left, and still to come, is for `rest`. */
  #finish(): void {
    this.#over = true
    this.#demand = false
    this.#deadline?.stop()
    this.#readable.close()
    if (this.parser.pending === 0) this.#letGo()
    this.#rest?.serve()
  }

  /** The chunk is used up to its last byte: its writer need not wait until somebody asks for more. */
  #letGoIfEmpty(): void {
    if (this.#release !== undefined && this.parser.pending === 0 && this.#early.length === 0) this.#letGo()
  }

  #letGo(): void {
    this.#release?.()
    this.#held = this.#release = this.#refuse = undefined
    this.#heldSize = 0
  }

  #refuseWrite(error: unknown): void {
    this.#refuse?.(error)
    this.#held = this.#release = this.#refuse = undefined
  }

  /** Both sides are over: the bytes were wrong, or one side was cancelled or aborted. */
  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#error = error
    this.#deadline?.stop()
    if (!this.#over) this.#readable.error(error)
    this.#over = true
    this.#demand = false
    this.#rest?.fail(error)
    this.#writable.error(error)
    this.#refuseWrite(error)
  }

  #raw(): RawRest {
    this.#rest ??= new RawRest(this.#streams, {
      take: () => {
        if (!this.#over || this.parser.pending === 0) return undefined
        const bytes = this.parser.rest()
        this.#letGo()
        return bytes
      },
      ended: () => this.#over && this.parser.ended,
      cancel: (reason) => this.#fail(reason),
    })
    if (this.#failed) this.#rest.fail(this.#error)
    return this.#rest
  }
}

const idle = new FramerCore(new FrameParser(idleCodec), undefined as never, undefined)
keepShape(idle, idle.sink)
