/**
 * Writing to a stream of bytes like to a file: bytes, text and frames in any order.
 *
 * ```
 *   write(), writeFrame() ──► ByteSink ──► one chunk at a time ──► the stream
 * ```
 *
 * The first write of a turn leaves at once, so a lone one is never delayed. What comes behind it gathers, and leaves together at the end of the
 * turn, or when the stream has taken what it is busy with: a thousand small writes are one system call, awaited or not.
 */

import { ByteSink } from '../bytes/byte-sink.ts'
import { Slabs } from '../bytes/slabs.ts'
import { describe, toBytes, type ByteSource } from '../bytes/bytes.ts'
import type { Codec, Encoder } from '../codec/codec.ts'
import { numberFrame } from '../codec/framing-error.ts'
import { directSink, type DirectSink, writeDirect } from './direct.ts'
import { DEFAULT_HIGH_WATER_MARK } from './implementation.ts'
import { atEndOfTurn } from './turn.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** A stream that takes bytes, of any implementation: all that is asked of it is a writer. */
export interface ByteWritable {
  /** Locks the stream and gives a writer. */
  getWriter(): ByteWritableWriter
}

/** What the writer of a {@link ByteWritable} must be able to do, as the Streams standard says. */
export interface ByteWritableWriter {
  /** Fulfilled when the stream has closed, rejected when it has failed. */
  readonly closed: Promise<unknown>
  /** Takes a chunk. */
  write(chunk: Uint8Array): Promise<void>
  /** Ends the stream. */
  close(): Promise<void>
  /** Breaks the stream off. */
  abort(reason?: unknown): Promise<void>
  /** Unlocks the stream. */
  releaseLock(): void
}

/** One who waits until the stream has taken everything up to byte `mark`. */
interface Waiting {
  readonly mark: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** The codec whose frames are being written. */
interface Section {
  readonly codec: Codec<unknown, never>
  readonly encoder: Encoder<unknown>
  frames: number
}

/**
 * Writes bytes, text and frames to a stream, in the order of the calls.
 *
 * What is written is copied: its memory is the caller's again when the call has returned. The first write of a turn leaves at once; what
 * follows gathers until the turn ends, or the stream has taken what came before; from 64 KiB on, `write` and `writeFrame` settle only when it has left. When the stream fails, all calls reject
 * with its error.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ByteWriter, lengthPrefixed } from 'framewright'
 *
 * const pipe = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>()
 * const writer = new ByteWriter(pipe.writable)
 * void writer.write('UPGRADE\r\n')
 * void writer.writeFrame(lengthPrefixed({ width: 1 }), new Uint8Array([104, 105]))
 * void writer.close()
 * assert.equal(await new Response(pipe.readable).text(), 'UPGRADE\r\n\x02hi')
 * ```
 */
export class ByteWriter {
  readonly #writer: ByteWritableWriter
  readonly #direct: DirectSink | undefined
  readonly #slabs: Slabs = new Slabs()
  readonly #out: ByteSink = new ByteSink({ memory: this.#slabs })
  #section: Section | undefined
  /** The stream has a chunk of ours that it has not taken yet. */
  #busy = false
  /** Something has left in this turn; what gathers behind it will leave at its end. */
  #isLeaving = false
  /** Bytes that were written, and those of them that the stream has taken. */
  #written = 0
  #taken = 0
  #waiting: Waiting[] = []
  /** Those who wait until what has gathered has left. */
  #room: Omit<Waiting, 'mark'>[] = []
  #failed = false
  #error: unknown
  /** Why nothing can be written any more. */
  #refusal: string | undefined
  #aborted = false
  #released = false

  /**
   * Locks the stream and writes to it: a native one, one of another implementation, any object with `getWriter()`.
   *
   * @throws TypeError if the stream is locked or is none.
   */
  constructor(writable: ByteWritable) {
    if (typeof writable?.getWriter !== 'function') {
      throw new TypeError(`A ByteWriter needs a WritableStream, not ${describe(writable)}`)
    }
    this.#writer = writable.getWriter()
    this.#direct = directSink(writable)
    this.#writer.closed.catch((error: unknown) => {
      // Unlocking rejects it too.
      if (!this.#released) this.#fail(error)
    })
  }

