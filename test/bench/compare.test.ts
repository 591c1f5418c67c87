// A program outside of the process is asked over a pipe: what that takes must not count as its work.
import { describe, expect, it } from 'vitest'

import { compare, ratio, type Row } from '../../bench/compare.ts'

const own: Row = { name: 'its own clock', kind: 'compiled', run: () => ({ frames: 10, nanoseconds: 70 }) }

describe('a row that says itself how long it took', () => {
  it('is taken at its word, in each round', async () => {
    const results = await compare([own], 10, 3)
    expect(results.get(own.name)).toEqual({ name: own.name, perFrame: 7, rounds: [7, 7, 7] })
  })

  it('counts with the time that it gave in that very round', async () => {
    // The first round has one pass more, which warms up.
    const times = [1000, 10, 20, 60]
    const row: Row = { name: 'slower and slower', run: () => ({ frames: 10, nanoseconds: times.shift()! }) }
    const results = await compare([row], 10, 3)
    expect(results.get(row.name)).toMatchObject({ perFrame: 2, rounds: [1, 2, 6] })
  })

  it('fails like others when its frames are not those that there were', async () => {
    await expect(compare([own], 11, 1)).rejects.toThrow('its own clock gave 10 frames instead of 11')
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
    const results = await compare([own, measured], 10, 3)
    // A millisecond for ten frames at least.
    expect(results.get(measured.name)!.perFrame).toBeGreaterThanOrEqual(100_000 * 0.99)
    expect(ratio(results, [own], measured)).toBeLessThan(0.001)
  })
})
