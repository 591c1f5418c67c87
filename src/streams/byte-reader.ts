/**
 * Reading a stream of bytes like a file: so many bytes, up to a delimiter, a line, a frame, each from where the last one ended.
 *
 * ```
 *   STARTTLS\r\n | \x16\x03\x01 ...         one chunk, two rules
 *   readLine() ──┘ └── detach(): the rest, for whoever comes next
 * ```
 *
 * All calls read from one buffer. A decoder's state belongs to the bytes that it has seen: it is kept from call to call with the same
 * codec, and a decoder begins anew where another rule has taken bytes in between.
 */

import type { ByteSource } from '../bytes/bytes.ts'
import type { Codec } from '../codec/codec.ts'
import { lineFinder } from '../codec/line-finder.ts'
import { checkInteger, checkOptions, truncated } from '../codec/policies.ts'
import { LineText } from '../codec/line-text.ts'
import { textEncoding, type DecodeText, type TextEncoding } from '../codec/text-encoding.ts'
import { ByteIntake, type ByteReadable } from './byte-intake.ts'
import { ByteSearch } from './byte-search.ts'
import { checkFrameTimeout } from './frame-deadline.ts'
import { FrameTakers, MORE } from './frame-taker.ts'
import { implementation, type Streams, type StreamOptions } from './implementation.ts'
import { ReaderFrames } from './reader-frames.ts'
import { keepShape } from '../bytes/keep-shape.ts'

/** Options of a {@link ByteReader}. */
export interface ByteReaderOptions extends StreamOptions {
  /** Ends the reader: calls that wait and all later ones reject with its reason, and the source is cancelled with it.
   * @defaultValue none */
  signal?: AbortSignal | undefined
  /** How long, in milliseconds, a frame (or a line, or the bytes that were asked for) may take from its first byte to its last. The call
   * then rejects with `ERR_FRAME_TIMEOUT`, whose `length` says how many bytes have arrived; they stay in the buffer. Only the time in
   * which a call waits is counted. It does not go with rules whose frames end where the next one begins.
   * @defaultValue none: as long as it takes */
  frameTimeout?: number | undefined
}

/** Options that every call of a {@link ByteReader} takes. */
export interface ReadOptions {
  /** Gives this call up: it rejects with the signal's reason, and no byte is lost.
   * @defaultValue none */
  signal?: AbortSignal | undefined
}

/** Options of {@link ByteReader.readUntil} and {@link ByteReader.readLine}. */
export interface ReadUntilOptions extends ReadOptions {
  /** How many bytes may come before the delimiter; exactly this many is allowed. `Infinity` must be spelled out.
   * @defaultValue 8 MiB */
  maxLength?: number | undefined
}

const DEFAULT_MAX_LENGTH = 8 * 1024 * 1024
const BOM: Uint8Array = Uint8Array.of(0xef, 0xbb, 0xbf)
const NO_OPTIONS: ReadUntilOptions = {}
const utf8: TextEncoding = textEncoding('utf-8')
/** For all readers: it keeps nothing from one call to the next. */
const decodeUtf8: DecodeText = utf8.decoder(false)

/**
 * Reads a stream of bytes like a file. It reads from the source only while a call waits, one chunk at a time, and never ahead.
 *
 * Calls may be made without waiting for each other: they are served in the order in which they were made, each from the byte where the
 * one before it stopped. Where a call fails nothing is lost: what it has not taken is in the buffer, for the next one.
 *
 * When the source fails, calls are served while the bytes that had arrived last; then they reject with the source's error.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ByteReader, lengthPrefixed } from 'framewright'
 *
 * const socket = new Blob(['PROXY TCP4 10.0.0.1 10.0.0.2 5000 80\r\n', new Uint8Array([0, 2, 104, 105]), 'raw bytes']).stream()
 * const reader = new ByteReader(socket)
 * assert.match((await reader.readLine()) ?? '', /^PROXY TCP4/)
 * assert.deepEqual(await reader.readFrame(lengthPrefixed({ width: 2 })), new Uint8Array([104, 105]))
 * const rest = reader.detach() as ReadableStream<Uint8Array<ArrayBuffer>>
 * assert.equal(await new Response(rest).text(), 'raw bytes')
 * ```
 */
