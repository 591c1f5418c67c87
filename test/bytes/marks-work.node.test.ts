/** Looking for many frames at once must not become looking at the same bytes over and over. */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { ByteQueue } from '../../src/bytes/byte-queue.ts'
import { Marks } from '../../src/bytes/marks.ts'

const LENGTH = 60_000

function queueOf(pattern: readonly number[]): ByteQueue {
  const queue = new ByteQueue()
  queue.push(Uint8Array.from({ length: LENGTH }, (_, i) => pattern[i % pattern.length]!))
  return queue
}

describe('marks', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each([
    ['for one byte', [10], [1, 1, 1, 10]],
    ['for two bytes in turns', [2, 10], [2, 1, 1, 10]],
    ['for a byte that is not there in between', [10, 99], [1, 1, 1, 10]],
  ])('are made about once for each window, however one looks: %s', (_, values, pattern) => {
    const made = vi.spyOn(Marks, 'of')
    const queue = queueOf(pattern)
    // Enough looks that the marks are there at all (they come after some hundred).
    for (let i = 0; i < LENGTH / 4; i++) {
      for (const value of values) queue.indexOf(value)
      queue.skip(4)
    }
    // Before they are there each look asks for them; then 512 places are known at once.
    const windows = LENGTH / 4 / (512 - 64)
    expect(made.mock.calls.length).toBeLessThan(260 + 2 * windows * values.length)
  })

  it('are not made anew where one looks back', () => {
    const made = vi.spyOn(Marks, 'of')
    const queue = queueOf([1, 1, 1, 10])
    for (let i = 0; i < LENGTH / 4 - 10; i++) {
      expect(queue.indexOf(10, 5)).toBe(7)
      expect(queue.indexOf(10)).toBe(3)
      queue.skip(4)
    }
    expect(made.mock.calls.length).toBeLessThan(600)
  })
})
