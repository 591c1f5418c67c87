/** Text by what a Buffer has for it is what TextDecoder gives; and a Buffer that is none is left alone. */

import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'

type NativeText = typeof import('../../src/codec/native-text.ts')

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const { Buffer } = globalThis

const buffers: readonly [name: string, buffer: unknown, isUsed: boolean][] = [
  ['that is the one of the runtime', Buffer, true],
  ['that is not there', undefined, false],
  ['without these methods', { prototype: {} }, false],
  ['that wants a Buffer', { prototype: { utf8Slice: () => expect.unreachable() } }, false],
  ['that sees other characters in what is no UTF-8', { prototype: { utf8Slice: () => 'A\uFEFFä' } }, false],
]

describe.each(buffers)('text with a Buffer %s', (_, buffer, isUsed) => {
  afterEach(() => vi.unstubAllGlobals())

  test('is that of TextDecoder, if there is any', async () => {
    vi.stubGlobal('Buffer', buffer)
    vi.resetModules()
    const { nativeText }: NativeText = await import('../../src/codec/native-text.ts')
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }).map((text) => new TextEncoder().encode(text)),
      fc.integer({ min: 0, max: 5000 }).map((n) => new Uint8Array(n).fill(0x61)),
    )
    fc.assert(
      fc.property(content, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (bytes, before, behind) => {
        const start = Math.min(before, bytes.length)
        const stop = Math.max(start, bytes.length - behind)
        const text = nativeText(bytes, start, stop)
        if (isUsed && stop - start <= 256) expect(text).toBeDefined()
        if (text !== undefined) expect(text).toBe(decoder.decode(bytes.subarray(start, stop)))
        if (!isUsed) expect(text).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})