export class ByteReader {
  readonly #streams: Streams
  readonly #intake: ByteIntake
  readonly #takers: FrameTakers = new FrameTakers()
  readonly #line: ByteSearch = new ByteSearch(lineFinder('lf', false))
  readonly #text: LineText = new LineText(utf8, decodeUtf8)
  /** The last delimiter of `readUntil`: it is often the same, and what was searched in vain is not searched again. */
  #delimiter: string | undefined
  #until: ByteSearch | undefined

  /**
   * Locks the stream and reads from it: a native one, one of another implementation, any object with `getReader()`.
   *
   * @throws TypeError if the stream is locked or is none, or for an unknown option; RangeError for a `frameTimeout` that cannot be.
   */
  constructor(readable: ByteReadable, options: ByteReaderOptions = {}) {
    checkOptions('ByteReader', options, ['streams', 'signal', 'frameTimeout'])
    this.#streams = implementation(options.streams)
    this.#intake = new ByteIntake(readable, options.signal, checkFrameTimeout(options.frameTimeout))
  }

  /** How many bytes have arrived and were not taken yet. */
  get buffered(): number {
    return this.#intake.queue.length
  }

  /** How many bytes have been taken: the position in the stream, from 0, of the next byte. */
  get offset(): number {
    return this.#intake.queue.offset
  }

  /**
   * Some bytes, at least 1 and at most `max` (default: all that are there); undefined at the end. They may be a view of the chunk they
   * came in.
   *
   * @throws RangeError (as a rejection) if `max` is no whole number above 0.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader } from 'framewright'
   *
   * const reader = new ByteReader(new Blob(['abc']).stream())
   * assert.equal((await reader.read(2))?.length, 2)
   * assert.equal((await reader.read())?.length, 1)
   * assert.equal(await reader.read(), undefined)
   * ```
   */
  read(max?: number, options: ReadOptions = NO_OPTIONS): Promise<Uint8Array | undefined> {
    const intake = this.#intake
    const { queue } = intake
    return intake.ask(() => {
      if (max !== undefined && max !== Infinity) checkInteger('max', max, 1)
      const { length } = queue
      if (length > 0) return queue.take(max === undefined ? length : Math.min(max, length))
      return intake.ended ? undefined : MORE
    }, options.signal)
  }

  /**
   * Exactly `n` bytes. They may be a view of the chunk they came in.
   *
   * @throws FramingError (as a rejection) `ERR_FRAME_TRUNCATED` if the input ends before, with the bytes that are there in `partial` and `n`
   * in `length`; they stay in the buffer. RangeError if `n` is no whole number of 0 or more.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader } from 'framewright'
   *
   * const reader = new ByteReader(new Blob(['abcde']).stream())
   * assert.equal((await reader.readExactly(3)).length, 3)
   * await assert.rejects(reader.readExactly(3), { code: 'ERR_FRAME_TRUNCATED', offset: 5, length: 3 })
   * assert.equal(reader.buffered, 2)
   * ```
   */
  readExactly(n: number, options: ReadOptions = NO_OPTIONS): Promise<Uint8Array> {
    const intake = this.#intake
    const { queue } = intake
    return intake.ask(() => {
      checkInteger('n', n, 0)
      if (queue.length >= n) return queue.take(n)
      if (intake.ended) throw this.#cutOff(n)
      return MORE
    }, options.signal)
  }

  /**
   * The bytes before `delimiter` (a string is UTF-8), which is taken too and left out. They may be a view of the chunk they came in.
   *
   * @throws FramingError (as a rejection) `ERR_FRAME_TOO_LONG` if more than `maxLength` bytes come before it, `ERR_FRAME_TRUNCATED` if the
   * input ends before it, with the bytes that are there in `partial`. In both cases they stay in the buffer. TypeError or RangeError for
   * arguments that cannot be.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader } from 'framewright'
   *
   * const reader = new ByteReader(new Blob(['GET / HTTP/1.1\r\nHost: a\r\n\r\nbody']).stream())
   * const head = await reader.readUntil('\r\n\r\n', { maxLength: 16_384 })
   * assert.equal(new TextDecoder().decode(head), 'GET / HTTP/1.1\r\nHost: a')
   * assert.equal((await reader.read())?.length, 4)
   * ```
   */
  readUntil(delimiter: string | ByteSource, options: ReadUntilOptions = NO_OPTIONS): Promise<Uint8Array> {
    const intake = this.#intake
    const { queue } = intake
    let search: ByteSearch | undefined
    return intake.ask(() => {
      search ??= this.#searchFor(delimiter)
      const at = search.find(queue, intake.ended, maxLengthOf(options))
      if (at === MORE) return MORE
      if (at < 0) throw this.#cutOff()
      const bytes = queue.take(at)
      queue.skip(search.length)
      return bytes
    }, options.signal)
  }

