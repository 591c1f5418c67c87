/** Memory that is not filled with zeros first is looked up where there is a `Buffer`: whatever that is, the memory must be right. */

import { afterEach, describe, expect, it, vi } from 'vitest'

type Module = typeof import('../../src/bytes/unwritten.ts')

async function load(buffer?: { value: unknown }): Promise<Module> {
  vi.resetModules()
  if (buffer !== undefined) vi.stubGlobal('Buffer', buffer.value)
  return import('../../src/bytes/unwritten.ts')
}

afterEach(() => {
  vi.unstubAllGlobals()
})

const KiB = 1024

describe.each([
  ['Buffer is', undefined],
  ['no Buffer is', { value: undefined }],
  ['Buffer cannot allocate so', { value: {} }],
  [
    'Buffer gives a part of a larger memory',
    { value: { allocUnsafeSlow: (n: number) => new Uint8Array(2 * n).subarray(n) } },
  ],
  ['Buffer gives nothing', { value: { allocUnsafeSlow: () => undefined } }],
])('unwritten memory, where %s', (_, buffer) => {
  it.each([0, 1, 100, 32 * KiB - 1, 32 * KiB, 32 * KiB + 1, 1024 * KiB])(
    'is a plain array of %i bytes that has its memory for itself',
    async (length) => {
      const { unwritten } = await load(buffer)
      const [one, other] = [unwritten(length), unwritten(length)]
      expect([one.constructor, one.length, one.byteOffset, one.buffer.byteLength]).toEqual([
        Uint8Array,
        length,
        0,
        length,
      ])
      expect(one.buffer).not.toBe(other.buffer)
    },
  )
})

it('is asked of Buffer where zeros would cost something; in Deno it would fill with zeros all the same', async () => {
  const asked: number[] = []
  const allocUnsafeSlow = (length: number): Uint8Array => {
    asked.push(length)
    return new Uint8Array(length)
  }
  const { unwritten } = await load({ value: { allocUnsafeSlow } })
  for (const length of [100, 4 * KiB, 64 * KiB, 1024 * KiB]) unwritten(length)
  expect(asked).toEqual('Deno' in globalThis ? [] : [64 * KiB, 1024 * KiB])
})
