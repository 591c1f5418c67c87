// Bytes of another realm, which only node:vm has to give.
import { runInNewContext } from 'node:vm'

import { expect, it } from 'vitest'

import { toBytes } from '../../src/bytes/bytes.ts'

it.each([
  ['a Uint8Array of another realm', runInNewContext('Uint8Array.of(1, 2, 3, 4)')],
  ['an ArrayBuffer of another realm', runInNewContext('Uint8Array.of(1, 2, 3, 4).buffer')],
  [
    'a SharedArrayBuffer of another realm',
    runInNewContext('{ const b = new SharedArrayBuffer(4); new Uint8Array(b).set([1, 2, 3, 4]); b }'),
  ],
])('toBytes takes %s as the bytes that it covers', (_, source: unknown) => {
  const bytes = toBytes(source)
  expect([...bytes]).toEqual([1, 2, 3, 4])
  expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
})
