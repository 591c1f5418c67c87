/** Whether a byte is in some bytes: whatever means the runtime has, the answer is that of a loop. */

import { describe, expect, it } from 'vitest'
import { hasByte } from '../../src/bytes/has-byte.ts'

const LENGTHS = [0, 1, 15, 16, 17, 63, 64, 1023, 1024, 1025, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 50_000]

describe('hasByte', () => {
  it('finds a byte wherever it is, and none where there is none, in bytes of every length', () => {
    // Often enough that what is compiled after some calls is there.
    for (let round = 0; round < 40; round++) {
      for (const length of LENGTHS) {
        // The byte stands behind and before what is looked at, where nobody shall find it.
        const around = new Uint8Array(length + 130).fill(10)
        const bytes = around.subarray(65, 65 + length).fill(round)
        const isThere = round === 10 && length > 0
        expect(hasByte(bytes, 10)).toBe(isThere)
        if (length === 0 || isThere) continue
        for (const at of [0, length >> 1, length - 1]) {
          bytes[at] = 10
          expect(hasByte(bytes, 10)).toBe(true)
          bytes[at] = round
        }
      }
    }
  })

  it('takes a Buffer for what it is', () => {
    const { Buffer } = globalThis as { Buffer?: typeof import('node:buffer').Buffer }
    const bytes = Buffer === undefined ? new Uint8Array(2000) : Buffer.alloc(2000)
    expect(hasByte(bytes, 1)).toBe(false)
    bytes[1999] = 1
    expect(hasByte(bytes, 1)).toBe(true)
  })
})
