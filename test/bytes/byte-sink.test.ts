import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteSink } from '../../src/bytes/byte-sink.ts'
import { bin, sameBytes, toHex, utf8 } from '../support/bytes.ts'

const KiB = 1024

describe('ByteSink', () => {
  const write = fc.oneof(
    fc.record({ kind: fc.constant('byte' as const), value: fc.nat({ max: 255 }) }),
    fc.record({
      kind: fc.constant('bytes' as const),
      value: fc
        .oneof(fc.nat({ max: 20 }), fc.constantFrom(1000, 5000, 64 * KiB, 64 * KiB + 1, 200 * KiB))
        .map((n) => new Uint8Array(n).fill(n)),
    }),
    fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme', maxLength: 30 }) }),
    fc.record({ kind: fc.constant('uint' as const), value: fc.nat({ max: 65535 }) }),
    fc.record({
      kind: fc.constantFrom('take' as const, 'truncate' as const, 'peek' as const),
      value: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  )

  it('gives what was written, in order, whatever was written, taken and taken back', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 40 }), (writes) => {
        const sink = new ByteSink()
        const taken: [Uint8Array, Uint8Array][] = []
        let model = new Uint8Array()
        const append = (bytes: Uint8Array): void => {
          const longer = new Uint8Array(model.length + bytes.length)
          longer.set(model)
          longer.set(bytes, model.length)
          model = longer
        }
        for (const one of writes) {
          if (one.kind === 'byte') {
            sink.byte(one.value)
            append(Uint8Array.of(one.value))
          } else if (one.kind === 'bytes') {
            sink.bytes(one.value)
            append(one.value)
          } else if (one.kind === 'text') {
            sink.text(one.value)
            append(utf8(one.value))
          } else if (one.kind === 'uint') {
            sink.uint(one.value, 3, 'little')
            append(Uint8Array.of(one.value, one.value >> 8, 0))
          } else if (one.kind === 'take') {
            taken.push([sink.take(), model])
            model = new Uint8Array()
          } else if (one.kind === 'truncate') {
            const length = Math.floor(one.value * model.length)
            sink.truncate(length)
            model = model.subarray(0, length)
          } else {
            const from = Math.floor(one.value * model.length)
            expect(sameBytes(sink.peek(from), model.subarray(from))).toBe(true)
          }
          expect(sink.length).toBe(model.length)
        }
        taken.push([sink.take(), model])
        // All at the end: what was taken is on its way, and what was written later must not change it.
        for (const [chunk, expected] of taken) expect(sameBytes(chunk, expected)).toBe(true)
        expect(sink.length).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('copies: what the caller does to its bytes afterwards changes nothing', () => {
    const sink = new ByteSink()
    const bytes = bin('abc')
    sink.bytes(bytes)
    bytes.fill(0)
    expect(sink.take()).toEqual(bin('abc'))
  })

  it('goes on where the memory of a chunk that was taken was transferred away', () => {
    const sink = new ByteSink()
    sink.bytes(bin('one'))
    const chunk = sink.take()
    structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] })
    expect(chunk.length).toBe(0)
    sink.bytes(bin('two'))
    sink.byte(33)
    expect(sink.take()).toEqual(bin('two!'))
  })

  it('truncate takes nothing back that is not there', () => {
    const sink = new ByteSink()
    sink.bytes(bin('abc'))
    sink.truncate(10)
    expect(sink.length).toBe(3)
    sink.truncate(1)
    expect(sink.take()).toEqual(bin('a'))
  })

  it.each([
    [-1, 1],
    [256, 1],
    [65536, 2],
    [0x1_0000_0000, 4],
    [256 ** 6, 6],
    [1.5, 4],
    [Number.NaN, 4],
    [Infinity, 8],
    [2 ** 53, 8],
  ])('refuses to write %d as an integer of %i bytes, and writes nothing', (value, width) => {
    const sink = new ByteSink()
    expect(() => sink.uint(value, width)).toThrow(
      new RangeError(`${value} does not fit an unsigned integer of ${width} bytes`),
    )
    expect(sink.length).toBe(0)
  })

  it('writes the largest integers that fit', () => {
    const sink = new ByteSink()
    sink.uint(255, 1)
    sink.uint(0xffff_ffff, 4)
    sink.uint(Number.MAX_SAFE_INTEGER, 8, 'little')
    expect(toHex(sink.take())).toBe('ffffffffffffffffffffff1f00')
  })

  it('grows by doubling: a frame of 16 MiB written byte run by byte run is copied a few times and not thousands', () => {
    const sink = new ByteSink()
    const piece = new Uint8Array(16 * KiB)
    const slabs = new Set<ArrayBufferLike>()
    for (let i = 0; i < 1024; i++) {
      sink.bytes(piece)
      slabs.add(sink.peek().buffer)
    }
    expect(sink.length).toBe(16 * 1024 * KiB)
    expect(slabs.size).toBeLessThan(16)
  })

  it('does not keep a large slab once it was taken', () => {
    const sink = new ByteSink()
    sink.bytes(new Uint8Array(1024 * KiB))
    const large = sink.take()
    sink.byte(1)
    expect(sink.peek().buffer).not.toBe(large.buffer)
    expect(sink.peek().buffer.byteLength).toBeLessThanOrEqual(64 * KiB)
  })
})
