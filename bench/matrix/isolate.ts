/** A benchmark in a process of its own, on the same runtime; what it has measured becomes part of this run's record. */

import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { record, recordVerdict, save, type Measurement, type Verdict } from '../record.ts'

/** Whether its targets were met. */
export function inOwnProcess(name: string): boolean {
  // Where the other process will write: what this one has so far is in memory, and is written again at the end.
  const file = save()
  rmSync(file)
  const { status, signal, error } = spawnSync(process.execPath, [...runtimeArguments(), process.argv[1]!, name], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error !== undefined) throw error
  // 1 is also what a process ends with that has thrown, and then it has written nothing.
  if (status !== 0 && status !== 1) throw new Error(`${name} ended with ${signal ?? status}`)
  const { measurements, verdicts } = JSON.parse(readFileSync(file, 'utf8')) as {
    measurements: Measurement[]
    verdicts: Verdict[]
  }
  for (const one of measurements) record(one)
  for (const one of verdicts) recordVerdict(one)
  return status === 0
}

function runtimeArguments(): readonly string[] {
  return process.versions['deno'] === undefined ? process.execArgv : ['run', '-A']
}
