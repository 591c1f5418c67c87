/**
 * What a run has measured, kept as JSON: the tables and the chart are made of it, so no number is ever copied by hand.
 * A run of one runtime writes `build/bench-results/<runtime>.json`; `npm run bench:publish` makes of it what lies in `docs/bench/`.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Whose code a row is: this library's, a package's, what nobody can go below, or a compiled program's. */
export type Kind = 'ours' | 'peer' | 'floor' | 'compiled'

export interface Measurement {
  /** Rows with the same group and fixture did the same work on the same bytes, in turns: only these are compared. */
  readonly group: string
  /** The bytes: `64 B frames, 64 KiB chunks`. */
  readonly fixture: string
  readonly subject: string
  readonly kind: Kind
  /** Bytes of one frame on the wire. */
  readonly frameBytes: number
  /** Nanoseconds for one frame: the median of `rounds`. */
  readonly perFrame: number
  readonly rounds: readonly number[]
}

/** What one of many holds of memory, in bytes. */
export interface MemoryRow {
  readonly group: string
  readonly subject: string
  readonly kind: Kind
  readonly rss: number
  /** Objects, and the memory outside the heap that belongs to them. */
  readonly heap: number
}

export interface Verdict {
  readonly what: string
  readonly ratio: number
  readonly target: number
  readonly better: 'at least' | 'at most'
  readonly met: boolean
}

const measurements: Measurement[] = []
const memory: MemoryRow[] = []
const verdicts: Verdict[] = []

export function record(measurement: Measurement): void {
  measurements.push(measurement)
}

export function recordMemory(row: MemoryRow): void {
  memory.push(row)
}

export function recordVerdict(verdict: Verdict): void {
  verdicts.push(verdict)
}

/** `node 20.20.2`, `deno 2.9.6`, `bun 1.4.5`. */
export function runtimeName(): string {
  const { deno, bun, node } = process.versions
  return deno ? `deno ${deno}` : bun ? `bun ${bun}` : `node ${node}`
}

/** What a file of results holds. */
export interface Results {
  readonly runtime: string
  readonly machine: string
  /** Of the last run: `2026-05-28`. */
  readonly date: string
  readonly measurements: readonly Measurement[]
  readonly memory?: readonly MemoryRow[] | undefined
  readonly verdicts: readonly Verdict[]
}

/** Writes what was recorded; the path of the file. What other runs have left there stays, but for what this one has measured anew. */
export function save(): string {
  const directory = new URL('../bench-results/', import.meta.url)
  mkdirSync(directory, { recursive: true })
  const file = new URL(`${runtimeName().replaceAll(' ', '-')}.json`, directory)
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined
  const groups = new Set(measurements.map(({ group }) => group))
  const held = new Set(memory.map(({ subject }) => subject))
  const judged = new Set(verdicts.map(({ what }) => what))
  const processors = cpus()
  const results: Results = {
    runtime: runtimeName(),
    machine: `${process.platform} ${process.arch}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`,
    date: new Date().toISOString().slice(0, 10),
    measurements: [...(before?.measurements ?? []).filter(({ group }) => !groups.has(group)), ...measurements],
    memory: [...(before?.memory ?? []).filter(({ subject }) => !held.has(subject)), ...memory],
    verdicts: [...(before?.verdicts ?? []).filter(({ what }) => !judged.has(what)), ...verdicts],
  }
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`)
  return fileURLToPath(file)
}
