import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ByteQueue, type CopyPolicy } from '../../src/bytes/byte-queue.ts'
import { asBuffer, bin } from '../support/bytes.ts'

const KiB = 1024
const COPY = ['auto', 'always', 'never'] as const

/** A stream of few different bytes, so that searches find something now near and now far. */
function byteOf(position: number): number {
  return Math.imul(position ^ (position >>> 3), 0x9e3779b1) >>> 28
}

function streamOf(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => byteOf(from + i))
}

/** Chunks as transports give them: views with room around them, Buffers, whole ArrayBuffers, a few bytes out of a large read. */
const SHAPES: readonly ((bytes: Uint8Array) => Uint8Array | ArrayBuffer | DataView)[] = [
  (bytes) => bytes,
  (bytes) => asBuffer(bytes),
  (bytes) => bytes.slice().buffer,
  (bytes) => {
    const roomy = new Uint8Array(bytes.length + 11).fill(0xee)
    roomy.set(bytes, 7)
    return new DataView(roomy.buffer, 7, bytes.length)
  },
  (bytes) => {
    const large = new Uint8Array(64 * KiB).fill(0xee)
    large.set(bytes, 100)
    return large.subarray(100, 100 + bytes.length)
  },
]

type Action =
  | { kind: 'push'; length: number; shape: number }
  | { kind: 'take'; part: number; small: boolean; copy: CopyPolicy }
  | { kind: 'skip' | 'peek' | 'look'; part: number; at: number }

const part = fc.oneof(
  fc.constantFrom(0, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 0.02, noNaN: true }),
)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      length: fc.oneof(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1000, max: 1050 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom(16 * KiB, 16 * KiB + 1, 70 * KiB),
      ),
      shape: fc.nat({ max: SHAPES.length - 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      part,
      small: fc.boolean(),
      copy: fc.constantFrom(...COPY),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('skip' as const, 'peek' as const, 'look' as const, 'look' as const),
      part,
      at: part,
    }),
  },
)

describe('ByteQueue against a plain array', () => {
  /** Runs the actions on a queue and on positions in the stream, which are all that a model of it needs. */
  function play(actions: readonly Action[]): void {
    const queue = new ByteQueue()
    const taken: [frame: Uint8Array, from: number][] = []
    let front = 0
    let back = 0
    for (const one of actions) {
      const length = back - front
      switch (one.kind) {
        case 'push':
          queue.push(SHAPES[one.shape]!(streamOf(back, Math.min(one.length, one.shape === 4 ? 60 * KiB : Infinity))))
          back += Math.min(one.length, one.shape === 4 ? 60 * KiB : Infinity)
          break
        case 'take': {
          const n = Math.floor(one.small ? one.part * Math.min(40, length) : one.part * length)
          const frame = queue.take(n, one.copy)
          checkKept(frame, one.copy)
          expect(frame.length).toBe(n)
          taken.push([frame, front])
          front += n
          break
        }
        case 'skip':
          queue.skip(Math.floor(one.part * length))
          front += Math.floor(one.part * length)
          break
        case 'peek': {
          const at = Math.floor(one.at * length)
          const n = Math.floor(one.part * (length - at))
          expect(equal(queue.peek(at, n), front + at)).toBe(true)
          expect([queue.peek(at, n).length, queue.peek(at, n).constructor]).toEqual([n, Uint8Array])
          const inOnePiece = Math.min(n, queue.contiguous)
          const copy = queue.peekAs(inOnePiece, (bytes, start, stop) => Uint8Array.from(bytes.subarray(start, stop)))
          expect([copy.length, equal(copy, front)]).toEqual([inOnePiece, true])
          expect(() => queue.peekAs(queue.contiguous + 1, () => expect.unreachable())).toThrow(RangeError)
          break
        }
        case 'look':
          look(queue, Math.floor(one.at * length), Math.floor(one.part * 16), front, back)
      }
      expect([queue.length, queue.offset]).toEqual([back - front, front])
    }
    // What came after must not have changed what was taken before.
    for (const [frame, from] of taken) expect(equal(frame, from)).toBe(true)
    expect(equal(queue.take(queue.length), front)).toBe(true)
  }

  function equal(bytes: Uint8Array, from: number): boolean {
    return bytes.every((byte, i) => byte === byteOf(from + i))
  }

  function checkKept(frame: Uint8Array, copy: CopyPolicy): void {
    expect(frame.constructor).toBe(Uint8Array)
    if (copy === 'always') expect(frame.buffer.byteLength).toBe(frame.length)
    if (copy === 'auto') expect(frame.buffer.byteLength).toBeLessThanOrEqual(Math.max(64 * KiB, 64 * frame.length))
  }

  function look(queue: ByteQueue, at: number, value: number, front: number, back: number): void {
    const length = back - front
    if (at < length) expect(queue.byteAt(at)).toBe(byteOf(front + at))
    const found = (wanted: (byte: number) => boolean): number => {
      for (let i = at; i < length; i++) if (wanted(byteOf(front + i))) return i
      return -1
    }
    expect(queue.indexOf(value, at)).toBe(found((byte) => byte === value))
    const set = new Uint8Array(256)
    set[value] = set[15] = 1
    expect(queue.indexOfAny(set, at)).toBe(found((byte) => byte === value || byte === 15))
    // A needle that is there (or would go on behind the end), and one that is not.
    const needle = streamOf(front + at, 5)
    expect(queue.match(needle, at)).toBe(Math.min(5, length - at))
    needle[3]! ^= 1
    expect(queue.match(needle, at)).toBe(length - at > 3 ? -1 : length - at)
    const width = 1 + (value % 8)
    if (at + width > length) return
    const digits = [...streamOf(front + at, width)]
    for (const [endian, ordered] of [
      ['big', digits],
      ['little', [...digits].reverse()],
    ] as const) {
      const sum = ordered.reduce((total, digit) => total * 256n + BigInt(digit), 0n)
      expect(queue.uint(at, width, endian)).toBe(sum > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(sum))
    }
  }

  it('does the same after any sequence of operations, and never changes what it gave', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => play(actions)),
      { numRuns: 300 },
    )
  })

  it('does the same over hundreds of chunks that wait at once', () => {
    const pushes: Action[] = Array.from({ length: 300 }, (_, i) => ({
      kind: 'push',
      length: 1024 + (i % 7),
      shape: i % 4,
    }))
    const looks: Action[] = Array.from({ length: 60 }, (_, i) => ({
      kind: 'look',
      at: ((i * 37) % 60) / 60,
      part: 0.99,
    }))
    const takes: Action[] = Array.from({ length: 200 }, (_, i) => ({
      kind: i % 3 ? 'skip' : 'peek',
      part: 0.02,
      at: 0.5,
    }))
    play([
      ...pushes,
      ...looks,
      ...takes,
      ...pushes,
      ...looks,
      { kind: 'take', part: 0.9, small: false, copy: 'auto' },
      ...looks,
    ])
    expect.hasAssertions()
  })
})

