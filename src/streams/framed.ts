/**
 * A duplex of bytes, such as a socket, as a duplex of frames.
 *
 * ```
 *                 ┌─────────────── framed ───────────────┐
 *   readable ◄──  │  decoder ◄── incoming buffer ◄──     │  ◄── duplex.readable
 *   writable ──►  │  encoder ──► outgoing buffer ──►     │  ──► duplex.writable
 *                 └──────────────────────────────────────┘
 * ```
 *
 * The two directions have nothing to do with each other, as those of TCP: closing one leaves the other open.
 */

import type { ByteSource } from '../bytes/bytes.ts'
import type { Codec } from '../codec/codec.ts'
import { directSink, type DirectSink, offerSink, writeDirect } from './direct.ts'
import { EncoderCore, PASS_FROM, type Transport } from './encoder-core.ts'
import { frameWritableClass } from './frame-writable.ts'
import type { FrameReadable } from './frame-readable.ts'
import { feed } from './feed.ts'
import { howToTake } from './lazy-duplex.ts'
import { makeFramer } from './framer.ts'
import { frameStrategy, implementation, type StreamOptions } from './implementation.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** Two directions of bytes: a socket, a WebTransport stream, a serial port, … */
export interface ByteDuplex {
  /** Bytes that come in. */
  readonly readable: ReadableStream<ByteSource>
  /** Bytes that go out. */
  readonly writable: WritableStream<Uint8Array>
}

/** Two directions of frames. */
export interface FramedDuplex<Out, In = Out> {
  /** Frames that come in. Cancelling it cancels the duplex's readable side. */
  readonly readable: FrameReadable<Out>
  /** Takes frames. `close()` settles when all bytes have been handed to the duplex and its writable side has closed; `abort()` aborts it. */
  readonly writable: WritableStream<In>
}

/** Options of {@link framed}. */
export interface FramedOptions<Out, In> extends StreamOptions {
  /** Strategy of the frames that come in.
   * @defaultValue highWaterMark 0: a frame is decoded when it is asked for */
  readableStrategy?: QueuingStrategy<Out> | undefined
  /** How long, in milliseconds, a frame that comes in may take from its first byte to its last: see {@link FramerOptions}.
   * @defaultValue none: as long as it takes */
  frameTimeout?: number | undefined
  /** Strategy of the frames that go out.
   * @defaultValue 64 KiB: bytes count their length, strings their UTF-16 units, anything else 1 KiB */
  writableStrategy?: QueuingStrategy<In> | undefined
}

/**
 * Frames in both directions over a duplex of bytes. Takes both its streams: they are locked from here on.
 *
 * A write settles when the frame is in the outgoing buffer and that has room (64 KiB, beside the duplex's own); frames that gather
 * while the duplex is busy leave as one chunk. Where bytes stop being accepted, writes stop settling. A frame's memory is the caller's
 * again when its write has settled: one of 64 KiB and more is not copied (unless the codec says `copy: 'always'`), and its write settles when
 * the duplex has taken it.
 *
 * @throws TypeError if one of the duplex's streams is locked.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { framed, lines } from 'framewright'
 *
 * const echo = new TransformStream<Uint8Array, Uint8Array>()
 * const { readable, writable } = framed(echo, lines())
 * const writer = writable.getWriter()
 * void writer.write('hello')
 * void writer.close()
 * const heard: string[] = []
 * for await (const line of readable) heard.push(line)
 * assert.deepEqual(heard, ['hello'])
 * ```
 */
export function framed<Out, In>(
  duplex: ByteDuplex,
  codec: Codec<Out, In>,
  options: FramedOptions<Out, In> = {},
): FramedDuplex<Out, In> {
  const streams = implementation(options.streams)
  const take = howToTake(duplex)
  if (take === undefined) {
    for (const side of ['readable', 'writable'] as const) {
      if (duplex[side].locked) throw new TypeError(`The duplex's ${side} side is locked: somebody else is using it`)
    }
  }
  const { readableStrategy, frameTimeout } = options
  const frames = makeFramer(codec as Codec<Out, never>, streams, readableStrategy, frameTimeout)
  const taken = take?.()
  feed(frames.core, taken?.reader ?? duplex.readable)
  const writer = taken?.writer ?? duplex.writable.getWriter()
  const direct = taken?.writer.sink ?? directSink(duplex.writable)
  const strategy = options.writableStrategy ?? frameStrategy()
  const transport = new WriterTransport(writer, direct)
  const core = new EncoderCore(codec, transport, true, strategy, PASS_FROM)
  transport.core = core
  const writable = new (frameWritableClass(streams))<In>(core, strategy)
  offerSink(writable, core)
  // A transport that breaks while nothing is being written breaks the frames' side too.
  if ('watch' in writer) writer.watch(transport)
  else writer.closed.catch((error: unknown) => transport.failed(error))
  return { readable: frames.readable, writable }
}

/** Chunks go to a writer, or past its stream. */
class WriterTransport implements Transport {
  core!: EncoderCore<never>
  readonly #writer: Pick<WritableStreamDefaultWriter<Uint8Array>, 'write' | 'close' | 'abort'>
  readonly #direct: DirectSink | undefined

  constructor(
    writer: Pick<WritableStreamDefaultWriter<Uint8Array>, 'write' | 'close' | 'abort'>,
    direct: DirectSink | undefined,
  ) {
    this.#writer = writer
    this.#direct = direct
  }

  send(chunk: Uint8Array): void {
    writeDirect(this.#direct, this.#writer, chunk).then(
      () => this.core.ready(this.#direct?.letsGo === true ? chunk : undefined),
      (error: unknown) => this.core.fail(error),
    )
  }

  end(): Promise<void> {
    return this.#writer.close()
  }

  abort(reason: unknown): Promise<void> {
    return this.#writer.abort(reason)
  }

  failed(error: unknown): void {
    this.core.fail(error)
  }
}

keepShape(new WriterTransport(undefined as never, undefined))
