import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteQueue } from '../../src/bytes/byte-queue.ts'
import { FirstOf } from '../../src/codec/first-of.ts'

describe('the first of a few bytes', () => {
  const values = fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 1, maxLength: 3 })
  /** Rare enough that searches go far, and sometimes not there at all. */
  const input = fc.array(
    fc.oneof({ weight: 1, arbitrary: fc.nat({ max: 9 }) }, { weight: 60, arbitrary: fc.constant(10) }),
    {
      size: '+2',
    },
  )
  const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 })

  it('is found one after the other, while more bytes arrive and those in front are taken off', () => {
    fc.assert(
      fc.property(input, values, cuts, fc.array(fc.boolean(), { minLength: 1 }), (bytes, wanted, sizes, taken) => {
        const firstOf = new FirstOf(wanted)
        const queue = new ByteQueue()
        const found: number[] = []
        let from = 0
        let step = 0
        for (let at = 0, chunk = 0; at < bytes.length; chunk++) {
          const size = sizes[chunk % sizes.length]!
          queue.push(Uint8Array.from(bytes.slice(at, at + size)))
          at += size
          for (let next = firstOf.find(queue, from); ; next = firstOf.find(queue, from)) {
            from = next < 0 ? queue.length : next + 1
            if (next >= 0) found.push(queue.offset + next)
            if (taken[step++ % taken.length]) {
              queue.skip(from)
              from = 0
            }
            if (next < 0) break
          }
        }
        expect(found).toEqual(bytes.flatMap((byte, i) => (wanted.includes(byte) ? [i] : [])))
      }),
      { numRuns: 2000 },
    )
  })
})
