import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'

type Scan = typeof import('../../src/bytes/scan.ts')

const plain = 'where Buffer is'
const runtimes: [name: string, change: () => void][] = [
  [plain, () => undefined],
  ['where no Buffer is', () => vi.stubGlobal('Buffer', undefined)],
  [
    'where Buffer is a polyfill that cannot search other arrays',
    () =>
      vi.stubGlobal('Buffer', {
        prototype: {
          indexOf: () => {
            throw new TypeError('not a Buffer')
          },
        },
      }),
  ],
  [
    'where Buffer is a polyfill that gives wrong answers',
    () => vi.stubGlobal('Buffer', { prototype: { indexOf: () => 2 } }),
  ],
]

describe.each(runtimes)('scanning %s', (where, change) => {
  afterEach(() => vi.unstubAllGlobals())

  async function load(): Promise<Scan> {
    change()
    vi.resetModules()
    return import('../../src/bytes/scan.ts')
  }

  it('finds the first byte of a value within the bounds, and nothing outside them', async () => {
    const { indexOfAny, indexOfByte } = await load()
    const run = fc.uint8Array({ minLength: 1, maxLength: 100, max: 3 })
    fc.assert(
      fc.property(run, fc.nat({ max: 4 }), fc.nat(), fc.nat(), fc.boolean(), (bytes, value, a, b, toEnd) => {
        const from = a % bytes.length
        const to = toEnd ? bytes.length : from + (b % (bytes.length - from + 1))
        const window = [...bytes.subarray(from, to)]
        const within = (index: number): number => (index < 0 ? -1 : from + index)
        expect(indexOfByte(bytes, value, from, to)).toBe(within(window.indexOf(value)))
        const set = new Uint8Array(256)
        set[value] = set[2] = 1
        expect(indexOfAny(bytes, set, from, to)).toBe(within(window.findIndex((byte) => byte === value || byte === 2)))
      }),
      { numRuns: 1000 },
    )
  })

  it('finds the first byte in long runs, and none behind them, also when that was done often', async () => {
    const { indexOfByte } = await load()
    for (let round = 0; round < 12; round++) {
      for (const length of [63, 64, 65, 2047, 2048, 2049, 10_240, 10_241, 26_624, 26_625, 50_000]) {
        const around = new Uint8Array(length + 130).fill(10)
        around.fill(round, 65, 65 + length)
        const find = (): number => indexOfByte(around, 10, 65, 65 + length)
        expect(find()).toBe(round === 10 ? 65 : -1)
        for (const at of [length - 1, length >> 1, 0]) {
          around[65 + at] = 10
          expect(find()).toBe(round === 10 ? 65 : 65 + at)
        }
      }
    }
  })

  it('looks through long runs with SIMD where Buffer cannot, and only there', async () => {
    const { indexOfByte } = await load()
    const { simdScan } = await import('../../src/bytes/simd-scan.ts')
    for (let i = 0; i < 300; i++) simdScan()
    const run = vi.spyOn(simdScan()!, 'run')
    expect(indexOfByte(new Uint8Array(5000).fill(7, 4000), 7, 0, 5000)).toBe(4000)
    // Deno's Buffer looks in JavaScript.
    expect(run).toHaveBeenCalledTimes(where === plain && !('Deno' in globalThis) ? 0 : 2)
  })

  it('works on a view into the middle of a buffer', async () => {
    const { indexOfByte } = await load()
    const bytes = new Uint8Array([7, 1, 2, 7, 3, 7]).subarray(1, 5)
    expect([indexOfByte(bytes, 7, 0, 4), indexOfByte(bytes, 7, 3, 4), indexOfByte(bytes, 3, 0, 3)]).toEqual([2, -1, -1])
  })
})
