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

  it('leaves nothing of other memory behind a chunk, nor of what was taken back', () => {
    for (const length of [100, 5000, 40 * KiB, 70_000]) {
      const sink = new ByteSink()
      sink.bytes(new Uint8Array(length).fill(1))
      sink.bytes(new Uint8Array(20).fill(2))
      sink.truncate(length)
      const chunk = sink.take()
      const behind = new Uint8Array(chunk.buffer, chunk.byteLength)
      expect(behind.every((byte) => byte === 0)).toBe(true)
    }
  })

  it('has room at once for what is expected, and gives back what was too much of it', () => {
    const sink = new ByteSink({ capacity: 100 * KiB })
    sink.byte(1)
    const { buffer } = sink.peek()
    sink.bytes(new Uint8Array(100 * KiB - 1))
    expect(sink.peek().buffer).toBe(buffer)
    const wrong = new ByteSink({ capacity: 100 * KiB })
    wrong.byte(1)
    expect(wrong.take().buffer.byteLength).toBeLessThan(KiB)
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

describe('a ByteSink whose chunks are taken one by one', () => {
  const PASS_FROM = 100
  const size = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 300 }), fc.constantFrom(99, 100, 5000, 70 * KiB))
  const write = fc.oneof(
    fc.record({ kind: fc.constantFrom('bytes' as const, 'pass' as const), value: size }),
    fc.record({
      kind: fc.constant('text' as const),
      value: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constant('ä'.repeat(3000))),
    }),
    fc.record({
      kind: fc.constantFrom('take' as const, 'next' as const, 'truncate' as const, 'peek' as const),
      value: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  )

  it('gives what was written, in order, whatever was passed, taken and taken back', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
        const sink = new ByteSink({ passFrom: PASS_FROM })
        const taken: [Uint8Array, Uint8Array][] = []
        const passed = new Set<ArrayBufferLike>()
        let model = new Uint8Array()
        let next = 0
        const append = (bytes: Uint8Array): Uint8Array => {
          const longer = new Uint8Array(model.length + bytes.length)
          longer.set(model)
          longer.set(bytes, model.length)
          model = longer
          return bytes
        }
        const takeNext = (): void => {
          const before = sink.passed
          const chunk = sink.takeNext()
          if (chunk === undefined) return expect(model.length).toBe(0)
          expect(chunk.length).toBeGreaterThan(0)
          // Whoever takes can tell whose memory it is.
          expect(passed.has(chunk.buffer)).toBe(sink.passed < before)
          taken.push([chunk, model.subarray(0, chunk.length)])
          model = model.subarray(chunk.length)
        }
        for (const { kind, value } of writes) {
          if (kind === 'bytes') {
            sink.bytes(append(new Uint8Array(value).fill(++next)))
          } else if (kind === 'pass') {
            const bytes = append(new Uint8Array(value).fill(++next))
            sink.pass(bytes)
            if (value >= PASS_FROM) passed.add(bytes.buffer)
          } else if (kind === 'text') {
            sink.text(value)
            append(utf8(value))
          } else if (kind === 'take') {
            const chunk = sink.take()
            taken.push([chunk, model])
            expect(passed.has(chunk.buffer)).toBe(false)
            model = new Uint8Array()
          } else if (kind === 'next') {
            takeNext()
          } else if (kind === 'truncate') {
            const length = Math.floor(value * model.length)
            sink.truncate(length)
            model = model.subarray(0, length)
          } else {
            const from = Math.floor(value * model.length)
            expect(sameBytes(sink.peek(from), model.subarray(from))).toBe(true)
          }
          expect(sink.length).toBe(model.length)
          expect(sink.passed).toBeLessThanOrEqual(model.length)
        }
        while (sink.length > 0) takeNext()
        for (const [chunk, expected] of taken) expect(sameBytes(chunk, expected)).toBe(true)
        expect(sink.passed).toBe(0)
        expect(sink.takeNext()).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  it('passes large bytes on, and copies small ones: what is between is gathered', () => {
    const sink = new ByteSink({ passFrom: 4 })
    const large = bin('large').subarray(1)
    sink.bytes(bin('ab'))
    sink.pass(bin('c'))
    sink.pass(large)
    sink.byte(0x64)
    sink.pass(bin('ef'))
    expect([sink.length, sink.passed]).toEqual([10, 4])
    expect(sink.takeNext()).toEqual(bin('abc'))
    const passed = sink.takeNext()!
    expect(passed).toEqual(bin('arge'))
    expect(passed.buffer).toBe(large.buffer)
    expect([sink.length, sink.passed]).toEqual([3, 0])
    expect(sink.takeNext()).toEqual(bin('def'))
    expect(sink.takeNext()).toBeUndefined()
  })

  it('never passes on what was written with bytes(), and take() is always of its own memory', () => {
    const sink = new ByteSink({ passFrom: 1 })
    const scratch = bin('abc')
    sink.bytes(scratch)
    scratch.fill(0)
    expect(sink.takeNext()).toEqual(bin('abc'))
    sink.pass(scratch)
    expect(sink.take().buffer).not.toBe(scratch.buffer)
  })

  it('takes back a part of what was passed on, and goes on behind it', () => {
    const sink = new ByteSink({ passFrom: 4 })
    sink.bytes(bin('ab'))
    sink.pass(bin('cdefgh'))
    sink.bytes(bin('ij'))
    sink.truncate(5)
    expect([sink.length, sink.passed]).toEqual([5, 3])
    sink.bytes(bin('!'))
    expect(sink.peek(1)).toEqual(bin('bcde!'))
    sink.truncate(1)
    expect([sink.length, sink.passed]).toEqual([1, 0])
    sink.bytes(bin('?'))
    expect(sink.take()).toEqual(bin('a?'))
  })

  it('copies memory that is shared, or that may become smaller', () => {
    const sink = new ByteSink({ passFrom: 1 })
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer
    for (const buffer of [new SharedArrayBuffer(8), new Resizable(8, { maxByteLength: 16 })]) {
      const isPlain = buffer instanceof ArrayBuffer && (buffer as { resizable?: boolean }).resizable !== true
      sink.pass(new Uint8Array(buffer))
      expect(sink.passed).toBe(isPlain ? 8 : 0)
      expect(sink.takeNext()?.buffer === buffer).toBe(isPlain)
    }
  })

  it('has a chunk of a long text for itself: nobody else has its memory', () => {
    const sink = new ByteSink({ passFrom: KiB })
    sink.text('a')
    sink.text('ä'.repeat(40 * KiB))
    expect(sink.passed).toBe(0)
    expect([sink.takeNext()?.length, sink.takeNext()?.length]).toEqual([1, 80 * KiB])
  })

  it('has texts of all lengths and kinds as they were, one by one and together', () => {
    for (const passFrom of [KiB, Infinity]) {
      const sink = new ByteSink({ passFrom })
      let all = ''
      for (const kind of ['a', 'ä', '字', 'aä字😀']) {
        for (const length of [100, 1500, 5000, 20 * KiB, 40 * KiB]) {
          const text = `${'b'.repeat(length)}${kind.repeat(length)}`
          all += text
          sink.text(text)
        }
      }
      const chunks: Uint8Array[] = []
      for (let chunk = sink.takeNext(); chunk !== undefined; chunk = sink.takeNext()) chunks.push(chunk)
      const decoder = new TextDecoder()
      expect(chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') === all).toBe(true)
    }
  })

  it('copies nothing twice: what has gathered and is full is a chunk', () => {
    const sink = new ByteSink({ passFrom: 64 * KiB })
    for (let i = 0; i < 1000; i++) sink.bytes(new Uint8Array(KiB).fill(i))
    const lengths: number[] = []
    for (let chunk = sink.takeNext(); chunk !== undefined; chunk = sink.takeNext()) lengths.push(chunk.length)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(1000 * KiB)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(72 * KiB)
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(64 * KiB)
  })

  it.each([0, -1, Number.NaN])('refuses to pass on from %d bytes', (passFrom) => {
    expect(() => new ByteSink({ passFrom })).toThrow(RangeError)
  })
})
