/**
 * `for await` over `pipeThrough(delimiterFramer('\n'))`, the natural form, beside the least it can cost: the bare loop and an empty
 * `for await` over as many frames made beforehand. The loops stand in their rows, so that each is compiled for what it sees alone.
 */

import { delimiter, delimiterFramer, FrameParser } from 'framewright'
import { streamOf, type Fixture } from '../fixtures.ts'
import { plainSplit } from './by-hand.ts'
import type { Group, MatrixRow } from './group.ts'

const codec = delimiter('\n')

// What is compared stands side by side: the machine changes its speed within a round, too.
const rows: readonly MatrixRow[] = [
  {
    name: 'bare FrameParser loop',
    run({ chunks }) {
      let frames = 0
      let bytes = 0
      const parser = new FrameParser(codec)
      for (const chunk of chunks) {
        for (const frame of parser.push(chunk)) {
          frames++
          bytes += frame.length
        }
      }
      return { frames, bytes }
    },
  },
  {
    name: 'for await, batch',
    async run({ chunks }) {
      let frames = 0
      let bytes = 0
      const framer = delimiterFramer('\n')
      streamOf(chunks)
        .pipeTo(framer.writable)
        .catch(() => {})
      for await (const batch of framer.readable.values({ batch: true })) {
        for (const frame of batch) {
          frames++
          bytes += frame.length
        }
      }
      return { frames, bytes }
    },
  },
  {
    // The least that chunks out of a stream of the platform can cost whoever does not read them himself.
    name: "bare FrameParser loop, behind the platform's pipe",
    kind: 'floor',
    async run({ chunks }) {
      let frames = 0
      let bytes = 0
      const parser = new FrameParser(codec)
      const loop = new WritableStream<Uint8Array>({
        write(chunk) {
          for (const frame of parser.push(chunk)) {
            frames++
            bytes += frame.length
          }
        },
      })
      await streamOf(chunks).pipeTo(loop)
      return { frames, bytes }
    },
  },
  {
    name: 'for await, frames made beforehand',
    kind: 'floor',
    async run({ payloads }) {
      let frames = 0
      let bytes = 0
      for await (const frame of madeBeforehand(payloads)) {
        frames++
        bytes += frame.length
      }
      return { frames, bytes }
    },
  },
  {
    name: 'for await, delimiterFramer',
    async run({ chunks }) {
      let frames = 0
      let bytes = 0
      for await (const frame of streamOf(chunks).pipeThrough(delimiterFramer('\n'))) {
        frames++
        bytes += frame.length
      }
      return { frames, bytes }
    },
  },
  {
    name: 'for await, plain TransformStream',
    kind: 'peer',
    beside: 'for await, delimiterFramer',
    async run({ chunks }) {
      let frames = 0
      let bytes = 0
      for await (const frame of streamOf(chunks).pipeThrough(plainSplit())) {
        frames++
        bytes += frame.length
      }
      return { frames, bytes }
    },
  },
  {
    name: 'getReader(), delimiterFramer',
    run: (fixture) => read(fixture, delimiterFramer('\n')),
  },
  {
    name: 'getReader(), plain TransformStream',
    kind: 'peer',
    beside: 'getReader(), delimiterFramer',
    run: (fixture) => read(fixture, plainSplit()),
  },
]

async function read(
  { chunks }: Fixture,
  framer: ReadableWritablePair<Uint8Array, Uint8Array>,
): Promise<{ frames: number; bytes: number }> {
  let frames = 0
  let bytes = 0
  const reader = streamOf(chunks).pipeThrough(framer).getReader()
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    frames++
    bytes += result.value.length
  }
  return { frames, bytes }
}

/** The least that a `for await` can cost: resolved promises of frames that are there. */
export function madeBeforehand<T>(items: readonly T[]): AsyncIterable<T> {
  let next = 0
  return {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        Promise.resolve<IteratorResult<T>>(
          next < items.length ? { value: items[next++]!, done: false } : { value: undefined, done: true },
        ),
    }),
  }
}

const here = { frames: ['64 B'], chunks: ['64 KiB'] } as const

export const delimiterForAwait: Group = {
  name: "delimiter '\\n': for await",
  rule: 'lf',
  gives: 'payload',
  rows,
  targets: [
    {
      ...here,
      what: 'for await against a plain TransformStream',
      above: [['for await, plain TransformStream']],
      below: 'for await, delimiterFramer',
      atLeast: 3.5,
    },
    {
      ...here,
      what: 'for await against its floor (bare loop + for await over frames made beforehand)',
      above: [['bare FrameParser loop', 'for await, frames made beforehand']],
      below: 'for await, delimiterFramer',
      atLeast: 0.9,
    },
    {
      ...here,
      what: 'batch against the bare loop',
      above: [['bare FrameParser loop']],
      below: 'for await, batch',
      atLeast: 0.95,
    },
    {
      ...here,
      what: "batch against its floor (bare loop behind the platform's pipe)",
      above: [["bare FrameParser loop, behind the platform's pipe"]],
      below: 'for await, batch',
      atLeast: 0.95,
    },
  ],
}
