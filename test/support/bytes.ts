/** Bytes and text, the short way, for tests. */

import type { Codec } from '../../src/codec/codec.ts'
import { FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError, type FramingErrorCode } from '../../src/codec/framing-error.ts'

const encoder = new TextEncoder()

/** Text as bytes: every character below U+0100 is one byte. */
export function bin(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

/** Bytes as text: every byte is one character. */
export function unbin(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '')
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Bytes as a Buffer, as most programs on Node have them; where no Buffer is, as they came. */
export function asBuffer(bytes: Uint8Array): Uint8Array {
  return typeof Buffer === 'undefined' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Lets the event loop go round once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}

/** All frames and what was thrown, with frames of bytes as text. */
export function decodeAll<Frame>(
  codec: Codec<Frame, never>,
  ...chunks: Uint8Array[]
): [frames: unknown[], error?: unknown] {
  const parser = new FrameParser(codec)
  const frames: unknown[] = []
  const drain = (iterable: Iterable<Frame>): void => {
    for (const frame of iterable) frames.push(frame instanceof Uint8Array ? unbin(frame) : frame)
  }
  try {
    for (const chunk of chunks) drain(parser.push(chunk))
    drain(parser.end())
  } catch (error) {
    return [frames, error]
  }
  return [frames]
}

/** What `action` throws, which must be a FramingError of that code. */
export function framingError(code: FramingErrorCode, action: () => unknown): FramingError {
  try {
    action()
  } catch (error) {
    if (error instanceof FramingError && error.code === code) return error
    throw error
  }
  throw new Error(`Nothing was thrown where ${code} was to be`)
}
