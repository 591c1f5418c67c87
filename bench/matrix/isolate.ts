/** A benchmark in a process of its own, on the same runtime; what it has measured becomes part of the same file of results. */

import { spawnSync } from 'node:child_process'
import { limits } from '../compare.ts'

/** Whether its targets were met. */
export function inOwnProcess(name: string): boolean {
  const quick = limits.rounds < Infinity ? ['--quick'] : []
  const { status, signal, error } = spawnSync(
    process.execPath,
    [...runtimeArguments(), process.argv[1]!, name, ...quick],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (error !== undefined) throw error
  // 1 is also what a process ends with that has thrown: it has said why, and its rows are missing.
  if (status !== 0 && status !== 1) throw new Error(`${name} ended with ${signal ?? status}`)
  return status === 0
}

function runtimeArguments(): readonly string[] {
  return process.versions['deno'] === undefined ? process.execArgv : ['run', '-A']
}
