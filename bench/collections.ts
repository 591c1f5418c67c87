/**
 * What a job costs when a garbage collection has come before it, in terms of one with none: in V8 a collection takes with it what the
 * compiler knew of objects that nobody has any more, unless the library keeps one of each (`src/bytes/keep-shape.ts`).
 */

import { whole, type Benchmark } from './benchmark.ts'
import type { Times } from './collected-jobs.ts'
import { limits } from './compare.ts'
import { Child } from './connections/child.ts'
import { say } from './processes.ts'
import { recordVerdict } from './record.ts'

/** Jobs that count, in each process: it is after some collections that code stays slow. */
const COUNTED = 9

export const collections: Benchmark = whole({ jobs: { measure } })

async function measure(): Promise<void> {
  if ('Deno' in globalThis || 'Bun' in globalThis) {
    // Deno does not let a program ask for a collection, and Bun does not stand on V8.
    say('Collections: this is about V8, in a runtime that lets a program ask for one. Nothing is measured.')
    return
  }
  say('Collections: nanoseconds a frame, without and with a collection before')
  const [without, behind] = [await measuredApart('without'), await measuredApart('behind')]
  for (const [name, time] of Object.entries(without)) {
    say(`  ${name.padEnd(38)} ${time.toFixed(0)} ns, ${behind[name]!.toFixed(0)} ns`)
    recordVerdict(`a job behind a collection against one with none: ${name}`, time / behind[name]!, 0.5, 'at least')
  }
}

async function measuredApart(how: string): Promise<Times> {
  const child = new Child('../collected-jobs.js', [how, String(Math.min(limits.rounds, COUNTED))], ['--expose-gc'])
  try {
    return await child.answer<Times>()
  } finally {
    await child.stop()
  }
}
