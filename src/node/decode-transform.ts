/**
 * Bytes to frames as a Node stream.
 *
 * ```
 *   write(chunk) ──► parser ──► push(frame), while there is room
 *        │             │
 *        └── callback ◄┘  when the decoder needs another chunk
 * ```
 *
 * A chunk is done when the decoder has no more use for it without another one. So a chunk of four million frames holds its writer back,
 * and not four million frames the memory.
 */

import { addAbortSignal, Readable, type Transform } from 'node:stream'
import type { Codec } from '../codec/codec.ts'
import { FrameParser, type FramingStats } from '../codec/frame-parser.ts'
import { checkFrameTimeout, FrameDeadline, frameTimedOut } from '../streams/frame-deadline.ts'
import { FramesAhead } from './frames-ahead.ts'
import { destroyed, TransformBase, transformOptions, type Callback, type TransformOptions } from './transform-base.ts'
import { TransformLoop, type LoopSource } from './transform-loop.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import { idleCodec } from '../codec/idle-codec.ts'

/** Options of {@link decodeTransform}. */
export interface DecodeTransformOptions extends TransformOptions {
  /** How long, in milliseconds, a frame may take from its first byte to its last: then the stream is destroyed with `ERR_FRAME_TIMEOUT`, whose
   * `length` says how many bytes have arrived. It does not go with rules whose frames end where the next one begins.
   * @defaultValue none: as long as it takes */
  frameTimeout?: number | undefined
}

/** What a loop over a {@link DecodeTransform} takes its frames from. */
export interface TransformFrames<Frame> extends AsyncIterableIterator<Frame, undefined> {
  [Symbol.asyncIterator](): this
  [Symbol.asyncDispose](): Promise<void>
}

/** A Node `Transform` from bytes to frames: its writable side counts bytes, its readable side is in object mode. */
export interface DecodeTransform<Frame> extends Transform {
  /** What was done so far. */
  readonly stats: FramingStats
  /** The raw bytes that follow when the decoder has finished on its own; they hold their writer back until they are read. Read the frames
   * with `'data'` events or `iterator({ destroyOnReturn: false })` then: `for await` destroys a Node stream when its frames have ended.
   * It ends with the frames where the decoder does not finish. */
  readonly rest: Readable
  [Symbol.asyncIterator](): TransformFrames<Frame>
}

/** Frames decoded ahead: enough to keep a reader busy who takes them one by one. */
const FRAMES_AHEAD = 16

/**
 * A Node `Transform` for any codec, your own too: write bytes, read frames.
 *
 * At most 16 frames are decoded ahead of the reader, whatever a chunk holds; the chunk's callback comes when all its frames were taken, and so
 * do those of chunks that were written meanwhile, which are one chunk from then on.
 * Chunks are not copied: do not change them afterwards. Frames are what the codec says, often views of the chunk as `Uint8Array`.
 *
 * The stream is destroyed with a {@link FramingError} where the bytes break the rule or end within a frame, after the good frames before it have
 * been read.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Readable } from 'node:stream'
 * import { pipeline } from 'node:stream/promises'
 * import { lines } from 'framewright'
 * import { decodeTransform } from 'framewright/node'
 *
 * const heard: string[] = []
 * await pipeline(Readable.from([Buffer.from('one\ntw'), Buffer.from('o\n')]), decodeTransform(lines()), async (frames) => {
 *   for await (const line of frames) heard.push(line)
 * })
 * assert.deepEqual(heard, ['one', 'two'])
 * ```
 */
export function decodeTransform<Frame>(
  codec: Codec<Frame, never>,
  options: DecodeTransformOptions = {},
): DecodeTransform<Frame> {
  return new Decoding(codec, options) as unknown as DecodeTransform<Frame>
}

/** For Node's streams null is the end. */
function noFrame(): Error {
  return new TypeError('A Node stream cannot carry the frame null')
}

type Listener = Parameters<Readable['on']>[1]

class Decoding<Frame> extends TransformBase implements LoopSource<Frame> {
  readonly #parser: FrameParser<Frame>
  readonly #deadline: FrameDeadline | undefined
  /** A loop that has the stream for itself: frames go to it, and wait here and not in Node's buffer. */
  #loop: TransformLoop<Frame> | undefined
  readonly #ahead: FramesAhead<Frame> = new FramesAhead()
  #willTopUp = false
  /** There is room for a frame. */
  #wanted = true
  #pumping = false
  /** No frame goes out any more: the last one has, or something failed. */
  #over = false
  /** Of the chunk whose frames are being read, or of the end. */
  #callback: Callback | undefined
  #rest: Readable | undefined
  #restWanted = false

