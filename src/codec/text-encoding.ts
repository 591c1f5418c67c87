/**
 * Text of a frame: strings to bytes and back, in encodings whose line ends are the bytes LF and CR.
 *
 * Frames are whole, so each is decoded on its own and no character is ever cut, whatever TCP did.
 */

import type { ByteSink } from '../bytes/byte-sink.ts'
import { FramingError } from './framing-error.ts'
import { nativeText } from './native-text.ts'

/** The text of `bytes[start, stop)`, which is the whole of them unless it is said otherwise. */
export type DecodeText = (bytes: Uint8Array, start?: number, stop?: number) => string

/** Strings to bytes and back in one encoding. */
export interface TextEncoding {
  /** The name that the Encoding standard has for it. */
  readonly name: string
  /** Can text be cut between two characters by looking at the bytes? */
  readonly cuttable: boolean
  /** A function that decodes whole frames; with `fatal` it throws a TypeError for bytes that are no text. */
  decoder(fatal: boolean): DecodeText
  /** Writes a string. Throws a {@link FramingError} where it cannot be said in this encoding. */
  encode(text: string, out: ByteSink): void
}

const LONE_SURROGATE = /\p{Surrogate}/u

/** Where the first lone surrogate of a text is, which would be read back as U+FFFD; -1 if there is none. */
export function loneSurrogate(text: string & { isWellFormed?: () => boolean }): number {
  // Runtimes know of most texts that there is none without looking.
  return text.isWellFormed?.() === true ? -1 : text.search(LONE_SURROGATE)
}

/**
 * The encoding of that name.
 *
 * @throws RangeError if there is no such encoding, or its line ends are not single bytes (UTF-16).
 */
export function textEncoding(label: string): TextEncoding {
  let name: string
  try {
    name = new TextDecoder(label).encoding
  } catch (cause) {
    throw new RangeError(`There is no encoding ${JSON.stringify(label)} here: try 'utf-8' or 'latin1'`, { cause })
  }
  if (name.startsWith('utf-16')) {
    throw new RangeError(`encoding must be one in which a line ends with the byte LF, not ${name}`)
  }
  if (name === 'utf-8') return utf8
  const table = singleByteTable(name)
  return {
    name,
    cuttable: table !== undefined,
    decoder: (fatal) => decodeWith(name, fatal, table !== undefined),
    encode(text, out) {
      for (let i = 0; i < text.length; i++) {
        const byte = table?.get(text[i]!)
        if (byte === undefined) throw unencodable(text, i, name)
        out.byte(byte)
      }
    },
  }
}

const utf8: TextEncoding = {
  name: 'utf-8',
  cuttable: true,
  decoder: (fatal) => {
    const decode = decodeWith('utf-8', fatal)
    return (bytes, start = 0, stop = bytes.length) => {
      const text = nativeText(bytes, start, stop)
      // U+FFFD may be in the text, or stand for what is none.
      return text === undefined || (fatal && text.includes('\uFFFD')) ? decode(bytes, start, stop) : text
    }
  },
  encode(text, out) {
    const lone = loneSurrogate(text)
    if (lone >= 0) throw unencodable(text, lone, 'utf-8')
    out.text(text)
  },
}

function decodeWith(name: string, fatal: boolean, singleByte = false): DecodeText {
  // The mark at the start of the stream is the caller's affair: here a BOM is a character like any other.
  const decoder = new TextDecoder(name, { fatal, ignoreBOM: true })
  // Where every byte is a character, `stream` changes nothing by the standard. In Node 20 to 24 it avoids a short cut that reads
  // windows-1252 as ISO 8859-1 and loses an FF at the start (nodejs/node#60888).
  const options = { stream: singleByte }
  return (bytes, start = 0, stop = bytes.length) =>
    decoder.decode(start === 0 && stop === bytes.length ? bytes : bytes.subarray(start, stop), options)
}

/** Characters to bytes, for an encoding in which every byte is one character; undefined for any other. */
function singleByteTable(name: string): Map<string, number> | undefined {
  const decode = decodeWith(name, false, true)
  const table = new Map<string, number>()
  for (let byte = 0; byte < 256; byte++) {
    const text = decode(Uint8Array.of(byte))
    // In a multi-byte encoding a lead byte gives nothing before the next one comes.
    if (text.length !== 1) return undefined
    if (text !== '\uFFFD') table.set(text, byte)
  }
  return table
}

function unencodable(text: string, index: number, name: string): FramingError {
  const code = text.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0')
  return new FramingError('ERR_FRAME_UNENCODABLE', `U+${code} at index ${index} cannot be written in ${name}`, {
    offset: index,
  })
}

/**
 * The largest length up to `length` at which UTF-8 can be cut between two characters, by the bytes before the cut; `length` itself
 * where they are no UTF-8.
 */
export function utf8Cut(byteAt: (index: number) => number, length: number): number {
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = byteAt(length - back)
    if (byte < 0x80) return length
    if (byte >= 0xc0) {
      const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return wanted > back && length > back ? length - back : length
    }
  }
  return length
}
