/** Where frames are short their ends are found many at a time. Nobody can tell, but by the clock. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteQueue } from '../../src/bytes/byte-queue.ts'

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
