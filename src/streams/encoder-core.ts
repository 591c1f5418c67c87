/**
 * What an encoder does, between those who write frames and the transport that takes bytes.
 *
 * ```
 *   write(frame) ──► ByteSink ──► one chunk, when the transport asks
 * ```
 *
 * While the transport is busy frames gather, and leave together when it asks again: a thousand small frames are one system call,
 * and a lone frame is never delayed. Above 64 KiB the writer waits.
 *
 * A large frame is not copied. Its memory is lent to the transport, and the writer waits until that has asked for what comes after it:
 *
 * ```
 *   write(frame) ──► [ head ] ──► [ the frame's own memory ] ──► ready() ──► the write is over
 * ```
 */

import { ByteSink } from '../bytes/byte-sink.ts'
import { toBytes } from '../bytes/bytes.ts'
import { Slabs } from '../bytes/slabs.ts'
import type { Codec, Encoder } from '../codec/codec.ts'
import { numberFrame } from '../codec/framing-error.ts'
import type { DirectSink } from './direct.ts'
import { DEFAULT_HIGH_WATER_MARK, frameSize, sizeOf } from './implementation.ts'

import { atEndOfTurn } from './turn.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { idleCodec } from '../codec/idle-codec.ts'

/** Where encoded chunks go. */
export interface Transport {
  /** Takes a chunk, also one it has not asked for at the very end. It calls `ready()` when it wants the next one, and has no more use for
   * the memory of this. */
  send(chunk: Uint8Array): void
  /** All has been sent: the end. */
  end(): Promise<void> | undefined
  /** Nothing more will be sent; `reason` is an encoder's error, or what the stream was aborted with. */
  abort(reason: unknown): Promise<void> | undefined
}

/** From how many bytes on a frame is not copied: such a one fills the usual queue of a transport by itself, so that this asks for more only
 * when it has written it. Smaller ones are sent faster together, in copies: a chunk of its own is a system call of its own. */
export const PASS_FROM: number = DEFAULT_HIGH_WATER_MARK

const soon: Promise<void> = Promise.resolve()

export class EncoderCore<Frame> implements DirectSink<Frame> {
  readonly #encoder: Encoder<Frame>
  readonly #transport: Transport
  readonly #slabs: Slabs = new Slabs()
  readonly #out: ByteSink
  #writable!: WritableStreamDefaultController
  #frames = 0
  /** Bytes of the frame that was encoded last. */
  #size = Infinity
  /** The transport wants a chunk. */
  #asked: boolean
  #failed = false
  #error: unknown
  #aborted: Promise<void> | undefined
  #isEnding = false
  /** The transport has memory of a frame that is not copied. */
  #hasLent = false
  /** A frame has left in this turn; what gathers behind it will leave at its end. */
  #isLeaving = false
  /** The write that waits for room, and what settles it. */
  #held: Promise<void> | undefined
  #heldSize = 0
  #release: (() => void) | undefined
  #refuse: ((reason: unknown) => void) | undefined
  #watchesAbort = false
  /** The stream will close, or was aborted: it takes no frame any more. */
  #isShut = false
  /** Frames in the stream's queue: nobody may overtake them. */
  #queued = 0
  /** The frame that the stream writes next is encoded already. */
  #isAhead = false
  /** What frames taken past the queue would count there: a stream writes nothing before the next microtask. */
  #fresh = 0

  readonly #strategy: QueuingStrategy<Frame>

  /** `asked`: whether the transport takes a first chunk without asking for it. `strategy`: that of the stream of frames. `passFrom`: from
   * how many bytes on a frame is not copied. */
  constructor(
    codec: Codec<unknown, Frame>,
    transport: Transport,
    asked: boolean,
    strategy: QueuingStrategy<Frame>,
    passFrom: number,
  ) {
    this.#strategy = strategy
    this.#out = new ByteSink({ passFrom, memory: this.#slabs })
    this.#encoder = codec.encoder()
    this.#transport = transport
    this.#asked = asked
  }

