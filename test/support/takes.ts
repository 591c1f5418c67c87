/** Tries one frame on an encoder, for tests. */

import { expect } from 'vitest'
import { ByteSink } from '../../src/bytes/byte-sink.ts'
import type { Encoder } from '../../src/codec/codec.ts'
import { FramingError } from '../../src/codec/framing-error.ts'

/** Does the encoder take the frame? If not, it must say so with a FramingError and leave nothing in the sink. */
export function takes<Frame>(encoder: Encoder<Frame>, frame: Frame, sink: ByteSink = new ByteSink()): boolean {
  const before = sink.length
  try {
    encoder.encode(frame, sink)
    return true
  } catch (error) {
    if (!(error instanceof FramingError)) throw error
    expect(error.code).toMatch(/^ERR_FRAME_(UNENCODABLE|TOO_LONG)$/)
    expect(sink.length).toBe(before)
    return false
  }
}