describe('ByteQueue', () => {
  it.each([
    ['take', (queue: ByteQueue) => queue.take(4)],
    ['take below 0', (queue: ByteQueue) => queue.take(-1)],
    ['take NaN', (queue: ByteQueue) => queue.take(Number.NaN)],
    ['skip', (queue: ByteQueue) => queue.skip(4)],
    ['skip below 0', (queue: ByteQueue) => queue.skip(-1)],
    ['peek', (queue: ByteQueue) => queue.peek(1, 3)],
    ['peek below 0', (queue: ByteQueue) => queue.peek(-1, 1)],
    ['byteAt', (queue: ByteQueue) => queue.byteAt(3)],
    ['byteAt below 0', (queue: ByteQueue) => queue.byteAt(-1)],
    ['uint', (queue: ByteQueue) => queue.uint(2, 2)],
  ])('%s refuses to go where no bytes are, and leaves the queue as it was', (_, ask) => {
    const queue = new ByteQueue()
    queue.push(bin('_abc'))
    queue.skip(1)
    expect(() => ask(queue)).toThrow(RangeError)
    expect(() => ask(queue)).toThrow(/of the queue were asked for, but it holds 3$/)
    expect([queue.length, queue.offset, queue.take(3)]).toEqual([3, 1, bin('abc')])
  })

  it('refuses what is no bytes', () => {
    const queue = new ByteQueue()
    expect(() => queue.push('abc' as never)).toThrow(/^Expected bytes .*, got the string "abc"$/)
    expect(() => queue.push([1, 2] as never)).toThrow(TypeError)
    expect(queue.length).toBe(0)
  })

  it('takes SharedArrayBuffers and views of them', () => {
    const queue = new ByteQueue()
    const shared = new SharedArrayBuffer(3)
    new Uint8Array(shared).set([1, 2, 3])
    queue.push(shared)
    queue.push(new Uint8Array(shared, 1))
    expect([...queue.take(5)]).toEqual([1, 2, 3, 2, 3])
  })

  it('reads numbers above 2^53-1 as Infinity, within a chunk and across chunks', () => {
    for (const cut of [0, 3, 8]) {
      const queue = new ByteQueue()
      const bytes = Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0)
      queue.push(bytes.slice(0, cut))
      queue.push(bytes.slice(cut))
      expect(queue.uint(0, 8)).toBe(Infinity)
      expect(queue.uint(0, 8, 'little')).toBe(0x2000)
      expect(queue.uint(1, 7)).toBe(Infinity)
      expect(queue.uint(2, 6)).toBe(0)
    }
  })

  it("gives a view of the chunk under 'never', whatever it keeps alive", () => {
    const chunk = new Uint8Array(1024 * KiB)
    const queue = new ByteQueue()
    queue.push(chunk)
    queue.skip(5)
    const frame = queue.take(3, 'never')
    expect(frame.buffer).toBe(chunk.buffer)
    expect(frame.byteOffset).toBe(5)
  })

  it("gives memory that nothing else looks at under 'always'", () => {
    const chunk = new Uint8Array(100)
    const queue = new ByteQueue()
    queue.push(chunk)
    const frames = [queue.take(10, 'always'), queue.take(10, 'always')]
    frames[0]!.fill(9)
    expect(new Set([chunk.buffer, ...frames.map((frame) => frame.buffer)]).size).toBe(3)
    expect(chunk.every((byte) => byte === 0)).toBe(true)
  })

  it.each([100, 64 * KiB, 64 * KiB + 1, 128 * KiB, 1024 * KiB, 4096 * KiB])(
    "keeps alive at most 64 KiB or 64 times a frame's length under 'auto', out of a chunk of %i bytes",
    (size) => {
      for (const length of [0, 1, 63, 64, 255, 256, 1023, 1024, 4095, 4096, 4097, 16 * KiB, 20 * KiB, 65 * KiB]) {
        const queue = new ByteQueue()
        queue.push(new Uint8Array(size))
        let kept = queue.take(length > size ? 0 : length).buffer.byteLength
        for (let i = 0; i < 1000 && queue.length > length; i++)
          kept = Math.max(kept, queue.take(length).buffer.byteLength)
        expect(kept).toBeLessThanOrEqual(Math.max(64 * KiB, 64 * length))
      }
    },
  )

  it("copies nothing under 'auto' where a frame keeps little alive", () => {
    for (const [size, length] of [
      [64 * KiB, 1],
      [128 * KiB, 2048],
    ] as const) {
      const chunk = new Uint8Array(size)
      const queue = new ByteQueue()
      queue.push(chunk)
      expect(queue.take(length).buffer).toBe(chunk.buffer)
      expect(queue.take(length - 1).buffer === chunk.buffer).toBe(size === 64 * KiB)
    }
  })

  it("gives a chunk itself where that is the frame, and under 'always' a copy", () => {
    for (const [copy, same] of [
      ['auto', true],
      ['never', true],
      ['always', false],
    ] as const) {
      const chunk = new Uint8Array(100)
      const queue = new ByteQueue()
      queue.push(chunk)
      expect(queue.take(100, copy) === chunk).toBe(same)
    }
  })

  it('keeps small chunks together that come after one that was taken with a part of the next', () => {
    const queue = new ByteQueue()
    const frames: Uint8Array[] = []
    for (let i = 0; i < 3000; i++) {
      queue.push((i % 2 ? asBuffer : (bytes: Uint8Array) => bytes)(streamOf(i * 16, 16)))
      while (queue.length >= 20) {
        expect(queue.contiguous).toBe(queue.length)
        frames.push(queue.take(20))
      }
    }
    expect(frames.length).toBe(2400)
    for (const [i, frame] of frames.entries()) expect(frame).toEqual(streamOf(i * 20, 20))
    expect(Math.max(...frames.map((frame) => frame.buffer.byteLength))).toBeLessThanOrEqual(4 * KiB)
  })

  it('writes over the memory of small chunks where nobody has a view of it, and nowhere else', () => {
    /** Frames of one length out of small chunks, each `seenEvery`th of them a view: how many pieces of memory they lay in. */
    function memories(length: number, chunk: number, seenEvery: number): number {
      const queue = new ByteQueue()
      const frames: Uint8Array[] = []
      const seen = new Set<ArrayBufferLike>()
      for (let at = 0; at < stream.length; at += chunk) {
        queue.push(stream.slice(at, at + chunk))
        queue.peekAs(1, (bytes) => bytes.length > chunk && seen.add(bytes.buffer))
        while (queue.length >= length) {
          frames.push(queue.take(length, (frames.length + 1) % seenEvery === 0 ? 'never' : 'always'))
        }
      }
      expect(frames.every((frame, i) => frame.every((byte, j) => byte === stream[i * length + j]))).toBe(true)
      return seen.size
    }
    const stream = streamOf(0, 16 * KiB)
    for (const length of [16, 20, 100, 333, 480, 500, 1000]) {
      for (const chunk of [1, 7, 16, 50, 480]) {
        expect(memories(length, chunk, Infinity)).toBeLessThanOrEqual(3)
        for (const seenEvery of [1, 3, 20]) memories(length, chunk, seenEvery)
      }
    }
    expect(memories(100, 16, 1)).toBeGreaterThan(3)
  })

  it("cuts small frames under 'auto' out of the chunk that is at the front, and of no other", () => {
    const queue = new ByteQueue()
    for (let i = 1; i <= 3; i++) queue.push(new Uint8Array(128 * KiB).fill(i))
    for (let i = 1; i <= 3; i++) {
      expect([...queue.take(3), ...queue.take(2)]).toEqual([i, i, i, i, i])
      queue.skip(128 * KiB - 5)
    }
    expect(queue.length).toBe(0)
  })

  it('assembles a frame across chunks once, in memory of its own length', () => {
    for (const copy of COPY) {
      const queue = new ByteQueue()
      for (let i = 0; i < 5; i++) queue.push(streamOf(i * 2000, 2000))
      queue.skip(10)
      const frame = queue.take(7000, copy)
      expect(frame).toEqual(streamOf(10, 7000))
      expect(frame.buffer.byteLength).toBe(7000)
    }
  })
})
