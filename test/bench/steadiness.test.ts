// The verdict on a long conversation is only worth something if a leak would not pass.

import { describe, expect, it } from 'vitest'

import { growth } from '../../bench/connections/steadiness.ts'

/** Samples once a second at about 200,000 messages, with noise that is the same in every run. */
function samples(leak: number, noise = 200_000): { messages: number; heap: number }[] {
  return Array.from({ length: 40 }, (_, i) => {
    const messages = 200_000 * (i + 1) + ((i * 7919) % 1000)
    return { messages, heap: 10e6 + leak * messages + (((i * 7919) % 101) / 101 - 0.5) * noise }
  })
}

describe('growth of the heap', () => {
  it('is within noise where nothing is kept', () => {
    const { slope, standardError } = growth(samples(0))
    expect(Math.abs(slope)).toBeLessThan(3 * standardError)
  })

  it.each([0.1, 4, 48])('is found where %d bytes of each message are kept', (leak) => {
    const { slope, standardError } = growth(samples(leak))
    expect(slope).toBeGreaterThan(3 * standardError)
    expect(Math.abs(slope - leak)).toBeLessThan(3 * standardError)
  })

  it('is refused where there was no conversation', () => {
    expect(() => growth(samples(0).slice(0, 2))).toThrow('no conversation')
    expect(() => growth(Array.from({ length: 5 }, () => ({ messages: 7, heap: 1 })))).toThrow('no conversation')
  })
})
