/**
 * The general rule for frames that declare their length: a function looks at the header and says how long the frame is.
 *
 * ```
 *   |<-------------- frameLength(header) -------------->|
 *   |<- headerLength ->|<- more, if asked ->|           |
 *   +------------------+--------------------+-----------+
 *   |              header                   |  payload  |
 *   +---------------------------------------+-----------+
 * ```
 */

import { ByteQueue, type CopyPolicy } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'
import { describe, toBytes } from '../bytes/bytes.ts'
import { keepShape } from '../bytes/keep-shape.ts'
import type { Encoder } from './codec.ts'
import { declaredSettings, type Fault, type Head } from './declared.ts'
import { FramingError } from './framing-error.ts'
import { declaredCodec, type DeclaredCodec } from './pieces.ts'
import {
  checkFunction,
  checkInteger,
  checkOptions,
  malformed,
  tooLong,
  unencodable,
  type CopyOptions,
  type LimitOptions,
  type MalformedPolicy,
  type TooLongOptions,
} from './policies.ts'
import { writePayload } from './write-payload.ts'

/** Options of {@link headerPrefixed}. */
export interface HeaderPrefixedOptions extends LimitOptions, TooLongOptions, CopyOptions {
  /** Bytes that are needed to say anything about a frame, 1 or more. */
  headerLength: number
  /**
   * Length of the whole frame, counted from its first byte, out of its header: `headerLength` bytes, or more where `{ more: n }` was
   * answered, which asks for `n` bytes beyond those it was shown. For a header that cannot be it answers
   * a length that cannot be, such as -1, or throws a {@link FramingError} that says why (which costs more: where `onMalformed: 'skip'`
   * looks for a header at every byte, answer). It must give the same answer for the same bytes.
   */
  frameLength: (header: Uint8Array) => number | { more: number }
  /** Looks at a whole frame, header included: false, or a {@link FramingError} thrown, means that it is none (a wrong checksum, say).
   * @defaultValue every frame is right */
  check?: ((frame: Uint8Array) => boolean) | undefined
  /** Bytes taken off the start before the frame is delivered.
   * @defaultValue 0: frames come with their headers */
  strip?: number | undefined
  /** What the encoder puts before a frame: the bytes that `strip` took off. Needed to encode where `strip` is not 0.
   * @defaultValue none */
  encodeHeader?: ((frame: Uint8Array) => Uint8Array) | undefined
  /** What is done with a header or frame that is not right: `'skip'` goes on one byte later, until something is.
   * @defaultValue 'error' */
  onMalformed?: MalformedPolicy | undefined
  /** What is done with an unfinished frame when the input ends. There is no `'emit'`: the header says that the frame is not whole.
   * @defaultValue 'error' */
  onTrailing?: 'error' | 'drop' | undefined
}

const OPTIONS = [
  'headerLength',
  'frameLength',
  'check',
  'strip',
  'encodeHeader',
  'maxFrameLength',
  'onTooLong',
  'onTrailing',
  'onMalformed',
  'onSkip',
  'copy',
] as const
const NOTHING: Uint8Array = new Uint8Array(0)
/** How far a header may go on beyond `headerLength` whatever the limit for payloads is: a header must end somewhere. */
const MORE_HEADER = 1024

/**
 * Frames whose header a function of yours understands: TLS records, WebSocket frames, BER, GIOP, anything. `maxFrameLength` counts what
 * comes after the header that was looked at. Frames may be views of the memory that arrived: see {@link CopyPolicy}.
 *
 * ```
 *   |<------- frameLength(header) ------->|
 *   +------------------+------------------+
 *   |      header      |     payload      |
 *   +------------------+------------------+
 * ```
 *
 * The encoder writes a frame only if `frameLength` says its length and `check` finds it right.
 *
 * @throws TypeError or RangeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { FrameParser, headerPrefixed } from 'framewright'
 *
 * // TLS records (RFC 8446, 5.1): type, version, two bytes of length.
 * const records = headerPrefixed({
 *   headerLength: 5,
 *   frameLength: (header) => 5 + header[3]! * 256 + header[4]!,
 *   maxFrameLength: 16_384 + 256,
 * })
 * const [record] = new FrameParser(records).push(new Uint8Array([22, 3, 3, 0, 2, 1, 0]))
 * assert.equal(record?.length, 7)
 * ```
 */
export function headerPrefixed(options: HeaderPrefixedOptions): DeclaredCodec {
  checkOptions('headerPrefixed', options, OPTIONS)
  const settings = declaredSettings(options)
  const layout: Layout = {
    headerLength: checkInteger('headerLength', options.headerLength, 1),
    frameLength: needFunction('frameLength', options.frameLength),
    check: checkFunction('check', options.check),
    strip: checkInteger('strip', options.strip ?? 0, 0),
    encodeHeader: checkFunction('encodeHeader', options.encodeHeader),
    limit: settings.limit,
    copy: settings.copy,
  }
  return declaredCodec(
    () => (layout.check === undefined ? new FunctionHead(layout) : new CheckedHead(layout, layout.check)),
    settings,
    () => new HeaderPrefixedEncoder(layout),
  )
}

