import { asBuffer } from '../support/bytes.ts'
import { describe, expect, it } from 'vitest'

import { ByteQueue } from '../../src/bytes/byte-queue.ts'
import { CountingQueue } from '../../src/testing/counting-queue.ts'
import { shrink, waysToCut } from '../../src/testing/cuts.ts'
import { deepEqual, snapshot } from '../../src/testing/equality.ts'
import { showBytes, showCuts, showValue } from '../../src/testing/show.ts'
import { bin } from '../support/bytes.ts'

class Point {
  x = 1
  data = [Uint8Array.of(1)]
}

describe('equality', () => {
  const values: [name: string, make: () => unknown][] = [
    ['undefined', () => undefined],
    ['null', () => null],
    ['NaN', () => Number.NaN],
    ['0', () => 0],
    ['-0', () => -0],
    ['a string', () => 'a'],
    ['a bigint', () => 1n],
    ['bytes', () => Uint8Array.of(1, 2)],
    ['other bytes', () => Uint8Array.of(1, 3)],
    // Where there is no Buffer it would be a Uint8Array once more.
    ...(typeof Buffer === 'undefined' ? [] : [['a Buffer', () => Buffer.from([1, 2])] as [string, () => unknown]]),
    ['a Uint16Array', () => Uint16Array.of(1, 2)],
    ['an ArrayBuffer', () => Uint8Array.of(1, 2).buffer],
    ['a DataView', () => new DataView(Uint8Array.of(0, 1, 2).buffer, 1)],
    ['an array', () => [1, [2]]],
    ['an empty array', () => []],
    ['an object', () => ({ a: { b: Uint8Array.of(1) } })],
    ['an object with other names', () => ({ b: { b: Uint8Array.of(1) } })],
    ['an empty object', () => ({})],
    ['an object without prototype', () => Object.assign(Object.create(null) as object, { a: 1 })],
    ['a map', () => new Map([['a', [1]]])],
    ['a set', () => new Set([1, 2])],
    ['a date', () => new Date(0)],
    ['another date', () => new Date(1)],
    ['an error', () => new Error('a')],
    ['another error', () => new Error('b')],
    ['a URL', () => new URL('tcp://a')],
    ['another URL', () => new URL('tcp://b')],
    ['an object of a class', () => new Point()],
  ]
  it('every value equals itself, another of its kind and its snapshot, and no other', () => {
    for (const [i, [name, make]] of values.entries()) {
      for (const [j, [otherName, other]] of values.entries()) {
        expect(deepEqual(make(), other()), `${name} and ${otherName}`).toBe(i === j)
      }
      const value = make()
      expect(deepEqual(snapshot(value), value), name).toBe(true)
    }
  })

  it('a snapshot shares no memory', () => {
    const buffer = asBuffer(Uint8Array.of(0x61, 0x62))
    const value = { bytes: Uint8Array.of(1), buffer, map: new Map([['a', [1]]]), point: new Point() }
    const before = snapshot(value)
    expect(deepEqual(before, value)).toBe(true)
    for (const change of [
      () => value.bytes[0]!++,
      () => buffer[0]!++,
      () => value.map.get('a')!.push(1),
      () => value.point.data[0]![0]!++,
    ]) {
      const now = snapshot(value)
      change()
      expect(deepEqual(now, value)).toBe(false)
    }
  })
})

