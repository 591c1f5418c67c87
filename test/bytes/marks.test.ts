/** Where frames are short their ends are found many at a time. Nobody can tell, but by the clock. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteQueue } from '../../src/bytes/byte-queue.ts'
import { MOST, simdScan, WINDOW, type Scan } from '../../src/bytes/simd-scan.ts'

/** Asked often enough it is there on every runtime of these tests but those that make no code at run time. */
function warmedUp(): Scan | undefined {
  for (let i = 0; i < 300; i++) simdScan()
  return simdScan()
}

const scan = warmedUp()

describe.runIf(scan !== undefined)('simdScan()', () => {
  it('finds every place of a byte and no other, whatever an earlier run has left behind', () => {
    const dense = fc.array(fc.constantFrom(0, 10, 138, 255), { maxLength: 3000 })
    fc.assert(
      fc.property(dense, fc.nat(70), fc.nat(70), fc.constantFrom(0, 10, 138, 255), (list, before, after, value) => {
        const bytes = Uint8Array.from(list)
        const from = Math.min(before, bytes.length)
        const to = Math.max(from, bytes.length - after)
        scan!.run(bytes, value, from, to)
        const { count, scanned, places } = scan!
        const all = [...bytes.subarray(from, from + scanned).keys()].filter((at) => bytes[from + at] === value)
        expect([...places.subarray(0, count)]).toEqual(all)
        // It stops early only where the next step might find more than there is room for.
        expect(scanned === to - from || count > MOST - 64).toBe(true)
      }),
    )
  })

  it('looks at a whole window', () => {
    const bytes = new Uint8Array(WINDOW)
    bytes[0] = bytes[WINDOW - 1] = 7
    scan!.run(bytes, 7, 0, WINDOW)
    expect(scan!.scanned).toBe(WINDOW)
    expect([...scan!.places.subarray(0, scan!.count)]).toEqual([0, WINDOW - 1])
  })
})

describe('ByteQueue.indexOf()', () => {
  const chunkOf = fc
    .array(fc.constantFrom(1, 1, 1, 1, 1, 1, 10, 13), { minLength: 1, maxLength: 2000 })
    .map((list) => Uint8Array.from(list))
  const step = fc.record({
    kind: fc.constantFrom('find', 'find', 'find', 'skip', 'push'),
    value: fc.constantFrom(10, 10, 10, 13, 99),
    from: fc.constantFrom(0, 0, 0, 1, 5, 300),
    chunk: chunkOf,
  })

  it('gives the first place at or after a position, for any order of looks, skips and chunks, also of two queues in turns', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.array(fc.boolean(), { maxLength: 120 }), (steps, sides) => {
        const queues = [new ByteQueue(), new ByteQueue()]
        const models: number[][] = [[], []]
        for (const [i, { kind, value, from, chunk }] of steps.entries()) {
          const side = sides[i] === true ? 1 : 0
          const queue = queues[side]!
          const model = models[side]!
          if (kind === 'push') {
            queue.push(chunk.slice())
            model.push(...chunk)
          } else {
            const at = queue.indexOf(value, from)
            expect(at).toBe(model.indexOf(value, from))
            if (kind === 'skip') {
              const n = at < 0 ? Math.min(from, model.length) : at + 1
              queue.skip(n)
              model.splice(0, n)
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
