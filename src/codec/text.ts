/** Frames of bytes as text and as JSON: what most codecs of one's own end with. */

import { describe } from '../bytes/bytes.ts'
import type { Codec } from './codec.ts'
import { mapCodec } from './map-codec.ts'
import { checkBoolean, checkOptions, unencodable } from './policies.ts'
import { loneSurrogate } from './text-encoding.ts'

/** Options of {@link text}. */
export interface TextOptions {
  /** Whether bytes that are no UTF-8 are an error (`ERR_FRAME_MALFORMED`) rather than U+FFFD.
   * @defaultValue false */
  fatal?: boolean | undefined
}

const utf8: TextEncoder = new TextEncoder()

/**
 * The frames of a codec as strings, UTF-8. A byte order mark is a character like any other; an empty frame is an empty string. A string
 * with a lone surrogate is refused: it would not be read back.
 *
 * @throws TypeError for options that cannot be.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeFrames, FrameParser, netstring, text } from 'framewright'
 *
 * const words = text(netstring())
 * assert.deepEqual([...new FrameParser(words).push(encodeFrames(words, ['héllo', '']))], ['héllo', ''])
 * ```
 */
export function text(codec: Codec<Uint8Array>, options: TextOptions = {}): Codec<string> {
  checkOptions('text', options, ['fatal'])
  const fatal = checkBoolean('fatal', options.fatal, false)
  const decoder = new TextDecoder('utf-8', { fatal, ignoreBOM: true })
  return mapCodec(codec, {
    decode: (bytes) => decoder.decode(bytes),
    encode(value: string) {
      if (typeof value !== 'string') throw new TypeError(`A frame must be a string, not ${describe(value)}`)
      const lone = loneSurrogate(value)
      if (lone >= 0) throw unencodable(`Lone surrogate at index ${lone} cannot be written in UTF-8`, lone, value.length)
      return utf8.encode(value)
    },
  })
}

/**
 * The frames of a codec as JSON values. The type is what you say it is: nothing is checked but the syntax. A frame that is no JSON, or
 * no UTF-8, is `ERR_FRAME_MALFORMED`; a value that JSON cannot say (`undefined`, a cycle, a bigint) is `ERR_FRAME_UNENCODABLE`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { delimiter, encodeFrames, FrameParser, json } from 'framewright'
 *
 * const messages = json<{ id: number }>(delimiter('\n'))
 * const bytes = encodeFrames(messages, [{ id: 1 }, { id: 2 }])
 * assert.deepEqual([...new FrameParser(messages).push(bytes)], [{ id: 1 }, { id: 2 }])
 * ```
 */
export function json<Value = unknown>(codec: Codec<Uint8Array>): Codec<Value> {
  return mapCodec(text(codec, { fatal: true }), {
    decode: (source) => JSON.parse(source) as Value,
    encode(value: Value) {
      const source = JSON.stringify(value) as string | undefined
      if (source === undefined) throw new TypeError(`JSON cannot say ${describe(value)}`)
      return source
    },
  })
}