  readonly sink: UnderlyingSink<Frame> = {
    start: (controller) => {
      this.#writable = controller
    },
    write: (frame) => {
      if (this.#queued > 0) this.#queued--
      if (!this.#isAhead) this.#encode(frame)
      this.#isAhead = false
      return this.#afterWrite()
    },
    close: () => {
      this.#isEnding = true
      const mark = this.#out.length
      try {
        this.#encoder.end?.(this.#out)
      } catch (error) {
        throw this.#unencodable(error, mark)
      }
      while (this.#out.length > 0) this.#flush()
      return this.#transport.end()
    },
    abort: (reason) => this.#abort(reason),
  }

  get isOpen(): boolean {
    return !this.#failed && !this.#isEnding
  }

  get highWaterMark(): number {
    return this.#strategy.highWaterMark ?? 1
  }

  get room(): number {
    return this.isOpen && !this.isLending ? this.highWaterMark - this.#heldSize : 0
  }

  /** Takes a frame for which there is room, and which nobody is before, without the stream. False: it has to go through that, also for its error. */
  takeNow(frame: Frame): boolean {
    if (this.#isShut || this.#queued > 0 || this.#held !== undefined || !this.isOpen) return false
    // A strategy that is not ours is for the stream to ask. Escaped, or in UTF-8, a frame may be longer than it looks.
    if (this.#strategy.size !== frameSize) return false
    const size = frameSize(frame)
    if (this.#out.length + 4 * size >= DEFAULT_HIGH_WATER_MARK) return false
    try {
      this.#encode(frame)
    } catch (error) {
      this.#writable.error(error)
      return false
    }
    // It was more than it looked, and its writer has to wait: the stream sees to that.
    this.#isAhead = this.#isFull
    if (this.#isAhead) return false
    // A microtask by the name of queueMicrotask costs Node an object of async_hooks.
    if (this.#fresh === 0) void soon.then(this.#settle)
    this.#fresh += size
    this.#leaveInTurn()
    return true
  }

  readonly #settle = (): void => {
    this.#fresh = 0
  }

  /** What is missing of the stream's `desiredSize`. */
  get fresh(): number {
    return this.#fresh
  }

  /** A frame goes through the stream. */
  willQueue(): void {
    if (!this.#isShut) this.#queued++
  }

  /** The stream has been told to close or to abort. */
  shut(): void {
    this.#isShut = true
  }

  /** Writes past the stream: see DirectSink. */
  write(frame: Frame): Promise<void> | undefined | false {
    if (!this.isOpen) return false
    const before = this.#out.length
    try {
      this.#encode(frame)
      const { length } = this.#out
      this.#size = Math.max(1, length - before)
      // Leaves before another one of this size would make the buffer grow.
      if (!this.isLending && length + this.#size <= DEFAULT_HIGH_WATER_MARK) return undefined
      const held = this.#afterWrite()
      // What would wait in the stream's queue waits here, as far as its strategy allows, and is encoded.
      if (held !== undefined) this.#heldSize += sizeOf(frame, this.#strategy)
      return held
    } catch (error) {
      this.#writable.error(error)
      return false
    }
  }

  /** As long as all frames of the size of the last one are written now: see DirectSink. */
  get roomForMany(): number {
    if (!this.isOpen || this.#isFull) return 0
    return Math.floor((DEFAULT_HIGH_WATER_MARK - this.#out.length) / this.#size)
  }

  writeMany(frames: readonly Frame[]): { taken: number; written: Promise<void> | undefined | false } {
    let taken = 0
    let written: Promise<void> | undefined | false
    while (taken < frames.length && written === undefined) written = this.write(frames[taken++]!)
    return { taken, written }
  }

  /** Frames that came together leave together: now. */
  sendGathered(): void {
    if (this.#asked && !this.#failed) this.#flush()
  }

  #encode(frame: Frame): void {
    const mark = this.#out.length
    try {
      this.#encoder.encode(frame, this.#out)
    } catch (error) {
      throw this.#unencodable(error, mark)
    }
    this.#frames++
  }

  /** How many bytes wait to leave. */
  get length(): number {
    return this.#out.length
  }

  /** Memory that is the writer's waits to leave, or the transport has it. */
  get isLending(): boolean {
    return this.#hasLent || this.#out.passed > 0
  }

  /** What has gathered is so much, or such, that the writer waits until it has left. */
  get #isFull(): boolean {
    return this.isLending || this.#out.length >= DEFAULT_HIGH_WATER_MARK
  }

  #afterWrite(): Promise<void> | undefined {
    this.#leaveInTurn()
    return this.#isFull ? this.#wait() : undefined
  }

  /** The first frame of a turn leaves at once, those behind it together. */
  #leaveInTurn(): void {
    if (!this.#asked || (this.#isLeaving && !this.#isFull)) return
    this.#flush()
    if (!this.#isLeaving) atEndOfTurn(this.#leave, this.#written)
    this.#isLeaving = true
  }

  readonly #written = (): number => this.#frames

  readonly #leave = (): void => {
    this.#isLeaving = false
    this.sendGathered()
  }

  /** The transport wants the next chunk. `gone`: one that it had, and nobody holds any more. */
  ready(gone?: Uint8Array): void {
    if (gone !== undefined) this.takeBack(gone)
    this.#asked = true
    this.#hasLent = false
    // A transport that is free again within the turn gets the rest of it at its end, in one piece.
    if (!this.#isLeaving || this.#failed || this.#isFull) this.#flush()
    if (this.#failed && this.#asked) void this.#abort(this.#error)
    if (this.#isFull) return
    this.#release?.()
    this.#held = this.#release = this.#refuse = undefined
    this.#heldSize = 0
  }

  /** A chunk has gone out, and nobody holds it. */
  takeBack(chunk: Uint8Array): void {
    this.#slabs.takeBack(chunk)
  }

  /** The transport has failed, or nobody reads any more. */
  fail(reason: unknown): void {
    this.#out.truncate(0)
    this.#hasLent = false
    this.#failed = true
    this.#error = reason
    this.#writable.error(reason)
    this.#refuseWrite(reason)
  }

  #refuseWrite(reason: unknown): void {
    this.#refuse?.(reason)
    this.#held = this.#release = this.#refuse = undefined
  }

  #flush(): void {
    if (this.#out.length === 0) return
    this.#asked = false
    const { passed } = this.#out
    let chunk = this.#out.takeNext()!
    if (this.#out.passed < passed) {
      this.#hasLent = true
      // What comes out is plain, also where a Buffer was written.
      chunk = toBytes(chunk)
    }
    this.#transport.send(chunk)
  }

  /** A frame that cannot be written ends the stream; those before it go out before the transport hears of it. */
  #unencodable(error: unknown, mark: number): unknown {
    this.#out.truncate(mark)
    this.sendGathered()
    numberFrame(error, this.#frames)
    this.#failed = true
    this.#error = error
    if (this.#asked) void this.#abort(error)
    return error
  }

  #wait(): Promise<void> {
    if (!this.#watchesAbort) {
      // `abort` waits for the write that is under way, which may wait for a transport that never asks: do not keep it waiting.
      this.#watchesAbort = true
      const { signal } = this.#writable
      signal?.addEventListener('abort', () => this.#refuseWrite(signal.reason), { once: true })
    }
    return (this.#held ??= new Promise((resolve, reject) => {
      this.#release = resolve
      this.#refuse = reject
    }))
  }

  #abort(reason: unknown): Promise<void> | undefined {
    this.fail(reason)
    return (this.#aborted ??= this.#transport.abort(reason))
  }
}

keepShape(new EncoderCore(idleCodec, undefined as never, false, {}, PASS_FROM))
