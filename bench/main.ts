/**
 * `npm run bench`: every number here is a ratio within this run; nothing is compared with another day or machine. `npm run bench -- sockets`
 * measures only that, `npm run bench -- matrix:lines` a part of it, `matrix:lines:for await:64 B` fixtures of it by their names. The rounds
 * of a part are divided among three processes, or as many as `--processes` says; `--quick` takes two rounds of each row in one: a first look.
 */

import type { Benchmark } from './benchmark.ts'
import { limits } from './compare.ts'
import { Recorded } from './judge.ts'
import { printMemory, printTimes, printVerdicts } from './print.ts'
import { asChild, inProcesses } from './processes.ts'
import { runtimeName, save } from './record.ts'

const PROCESSES = 3

const all: Record<string, () => Promise<Benchmark>> = {
  matrix: async () => (await import('./matrix.ts')).matrix,
  linear: async () => (await import('./linear.ts')).linear,
  collections: async () => (await import('./collections.ts')).collections,
  compiled: async () => (await import('./native.ts')).compiled,
  connections: async () => (await import('./connections.ts')).connections,
  sockets: async () => (await import('./sockets.ts')).sockets,
}

const args = process.argv.slice(2)
if (args.includes('--quick')) limits.rounds = 2
const at = args.indexOf('--processes')
const [, count] = at < 0 ? [] : args.splice(at, 2)
const most = limits.rounds < Infinity ? 1 : count === undefined ? PROCESSES : Number(count)
if (!(Number.isInteger(most) && most > 0)) throw new Error(`--processes ${count} is no number of processes`)

const chosen = args.filter((argument) => !argument.startsWith('--')).map((argument) => argument.split(':'))
const unknown = chosen.flatMap(([name]) => (name !== undefined && name in all ? [] : [name]))
if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`)

const report = asChild(args)
if (report === undefined) await measureAll()
else {
  const [name, part, ...only] = chosen[0]!
  await (await all[name!]!()).part(part!, ...only).measure()
  report()
}

async function measureAll(): Promise<void> {
  console.log(`${runtimeName()}, ${process.arch}`)
  let met = true
  for (const [name, wanted, ...only] of chosen.length > 0 ? chosen : Object.keys(all).map((name) => [name])) {
    const { parts, part } = await all[name!]!()
    if (wanted !== undefined && !parts.includes(wanted)) {
      throw new Error(`no part ${wanted} of ${name}; there are ${parts.join(', ')}`)
    }
    for (const one of wanted === undefined ? parts : [wanted]) {
      const { judge, isComplete, processes = most } = part(one, ...only)
      console.log(`\n===== ${name}: ${one} =====`)
      const recording = inProcesses([name, one, ...only].join(':'), processes)
      printTimes(recording)
      printMemory(recording)
      const recorded = new Recorded(recording.measurements)
      const verdicts = [...recording.verdicts, ...(judge?.(recorded) ?? [])]
      met = printVerdicts(verdicts) && (isComplete?.(recorded) ?? true) && met
      save({ ...recording, verdicts })
    }
  }
  console.log(`\nWritten to ${save({ measurements: [], memory: [], verdicts: [] })}`)
  if (met) return
  console.log(
    '\nA target was missed. On a machine that does other things at the same time, run it again before believing it.',
  )
  process.exitCode = 1
}
