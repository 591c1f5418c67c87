/** Frames that lie across chunks, or alone in a chunk out of much memory: small ones share memory, unless each is to have its own. */

import { describe, expect, it } from 'vitest'
import { ByteQueue } from '../../src/bytes/byte-queue.ts'

const CHUNK = 1460
const FRAME = 1000

/** A queue of chunks of which every second frame crosses a border, and what its bytes are. */
function queueOf(chunks: number): ByteQueue {
  const queue = new ByteQueue()
  for (let i = 0; i < chunks; i++) {
    queue.push(Uint8Array.from({ length: CHUNK }, (_, j) => (i * CHUNK + j) % 251))
  }
  return queue
}

function expected(index: number): Uint8Array {
  return Uint8Array.from({ length: FRAME }, (_, j) => (index * FRAME + j) % 251)
}

const total = Math.floor((40 * CHUNK) / FRAME)

describe('frames across chunks', () => {
  it('keep their bytes, however many are made after them', () => {
    const queue = queueOf(40)
    const frames = Array.from({ length: total }, () => queue.take(FRAME))
    for (const [index, frame] of frames.entries()) expect(frame).toEqual(expected(index))
  })

  it("have memory of their own with copy 'always'", () => {
    const queue = queueOf(40)
    const frames = Array.from({ length: total }, () => queue.take(FRAME, 'always'))
    for (const frame of frames) expect(frame.buffer.byteLength).toBe(FRAME)
  })

  it('keep at most 16 KiB alive', () => {
    const queue = queueOf(40)
    for (let i = 0; i < total; i++) expect(queue.take(FRAME).buffer.byteLength).toBeLessThanOrEqual(16 * 1024)
  })

  it('come right when the memory of one before was transferred to somebody else', () => {
    const queue = queueOf(40)
    for (let i = 0; i < total; i++) {
      const frame = queue.take(FRAME)
      expect(frame).toEqual(expected(i))
      // Only what was assembled: the memory of a chunk that still has frames in it must not be given away.
      if (frame.buffer.byteLength !== CHUNK) structuredClone(frame.buffer, { transfer: [frame.buffer as ArrayBuffer] })
    }
  })
})

describe('small frames, each alone in its chunk, out of one big buffer', () => {
  const big = Uint8Array.from({ length: 100 * 1024 }, (_, i) => i % 251)

  it.each([1, 12, 100, 2000, 4000])(
    'of %i bytes keep their bytes, and at most 16 KiB or 64 times their length alive',
    (length) => {
      const queue = new ByteQueue()
      const frames: Uint8Array[] = []
      for (let at = 0; at + length < big.length; at += length + 1) {
        queue.push(big.subarray(at, at + length + 1))
        frames.push(queue.take(length))
        queue.skip(1)
      }
      expect(queue.length).toBe(0)
      const isRight = (frame: Uint8Array, index: number): boolean =>
        frame.every((byte, i) => byte === big[index * (length + 1) + i])
      expect(frames.filter((frame, index) => frame.length !== length || !isRight(frame, index))).toEqual([])
      const most = Math.max(16 * 1024, 64 * length)
      expect(frames.filter(({ buffer }) => buffer.byteLength > most)).toEqual([])
    },
  )
})
