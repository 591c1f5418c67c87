/** How long it takes to make what a connection needs before its first byte. */

import { delimiter, delimiterFramer, framed, FrameParser, lines } from 'framewright'
import { compare, type Done, type Row } from '../compare.ts'

const COUNT = 2_000

/** Makes `COUNT` of them; what they need for it is there before the clock runs. */
function making<Need>(name: string, kind: 'ours' | 'floor', need: () => Need, make: (need: Need) => object): Row {
  const run = (): Done => {
    const needs = Array.from({ length: COUNT }, need)
    // Kept, as those of live connections are: else nothing of them might be made at all.
    const made: object[] = []
    const start = process.hrtime.bigint()
    for (const one of needs) made.push(make(one))
    const nanoseconds = Number(process.hrtime.bigint() - start)
    return { frames: new Set(made).size, nanoseconds }
  }
  return { name, kind, run }
}

const nothing = (): undefined => undefined

const transformStream: Row = making('new TransformStream()', 'floor', nothing, () => new TransformStream())
const makeFramer: Row = making("delimiterFramer('\\n')", 'ours', nothing, () => delimiterFramer('\n'))
const makeFramed: Row = making(
  'framed(duplex, lines())',
  'ours',
  () => ({ readable: new ReadableStream<Uint8Array>(), writable: new WritableStream<Uint8Array>() }),
  (duplex) => framed(duplex, lines()),
)
const makeParser: Row = making('new FrameParser', 'ours', nothing, () => new FrameParser(delimiter('\n')))

/** What is counted is objects and not frames. */
export function timesToMake(rounds: number): Promise<void> {
  const rows = [transformStream, makeFramer, makeFramed, makeParser]
  return compare(rows, COUNT, rounds, {
    group: 'objects: made before the first byte',
    fixture: 'one by one',
    frameBytes: 0,
  })
}
