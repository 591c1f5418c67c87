/** Where frames are short their ends are found many at a time. Nobody can tell, but by the clock. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteQueue, takeMarked, type CopyPolicy } from '../../src/bytes/byte-queue.ts'
import { simdScan } from '../../src/bytes/simd-scan.ts'

describe('ByteQueue.indexOf()', () => {
  const chunkOf = fc
    .array(fc.constantFrom(1, 1, 1, 1, 1, 1, 10, 13), { minLength: 1, maxLength: 2000 })
    .map((list) => Uint8Array.from(list))
  const step = fc.record({
    kind: fc.constantFrom('find', 'find', 'find', 'skip', 'take', 'push'),
    value: fc.constantFrom(10, 10, 10, 13, 99),
    from: fc.constantFrom(0, 0, 0, 1, 5, 300),
    chunk: chunkOf,
  })

  it('gives the first place at or after a position, for any order of looks, skips, frames taken and chunks, also of two queues in turns', () => {
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
          } else if (kind === 'take') {
            const frame = takeMarked(queue, value, 1, from, 'auto')
            const at = model.indexOf(value)
            if (frame === undefined) continue
            expect([...frame]).toEqual(model.slice(0, at))
            expect(frame.length).toBeGreaterThanOrEqual(1)
            expect(frame.length).toBeLessThanOrEqual(from)
            model.splice(0, at + 1)
            expect(queue.length).toBe(model.length)
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

describe('takeMarked()', () => {
  /** Lines of `payload` bytes; the first has been looked for, so that the ends of others are known where marks are to be had. */
  function known(payload: number, copy: CopyPolicy): { queue: ByteQueue; take: () => Uint8Array | undefined } {
    const queue = new ByteQueue()
    const line = payload + 1
    queue.push(Uint8Array.from({ length: 400 * line }, (_, i) => (i % line === payload ? 10 : 1)))
    queue.indexOf(10)
    return { queue, take: () => takeMarked(queue, 10, 2, 6, copy) }
  }
  /** How many frames come out of it. */
  function taken(payload: number, copy: CopyPolicy = 'auto'): number {
    const { queue, take } = known(payload, copy)
    queue.skip(payload + 1)
    let n = 0
    for (let frame = take(); frame !== undefined; frame = take()) {
      expect([...frame]).toEqual(Array.from({ length: payload }, () => 1))
      if (copy === 'always') expect(frame.byteOffset).toBe(0)
      n++
    }
    expect(queue.length).toBe((399 - n) * (payload + 1))
    return n
  }

  it('takes frames whose ends are known, of the lengths that are allowed alone, and never the last one of a chunk', () => {
    for (let i = 0; i < 300; i++) known(3, 'auto')
    const most = taken(3)
    for (const length of [2, 6]) expect(taken(length)).toBe(most)
    for (const length of [0, 1, 7]) expect(taken(length)).toBe(0)
    for (const copy of ['always', 'never'] as const) expect(taken(3, copy)).toBe(most)
    expect(most).toBeLessThan(399)
    // Where marks are to be had it takes nearly all.
    if (simdScan() !== undefined) expect(most).toBeGreaterThan(300)
  })
})
