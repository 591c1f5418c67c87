/** What a run prints of what it has recorded. */

import { Recorded, time } from './judge.ts'
import type { Measurement, Recording, Verdict } from './record.ts'

/** Every comparison as a table: a row's time, and its speed in terms of the first row. */
export function printTimes({ measurements }: Recording): void {
  const recorded = new Recorded(measurements)
  for (const group of recorded.groups()) {
    for (const fixture of recorded.fixtures(group)) {
      const rows = recorded.rows(group, fixture)
      console.log(`\n${group}: ${fixture}; ${roundsOf(rows[0]!)}${howOf(rows)}`)
      for (const row of rows) {
        const speed = recorded.ratio(group, fixture, [rows[0]!.subject], row.subject)!
        console.log(`  ${row.subject.padEnd(58)} ${rates(row)} ${speed.toFixed(2).padStart(6)}`)
      }
    }
  }
  if (measurements.length > 0) console.log()
}

/** `9 rounds in 3 processes`. */
function roundsOf({ rounds }: Measurement): string {
  return `${rounds.flat().length} rounds in ${rounds.length} process${rounds.length === 1 ? '' : 'es'}`
}

function howOf(rows: readonly Measurement[]): string {
  const { readBytes, clock } = rows[0]!
  return (
    (readBytes === undefined ? '' : `; reads of ${readBytes.toFixed(0)} B`) +
    (clock === undefined ? '' : `; time on processors`)
  )
}

function rates(row: Measurement): string {
  const each = time(row)
  const text = `${each.toFixed(each < 100 ? 1 : 0).padStart(9)} ns ${Math.round(1e9 / each)
    .toLocaleString('en')
    .padStart(12)} /s`
  return row.frameBytes === 0 ? text : `${text} ${((row.frameBytes * 1e3) / each).toFixed(0).padStart(7)} MB/s`
}

/** Prints a line for each; whether all were met. */
export function printVerdicts(verdicts: readonly Verdict[]): boolean {
  for (const { what, ratio, target, better, met } of verdicts) {
    console.log(`  ${met ? 'ok  ' : 'MISS'} ${what}: ${ratio.toFixed(2)} (${better} ${target})`)
  }
  return verdicts.every(({ met }) => met)
}

/** What each way to hold something takes of memory, and in terms of the first of them. */
export function printMemory({ memory }: Recording): void {
  for (const [i, { group, count, subject, ...held }] of memory.entries()) {
    if (i === 0) console.log(`\n${group}: ${count}, bytes of each${' '.repeat(28)}    RSS  of first |   heap  of first`)
    const cells = (['rss', 'heap'] as const).map(
      (what) => `${held[what].toFixed(0).padStart(6)} ${(held[what] / memory[0]![what]).toFixed(2).padStart(9)}`,
    )
    console.log(`  ${subject.padEnd(58)} ${cells.join(' | ')}`)
  }
  if (memory.length > 0) console.log()
}
