/**
 * Frames of 64 bytes out of 64 KiB chunks: what the natural form, `for await` over `pipeThrough(delimiterFramer('\n'))`, costs
 * beside the bare decoder loop, beside a loop over frames made beforehand, and beside a plain TransformStream.
 */

import { ByteQueue, delimiter, delimiterFramer, FrameParser } from 'framewright'
import { compare, ratio, verdict, type Row } from './compare.ts'
import { lineChunks, streamOf } from './fixtures.ts'

const TOTAL = 32 * 1024 * 1024
const SIZE = 64
const FRAMES = TOTAL / SIZE

export async function framing(): Promise<boolean> {
  const chunks = lineChunks(TOTAL, SIZE)
  const codec = delimiter('\n')
  const sample = chunks[0]!.subarray(0, SIZE - 1)

  // What is compared stands side by side: the machine changes its speed within a round, too.
  const rows: Row[] = [
    {
      name: 'bare FrameParser loop',
      run() {
        let count = 0
        const parser = new FrameParser(codec)
        for (const chunk of chunks) for (const frame of parser.push(chunk)) count += frame.length < SIZE ? 1 : 0
        return count
      },
    },
    {
      name: 'for await, batch',
      async run() {
        let count = 0
        const framer = delimiterFramer('\n')
        streamOf(chunks)
          .pipeTo(framer.writable)
          .catch(() => {})
        for await (const batch of framer.readable.values({ batch: true })) {
          for (const frame of batch) count += frame.length < SIZE ? 1 : 0
        }
        return count
      },
    },
    {
      name: 'for await, frames made beforehand',
      async run() {
        let count = 0
        for await (const frame of madeBeforehand(sample, FRAMES)) count += frame.length < SIZE ? 1 : 0
        return count
      },
    },
    {
      name: 'for await, delimiterFramer',
      async run() {
        let count = 0
        for await (const frame of streamOf(chunks).pipeThrough(delimiterFramer('\n')))
          count += frame.length < SIZE ? 1 : 0
        return count
      },
    },
    {
      name: 'getReader(), delimiterFramer',
      async run() {
        let count = 0
        const reader = streamOf(chunks).pipeThrough(delimiterFramer('\n')).getReader()
        for (let read = await reader.read(); !read.done; read = await reader.read()) count++
        return count
      },
    },
    {
      name: 'for await, plain TransformStream',
      async run() {
        let count = 0
        for await (const frame of streamOf(chunks).pipeThrough(plainTransform())) count += frame.length < SIZE ? 1 : 0
        return count
      },
    },
  ]

  /** What everybody writes: the same decoder, its frames enqueued. */
  function plainTransform(): TransformStream<Uint8Array, Uint8Array> {
    const decoder = codec.decoder()
    const queue = new ByteQueue()
    return new TransformStream({
      transform(chunk, controller) {
        queue.push(chunk)
        for (let frame = decoder.decode(queue); frame !== undefined; frame = decoder.decode(queue)) {
          controller.enqueue(frame)
        }
      },
    })
  }

  console.log(`\nFraming: ${TOTAL / 1024 / 1024} MiB of ${SIZE}-byte lines in 64 KiB chunks`)
  const results = await compare(rows, FRAMES, 15)
  const [bare, batch, beforehand, natural, , plain] = rows as [Row, Row, Row, Row, Row, Row]
  for (const { name, perFrame } of results.values()) {
    const rate = ((SIZE / perFrame) * 1e9) / 1024 / 1024
    console.log(
      `  ${name.padEnd(36)} ${perFrame.toFixed(0).padStart(6)} ns/frame ${rate.toFixed(0).padStart(6)} MiB/s ` +
        `${(results.get(bare.name)!.perFrame / perFrame).toFixed(2).padStart(6)} of the bare loop`,
    )
  }
  return [
    verdict('for await against a plain TransformStream', ratio(results, [plain], natural), 3.5),
    verdict(
      'for await against its floor (bare loop + for await over frames made beforehand)',
      ratio(results, [bare, beforehand], natural),
      0.85,
    ),
    verdict('batch against the bare loop', ratio(results, [bare], batch), 0.85),
  ].every(Boolean)
}

/** The least that a `for await` can cost: resolved promises of frames that are there. */
function madeBeforehand<T>(item: T, count: number): AsyncIterable<T> {
  let left = count
  return {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        Promise.resolve<IteratorResult<T>>(
          left-- > 0 ? { value: item, done: false } : { value: undefined, done: true },
        ),
    }),
  }
}
