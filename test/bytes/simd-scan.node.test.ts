/** All places of a byte, in WebAssembly: on Node it must be there. Other runtimes are held to the same answers by marks.test.ts. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST, simdScan, WINDOW, type Scan } from '../../src/bytes/simd-scan.ts'

/** It is there when it was asked for often enough. */
function warmedUp(): Scan {
  for (let i = 0; i < 300; i++) simdScan()
  return simdScan()!
}

const scan = warmedUp()

describe('simdScan()', () => {
  it('finds every place of a byte and no other, whatever an earlier run has left behind', () => {
    const dense = fc.array(fc.constantFrom(0, 10, 138, 255), { maxLength: 3000 })
    fc.assert(
      fc.property(dense, fc.nat(70), fc.nat(70), fc.constantFrom(0, 10, 138, 255), (list, before, after, value) => {
        const bytes = Uint8Array.from(list)
        const from = Math.min(before, bytes.length)
        const to = Math.max(from, bytes.length - after)
        scan.run(bytes, value, from, to)
        const { count, scanned, places } = scan
        const all = Array.from({ length: scanned }, (_, at) => at).filter((at) => bytes[from + at] === value)
        expect([...places.subarray(0, count)]).toEqual(all)
        // It stops early only where the next step might find more than there is room for.
        expect(scanned === to - from || count > MOST - 64).toBe(true)
      }),
    )
  })

  it('looks at a whole window', () => {
    const bytes = new Uint8Array(WINDOW)
    bytes[0] = bytes[WINDOW - 1] = 7
    scan.run(bytes, 7, 0, WINDOW)
    expect(scan.scanned).toBe(WINDOW)
    expect([...scan.places.subarray(0, scan.count)]).toEqual([0, WINDOW - 1])
  })
})
