// A program outside of the process is asked over a pipe: what that takes must not count as its work.
import { describe, expect, it } from 'vitest'

import { inTurns, median, ratio, type Row } from '../../bench/compare.ts'

const own: Row = { name: 'its own clock', kind: 'compiled', run: () => ({ frames: 10, nanoseconds: 70 }) }

describe('a row that says itself how long it took', () => {
  it('is taken at its word, in each round', async () => {
    const times = await inTurns([own], 10, 3)
    expect(times.get(own.name)).toEqual([7, 7, 7])
  })

  it('counts with the time of each pass but the first of all: rows take turns, and that one warms up', async () => {
    const passes: string[] = []
    const rows = ['a', 'b'].map((name): Row => ({
      name,
      run: () => ({ frames: 10, nanoseconds: 10 * passes.push(name) }),
    }))
    const times = await inTurns(rows, 10, 3)
    expect(passes.join('')).toBe('abababab')
    expect(times.get('a')).toEqual([3, 5, 7])
    expect(times.get('b')).toEqual([4, 6, 8])
  })

  it('fails like others when its frames are not those that there were', async () => {
    await expect(inTurns([own], 11, 1)).rejects.toThrow('its own clock gave 10 frames instead of 11')
  })

  it('stands beside rows whose time is measured here', async () => {
    const measured: Row = {
      name: 'measured',
      run: () => {
        const start = performance.now()
        while (performance.now() - start < 1);
        return 10
      },
    }
    const times = await inTurns([own, measured], 10, 3)
    // A millisecond for ten frames at least.
    expect(median(times.get(measured.name)!)).toBeGreaterThanOrEqual(100_000 * 0.99)
    expect(ratio([times.get(own.name)!], times.get(measured.name)!)).toBeLessThan(0.001)
  })

  it('passes no more often than it counts when it is warm', async () => {
    let passes = 0
    const row: Row = { name: 'counts', run: () => ({ frames: 10, nanoseconds: 10 * ++passes }) }
    expect((await inTurns([row], 10, 2, true)).get(row.name)).toEqual([1, 2])
    expect(passes).toBe(2)
  })
})
