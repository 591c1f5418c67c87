// Memory as process.memoryUsage() counts it.
import { describe, expect, it } from 'vitest'

import { FrameParser } from '../../src/codec/frame-parser.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../../src/codec/length-prefixed.ts'
import { bin, hex } from '../support/bytes.ts'

const MiB = 1024 * 1024

describe('lengthPrefixed: memory', () => {
  // Whoever allocates what a header declares can be made to allocate 100 times that with 400 bytes.
  it.each([
    ['8 MiB within the limit', { width: 4 }, '00800000'],
    ['4 GiB with no limit', { width: 4, maxFrameLength: Infinity }, 'ffffffff'],
    ['4 GiB to be left out', { width: 4, onTooLong: 'skip' }, 'ffffffff'],
    ['4 GiB in pieces of 8 MiB', { width: 4, onTooLong: 'split' }, 'ffffffff'],
  ] satisfies [string, LengthPrefixedOptions, string][])(
    'follows the bytes that came, not the length declared: %s',
    (_, options, header) => {
      const used = (): number => {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      }
      const before = used()
      const parsers = Array.from({ length: 100 }, () => new FrameParser(lengthPrefixed(options)))
      for (const parser of parsers) {
        expect([...parser.push(hex(header)), ...parser.push(bin('abc'))]).toEqual([])
      }
      expect(used() - before).toBeLessThan(16 * MiB)
    },
  )
})
