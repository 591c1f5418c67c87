/**
 * What a connection costs: to make what it needs, to open and close it, to hold it while nothing happens, and to talk over it for long.
 * Memory is measured on Node alone, where a program can ask for a collection and for the pages that it has.
 */

import { affordable, idleMemory } from './connections/idle-memory.ts'
import { framedSocket, idleWays, plainStreams, raw, type IdleWay } from './connections/idle-ways.ts'
import { comingAndGoing } from './connections/coming-and-going.ts'
import { timesToMake } from './connections/making.ts'
import type { MemoryUse } from './connections/memory-use.ts'
import { steadiness } from './connections/steadiness.ts'
import { limits, verdict, type Result } from './compare.ts'
import { recordMemory, runtimeName } from './record.ts'

const IDLE = 10_000
const STEADY_SECONDS = 40

export async function connections(): Promise<boolean> {
  console.log('\nConnections: time to make what one needs')
  print(await timesToMake(7))
  console.log('\nConnections: opened, accepted and closed over loopback, both sides in this process')
  print(await comingAndGoing(7))
  if (!runtimeName().startsWith('node')) return true
  return [await idle(), await steady()].every(Boolean)
}

/** Times, and speed in terms of the first row. */
function print(results: ReadonlyMap<string, Result>): void {
  const rows = [...results.values()]
  for (const { name, perFrame } of rows) {
    const ratio = (rows[0]!.perFrame / perFrame).toFixed(2)
    const rate = Math.round(1e9 / perFrame).toLocaleString('en')
    console.log(`  ${name.padEnd(30)} ${(perFrame / 1000).toFixed(2).padStart(8)} µs ${rate.padStart(10)}/s ${ratio}`)
  }
}

async function idle(): Promise<boolean> {
  const wanted = limits.rounds === Infinity ? IDLE : IDLE / 5
  const count = affordable(wanted)
  console.log(`\nConnections: bytes that each of ${count} idle ones holds, after one message there and back`)
  if (count < wanted) console.log(`  fewer than ${wanted}: a process may not have more descriptors here (ulimit -n)`)
  if (count < IDLE / 10) throw new Error(`${count} connections are too few to say anything: raise ulimit -n`)
  const held = new Map<IdleWay, MemoryUse>()
  for (const way of idleWays) {
    const use = await idleMemory(way, count)
    held.set(way, use)
    recordMemory({ group: `idle connections: ${count}`, subject: way.name, kind: way.kind, ...use })
  }
  const against = (way: IdleWay, floor: IdleWay, what: keyof MemoryUse): number =>
    held.get(way)![what] / held.get(floor)![what]
  // What two streams cost by themselves is no choice of ours: whoever asks for Web Streams has them.
  console.log(`  ${''.padEnd(58)}    RSS  of raw  of plain  |   heap  of raw  of plain`)
  for (const way of idleWays) {
    const cells = (['rss', 'heap'] as const).map((what) => {
      const bytes = held.get(way)![what].toFixed(0).padStart(6)
      const [ofRaw, ofPlain] = [raw, plainStreams].map((floor) => against(way, floor, what).toFixed(2))
      return `${bytes} ${ofRaw!.padStart(7)} ${ofPlain!.padStart(9)}`
    })
    console.log(`  ${way.name.padEnd(58)} ${cells.join('  | ')}`)
  }
  console.log()
  return [
    verdict('idle connection, RSS: framed against node:net', against(framedSocket, raw, 'rss'), 1.3, 'at most'),
    verdict('idle connection, heap: framed against node:net', against(framedSocket, raw, 'heap'), 1.3, 'at most'),
  ].every(Boolean)
}

async function steady(): Promise<boolean> {
  const seconds = limits.rounds === Infinity ? STEADY_SECONDS : STEADY_SECONDS / 4
  const { slope, standardError, messages, heap } = await steadiness(seconds)
  const MB = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
  console.log(
    `\nConnections: ${messages.toLocaleString('en')} messages there and back in ${seconds} s; ` +
      `heap ${MB(heap[0])} at first, ${MB(heap[1])} at last`,
  )
  console.log(`  growth ${slope.toFixed(4)} bytes a message, standard error ${standardError.toFixed(4)}`)
  console.log()
  return [
    verdict('long conversation: growth of the heap, in its standard errors', slope / standardError, 3, 'at most'),
    verdict('long conversation: bytes a message that would be noticed', 3 * standardError, 0.5, 'at most'),
  ].every(Boolean)
}
