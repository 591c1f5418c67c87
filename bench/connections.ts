/**
 * What a connection costs: to make what it needs, to open and close it, to hold it while nothing happens, and to talk over it for long. All of
 * it is measured on Node, Deno and Bun: each can be started so that a program may ask for a collection.
 */

import { whole, type Benchmark } from './benchmark.ts'
import { limits } from './compare.ts'
import { affordable, idleMemory } from './connections/idle-memory.ts'
import { framedSocket, idleWays, raw } from './connections/idle-ways.ts'
import { comingAndGoing } from './connections/coming-and-going.ts'
import { timesToMake } from './connections/making.ts'
import type { MemoryUse } from './connections/memory-use.ts'
import { steadiness } from './connections/steadiness.ts'
import { say } from './processes.ts'
import { recordMemory, recordVerdict } from './record.ts'

const ROUNDS = 9
const IDLE = 10_000
const STEADY_SECONDS = 40

/** What is measured in processes of its own anyhow has no need of several. */
export const connections: Benchmark = whole({
  making: { measure: () => timesToMake(ROUNDS) },
  opening: { measure: () => comingAndGoing(ROUNDS) },
  idle: { measure: idle, processes: 1 },
  steady: { measure: steady, processes: 1 },
})

async function idle(): Promise<void> {
  const wanted = limits.rounds === Infinity ? IDLE : IDLE / 5
  const count = affordable(wanted)
  say(`Bytes that each of ${count} idle connections holds, after one message there and back`)
  if (count < wanted) say(`  fewer than ${wanted}: a process may not have more descriptors here (ulimit -n)`)
  if (count < IDLE / 10) throw new Error(`${count} connections are too few to say anything: raise ulimit -n`)
  const held = new Map<string, MemoryUse>()
  for (const way of idleWays) {
    const use = await idleMemory(way, count)
    held.set(way.name, use)
    recordMemory({ group: 'idle connections', subject: way.name, kind: way.kind, count, ...use })
  }
  for (const what of ['rss', 'heap'] as const) {
    const name = `idle connection, ${what === 'rss' ? 'RSS' : what}: framed against node:net`
    recordVerdict(name, held.get(framedSocket.name)![what] / held.get(raw.name)![what], 1.3, 'at most')
  }
}

async function steady(): Promise<void> {
  const seconds = limits.rounds === Infinity ? STEADY_SECONDS : STEADY_SECONDS / 4
  const { slope, standardError, messages, heap } = await steadiness(seconds)
  const MB = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
  say(
    `${messages.toLocaleString('en')} messages there and back in ${seconds} s; ` +
      `heap ${MB(heap[0])} at first, ${MB(heap[1])} at last`,
  )
  say(`  growth ${slope.toFixed(4)} bytes a message, standard error ${standardError.toFixed(4)}`)
  recordVerdict('long conversation: growth of the heap, in its standard errors', slope / standardError, 3, 'at most')
  recordVerdict('long conversation: bytes a message that would be noticed', 3 * standardError, 0.5, 'at most')
}