  constructor(codec: Codec<Frame, never>, options: DecodeTransformOptions) {
    const { signal, ...settings } = transformOptions('decodeTransform', options, ['frameTimeout'], {
      readableObjectMode: true,
      readableHighWaterMark: FRAMES_AHEAD,
      writableHighWaterMark: 64 * 1024,
    })
    super(settings)
    this.#parser = new FrameParser(codec)
    const timeout = checkFrameTimeout(options.frameTimeout)
    if (timeout !== undefined) this.#deadline = new FrameDeadline(timeout, () => this.#late(timeout))
    // Before the first `read` Node takes every frame for one that `_read` gives, and puts it in its buffer although somebody listens.
    this.read(0)
    // One that is aborted already destroys the stream at once: not before there is one.
    if (signal !== undefined) addAbortSignal(signal, this)
  }

  get stats(): FramingStats {
    return this.#parser.stats
  }

  get rest(): Readable {
    this.#rest ??= new Readable({
      read: () => {
        this.#restWanted = true
        this.#next()
      },
      destroy: (error, callback) => {
        if (this.#rest?.readableEnded !== true && !this.destroyed) this.destroy(error ?? undefined)
        callback(error)
      },
    })
    return this.#rest
  }

  override _write(chunk: Uint8Array, _encoding: unknown, callback: Callback): void {
    this.#parser.push(chunk)
    this.#callback = callback
    this.#next()
  }

  /** What came while the chunk before it was being read, in one go. It counts as one chunk then: its callbacks come together. */
  override _writev(items: readonly { readonly chunk: Uint8Array }[], callback: Callback): void {
    for (const { chunk } of items) this.#parser.push(chunk)
    this.#callback = callback
    this.#next()
  }

  override _final(callback: Callback): void {
    this.#parser.end()
    this.#callback = callback
    this.#next()
  }

  override _read(): void {
    this.#wanted = true
    this.#topUp()
  }

  /** `read(0)` takes nothing: Node calls it to say that there is room. */
  override read(size?: number): unknown {
    if (size !== 0 && this.#ahead.length > 0) this.#release()
    return super.read(size)
  }

  override on(event: string | symbol, listener: Listener): this {
    this.#shared(event)
    return super.on(event, listener)
  }

  override addListener(event: string | symbol, listener: Listener): this {
    this.#shared(event)
    return super.addListener(event, listener)
  }

  override prependListener(event: string | symbol, listener: Listener): this {
    this.#shared(event)
    return super.prependListener(event, listener)
  }

  override [Symbol.asyncIterator](): TransformFrames<Frame> {
    return new TransformLoop(this, super[Symbol.asyncIterator]() as AsyncIterator<Frame, undefined>)
  }

  override iterator(options?: { destroyOnReturn?: boolean }): TransformFrames<Frame> {
    return new TransformLoop(this, super.iterator(options) as AsyncIterator<Frame, undefined>)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#over = true
    // As with what waits in Node's buffer: nobody gets it any more.
    this.#ahead.clear()
    this.#release()
    this.#deadline?.stop()
    if (this.#rest?.destroyed === false) this.#rest.destroy(error ?? undefined)
    callback(error)
    if (this.#callback !== undefined) this.#done(error ?? destroyed())
  }

  #next(): void {
    // `push` may call whoever reads, who may ask for more: one loop serves them all.
    if (this.#pumping) return
    if (this.#over) return this.#serveRest()
    this.#pumping = true
    const needsMore = this.#pump()
    this.#pumping = false
    if (!needsMore) return
    if (this.#over) this.#serveRest()
    else this.#done()
  }

  takeFor(loop: TransformLoop<Frame>): Frame | undefined {
    if (this.#loop !== loop) {
      if (this.#loop !== undefined || this.#over || !this.#isAlone()) return undefined
      this.#loop = loop
    }
    // What is in Node's buffer comes first: it is from before, or somebody has put it back.
    if (!this.#isEmpty) {
      const frame = super.read() as Frame
      this.#topUp()
      return frame
    }
    if (this.#ahead.length === 0) this.#refill()
    return this.#ahead.shift()
  }

  serves(loop: TransformLoop<Frame>): boolean {
    return this.#loop === loop
  }

  leave(loop: TransformLoop<Frame>): void {
    if (this.#loop === loop) this.#release()
  }

  /** Is a loop, whose Node's iterator listens to 'readable', the only one who reads? While it has the stream `#shared` hears of others. */
  #isAlone(): boolean {
    return this.listenerCount('readable') === 1 && this.listenerCount('data') === 0
  }

  /** Somebody is about to listen for frames. */
  #shared(event: string | symbol): void {
    if (this.#loop !== undefined && (event === 'data' || event === 'readable')) this.#release()
  }

  /** There is nothing in Node's buffer, which comes first: somebody may have put something back. */
  get #isEmpty(): boolean {
    return this.readableLength === 0
  }

  /** Frames go through Node's buffer again. */
  #release(): void {
    const loop = this.#loop
    this.#loop = undefined
    // One by one: whoever gets the first may destroy the stream, and clear the rest.
    while (this.#ahead.length > 0) this.#push(this.#ahead.shift()!)
    loop?.release()
  }

  #hasRoom(): boolean {
    if (this.#loop === undefined) return this.#wanted
    return this.#ahead.length + this.readableLength < this.readableHighWaterMark
  }

  /** For a loop that has taken all: as many at once as may be ahead of it. */
  #refill(): void {
    if (this.#callback === undefined || this.#pumping) return
    const room = this.readableHighWaterMark
    this.#pumping = true
    const batch = this.#takeMany(room)
    this.#pumping = false
    if (this.#over) return
    if (batch.length > 0) this.#deadline?.stop()
    const bad = batch.indexOf(null as Frame)
    if (bad >= 0) batch.length = bad
    this.#ahead.adopt(batch)
    if (bad >= 0) this.#fail(noFrame())
    // What stopped it, be it an error, is for the one place that knows the ends of things.
    else if (batch.length < room) this.#next()
    else this.#topUpLater()
  }

  #takeMany(most: number): Frame[] {
    try {
      return this.#parser.takeMany(most)
    } catch {
      // The parser throws it again when it is asked for the next frame.
      return []
    }
  }

  /** A loop that takes frame after frame gives nobody else a turn. If it does, it is busy with something, and the stream goes on without it. */
  #topUpLater(): void {
    if (this.#willTopUp) return
    this.#willTopUp = true
    process.nextTick(() => {
      this.#willTopUp = false
      this.#topUp()
    })
  }

  #topUp(): void {
    if (this.#callback !== undefined) this.#next()
  }

  /** Decodes while there is room for frames; true when the decoder can do nothing more with what there is. */
  #pump(): boolean {
    while (this.#hasRoom()) {
      let frame: Frame | undefined
      try {
        frame = this.#parser.take()
        if (frame === null) throw noFrame()
      } catch (error) {
        this.#fail(error)
        return false
      }
      if (frame === undefined) return this.#needsMore()
      this.#deadline?.stop()
      if (this.#loop === undefined) this.#push(frame)
      else this.#serve(this.#loop, frame)
      if (this.#over) return false
    }
    return false
  }

  #push(frame: Frame): void {
    this.#wanted = false
    if (this.push(frame)) this.#wanted = true
  }

  #serve(loop: TransformLoop<Frame>, frame: Frame): void {
    if (!loop.waits) this.#ahead.push(frame)
    else if (this.#isEmpty) loop.hand(frame)
    else {
      this.#release()
      this.#push(frame)
    }
  }

  #needsMore(): true {
    if (this.#parser.done) {
      this.#over = true
      this.#deadline?.stop()
      this.#release()
      this.push(null)
    } else if (this.#deadline !== undefined) {
      const { pending, bytesIn } = this.#parser.stats
      if (pending > 0) this.#deadline.start(bytesIn - pending)
      else this.#deadline.stop()
    }
    return true
  }

  #done(error?: Error): void {
    const callback = this.#callback
    this.#callback = undefined
    callback?.(error)
  }

  #late(timeout: number): void {
    const { pending, bytesIn } = this.#parser.stats
    this.#fail(frameTimedOut(timeout, pending, bytesIn))
  }

  #fail(error: unknown): void {
    this.#over = true
    this.#deadline?.stop()
    this.#release()
    this.failAfterRead(error as Error, (failure) => {
      if (this.#callback === undefined) this.destroy(failure)
      else this.#done(failure)
    })
  }

  /** Framing is over: what is left, and what still comes, goes to `rest`. */
  #serveRest(): void {
    if (this.failing || this.destroyed) return
    if (this.#parser.pending > 0) {
      if (!this.#restWanted) return
      this.#restWanted = this.#rest!.push(this.#parser.rest())
    }
    if (this.#parser.ended) this.#rest?.push(null)
    this.#done()
  }
}

keepShape(new Decoding(idleCodec, {}))
