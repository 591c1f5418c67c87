/**
 * Lines of 64 bytes out of 64 KiB chunks through a Node stream, taken with 'data' events: `decodeTransform` beside split2. `lines()` does
 * what split2 does (it gives strings); `delimiter('\n')` leaves the text to whoever wants it.
 */

import { Readable, type Transform } from 'node:stream'
import { delimiter, lines } from 'framewright'
import { decodeTransform } from 'framewright/node'
import split2 from 'split2'
import { compare, verdict, type Row } from './compare.ts'
import { lineChunks } from './fixtures.ts'

const TOTAL = 32 * 1024 * 1024
const SIZE = 64
const FRAMES = TOTAL / SIZE

export async function nodeTransform(): Promise<boolean> {
  const chunks = lineChunks(TOTAL, SIZE).map(({ buffer }) => Buffer.from(buffer))

  function row(name: string, make: () => Transform): Row {
    return {
      name,
      run: () =>
        new Promise((resolve, reject) => {
          let count = 0
          const stream = make()
          stream.on('data', (frame: { length: number }) => (count += frame.length < SIZE ? 1 : 0))
          stream.on('end', () => resolve(count))
          stream.on('error', reject)
          Readable.from(chunks).pipe(stream)
        }),
    }
  }

  const rows = [
    row('split2()', () => split2()),
    row('decodeTransform(lines())', () => decodeTransform(lines())),
    row("decodeTransform(delimiter('\\n'))", () => decodeTransform(delimiter('\n'))),
  ]
  console.log(`\nNode streams: ${TOTAL / 1024 / 1024} MiB of ${SIZE}-byte lines in 64 KiB chunks, 'data' events`)
  const results = await compare(rows, FRAMES, 5)
  const cost = (index: number): number => results.get(rows[index]!.name)!.perFrame
  for (const { name, perFrame } of results.values()) {
    console.log(
      `  ${name.padEnd(36)} ${perFrame.toFixed(0).padStart(6)} ns/frame ${(cost(0) / perFrame).toFixed(2).padStart(6)} of split2`,
    )
  }
  return [
    verdict("time of delimiter('\\n') against split2", cost(2) / cost(0), 1, 'at most'),
    verdict('time of lines() against split2', cost(1) / cost(0), 1, 'at most'),
  ].every(Boolean)
}