  /**
   * A line of UTF-8 text without its newline: LF, and one CR before it. The last line needs no newline; undefined at the end. A byte
   * order mark at the very start of the stream is left out.
   *
   * @throws FramingError (as a rejection) `ERR_FRAME_TOO_LONG` if the line has more than `maxLength` bytes; they stay in the buffer.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader } from 'framewright'
   *
   * // IMAP: a line says how many bytes follow, and after them the line goes on.
   * const reader = new ByteReader(new Blob(['a LOGIN {3}\r\nsue secret\r\n']).stream())
   * assert.equal(await reader.readLine(), 'a LOGIN {3}')
   * assert.equal(new TextDecoder().decode(await reader.readExactly(3)), 'sue')
   * assert.equal(await reader.readLine(), ' secret')
   * assert.equal(await reader.readLine(), undefined)
   * ```
   */
  readLine(options: ReadUntilOptions = NO_OPTIONS): Promise<string | undefined> {
    const intake = this.#intake
    const { queue } = intake
    return intake.ask(() => {
      const lead = queue.offset === 0 && queue.match(BOM) === BOM.length ? BOM.length : 0
      const maxLength = maxLengthOf(options)
      const known = lead > 0 ? undefined : this.#text.next(queue, false, 0, maxLength)
      if (known !== undefined) return known
      const at = this.#line.find(queue, intake.ended, maxLength, lead)
      if (at === MORE) return MORE
      queue.skip(lead)
      if (at < 0 && queue.length === 0) return undefined
      const line = this.#text.take(queue, at < 0 ? queue.length : at - lead)
      if (at >= 0) queue.skip(this.#line.length)
      return line
    }, options.signal)
  }

  /**
   * One frame; undefined at a clean end, or when the codec's decoder has finished (then the bytes that follow are raw).
   *
   * The decoder is kept for the next call with the same codec object, so make it once. Where another rule has taken bytes in between, a
   * new decoder begins at the next byte, as at the start of a stream. What a decoder has already taken off (the LF of a CRLF with
   * `newline: 'any'`, a frame it is skipping or giving in pieces) the next rule does not see. An LF that has not been looked at yet
   * it does see: with `newline: 'any'` a line ends at its CR. Use `'lf'` or `'crlf'` where other bytes follow.
   *
   * @throws FramingError (as a rejection) as the codec does; offsets are those of the whole stream. It is final for this codec, not
   * for the reader: other calls go on behind the last byte taken. The bytes of a frame that the input's end has cut off are in
   * `partial`, and no longer in the buffer.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader, lengthPrefixed, lines } from 'framewright'
   *
   * const reader = new ByteReader(new Blob(['UPGRADE\n', new Uint8Array([0, 1, 42])]).stream())
   * assert.equal(await reader.readFrame(lines()), 'UPGRADE')
   * const binary = lengthPrefixed({ width: 2 })
   * assert.deepEqual(await reader.readFrame(binary), new Uint8Array([42]))
   * assert.equal(await reader.readFrame(binary), undefined)
   * ```
   */
  readFrame<Frame>(codec: Codec<Frame, never>, options: ReadOptions = NO_OPTIONS): Promise<Frame | undefined> {
    return this.#intake.ask(this.#taking(codec), options.signal)
  }

  /**
   * Frames as they are asked for, until the end or until the decoder has finished. Leaving the loop leaves the rest unread and the reader
   * usable, and so does calling the reader within the loop: see {@link ByteReader.readFrame}, whose errors it throws.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader, lines } from 'framewright'
   *
   * const reader = new ByteReader(new Blob(['one\ntwo\n\nbody']).stream())
   * const header: string[] = []
   * for await (const line of reader.frames(lines())) {
   *   if (line === '') break
   *   header.push(line)
   * }
   * assert.deepEqual(header, ['one', 'two'])
   * assert.equal((await reader.readExactly(4)).length, 4)
   * ```
   */
  frames<Frame>(
    codec: Codec<Frame, never>,
    options: ReadOptions = NO_OPTIONS,
  ): AsyncIterableIterator<Frame, undefined, undefined> {
    return new ReaderFrames(this.#intake, this.#taking(codec), options.signal)
  }

  /**
   * The next `n` bytes without taking them: fewer only where the input ends. They are a view where they lie in one chunk: do not
   * change them.
   *
   * @throws RangeError (as a rejection) if `n` is no whole number of 0 or more.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader } from 'framewright'
   *
   * const reader = new ByteReader(new Blob([new Uint8Array([0x16, 3, 1, 0])]).stream())
   * const isTls = (await reader.peek(1))[0] === 0x16
   * assert.equal(isTls, true)
   * assert.equal(reader.offset, 0)
   * ```
   */
  peek(n: number, options: ReadOptions = NO_OPTIONS): Promise<Uint8Array> {
    const intake = this.#intake
    const { queue } = intake
    return intake.ask(() => {
      checkInteger('n', n, 0)
      if (queue.length < n && !intake.ended) return MORE
      return queue.peek(0, Math.min(n, queue.length))
    }, options.signal)
  }

  /**
   * Everything that was not read yet as a stream of its own: what is in the buffer, then the rest of the source. The reader cannot be
   * used afterwards; the source belongs to the new stream, which cancels it when it is cancelled.
   *
   * @throws TypeError while a call waits, or after `detach()` or `cancel()`.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import { ByteReader } from 'framewright'
   *
   * const reader = new ByteReader(new Blob(['STARTTLS\r\nhello']).stream())
   * assert.equal(await reader.readLine(), 'STARTTLS')
   * const rest = reader.detach() as ReadableStream<Uint8Array<ArrayBuffer>>
   * assert.equal(await new Response(rest).text(), 'hello')
   * ```
   */
  detach(): ReadableStream<Uint8Array> {
    return this.#intake.detach(this.#streams, () => new TypeError('The reader was detached: its bytes go elsewhere'))
  }

  /**
   * Nobody wants the rest: cancels the source, as a stream's `cancel()` does, and drops the buffer. Calls that wait, and later ones,
   * reject with a TypeError whose `cause` is `reason`. A second `cancel()` does nothing.
   *
   * @throws TypeError (as a rejection) after `detach()`; what the source's `cancel` rejects with.
   */
  cancel(reason?: unknown): Promise<void> {
    return this.#intake.cancel(reason, () => new TypeError('The reader was cancelled', { cause: reason }))
  }

  /** Cancels the source, unless that was done or the reader is detached; never rejects for a source that has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#intake.dispose(() => new TypeError('The reader was disposed of'))
  }

  #taking<Frame>(codec: Codec<Frame, never>): () => Frame | undefined | typeof MORE {
    const intake = this.#intake
    const { queue } = intake
    const takers = this.#takers
    return () => takers.at(codec, queue.offset).take(queue, intake.ended)
  }

  #searchFor(delimiter: string | ByteSource): ByteSearch {
    if (typeof delimiter === 'string' && delimiter === this.#delimiter) return this.#until!
    const search = ByteSearch.for(delimiter)
    if (typeof delimiter === 'string') {
      this.#delimiter = delimiter
      this.#until = search
    }
    return search
  }

  /** The input has ended too early. What is there stays there. */
  #cutOff(needed?: number): Error {
    const { queue } = this.#intake
    return truncated(queue.peek(0, queue.length).slice(), queue.offset, needed)
  }
}

function maxLengthOf({ maxLength = DEFAULT_MAX_LENGTH }: ReadUntilOptions): number {
  if (maxLength !== Infinity) checkInteger('maxLength', maxLength, 0)
  return maxLength
}

keepShape(new ByteReader({ getReader: () => undefined as never }))
