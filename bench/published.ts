/** Results as they are published: `docs/bench/<runtime>.json`, one file for each runtime, small enough to be kept. */

import { readdirSync, readFileSync } from 'node:fs'
import { median } from './compare.ts'
import { time } from './judge.ts'
import type { Kind, MemoryRow, Results, Verdict } from './record.ts'

export interface Published {
  /** `node 24.1.0`. */
  readonly runtime: string
  readonly machine: string
  /** Of the last run: `2026-05-28`. */
  readonly date: string
  readonly comparisons: readonly Comparison[]
  readonly memory: readonly MemoryRow[]
  readonly verdicts: readonly Verdict[]
}

/** Rows that did the same work on the same bytes, in turns within one run. */
export interface Comparison {
  readonly group: string
  readonly fixture: string
  /** Bytes of one frame on the wire; 0 where it is not frames that are counted, but what the group's name begins with. */
  readonly frameBytes: number
  /** How often each row was measured, in all processes. */
  readonly rounds: number
  readonly processes: number
  /** Bytes that one read of a socket has brought, on average, where nothing else was done. */
  readonly readBytes?: number
  /** What the times are, where they are not those of a clock on the wall: of the process on processors, where it waits for another one. */
  readonly clock?: 'processor'
  readonly rows: readonly PublishedRow[]
}

export interface PublishedRow {
  readonly subject: string
  readonly kind: Kind
  /** Nanoseconds for one frame: median over the processes of the median of each one's rounds. */
  readonly perFrame: number
  /** The middle half of all rounds and the median of every process lie from here … */
  readonly low: number
  /** … to here. */
  readonly high: number
}

/** Four significant digits: more than any of them means. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

/** What is published of the results of a runtime. */
export function publish({ runtime, machine, date, measurements, memory, verdicts }: Results): Published {
  const comparisons = new Map<string, Comparison & { rows: PublishedRow[] }>()
  for (const { group, fixture, frameBytes, subject, kind, rounds, readBytes, clock } of measurements) {
    const key = JSON.stringify([group, fixture])
    const comparison = comparisons.get(key) ?? {
      group,
      fixture,
      frameBytes,
      rounds: rounds.flat().length,
      processes: rounds.length,
      ...(readBytes !== undefined && { readBytes: rounded(readBytes) }),
      ...(clock !== undefined && { clock }),
      rows: [],
    }
    comparisons.set(key, comparison)
    const [low, high] = spread(rounds)
    comparison.rows.push({
      subject,
      kind,
      perFrame: rounded(time({ rounds })),
      low: rounded(low),
      high: rounded(high),
    })
  }
  return {
    runtime,
    machine,
    date,
    comparisons: [...comparisons.values()],
    memory: memory.map((row) => ({ ...row, rss: rounded(row.rss), heap: rounded(row.heap) })),
    verdicts: verdicts.map((verdict) => ({ ...verdict, ratio: rounded(verdict.ratio) })),
  }
}

/** Where the middle half of all rounds lies, widened to the medians of all processes. */
function spread(rounds: readonly (readonly number[])[]): [low: number, high: number] {
  const sorted = rounds.flat().sort((a, b) => a - b)
  const half = Math.ceil(sorted.length / 2)
  const medians = rounds.map(median)
  return [Math.min(median(sorted.slice(0, half)), ...medians), Math.max(median(sorted.slice(-half)), ...medians)]
}

/** `node-24`: a new version of the same line takes the place of the old one. */
export function publishedName({ runtime }: Pick<Published, 'runtime'>): string {
  return runtime.replace(' ', '-').replace(/\..*/, '')
}

/** A row or a verdict to a line, so that differences can be read. */
export function stringify(published: Published): string {
  const list = (items: readonly unknown[], indent: string): string =>
    items.length === 0 ? '[]' : `[\n${items.map((item) => `${indent} ${JSON.stringify(item)}`).join(',\n')}\n${indent}]`
  const { comparisons, memory, verdicts, ...head } = published
  const parts = comparisons.map(
    ({ rows, ...what }) => `  {${JSON.stringify(what).slice(1, -1)},"rows":${list(rows, '  ')}}`,
  )
  return (
    `{${JSON.stringify(head).slice(1, -1)},\n "comparisons":[\n${parts.join(',\n')}\n ],\n` +
    ` "memory":${list(memory, ' ')},\n "verdicts":${list(verdicts, ' ')}}\n`
  )
}

/** What is published in a folder: Node first, the oldest first; then the others by name. */
export function readPublished(directory: URL): Published[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(new URL(name, directory), 'utf8')) as Published)
    .sort((a, b) => order(a) - order(b) || publishedName(a).localeCompare(publishedName(b), 'en'))
}

function order({ runtime }: Published): number {
  const [name, version] = runtime.split(' ')
  return name === 'node' ? Number.parseInt(version!, 10) : name === 'deno' ? 1000 : 2000
}

// What the tables and the chart ask.

/** How fast a row is in terms of another one. */
export function speed(row: PublishedRow, other: PublishedRow): number {
  return other.perFrame / row.perFrame
}

/** Ours that a comparison is about: the first one that it names, before batches and the bare loop that stand beside it. */
export function ours({ rows }: Comparison): PublishedRow | undefined {
  const own = rows.filter(({ kind }) => kind === 'ours')
  return own.find(({ subject }) => !/batch|FrameParser/.test(subject)) ?? own[0]
}

/** The fastest of what ours stands beside: what people use or write otherwise; where there is none, compiled programs, or the floor. */
export function rival({ rows }: Comparison): PublishedRow | undefined {
  const fastest = (wanted: Kind): PublishedRow | undefined =>
    rows.filter(({ kind }) => kind === wanted).sort((a, b) => a.perFrame - b.perFrame)[0]
  return fastest('peer') ?? fastest('compiled') ?? fastest('floor')
}

/** The bare decoder loop: of the comparison itself, or of the same rule and bytes. */
export function bareLoop(comparison: Comparison, one: Published): PublishedRow | undefined {
  const isLoop = ({ subject, kind }: PublishedRow): boolean => kind === 'ours' && subject.includes('FrameParser')
  const { group, fixture } = comparison
  const name = `${group.replace(/: [^:]*$/, '')}: parser loop`
  return comparison.rows.find(isLoop) ?? find(one, name, fixture)?.rows.find(isLoop)
}

/** What is published of a group, by fixture, in the order of the first runtime that has it. */
export function fixturesOf(all: readonly Published[], group: string): string[] {
  const comparisons = all.flatMap((one) => one.comparisons.filter((comparison) => comparison.group === group))
  return [...new Set(comparisons.map(({ fixture }) => fixture))]
}

export function find({ comparisons }: Published, group: string, fixture: string): Comparison | undefined {
  return comparisons.find((comparison) => comparison.group === group && comparison.fixture === fixture)
}

/** `2.57 M`, `458 k`, `31.2`. */
export function count(value: number): string {
  const [scaled, unit] = value >= 1e6 ? [value / 1e6, ' M'] : value >= 1e3 ? [value / 1e3, ' k'] : [value, '']
  return `${scaled >= 100 ? scaled.toFixed(0) : Number(scaled.toPrecision(3)).toString()}${unit}`
}
