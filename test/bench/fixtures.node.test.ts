// What the benchmarks measure is only worth something if the bytes are what they are said to be.
import { describe, expect, it } from 'vitest'

import { CHUNK_SIZES, fixture, FRAME_SIZES, type ChunkSize, type FrameSize } from '../../bench/fixtures.ts'
import { PACKET_MARK, type Rule } from '../../bench/wire.ts'
import { cobs } from '../../src/codec/cobs.ts'
import type { Codec } from '../../src/codec/codec.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import { fixedLength } from '../../src/codec/fixed-length.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { slip } from '../../src/codec/slip.ts'
import { varintPrefixed } from '../../src/codec/varint-prefixed.ts'

const codecs: Record<Rule, (frameBytes: number) => Codec<Uint8Array>> = {
  lf: () => delimiter('\n'),
  crlf: () => delimiter('\r\n'),
  uint32: () => lengthPrefixed(),
  varint: () => varintPrefixed(),
  fixed: (frameBytes) => fixedLength(frameBytes),
  packet: () => lengthPrefixed({ sync: Uint8Array.of(PACKET_MARK), offset: 1, endian: 'little' }),
  cobs: () => cobs(),
  slip: () => slip(),
}
const rules = Object.keys(codecs) as Rule[]
const frameSizes = Object.keys(FRAME_SIZES) as FrameSize[]
const chunkSizes = Object.keys(CHUNK_SIZES) as ChunkSize[]
const budget = { frames: 3000, bytes: 3 * 1024 * 1024, chunkCost: 1 }

function joined(chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat(chunks)
}

describe.each(rules)('the fixtures of %s', (rule) => {
  it.each(frameSizes)('hold as many frames of %s as they say, each exactly so long, under every cut', (frame) => {
    for (const chunk of chunkSizes) {
      const { frameBytes, frames, chunks, payloads, payloadBytes, wireBytes, name } = fixture(
        rule,
        frame,
        chunk,
        budget,
      )
      expect(name).toBe(`${frame} frames, ${chunk} chunks`)
      const parser = new FrameParser(codecs[rule](frameBytes))
      const decoded = chunks.flatMap((bytes) => [...parser.push(bytes)])
      expect([...parser.end()]).toEqual([])
      expect([decoded.length, payloads.length, wireBytes]).toEqual([frames, frames, frames * frameBytes])
      expect(joined(decoded).equals(joined(payloads))).toBe(true)
      expect(joined(payloads).length).toBe(payloadBytes)
    }
  })

  it('are what an encoder makes of their payloads', () => {
    for (const frame of frameSizes) {
      const { frameBytes, chunks, payloads } = fixture(rule, frame, '64 KiB', budget)
      const encoded = encodeFrames(codecs[rule](frameBytes), payloads)
      // SLIP may begin with an END.
      const expected = rule === 'slip' ? [Uint8Array.of(0xc0), ...chunks] : chunks
      expect(joined(expected).equals(encoded)).toBe(true)
    }
  })
})

describe('every fixture', () => {
  it('is cut into chunks of the length it names, the last may be shorter, each alone in its memory', () => {
    for (const frame of frameSizes) {
      for (const chunk of chunkSizes) {
        const { chunks, buffers, chunkBytes, wireBytes } = fixture('lf', frame, chunk, budget)
        expect(chunks.slice(0, -1).every(({ length }) => length === chunkBytes)).toBe(true)
        expect(chunks.at(-1)!.length).toBe(wireBytes - (chunks.length - 1) * chunkBytes)
        expect(chunks.every(({ buffer, length }) => buffer.byteLength === length)).toBe(true)
        expect(buffers.every(({ buffer }, i) => buffer === chunks[i]!.buffer)).toBe(true)
      }
    }
  })

  it('is the same every time, and its frames are not the same as each other', () => {
    const [one, again] = [fixture('uint32', '1 KiB', '1460 B', budget), fixture('uint32', '1 KiB', '1460 B', budget)]
    expect(joined(one.chunks).equals(joined(again.chunks))).toBe(true)
    expect(new Set(one.payloads.map((payload) => Buffer.from(payload).toString('latin1'))).size).toBe(one.frames)
  })

  it('has bytes to escape where the rule escapes', () => {
    const { payloads } = fixture('slip', '1 KiB', '64 KiB', budget)
    const special = Buffer.concat(payloads).filter((byte) => byte === 0xc0 || byte === 0xdb)
    expect(special.length).toBeGreaterThan(payloads.length)
    expect(fixture('cobs', '1 KiB', '64 KiB', budget).payloads.every((payload) => payload.includes(0))).toBe(true)
  })

  it('stays within its budget but for the one frame that it always has', () => {
    for (const frame of frameSizes) {
      for (const chunk of chunkSizes) {
        const { frames, chunks, wireBytes } = fixture('lf', frame, chunk, {
          frames: 1000,
          bytes: 64 * 1024,
          chunkCost: 2,
        })
        expect(frames === 1 || (frames + 2 * chunks.length <= 1002 && wireBytes <= 64 * 1024)).toBe(true)
      }
    }
  })
})