interface Layout {
  readonly headerLength: number
  readonly frameLength: HeaderPrefixedOptions['frameLength']
  readonly check: ((frame: Uint8Array) => boolean) | undefined
  readonly strip: number
  readonly encodeHeader: ((frame: Uint8Array) => Uint8Array) | undefined
  readonly limit: number
  readonly copy: CopyPolicy
}

class FunctionHead implements Head {
  readonly #layout: Layout
  readonly strip: number
  readonly trailer: Uint8Array = NOTHING
  readonly lengthAt = 0
  length: number
  payload = 0

  constructor(layout: Layout) {
    this.#layout = layout
    this.strip = layout.strip
    this.length = layout.headerLength
  }

  read(bytes: ByteQueue): boolean | Fault {
    const { frameLength, headerLength, limit } = this.#layout
    for (;;) {
      if (bytes.length < this.length) return false
      const answer = frameLength(bytes.peek(0, this.length))
      if (typeof answer === 'number') {
        this.payload = answer - this.length
        // Half a byte is no length, and NaN is none either.
        const whole = Number.isInteger(answer) || answer === Infinity
        if (whole && this.payload >= 0 && this.strip <= answer) return true
        return whole
          ? fault(`Frame has a length of ${answer}, less than its header or what is to strip`, bytes.offset, answer)
          : fault(`Frame has a length of ${answer}, which is no whole number`, bytes.offset, answer)
      }
      this.length += checkInteger('What frameLength asks for', answer?.more, 1)
      const most = headerLength + Math.max(limit, MORE_HEADER)
      if (this.length > most)
        throw malformed(`Header is longer than ${most} bytes`, bytes.offset + most, { limit: most })
    }
  }

  reset(): void {
    this.length = this.#layout.headerLength
  }
}

class CheckedHead extends FunctionHead {
  readonly #check: (frame: Uint8Array) => boolean

  constructor(layout: Layout, check: (frame: Uint8Array) => boolean) {
    super(layout)
    this.#check = check
  }

  verify(bytes: ByteQueue, total: number): true | Fault {
    return this.#check(bytes.peek(0, total)) ? true : fault('Frame is not right, says check', bytes.offset, total)
  }
}

class HeaderPrefixedEncoder implements Encoder<Uint8Array> {
  readonly #layout: Layout
  readonly #queue: ByteQueue = new ByteQueue()

  constructor(layout: Layout) {
    if (layout.strip > 0 && layout.encodeHeader === undefined) {
      throw new TypeError(`With strip: ${layout.strip} the encoder has no header to write: give encodeHeader`)
    }
    this.#layout = layout
  }

  encode(frame: Uint8Array, out: ByteSink): void {
    const bytes = toBytes(frame)
    const { encodeHeader, strip, copy } = this.#layout
    const header = strip > 0 ? toBytes(encodeHeader!(bytes)) : NOTHING
    if (header.length !== strip) {
      throw unencodable(`encodeHeader made ${header.length} bytes, and strip takes off ${strip}`, 0, bytes.length)
    }
    this.#queue.push(header)
    this.#queue.push(bytes)
    try {
      this.#prove(strip)
    } finally {
      this.#queue.skip(this.#queue.length)
    }
    out.bytes(header)
    writePayload(out, bytes, copy)
  }

  /** What the decoder would make of it must be this frame. */
  #prove(strip: number): void {
    const { limit, check } = this.#layout
    const head = new FunctionHead(this.#layout)
    const total = this.#queue.length
    const right = asked('Frame has no header that can be read', total, () => {
      const found = head.read(this.#queue)
      if (typeof found === 'function') throw found()
      return found
    })
    const declared = head.length + head.payload
    if (!right || declared !== total) {
      throw unencodable(`Frame has ${total} bytes, and its header says ${right ? declared : 'nothing yet'}`, 0, total)
    }
    if (head.payload > limit) throw tooLong(head.length - strip + limit, limit, head.payload)
    const wrong = 'Frame is not right, says check'
    if (check !== undefined && !asked(wrong, total, () => check(this.#queue.peek(0, total)))) {
      throw unencodable(wrong, 0, total)
    }
  }
}

// Where every frame is read a closure would cost each of them.
function fault(message: string, at: number, length: number): Fault {
  return () => malformed(message, at, { length })
}

/** What a function of the user's says; a {@link FramingError} that it throws means that the frame cannot be encoded. */
function asked(message: string, length: number, ask: () => boolean): boolean {
  try {
    return ask()
  } catch (cause) {
    if (!(cause instanceof FramingError)) throw cause
    throw new FramingError('ERR_FRAME_UNENCODABLE', message, { offset: 0, length, cause })
  }
}

function needFunction<F extends (...args: never[]) => unknown>(name: string, value: F): F {
  if (typeof value === 'function') return value
  throw new TypeError(`${name} must be a function, not ${describe(value)}`)
}

const layout = { headerLength: 1, frameLength: () => 1 }
const plain = headerPrefixed(layout)
keepShape(plain.decoder(), plain.encoder(), headerPrefixed({ ...layout, check: () => true }).decoder())
