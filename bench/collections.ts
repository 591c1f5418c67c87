/**
 * What a job costs when a garbage collection has come before it, in terms of one with none: in V8 a collection takes with it what the
 * compiler knew of objects that nobody has any more, unless the library keeps one of each (`src/bytes/keep-shape.ts`).
 */

import { execFile } from 'node:child_process'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { delimiter, delimiterEncoder, delimiterFramer, encodeFrames, FrameParser } from 'framewright'
import { decodeTransform } from 'framewright/node'
import { limits, median, verdict } from './compare.ts'
import { streamOf } from './fixtures.ts'

const FRAME = 64
const CHUNK = 64 * 1024
/** Jobs that are run before the clock counts, and those that count. */
const WARM = 5
const COUNTED = 9

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

/** `part`: what a process of its own is to measure. Code that is slow once stays slow, so that both do not go into one. */
export async function collections(part?: string): Promise<boolean> {
  const collect = collector()
  if (collect === undefined) {
    console.log('\nCollections: this is about V8, in a runtime that lets a program ask for one. Nothing is measured.')
    return true
  }
  if (part !== undefined) {
    console.log(JSON.stringify(await measureJobs(part === 'behind' ? collect : () => {})))
    return true
  }
  console.log(
    `\nCollections: ${frames} frames of ${FRAME} bytes, nanoseconds a frame, without and with a collection before`,
  )
  const [without, behind] = [await measuredApart('without'), await measuredApart('behind')]
  const verdicts: boolean[] = []
  for (const name of Object.keys(jobs)) {
    console.log(`  ${name.padEnd(38)} ${without[name]!.toFixed(0)} ns, ${behind[name]!.toFixed(0)} ns`)
    const what = `a job behind a collection against one with none: ${name}`
    verdicts.push(verdict(what, without[name]! / behind[name]!, 0.5))
  }
  return verdicts.every(Boolean)
}

type Times = Record<string, number>

async function measuredApart(part: string): Promise<Times> {
  const rounds = limits.rounds === 2 ? ['--quick'] : []
  const { stdout } = await promisify(execFile)(process.execPath, [process.argv[1]!, ...rounds, `collections:${part}`])
  return JSON.parse(stdout.split('\n').find((line) => line.startsWith('{'))!) as Times
}

/** Nanoseconds a frame: of each job the median. They take turns, as those of a program do. */
async function measureJobs(before: () => void): Promise<Times> {
  const times = Object.fromEntries(Object.keys(jobs).map((name) => [name, [] as number[]]))
  for (let i = 0; i < WARM + Math.min(COUNTED, limits.rounds); i++) {
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

/** What collects all garbage now: in Node alone. Deno does not let a program do it, and Bun does not stand on V8. */
function collector(): (() => void) | undefined {
  if ('Deno' in globalThis || 'Bun' in globalThis) return undefined
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