  /** How many bytes were written and have not been taken by the stream yet. */
  get buffered(): number {
    return this.#written - this.#taken
  }

  /** How many bytes have been written: the position in the stream, from 0, of the next one. */
  get offset(): number {
    return this.#written
  }

  /**
   * Writes bytes, or a string as UTF-8 (a lone surrogate becomes U+FFFD). Settles when the stream wants more: at once while less than
   * 64 KiB wait.
   *
   * @throws TypeError (as a rejection) if it is neither, or after `close()`, `abort()` or `detach()`; else the stream's own error.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteWriter } from 'framewright'
   *
   * const chunks: Uint8Array[] = []
   * const writer = new ByteWriter(new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) }))
   * await writer.write('a')
   * await writer.write(new Uint8Array([98]))
   * await writer.close()
   * assert.equal(await new Blob(chunks as BlobPart[]).text(), 'ab')
   * ```
   */
  write(data: string | ByteSource): Promise<void> {
    return this.#put(() => {
      const bytes = typeof data === 'string' ? data : toBytes(data)
      this.#endSection()
      if (typeof bytes === 'string') this.#out.text(bytes)
      else this.#out.bytes(bytes)
    })
  }

  /**
   * Writes a frame; settles as `write` does. The encoder is kept while the same codec object is used, so make it once. Where something else
   * comes in between, the encoder ends (and writes what its rule puts at the end) and a new one begins, as the decoder of a
   * {@link ByteReader} does.
   *
   * @throws FramingError (as a rejection) for a frame that the codec's decoder would not read back: nothing of it is written, and the
   * writer can be used on. Else as `write`.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteWriter, lines } from 'framewright'
   *
   * const pipe = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>()
   * const writer = new ByteWriter(pipe.writable)
   * const codec = lines()
   * void writer.writeFrame(codec, 'one')
   * await assert.rejects(writer.writeFrame(codec, 'not\none line'), { code: 'ERR_FRAME_UNENCODABLE', frameIndex: 1 })
   * void writer.writeFrame(codec, 'two')
   * void writer.close()
   * assert.equal(await new Response(pipe.readable).text(), 'one\ntwo\n')
   * ```
   */
  writeFrame<Frame>(codec: Codec<unknown, Frame>, frame: Frame): Promise<void> {
    return this.#put(() => {
      const section = this.#sectionOf(codec)
      const mark = this.#out.length
      try {
        section.encoder.encode(frame, this.#out)
        section.frames++
      } catch (error) {
        this.#out.truncate(mark)
        numberFrame(error, section.frames)
        throw error
      }
    })
  }

  /**
   * Settles when the stream has taken everything that was written before this call.
   *
   * @throws the stream's own error (as a rejection).
   */
  flush(): Promise<void> {
    this.#sendAll()
    return this.#until(this.#written)
  }

  /**
   * Writes what has gathered and ends the stream; settles when that is done.
   *
   * @throws the stream's own error (as a rejection), or a TypeError after `close()`, `abort()` or `detach()`.
   */
  async close(): Promise<void> {
    await this.#finish('The writer was closed')
    await this.#writer.close()
  }

  /**
   * Drops what has gathered and breaks the stream off, as a stream's `abort()` does. Calls that wait, and later ones, reject with `reason`
   * (with a TypeError where there is none). A second `abort()` does nothing.
   *
   * @throws TypeError (as a rejection) after `detach()`; what the stream's `abort` rejects with.
   */
  abort(reason?: unknown): Promise<void> {
    if (this.#released) return Promise.reject(this.#refused())
    if (this.#aborted) return Promise.resolve()
    this.#aborted = true
    this.#out.truncate(0)
    const aborted = this.#writer.abort(reason)
    this.#fail(reason === undefined ? new TypeError('The writer was aborted') : reason)
    return aborted
  }

  /**
   * Hands the stream on: settles when it has taken everything that was written, and is unlocked. The writer cannot be used afterwards.
   *
   * @throws as `close` does.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteWriter } from 'framewright'
   *
   * const stream = new WritableStream<Uint8Array>()
   * const writer = new ByteWriter(stream)
   * void writer.write('STARTTLS\r\n')
   * await writer.detach()
   * assert.equal(stream.locked, false)
   * ```
   */
  async detach(): Promise<void> {
    await this.#finish('The writer was detached: others write to the stream')
    this.#released = true
    this.#writer.releaseLock()
  }

  /** Closes the stream, unless it is closed, aborted or detached already, or has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#refusal === undefined && !this.#failed) await this.close()
  }

  /** Writes into what gathers, and lets it go if the stream is free. */
  #put(write: () => void): Promise<void> {
    if (this.#failed || this.#refusal !== undefined) return Promise.reject(this.#refused())
    try {
      this.#count(write)
    } catch (error) {
      return Promise.reject(error)
    } finally {
      this.#send()
    }
    if (this.#out.length < DEFAULT_HIGH_WATER_MARK) return Promise.resolve()
    return new Promise((resolve, reject) => this.#room.push({ resolve, reject }))
  }

  #count(write: () => void): void {
    const before = this.#out.length
    try {
      write()
    } finally {
      this.#written += this.#out.length - before
    }
  }

  #sectionOf(codec: Codec<unknown, never>): Section {
    if (this.#section?.codec !== codec) {
      this.#endSection()
      this.#section = { codec, encoder: codec.encoder(), frames: 0 }
    }
    return this.#section
  }

  #endSection(): void {
    const section = this.#section
    this.#section = undefined
    section?.encoder.end?.(this.#out)
  }

  /** Lets what has gathered go, unless that is for the end of the turn. */
  #send(): void {
    const mayGather = this.#out.length < DEFAULT_HIGH_WATER_MARK && this.#waiting.length === 0
    if (!this.#isLeaving || !mayGather) this.#sendAll()
  }

  /** One chunk at a time: what comes while the stream is busy with it leaves together. */
  #sendAll(): void {
    if (this.#busy || this.#failed || this.#out.length === 0) return
    const chunk = this.#out.take()
    this.#busy = true
    for (const { resolve } of this.#room.splice(0)) resolve()
    if (!this.#isLeaving) this.#gatherInTurn()
    writeDirect(this.#direct, this.#writer, chunk).then(
      () => this.#took(chunk),
      (error: unknown) => this.#fail(error),
    )
  }

  #gatherInTurn(): void {
    this.#isLeaving = true
    const leave = (): void => {
      this.#isLeaving = false
      this.#sendAll()
    }
    atEndOfTurn(leave, () => this.#written)
  }

  #took(chunk: Uint8Array): void {
    this.#busy = false
    this.#taken += chunk.length
    if (this.#direct?.letsGo === true) this.#slabs.takeBack(chunk)
    while (this.#waiting.length > 0 && this.#waiting[0]!.mark <= this.#taken) this.#waiting.shift()!.resolve()
    this.#send()
  }

  #until(mark: number): Promise<void> {
    if (this.#failed) return Promise.reject(this.#error)
    if (mark <= this.#taken) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiting.push({ mark, resolve, reject }))
  }

  async #finish(refusal: string): Promise<void> {
    if (this.#failed || this.#refusal !== undefined) throw this.#refused()
    this.#refusal = refusal
    this.#count(() => this.#endSection())
    this.#sendAll()
    await this.#until(this.#written)
  }

  #refused(): Error {
    return this.#failed ? (this.#error as Error) : new TypeError(this.#refusal)
  }

  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#error = error
    for (const { reject } of [...this.#room.splice(0), ...this.#waiting.splice(0)]) reject(error)
  }
}

const never: Promise<undefined> = new Promise(() => {})
keepShape(new ByteWriter({ getWriter: () => ({ closed: never }) as never }))
