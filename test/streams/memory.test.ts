/** What a peer can make the process hold: never more than what was asked for. */

import { expect, test } from 'vitest'
import { delimiterFramer, framer, lengthPrefixed, linesEncoder } from '../../src/index.ts'
import { settle } from './support.ts'

const MiB = 1024 * 1024

/** Heap and everything outside it that belongs to it, after the garbage is gone. */
function memory(): number {
  globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  // `arrayBuffers` is part of `external`.
  return heapUsed + external
}

test('one chunk of 4 MiB of delimiters, one frame read: memory does not grow, and the other frames come when asked for', async () => {
  const chunk = new Uint8Array(4 * MiB).fill(0x0a)
  const frames = delimiterFramer('\n')
  const writer = frames.writable.getWriter()
  const before = memory()
  const written = writer.write(chunk)
  const reader = frames.readable.getReader()
  expect((await reader.read()).value?.length).toBe(0)
  await settle()
  expect(frames.stats.frames).toBe(1)
  expect(memory() - before).toBeLessThan(1 * MiB)
  reader.releaseLock()

  void writer.close()
  let frameCount = 1
  let peak = 0
  for await (const frame of frames.readable) {
    frameCount++
    if (frame.length !== 0) throw new Error('not empty')
    if (frameCount % 1_000_000 === 0) peak = Math.max(peak, memory() - before)
  }
  await written
  expect(frameCount).toBe(4 * MiB)
  expect(peak).toBeLessThan(16 * MiB)
})

test('a producer that honours ready stops when the buffer is full, and memory with it', async () => {
  const frames = delimiterFramer('\n')
  const writer = frames.writable.getWriter()
  const before = memory()
  let produced = 0
  let stopped = false
  void (async () => {
    while (!stopped) {
      await writer.ready
      void writer.write(new Uint8Array(16 * 1024).fill(0x0a)).catch(() => {})
      produced += 16 * 1024
    }
  })().catch(() => {})
  await settle()
  expect(produced).toBe(64 * 1024)
  expect(memory() - before).toBeLessThan(1 * MiB)
  stopped = true
  await frames.readable.cancel()
})

test('a declared length allocates nothing before its bytes arrive', async () => {
  const frames = framer(lengthPrefixed({ width: 8, maxFrameLength: Infinity }))
  const reader = frames.readable.getReader()
  void reader.read().catch(() => {})
  const before = memory()
  const writer = frames.writable.getWriter()
  // 1 TiB, of which 10 bytes come.
  await writer.write(new Uint8Array([0, 0, 1, 0, 0, 0, 0, 0]))
  for (let i = 0; i < 10; i++) await writer.write(new Uint8Array(1))
  expect(frames.stats.pending).toBe(18)
  expect(memory() - before).toBeLessThan(1 * MiB)
  await reader.cancel()
})

test('an encoder whose transport never asks holds 64 KiB, and the writer waits', async () => {
  const stream = linesEncoder()
  const writer = stream.writable.getWriter()
  const before = memory()
  let produced = 0
  void (async () => {
    for (; produced < 100_000; produced++) await writer.write('x'.repeat(1023))
  })().catch(() => {})
  await settle()
  expect(produced).toBe(63)
  expect(memory() - before).toBeLessThan(1 * MiB)
  await stream.readable.cancel()
})
