import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// Types alone: the code itself is loaded once the counting has begun.
import type { Codec } from '../../src/codec/codec.ts'
import { startCounting, type Work, type WorkCounter } from '../support/count-work.ts'
import { decodingWork } from '../support/decoding-work.ts'

async function load() {
  return {
    ...(await import('../../src/codec/frame-parser.ts')),
    ...(await import('../../src/codec/cobs.ts')),
    ...(await import('../../src/codec/slip.ts')),
    ...(await import('../../src/codec/start-end.ts')),
    ...(await import('../../src/codec/json-sequence.ts')),
    ...(await import('../../src/codec/text.ts')),
  }
}
type Library = Awaited<ReturnType<typeof load>>
type Make = (library: Library) => Codec<unknown, never>

const KiB = 1024

describe('work is linear in bytes', () => {
  let counter: WorkCounter<Library>
  beforeAll(async () => {
    counter = await startCounting(/\/src\/(bytes|codec)\//, load)
  })
  afterAll(() => counter.stop())

  const workOf = (make: Make, bytes: Uint8Array, size: number, frames: number): Promise<Work> =>
    decodingWork(counter, make, bytes, size, frames)

  /** Four times the input must cost four times the work and not more: what rescans costs sixteen times as much. */
  async function expectLinear(make: Make, bytesOf: (n: number) => Uint8Array, n: number, size: number): Promise<void> {
    const once = await workOf(make, bytesOf(n), Math.min(size, n), 0)
    const fourTimes = await workOf(make, bytesOf(4 * n), Math.min(size, 4 * n), 0)
    // One step for each chunk at least: the counter counts.
    expect(once.steps).toBeGreaterThan(n / size)
    expect(fourTimes.steps).toBeLessThan(6 * once.steps + 1000)
    // A search for each byte that ends something, and one more for what was left out.
    expect(fourTimes.searched).toBeLessThan(2.02 * 4 * n)
  }

  /** `text` again and again, every time at the start of `size` bytes. */
  const every = (size: number, text: string) => (n: number) =>
    Uint8Array.from({ length: n }, (_, i) => text.padEnd(size, 'x').charCodeAt(i % size))
  /** The same, and what begins a frame in front of it. */
  const behind = (first: string, bytesOf: (n: number) => Uint8Array) => (n: number) =>
    bytesOf(n).fill(first.charCodeAt(0), 0, 1)

  it.each([
    ['cobs, runs of one byte', (l) => l.cobs(), every(2, '\x02a')],
    ['cobs, zeros', (l) => l.cobs(), every(1, '\x01')],
    ['cobs, runs of 254', (l) => l.cobs(), every(255, `\xff`)],
    ['cobs, a frame left out', (l) => l.cobs({ maxFrameLength: 2, onTooLong: 'skip' }), every(2, '\x02a')],
    ['slip, nothing to escape', (l) => l.slip(), every(1, 'a')],
    ['slip, all of it escaped', (l) => l.slip(), every(2, '\xdb\xdc')],
    ['slip, a frame left out', (l) => l.slip({ onMalformed: 'skip' }), every(2, '\xdb\xdb')],
    ['slip, noise before START', (l) => l.slip({ start: 1, escStart: 2 }), every(1, 'a')],
    ['startEnd, noise', (l) => l.startEnd({ start: '<<', end: '>>' }), every(1, 'a')],
    ['startEnd, start half there again and again', (l) => l.startEnd({ start: '<<!', end: '>>' }), every(1, '<')],
    [
      'startEnd, end half there again and again',
      (l) => l.startEnd({ start: '<', end: '>>!' }),
      behind('<', every(1, '>')),
    ],
    ['startEnd, no end', (l) => l.startEnd({ start: 'a', end: '>>' }), every(1, 'a')],
    ['jsonSequence, garbage', (l) => l.jsonSequence({ onMalformed: 'skip' }), every(1, 'a')],
    ['jsonSequence, a text of LFs', (l) => l.jsonSequence(), behind('\x1e', every(1, '\n'))],
    ['jsonSequence, no text at all', (l) => l.jsonSequence(), every(1, '\x1e')],
    [
      'jsonSequence, a text left out',
      (l) => l.jsonSequence({ maxFrameLength: 2, onTooLong: 'skip' }),
      behind('\x1e', every(2, 'a\n')),
    ],
    ['json over cobs', (l) => l.json(l.cobs()), every(2, '\x02a')],
  ] satisfies [string, Make, (n: number) => Uint8Array][])(
    '%s: in chunks of one byte, in large ones, and in one',
    async (_, make, bytesOf) => {
      await expectLinear(make, bytesOf, 2 * KiB, 1)
      await expectLinear(make, bytesOf, 32 * KiB, KiB)
      await expectLinear(make, bytesOf, 32 * KiB, 1024 * KiB)
    },
  )

  // The frames of one chunk are decoded one by one: none may look at what lies behind it more than once.
  it.each([
    ['cobs', (l) => l.cobs(), every(4, '\x02a\x01\0')],
    ['slip', (l) => l.slip(), every(4, 'a\xdb\xdc\xc0')],
    ['startEnd', (l) => l.startEnd({ start: '<', end: '>' }), every(4, '<a>x')],
    // The first text is whole at the RS of the next one.
    ['jsonSequence', (l) => l.jsonSequence(), (n) => every(4, '\x1e12\n')(n + 1)],
  ] satisfies [string, Make, (n: number) => Uint8Array][])(
    'a hundred thousand frames out of one chunk (%s)',
    async (_, make, bytesOf) => {
      // Once before: V8 does not count the first calls of a function for which it keeps no counters yet.
      await workOf(make, bytesOf(4000), 4_000_000, 1000)
      const few = await workOf(make, bytesOf(4000), 4_000_000, 1000)
      const many = await workOf(make, bytesOf(400_000), 4_000_000, 100_000)
      expect(many.steps).toBeLessThan(1.1 * 100 * few.steps)
      expect(many.searched).toBeLessThan(2 * 400_001)
    },
  )

  it.each([
    ['cobs', (l) => l.cobs({ maxFrameLength: Infinity }), every(255, '\xff'), '\0'],
    ['slip', (l) => l.slip({ maxFrameLength: Infinity }), every(255, '\xdb\xdc'), '\xc0'],
    [
      'startEnd',
      (l) => l.startEnd({ start: '<', end: '>', maxFrameLength: Infinity }),
      behind('<', every(1, 'x')),
      '>',
    ],
    ['jsonSequence', (l) => l.jsonSequence({ maxFrameLength: Infinity }), behind('\x1e', every(255, 'x\n')), '\n\x1e'],
  ] satisfies [string, Make, (n: number) => Uint8Array, string][])(
    'a frame of 2 MiB in chunks of 16 bytes costs per byte what one of 128 KiB costs (%s)',
    async (_, make, bytesOf, end) => {
      const work = (n: number): Promise<Work> => {
        const bytes = new Uint8Array(n + end.length)
        bytes.set(bytesOf(n))
        bytes.set(
          Array.from(end, (char) => char.charCodeAt(0)),
          n,
        )
        return workOf(make, bytes, 16, 1)
      }
      const small = await work(255 * 512)
      const large = await work(16 * 255 * 512)
      expect(large.steps).toBeLessThan(1.1 * 16 * small.steps)
      expect(large.searched).toBeLessThan(1.05 * 16 * 255 * 512)
    },
  )
})
