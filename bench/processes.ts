/**
 * A part of a benchmark in several processes of its own, one after the other, among which its rounds are divided.
 *
 * What a compiler makes of a program differs from one process to the next, and stays as it is for as long as the process lives: rows that are
 * a third slower in one from its start to its end are nothing unusual. Within a process no number of rounds shows that. That each part has its
 * own also means that what one has taught the compiler slows down no other.
 *
 * ```
 *   rounds   process 1  |a b c a b c|     a row's time    median over the processes of the median of each
 *            process 2  |a b c a b c|     a ratio         median over the processes of the ratio in each
 *            process 3  |a b c a b c|
 * ```
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limits, median } from './compare.ts'
import { judged, recording, type Measurement, type Recording, type Verdict } from './record.ts'

/** What a process is told that measures a part: the file for what it records, which of the processes it is, and how many there are. */
const CHILD = /^--process=(\d+)\/(\d+),(.*)$/

/** Which process of those that share the work this one is: only the first says what is the same in all. */
let index = 1

/** Measures a part in `count` processes; what they have recorded together. */
export function inProcesses(part: string, count: number): Recording {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    return merge(
      Array.from({ length: count }, (_, i) => {
        const file = join(directory, `${i}.json`)
        const quick = limits.rounds < Infinity ? ['--quick'] : []
        const { status, signal, error } = spawnSync(
          process.execPath,
          [...runtimeArguments(), process.argv[1]!, part, `--process=${i + 1}/${count},${file}`, ...quick],
          { stdio: ['ignore', 'inherit', 'inherit'] },
        )
        if (error !== undefined) throw error
        if (status !== 0) throw new Error(`${part} ended with ${signal ?? status}`)
        return JSON.parse(readFileSync(file, 'utf8')) as Recording
      }),
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function runtimeArguments(): readonly string[] {
  return process.versions['deno'] === undefined ? process.execArgv : ['run', '-A']
}

/** What makes this process one that measures a part, if it is: it is to be called when it has measured. */
export function asChild(args: readonly string[]): (() => void) | undefined {
  const [, which, count, file] = args.map((argument) => CHILD.exec(argument)).find((found) => found !== null) ?? []
  if (file === undefined) return undefined
  index = Number(which)
  limits.processes = Number(count)
  return () => writeFileSync(file, JSON.stringify(recording()))
}

/** Prints what each process of a part would say alike, once. */
export function say(text: string): void {
  if (index === 1) console.log(text)
}

/** What several processes have recorded of the same: their rounds side by side, and the median of every other figure. */
export function merge(processes: readonly Recording[]): Recording {
  const measurements = grouped(
    processes.flatMap((one) => one.measurements),
    ({ group, fixture, subject }) => JSON.stringify([group, fixture, subject]),
  ).map((same): Measurement => {
    const reads = same.flatMap(({ readBytes }) => readBytes ?? [])
    const rounds = same.flatMap((one) => one.rounds)
    return { ...same[0]!, rounds, ...(reads.length > 0 && { readBytes: median(reads) }) }
  })
  const memory = grouped(
    processes.flatMap((one) => one.memory),
    ({ group, subject }) => JSON.stringify([group, subject]),
  ).map((same) => ({
    ...same[0]!,
    rss: median(same.map(({ rss }) => rss)),
    heap: median(same.map(({ heap }) => heap)),
  }))
  const verdicts = grouped(
    processes.flatMap((one) => one.verdicts),
    ({ what }) => what,
  ).map((same): Verdict => {
    const { what, target, better } = same[0]!
    return judged(what, median(same.map(({ ratio }) => ratio)), target, better)
  })
  return { measurements, memory, verdicts }
}

/** Items with the same key together, in the order of the first of each. */
function grouped<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const known = groups.get(key(item))
    if (known === undefined) groups.set(key(item), [item])
    else known.push(item)
  }
  return [...groups.values()]
}
