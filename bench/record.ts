/**
 * What a run has measured, kept as JSON: the verdicts, the tables and the chart are made of it, so no number is ever copied by hand.
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
  /** Bytes of one frame on the wire; 0 where it is not frames that are counted, but what the group's name begins with. */
  readonly frameBytes: number
  /** Nanoseconds for one frame: of each process those of its rounds. Round by round they belong to those of the other rows. */
  readonly rounds: readonly (readonly number[])[]
  /** Bytes that one read of a socket has brought, on average, where nothing else was done. */
  readonly readBytes?: number
  /** What the times are, where they are not those of a clock on the wall: of the process on processors, where it waits for another one. */
  readonly clock?: 'processor'
}

/** What one of many holds of memory, in bytes. */
export interface MemoryRow {
  readonly group: string
  /** How many there were. */
  readonly count: number
  readonly subject: string
  readonly kind: Kind
  readonly rss: number
  /** Objects, and the memory outside the heap that belongs to them. */
  readonly heap: number
}

/** A figure beside what it should be. */
export interface Verdict {
  readonly what: string
  readonly ratio: number
  readonly target: number
  readonly better: 'at least' | 'at most'
  readonly met: boolean
}

/** What processes have recorded. */
export interface Recording {
  readonly measurements: readonly Measurement[]
  readonly memory: readonly MemoryRow[]
  readonly verdicts: readonly Verdict[]
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

/** Records a figure that is no ratio of rows: those are what judge.ts makes of the rows that are recorded. */
export function recordVerdict(what: string, ratio: number, target: number, better: Verdict['better']): void {
  verdicts.push(judged(what, ratio, target, better))
}

/** What this process has recorded. */
export function recording(): Recording {
  return { measurements, memory, verdicts }
}

export function judged(what: string, ratio: number, target: number, better: Verdict['better'] = 'at least'): Verdict {
  return { what, ratio, target, better, met: better === 'at least' ? ratio >= target : ratio <= target }
}

/** `node 20.20.2`, `deno 2.9.6`, `bun 1.4.5`. */
export function runtimeName(): string {
  const { deno, bun, node } = process.versions
  return deno ? `deno ${deno}` : bun ? `bun ${bun}` : `node ${node}`
}

/** What a file of results holds. */
export interface Results extends Recording {
  readonly runtime: string
  readonly machine: string
  /** Of the last run: `2026-05-28`. */
  readonly date: string
}

const directory = new URL('../bench-results/', import.meta.url)

/** Adds what was recorded to the file of results; its path. What other runs have left there stays, but for what is measured anew. */
export function save(recording: Recording): string {
  mkdirSync(directory, { recursive: true })
  const file = new URL(`${runtimeName().replaceAll(' ', '-')}.json`, directory)
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined
  const without = <Item>(old: readonly Item[] = [], now: readonly Item[], key: (item: Item) => string): Item[] => {
    const keys = new Set(now.map(key))
    return [...old.filter((item) => !keys.has(key(item))), ...now]
  }
  const processors = cpus()
  const results: Results = {
    runtime: runtimeName(),
    machine: `${process.platform} ${process.arch}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`,
    date: new Date().toISOString().slice(0, 10),
    measurements: without(before?.measurements, recording.measurements, ({ group }) => group),
    memory: without(before?.memory, recording.memory, ({ subject }) => subject),
    verdicts: without(before?.verdicts, recording.verdicts, ({ what }) => what),
  }
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`)
  return fileURLToPath(file)
}