describe('cuts', () => {
  const options = { randomCuts: 20, seed: 1, maxCuts: 100 }

  it('every two-way cut, byte by byte, empty chunks, and random ones that are the same for the same seed', () => {
    const ways = [...waysToCut(5, options)]
    expect(ways.slice(0, 6).map(({ cuts }) => cuts)).toEqual([[0], [1], [2], [3], [4], [5]])
    expect(ways[6]).toMatchObject({ cuts: [0, 1, 2, 3, 4], late: false })
    expect(ways.filter(({ late }) => late).length).toBeGreaterThan(5)
    expect([...waysToCut(5, options)]).toEqual(ways)
    expect([...waysToCut(5, { ...options, seed: 2 })]).not.toEqual(ways)
    for (const { cuts } of ways) {
      expect([...cuts].sort((a, b) => a - b)).toEqual(cuts)
      for (const cut of cuts) expect(cut >= 0 && cut <= 5).toBe(true)
    }
  })

  it('shrinks to what is needed', () => {
    const all = { name: 'all', cuts: Array.from({ length: 100 }, (_, i) => i), late: true }
    let tries = 0
    const smallest = shrink(all, ({ cuts }) => {
      tries++
      return cuts.includes(17) && cuts.includes(80)
    })
    expect(smallest).toMatchObject({ cuts: [17, 80], late: false })
    expect(tries).toBeLessThan(60)
  })
})

describe('show', () => {
  it.each([
    ['ab\\|c', [1, 4], String.raw`a|b\\\x7c|c`],
    ['ab\r\nc', [3], String.raw`ab\r|\nc`],
    ['ab', [0, 0, 2], '||ab|'],
    ['\0\x01\xff', [1], '00|01 ff'],
    ['', [], '(no bytes)'],
  ])('%j cut at %j', (text, cuts, shown) => {
    expect(showCuts(bin(text), cuts)).toBe(shown)
  })

  it('leaves out the middle of what is long', () => {
    expect(showBytes(bin('x'.repeat(1000))).length).toBeLessThan(100)
    expect(showCuts(bin('x'.repeat(1000)), [500]).length).toBeLessThan(200)
    expect(
      showCuts(
        new Uint8Array(1000),
        Array.from({ length: 1000 }, (_, i) => i),
      ).length,
    ).toBeLessThan(500)
  })

  it('shows any frame', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(showValue('é\u001b[0m')).toBe('"é\\u001b[0m"')
    expect(showValue({ big: 1n, bytes: Uint8Array.of(0, 1) })).toBe('{"big":"1n","bytes":"⟨00 01⟩"}')
    expect(showValue(cycle)).toBe('[object Object]')
    expect(showValue(undefined)).toBe('undefined')
  })
})

describe('the counting queue', () => {
  it('stands before everything that a decoder may do to a queue', () => {
    // A method that it does not know would work on a queue that is empty.
    const names = Object.getOwnPropertyNames(ByteQueue.prototype).filter((name) => name !== 'push')
    expect(Object.getOwnPropertyNames(CountingQueue.prototype)).toEqual(expect.arrayContaining(names))
  })

  it('gives what the queue gives, and counts calls and bytes', () => {
    const queue = new ByteQueue()
    queue.push(bin('abcdef'))
    const counting = new CountingQueue(queue)
    const steps = (action: () => unknown): [unknown, number] => {
      const before = counting.steps
      return [action(), counting.steps - before]
    }
    expect(steps(() => [counting.length, counting.contiguous, counting.offset])).toEqual([[6, 6, 0], 0])
    expect(steps(() => counting.byteAt(1))).toEqual([0x62, 1])
    expect(steps(() => counting.uint(0, 2))).toEqual([0x6162, 3])
    expect(steps(() => counting.indexOf(0x63))).toEqual([2, 4])
    expect(steps(() => counting.indexOf(0x7a, 4))).toEqual([-1, 3])
    expect(steps(() => counting.match(bin('bc'), 1))).toEqual([2, 3])
    expect(steps(() => counting.peek(1, 2))).toEqual([bin('bc'), 3])
    expect(steps(() => counting.peekAs(2, (bytes, start, stop) => bytes.slice(start, stop)))).toEqual([bin('ab'), 3])
    expect(steps(() => counting.skip(1))).toEqual([undefined, 1])
    expect(steps(() => counting.take(2))).toEqual([bin('bc'), 3])
    expect(steps(() => counting.indexOfAny(new Uint8Array(256).fill(1)))).toEqual([0, 2])
    expect(queue.offset).toBe(3)
  })
})
