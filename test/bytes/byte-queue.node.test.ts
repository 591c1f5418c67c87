// What a queue keeps alive, after a collection of V8's heap.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { describe, expect, it } from 'vitest'

import { ByteQueue } from '../../src/bytes/byte-queue.ts'

const KiB = 1024

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe('ByteQueue: memory', () => {
  it('gathers small chunks: a peer who sends single bytes costs bytes and not objects', () => {
    const queue = new ByteQueue()
    const before = heapUsed()
    for (let i = 0; i < 1_000_000; i++) queue.push(Uint8Array.of(i))
    expect(queue.length).toBe(1_000_000)
    expect(heapUsed() - before).toBeLessThan(8_000_000)
  })

  it('gathers chunks that would keep much more memory alive than they hold', async () => {
    const queue = new ByteQueue()
    queue.push(new Uint8Array(2000))
    const held = Array.from({ length: 20 }, () => {
      const chunk = new Uint8Array(1024 * KiB).subarray(0, 2000)
      queue.push(chunk)
      return new WeakRef(chunk.buffer)
    })
    expect(await letGo(held)).toBe(true)
    expect(queue.length).toBe(42_000)
  })

  it('an emptied queue lets go of the memory it held', async () => {
    const queue = new ByteQueue()
    const held = Array.from({ length: 3 }, () => {
      const chunk = new Uint8Array(100 * KiB)
      queue.push(chunk)
      return new WeakRef(chunk.buffer)
    })
    queue.take(10)
    queue.skip(queue.length)
    expect(await letGo(held)).toBe(true)
    expect(queue.offset).toBe(300 * KiB)
  })

  it('lets go of every chunk as soon as it is used up', async () => {
    const queue = new ByteQueue()
    const held = Array.from({ length: 3 }, () => {
      const chunk = new Uint8Array(100 * KiB)
      queue.push(chunk)
      return new WeakRef(chunk.buffer)
    })
    queue.skip(200 * KiB)
    expect(await letGo(held.slice(0, 2))).toBe(true)
    expect(held[2]!.deref()).toBeDefined()
    expect(queue.length).toBe(100 * KiB)
  })
})

function heapUsed(): number {
  gc()
  const { heapUsed: heap, external, arrayBuffers } = process.memoryUsage()
  return heap + external + arrayBuffers
}

async function letGo(held: readonly WeakRef<object>[]): Promise<boolean> {
  for (let round = 0; round < 50; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
    if (held.every((one) => one.deref() === undefined)) return true
  }
  return false
}
