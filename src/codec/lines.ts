/**
 * Lines of text.
 *
 * ```
 *   +----------------+------+----------------+----+
 *   |  text (bytes)  | CRLF |  text (bytes)  | LF |
 *   +----------------+------+----------------+----+
 * ```
 *
 * The bytes are cut at the newline first and decoded to text after: a character is never cut, and an empty line is a line.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { describe } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Codec, Decoder, Encoder } from './codec.ts'
import { DelimitedDecoder, type DelimitedSettings, type Finder } from './delimited.ts'
import { DelimiterProof } from './delimiter-proof.ts'
import { FramingError } from './framing-error.ts'
import { lineFinder, type Newline } from './line-finder.ts'
import { LineText } from './line-text.ts'
import {
  checkBoolean,
  checkFunction,
  checkLimit,
  checkOptions,
  checkTooLong,
  checkWord,
  tooLong,
  type LimitOptions,
  type TooLongOptions,
  type TrailingPolicy,
} from './policies.ts'
import { textEncoding, utf8Cut, type DecodeText, type TextEncoding } from './text-encoding.ts'

/** Options of {@link lines} that go with every newline. */
export interface LinesCommonOptions extends LimitOptions, TooLongOptions {
  /** Encoding of the text, by any name the Encoding standard knows ('utf-8', 'latin1', 'shift_jis', …) but not UTF-16, whose newlines
   * are not single bytes. Multi-byte encodings other than UTF-8 can only be decoded.
   * @defaultValue 'utf-8' */
  encoding?: string | undefined
  /** Whether bytes that are no text are an error (`ERR_FRAME_MALFORMED`) rather than U+FFFD.
   * @defaultValue false */
  fatal?: boolean | undefined
  /** Whether a byte order mark at the very start is left in the first line rather than removed.
   * @defaultValue false */
  ignoreBOM?: boolean | undefined
  /** Whether empty lines are delivered.
   * @defaultValue true */
  emitEmpty?: boolean | undefined
  /** What is done with text after the last newline when the input ends.
   * @defaultValue 'emit' */
  onTrailing?: TrailingPolicy | undefined
}

/** Options of {@link lines}. */
export type LinesOptions =
  | (LinesCommonOptions & {
      /** What ends a line. `'lf'`: LF, and one CR before it is removed. `'any'`: LF, CR or CRLF, known at the CR. `'crlf'`: CRLF alone.
       * @defaultValue 'lf' */
      newline?: 'lf' | 'any' | undefined
      rejectBareLF?: undefined
    })
  | (LinesCommonOptions & {
      /** Only CRLF ends a line: a lone LF or CR is text. */
      newline: 'crlf'
      /** Whether an LF without a CR before it is an error (`ERR_FRAME_MALFORMED`): where a peer that takes LF for a newline could be
       * made to see other lines than you do.
       * @defaultValue false */
      rejectBareLF?: boolean | undefined
    })

const OPTIONS = [
  'newline',
  'rejectBareLF',
  'encoding',
  'fatal',
  'ignoreBOM',
  'emitEmpty',
  'maxFrameLength',
  'onTooLong',
  'onTrailing',
  'onSkip',
] as const

const BOM: Uint8Array = Uint8Array.of(0xef, 0xbb, 0xbf)
/** What a newline can begin with. */
const NEWLINES: readonly Uint8Array[] = [Uint8Array.of(0x0a), Uint8Array.of(0x0d)]

/**
 * Lines of text, without their newlines. `maxFrameLength` counts the bytes of a line without its newline. Frames are strings; a short
 * one may be a slice of up to 16 KiB of text around it, and one that goes on in the next chunk of as much on either side.
 *
 * ```
 *   +----------------+---------+----------------+---------+
 *   |      line      | newline |      line      | newline |
 *   +----------------+---------+----------------+---------+
 * ```
 *
 * `onTooLong: 'split'` and `'truncate'` cut between characters. The encoder writes CRLF for `'crlf'` and LF otherwise, and refuses a
 * string that would not be read back as that one line.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, lines } from 'framewright'
 *
 * const parser = new FrameParser(lines({ newline: 'any' }))
 * assert.deepEqual([...parser.push(new TextEncoder().encode('one\r\ntwo\r\rthree\n'))], ['one', 'two', '', 'three'])
 * ```
 */
export function lines(options: LinesOptions = {}): Codec<string> {
  checkOptions('lines', options, OPTIONS)
  const newline = checkWord('newline', options.newline, ['lf', 'crlf', 'any'], 'lf')
  const rejectBareLF = checkBoolean('rejectBareLF', options.rejectBareLF, false)
  if (rejectBareLF && newline !== 'crlf') {
    throw new TypeError(`rejectBareLF goes with newline 'crlf': in '${newline}' an LF ends a line`)
  }
  const encoding = textEncoding(options.encoding ?? 'utf-8')
  const onTooLong = checkTooLong(options.onTooLong)
  if (!encoding.cuttable && (onTooLong === 'split' || onTooLong === 'truncate')) {
    throw new TypeError(
      `onTooLong '${onTooLong}' cannot cut ${encoding.name} between characters: use 'error' or 'skip'`,
    )
  }
  const settings: LineSettings = {
    newline,
    rejectBareLF,
    encoding,
    decode: encoding.decoder(checkBoolean('fatal', options.fatal, false)),
    stripBOM: encoding.name === 'utf-8' && !checkBoolean('ignoreBOM', options.ignoreBOM, false),
    framing: {
      disposition: 'discard',
      emitEmpty: checkBoolean('emitEmpty', options.emitEmpty, true),
      limit: checkLimit(options.maxFrameLength),
      onTooLong,
      onTrailing: checkWord('onTrailing', options.onTrailing, ['error', 'emit', 'drop'], 'emit'),
      onSkip: checkFunction('onSkip', options.onSkip),
      // The bytes become a string at once: nobody else ever sees them.
      copy: 'never',
      cut: encoding.name === 'utf-8' ? cutUtf8 : undefined,
    },
  }
  return {
    decoder: () => new LinesDecoder(settings),
    encoder: () => new LinesEncoder(settings),
  }
}

