import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { maxUint, readMaskedUint, readUint, writeUint, type Endian } from '../../src/bytes/integers.ts'

const endian = fc.constantFrom<Endian>('big', 'little')
const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 8 })

function sumOf(bytes: Uint8Array, order: Endian): bigint {
  const digits = order === 'big' ? [...bytes] : [...bytes].reverse()
  return digits.reduce((sum, digit) => sum * 256n + BigInt(digit), 0n)
}

function asNumber(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value)
}

describe('integers', () => {
  it('read as BigInt arithmetic says, Infinity above 2^53-1', () => {
    fc.assert(
      fc.property(anyBytes, endian, fc.nat({ max: 3 }), (bytes, order, at) => {
        const within = new Uint8Array(12).fill(0xee)
        within.set(bytes, at)
        expect(readUint(within, at, bytes.length, order)).toBe(asNumber(sumOf(bytes, order)))
      }),
      { numRuns: 2000 },
    )
  })

  it('read with the bits of a mask alone', () => {
    fc.assert(
      fc.property(anyBytes, endian, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (bytes, order, mask) => {
        const masked = readMaskedUint(bytes, 0, bytes.length, order, Number(mask >> 32n), Number(mask & 0xffff_ffffn))
        expect(masked).toBe(asNumber(sumOf(bytes, order) & mask))
      }),
      { numRuns: 2000 },
    )
  })

  it('read back as they were written, in every width that they fit', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 8 }), endian, (value, width, order) => {
        const fitting = value % (maxUint(width) + 1 || Infinity)
        const bytes = new Uint8Array(10).fill(0xee)
        writeUint(bytes, 1, width, order, fitting)
        expect(readUint(bytes, 1, width, order)).toBe(fitting)
        expect([bytes[0], bytes[width + 1]]).toEqual([0xee, 0xee])
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    [1, 0xff],
    [2, 0xffff],
    [3, 0xff_ffff],
    [4, 0xffff_ffff],
    [5, 0xff_ffff_ffff],
    [6, 0xffff_ffff_ffff],
    [7, Number.MAX_SAFE_INTEGER],
    [8, Number.MAX_SAFE_INTEGER],
  ])('%i bytes hold %d at most', (width, max) => {
    expect(maxUint(width)).toBe(max)
  })

  it('2^53-1 is the last number, and one more is Infinity', () => {
    const last = Uint8Array.of(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
    expect(readUint(last, 0, 8, 'big')).toBe(Number.MAX_SAFE_INTEGER)
    expect(readUint(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0), 0, 8, 'big')).toBe(Infinity)
    expect(readUint(last.reverse(), 0, 8, 'little')).toBe(Number.MAX_SAFE_INTEGER)
  })
})
