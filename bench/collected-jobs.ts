/**
 * A process that does the jobs of collections.ts and says how long each took: with a garbage collection before each, or with none. Code that is
 * slow once stays slow, so that both do not go into one.
 */

import { Readable } from 'node:stream'
import { delimiter, delimiterEncoder, delimiterFramer, encodeFrames, FrameParser } from 'framewright'
import { decodeTransform } from 'framewright/node'
import { median } from './compare.ts'
import { streamOf } from './fixtures.ts'

const FRAME = 64
const CHUNK = 64 * 1024
/** Jobs that are run before the clock counts. */
const WARM = 5

const codec = delimiter('\n')
const chunks = Array.from({ length: 40 }, () =>
  new Uint8Array(CHUNK).map((_, i) => (i % FRAME === FRAME - 1 ? 0x0a : 0x61)),
)
const frames = (chunks.length * CHUNK) / FRAME
const payloads = chunks.flatMap((chunk) => [...new FrameParser(codec).push(chunk)])

/** Each gives the bytes it has seen. */
const jobs: Record<string, () => number | Promise<number>> = {
  'FrameParser loop': () => {
    let bytes = 0
    const parser = new FrameParser(codec)
    for (const chunk of chunks) for (const frame of parser.push(chunk)) bytes += frame.length
    return bytes
  },
  encodeFrames: () => encodeFrames(codec, payloads).length - frames,
  'for await, delimiterFramer': async () => {
    let bytes = 0
    for await (const frame of streamOf(chunks).pipeThrough(delimiterFramer('\n'))) bytes += frame.length
    return bytes
  },
  'delimiterFramer and delimiterEncoder': async () => {
    let bytes = 0
    const echo = streamOf(chunks).pipeThrough(delimiterFramer('\n')).pipeThrough(delimiterEncoder('\n'))
    for await (const chunk of echo as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) bytes += chunk.length
    return bytes - frames
  },
  "decodeTransform, 'data' events": () =>
    new Promise((resolve, reject) => {
      let bytes = 0
      Readable.from(chunks)
        .pipe(decodeTransform(codec))
        .on('data', (frame: Uint8Array) => (bytes += frame.length))
        .on('end', () => resolve(bytes))
        .on('error', reject)
    }),
}

/** Nanoseconds a frame, by the name of the job. */
export type Times = Record<string, number>

/** Nanoseconds a frame: of each job the median. They take turns, as those of a program do. */
async function measureJobs(counted: number, before: () => void): Promise<Times> {
  const times = Object.fromEntries(Object.keys(jobs).map((name) => [name, [] as number[]]))
  for (let i = 0; i < WARM + counted; i++) {
    for (const [name, job] of Object.entries(jobs)) {
      before()
      const start = performance.now()
      const bytes = await job()
      if (i >= WARM) times[name]!.push(((performance.now() - start) * 1e6) / frames)
      if (bytes !== frames * (FRAME - 1)) throw new Error(`${bytes} bytes instead of ${frames * (FRAME - 1)}`)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]))
}

/** What collects all garbage now: there with --expose-gc. */
const { gc } = globalThis as { gc?: () => void }
const [how, counted] = process.argv.slice(2)
if (gc === undefined) throw new Error('A collection is asked for with --expose-gc')
process.send!(await measureJobs(Number(counted), how === 'behind' ? gc : () => {}))
process.disconnect()
