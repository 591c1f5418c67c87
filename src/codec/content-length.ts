/**
 * A block of header lines with a Content-Length, then as many bytes as it says.
 *
 * ```
 *   Content-Length: 52 CR LF
 *   Content-Type: application/vscode-jsonrpc; charset=utf-8 CR LF
 *   CR LF
 *   {"jsonrpc":"2.0","id":1,"method":"initialize", ... }
 *   |<------------------ 52 bytes ------------------->|
 * ```
 *
 * The base protocol of the Language Server Protocol (3.17, "Base Protocol") and of the Debug Adapter Protocol.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { frameBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Encoder } from './codec.ts'
import { declaredSettings, type DeclaredSettings, type Head } from './declared.ts'
import { declaredCodec, type DeclaredCodec } from './pieces.ts'
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  malformed,
  tooLong,
  unencodable,
  type CopyOptions,
  type LimitOptions,
  type TooLongOptions,
} from './policies.ts'
import { writePayload } from './write-payload.ts'

/** Options of {@link contentLength}. */
export interface ContentLengthOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** The longest header block allowed, in bytes, the empty line at its end included.
   * @defaultValue 8192 */
  maxHeaderLength?: number | undefined
  /** Whether what some peers send is taken too: lines that end with a bare LF, white space before the colon, and several
   * Content-Length lines that agree.
   * @defaultValue false */
  lenient?: boolean | undefined
  /** What is done with an unfinished frame when the input ends. There is no `'emit'`: the length says that the frame is not whole.
   * @defaultValue 'error' */
  onTrailing?: 'error' | 'drop' | undefined
}

const OPTIONS = ['maxHeaderLength', 'lenient', 'maxFrameLength', 'onTooLong', 'onTrailing', 'onSkip', 'copy'] as const
const LF = 0x0a
const CR = 0x0d
const NOTHING: Uint8Array = new Uint8Array(0)
/** RFC 9110, 5.6.2: the bytes of a field name. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Frames behind a header block with a Content-Length, as LSP and DAP have them. Frames are the contents; other headers are read over.
 * They may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   +----------------------------+---------+---------------+
 *   | Content-Length: n CR LF …  |  CR LF  |    content    |
 *   +----------------------------+---------+---------------+
 *   |<----- maxHeaderLength at the most -->|<- n bytes --->|
 * ```
 *
 * A block without Content-Length, with two, with one that is no run of at most 16 digits, a line that ends with a bare LF or has no
 * colon, and a block longer than `maxHeaderLength` are `ERR_FRAME_MALFORMED`, at that byte and as soon as it is there.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { contentLength, encodeFrames, FrameParser, json } from 'framewright'
 *
 * const messages = json<{ id: number }>(contentLength())
 * const bytes = encodeFrames(messages, [{ id: 1 }])
 * assert.equal(new TextDecoder().decode(bytes), 'Content-Length: 8\r\n\r\n{"id":1}')
 * assert.deepEqual([...new FrameParser(messages).push(bytes)], [{ id: 1 }])
 * ```
 */
export function contentLength(options: ContentLengthOptions = {}): DeclaredCodec {
  checkOptions('contentLength', options, OPTIONS)
  const most = checkInteger('maxHeaderLength', options.maxHeaderLength ?? 8192, 1)
  const lenient = checkBoolean('lenient', options.lenient, false)
  const settings = declaredSettings(options)
  return declaredCodec(
    () => new HeaderBlock(most, lenient),
    settings,
    () => new ContentLengthEncoder(settings, most),
  )
}

/** Reads a header block line by line, as the lines arrive. */
class HeaderBlock implements Head {
  readonly #most: number
  readonly #lenient: boolean
  readonly trailer: Uint8Array = NOTHING
  length = 0
  payload = -1
  strip = 0
  lengthAt = 0
  /** Where the line that is being read begins, and how far it has been looked at. */
  #line = 0
  #scanned = 0

  constructor(most: number, lenient: boolean) {
    this.#most = most
    this.#lenient = lenient
  }

  read(bytes: ByteQueue): boolean {
    for (;;) {
      const lf = bytes.indexOf(LF, this.#scanned)
      if ((lf < 0 ? bytes.length : lf + 1) > this.#most) {
        throw malformed(
          `Header block is longer than maxHeaderLength of ${this.#most} bytes`,
          bytes.offset + this.#most,
          {
            limit: this.#most,
          },
        )
      }
      this.#scanned = lf < 0 ? bytes.length : lf + 1
      if (lf < 0) return false
      const hasCR = lf > this.#line && bytes.byteAt(lf - 1) === CR
      if (!hasCR && !this.#lenient) throw malformed('Header line ends with LF alone', bytes.offset + lf)
      const end = hasCR ? lf - 1 : lf
      if (end === this.#line) {
        if (this.payload < 0) throw malformed('Header block has no Content-Length', bytes.offset + this.#line)
        this.length = this.strip = this.#scanned
        return true
      }
      this.#field(bytes, end)
      this.#line = this.#scanned
    }
  }

  reset(): void {
    this.length = this.strip = this.lengthAt = this.#line = this.#scanned = 0
    this.payload = -1
  }

  #field(bytes: ByteQueue, end: number): void {
    const start = this.#line
    let line = ''
    for (let at = start; at < end; at++) line += String.fromCharCode(bytes.byteAt(at))
    const colon = line.indexOf(':')
    const name = this.#lenient ? line.slice(0, colon).replace(/[ \t]+$/, '') : line.slice(0, colon)
    if (colon < 0 || !TOKEN.test(name)) throw malformed('Header line is not "name: value"', bytes.offset + start)
    if (name.toLowerCase() !== 'content-length') return
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    const at = start + line.indexOf(value, colon + 1)
    if (!/^[0-9]{1,16}$/.test(value))
      throw malformed('Content-Length is no number of at most 16 digits', bytes.offset + at)
    const length = decimal(value)
    if (this.payload >= 0 && !(this.#lenient && this.payload === length)) {
      throw malformed('Header block has more than one Content-Length', bytes.offset + start)
    }
    this.payload = length
    this.lengthAt = at
  }
}

/** Digits to a number; `Infinity` above 2^53-1, never rounded. */
function decimal(digits: string): number {
  const value = Number(digits)
  return value > Number.MAX_SAFE_INTEGER ? Infinity : value
}

class ContentLengthEncoder implements Encoder<Uint8Array> {
  readonly #settings: DeclaredSettings
  readonly #most: number

  constructor(settings: DeclaredSettings, most: number) {
    this.#settings = settings
    this.#most = most
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = frameBytes(frame)
    const { limit, copy } = this.#settings
    if (bytes.length > limit) throw tooLong(limit, limit, bytes.length)
    const header = `Content-Length: ${bytes.length}\r\n\r\n`
    if (header.length > this.#most) {
      throw unencodable(`Header block is longer than maxHeaderLength of ${this.#most} bytes`, 0, bytes.length)
    }
    out.text(header)
    writePayload(out, bytes, copy)
  }
}

keepShape(contentLength().decoder(), contentLength().encoder())
