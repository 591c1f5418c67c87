/** A framer is taken wherever the platform takes a TransformStream, or its halves. */

import { Duplex, PassThrough, Readable } from 'node:stream'
import { pipeline as nodePipeline } from 'node:stream/promises'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { delimiterEncoder, delimiterFramer, linesEncoder, linesFramer } from '../../src/index.ts'
import { collect, text } from './support.ts'

// The types of node:stream do not say that it takes web streams.
const pipeline = nodePipeline as (...stages: unknown[]) => Promise<void>

const input = (...chunks: string[]): ReadableStream<Uint8Array> =>
  Readable.toWeb(Readable.from(chunks.map((chunk) => Buffer.from(chunk)))) as ReadableStream<Uint8Array>

test('native streams pipe through it, and its frames through native streams', async () => {
  const upper = new TransformStream<string, string>({
    transform: (line, controller) => controller.enqueue(line.toUpperCase()),
  })
  const blob = new Blob(['one\ntw', 'o\n']).stream()
  expect(await collect(blob.pipeThrough(linesFramer()).pipeThrough(upper))).toEqual(['ONE', 'TWO'])
})

test('a Response takes its readable side, and gives it as a body', async () => {
  const body = input('a;b;').pipeThrough(delimiterFramer(';'))
  expect(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text()).toBe('ab')
  const response = new Response('one\ntwo')
  expect(await collect(response.body!.pipeThrough(linesFramer()))).toEqual(['one', 'two'])
})

test('Readable.fromWeb and Duplex.fromWeb take it', async () => {
  const frames = Readable.fromWeb(input('a\nb\n').pipeThrough(linesFramer()) as never, { objectMode: true })
  expect(await collect(frames)).toEqual(['a', 'b'])
  const duplex = Duplex.fromWeb(linesFramer() as never, { objectMode: true })
  duplex.end(Buffer.from('one\ntwo\n'))
  expect(await collect(duplex)).toEqual(['one', 'two'])
})

test('pipeline() takes it between node streams', async () => {
  const got: string[] = []
  await pipeline(
    Readable.from([Buffer.from('a\nb\n'), Buffer.from('c')]),
    linesFramer(),
    async (frames: AsyncIterable<string>) => {
      for await (const line of frames) got.push(line)
    },
  )
  expect(got).toEqual(['a', 'b', 'c'])
  const out = new PassThrough()
  const all = collect(out)
  await pipeline(Readable.from(['x', 'y']), linesEncoder(), out)
  expect(Buffer.concat((await all) as Buffer[]).toString()).toBe('x\ny\n')
})

test('its readable side can be transferred to another context', async () => {
  const frames = input('a;bc;').pipeThrough(delimiterFramer(';'))
  const moved = structuredClone(frames, { transfer: [frames as never] })
  const got: string[] = []
  const reader = moved.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) got.push(text(read.value))
  expect(got).toEqual(['a', 'bc'])
})

test('it can be inspected', () => {
  expect(inspect(linesFramer())).toMatch(/FramerStream.*ReadableStream/s)
  expect(inspect(linesEncoder())).toMatch(/EncoderStream.*WritableStream/s)
})

test('a stage between: framer, map, encoder, and the bytes are right', async () => {
  const swap = new TransformStream<Uint8Array, Uint8Array>({
    transform: (frame, controller) => controller.enqueue(frame.slice().reverse()),
  })
  const out = input('abc;de', 'f;;')
    .pipeThrough(delimiterFramer(';'))
    .pipeThrough(swap)
    .pipeThrough(delimiterEncoder('\n'))
  expect((await collect(out)).map((chunk) => text(chunk)).join('')).toBe('cba\nfed\n\n')
})
