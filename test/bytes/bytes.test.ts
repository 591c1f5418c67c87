import { describe, expect, it } from 'vitest'

import { bytesOrText, describe as describeValue, toBytes } from '../../src/bytes/bytes.ts'
import { asBuffer, bin } from '../support/bytes.ts'

describe('toBytes', () => {
  const memory = Uint8Array.of(9, 1, 2, 3, 4, 9, 9, 9).buffer
  it.each([
    ['a Uint8Array', new Uint8Array(memory, 1, 4)],
    ['a Buffer', asBuffer(new Uint8Array(memory, 1, 4))],
    ['a DataView', new DataView(memory, 1, 4)],
    ['a Uint16Array', new Uint16Array(Uint8Array.of(1, 2, 3, 4).buffer)],
    ['an ArrayBuffer', Uint8Array.of(1, 2, 3, 4).buffer],
  ])('takes %s as the bytes that it covers', (_, source: unknown) => {
    const bytes = toBytes(source)
    expect([...bytes]).toEqual([1, 2, 3, 4])
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
  })

  it('copies nothing', () => {
    const plain = new Uint8Array(memory, 1, 4)
    expect(toBytes(plain)).toBe(plain)
    expect(toBytes(asBuffer(new Uint8Array(memory, 1, 4))).buffer).toBe(memory)
    expect(toBytes(memory).buffer).toBe(memory)
  })

  it.each([
    ['text', 'abc', 'the string "abc"'],
    ['a long text', 'x'.repeat(41), 'a string'],
    ['an array', [1, 2], 'an object (Array)'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['a number', 5, '5'],
    ['a bigint', 5n, '5n'],
    ['an object of no class', Object.create(null), 'an object (no prototype)'],
    ['a function', () => 1, 'a function'],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['what looks like a view', { buffer: memory, byteOffset: 0, byteLength: 3 }, 'an object (Object)'],
  ])('refuses %s, and says what came', (_, source: unknown, name) => {
    expect(() => toBytes(source)).toThrow(
      new TypeError(`Expected bytes (an ArrayBuffer or a view such as Uint8Array), got ${name}`),
    )
    expect(describeValue(source)).toBe(name)
  })
})

describe('bytesOrText', () => {
  it('takes text as UTF-8 and bytes as they are', () => {
    expect([...bytesOrText('é\n')]).toEqual([0xc3, 0xa9, 0x0a])
    expect([...bytesOrText(asBuffer(bin('é')))]).toEqual([0xe9])
  })
})
