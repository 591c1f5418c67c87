/** Counts the work of decoding, for the tests that prove it linear. */

import { expect } from 'vitest'
// Types alone: the code itself is loaded once the counting has begun.
import type { Codec } from '../../src/codec/codec.ts'
import type * as parsers from '../../src/codec/frame-parser.ts'
import type { Work, WorkCounter } from './count-work.ts'

const KiB = 1024

/** The work of decoding `bytes` in chunks of `size`; `frames` must come out. */
export function decodingWork<Library extends Pick<typeof parsers, 'FrameParser'>>(
  counter: WorkCounter<Library>,
  make: (library: Library) => Codec<unknown, never>,
  bytes: Uint8Array,
  size: number,
  frames: number,
): Promise<Work> {
  return counter.count(() => {
    const parser = new counter.modules.FrameParser(make(counter.modules))
    let got = 0
    for (let at = 0; at < bytes.length; at += size) {
      // Large chunks have memory of their own: the queue gathers what would keep much more alive.
      const chunk = size < KiB ? bytes.subarray(at, at + size) : bytes.slice(at, at + size)
      for (const _ of parser.push(chunk)) got++
    }
    expect(got).toBe(frames)
  })
}