interface LineSettings {
  readonly newline: Newline
  readonly rejectBareLF: boolean
  readonly encoding: TextEncoding
  /** For all its decoders: it keeps nothing from one call to the next. */
  readonly decode: DecodeText
  readonly stripBOM: boolean
  readonly framing: DelimitedSettings
}

function cutUtf8(bytes: ByteQueue, from: number, length: number): number {
  return utf8Cut((index) => bytes.byteAt(from + index), length)
}

class LinesDecoder implements Decoder<string> {
  readonly #finder: Finder
  readonly #framing: DelimitedDecoder<string>
  readonly #text: LineText
  readonly #newline: Newline
  /** Lengths of lines that are delivered as they are. */
  readonly #least: number
  readonly #most: number
  #atStart: boolean

  constructor({ newline, rejectBareLF, encoding, decode, stripBOM, framing }: LineSettings) {
    const text = new LineText(encoding, decode)
    this.#text = text
    this.#finder = lineFinder(newline, rejectBareLF)
    this.#framing = new DelimitedDecoder(this.#finder, framing, (bytes, n) => text.take(bytes, n))
    this.#newline = newline
    this.#least = framing.emitEmpty ? 0 : 1
    this.#most = framing.limit
    this.#atStart = stripBOM
  }

  get skipped(): number {
    return this.#framing.skipped
  }

  decode(bytes: ByteQueue): string | undefined {
    // Asked after every chunk, which often ends with its line.
    if (bytes.length === 0) return undefined
    if (this.#atStart && !this.#passBOM(bytes, false)) return undefined
    if (this.#newline === 'any' || this.#framing.busy) return this.#framing.decode(bytes)
    const line = this.#text.next(bytes, this.#newline === 'crlf', this.#least, this.#most)
    if (line === undefined) return this.#search(bytes)
    this.#finder.scanned = 0
    return line
  }

  /** Bytes that were looked at as text are not looked at again. */
  #search(bytes: ByteQueue): string | undefined {
    const clear = this.#text.clearUntil - bytes.offset
    if (clear > this.#finder.scanned) this.#finder.scanned = clear
    return this.#framing.decode(bytes)
  }

  end(bytes: ByteQueue): string | undefined {
    if (this.#atStart) this.#passBOM(bytes, true)
    return this.#framing.end(bytes)
  }

  /** Removes a byte order mark from the very start; false while only more bytes can tell whether there is one. */
  #passBOM(bytes: ByteQueue, final: boolean): boolean {
    const matched = bytes.match(BOM)
    if (matched >= 0 && matched < BOM.length && !final) return false
    this.#atStart = false
    if (matched === BOM.length) bytes.skip(BOM.length)
    return true
  }
}

class LinesEncoder implements Encoder<string> {
  readonly #settings: LineSettings
  readonly #newline: string
  readonly #proof: DelimiterProof
  #first: boolean

  constructor(settings: LineSettings) {
    this.#settings = settings
    this.#newline = settings.newline === 'crlf' ? '\r\n' : '\n'
    this.#proof = new DelimiterProof(lineFinder(settings.newline, settings.rejectBareLF), NEWLINES)
    this.#first = settings.stripBOM
  }

  encode(line: string, out: ByteSink): void {
    if (typeof line !== 'string') throw new TypeError(`A line must be a string, not ${describe(line)}`)
    const { encoding, framing } = this.#settings
    const mark = out.length
    try {
      encoding.encode(line, out)
      this.#check(line, out.length - mark, framing)
      const end = out.length - mark
      out.text(this.#newline)
      // Nearly every line: nothing in it can be a newline, or the start of one.
      if (line.includes('\n') || line.includes('\r')) {
        this.#proof.check(out.peek(mark), undefined, end, this.#newline.length)
      }
    } catch (error) {
      out.truncate(mark)
      throw error
    }
    this.#first = false
  }

  #check(line: string, length: number, { limit, emitEmpty }: DelimitedSettings): void {
    if (length > limit) throw tooLong(limit, limit, length)
    const refused =
      length === 0 && !emitEmpty
        ? 'Line is empty, and emitEmpty is false'
        : this.#first && line.startsWith('\uFEFF')
          ? 'The first line starts with a byte order mark, which is removed when it is read (ignoreBOM: true keeps it)'
          : undefined
    if (refused !== undefined) throw new FramingError('ERR_FRAME_UNENCODABLE', refused, { offset: 0, length })
  }
}

keepShape(lines().decoder(), lines().encoder(), lines({ newline: 'any' }).decoder())
