/**
 * Times of several ways to do the same work, measured in turns within one run.
 *
 * Machines are noisy and get slower and faster while one looks: only ratios of rows of the same run say anything. So the rows take
 * turns, round by round; a row's time is the median of its rounds, and a ratio is the median of the ratios of each round: a machine that
 * changes its speed from one round to the next then changes nothing.
 */

import { measure } from 'mitata'
import { record, recordVerdict, type Kind } from './record.ts'

export interface Row {
  readonly name: string
  /** Does all the work once and returns how many frames there were, and how long it took if the row has its own clock. */
  readonly run: () => Done | Promise<Done>
  /** @defaultValue 'ours' */
  readonly kind?: Kind
}

/** Frames; or what a program outside of this process says of its work, which is then what counts: asking it is not part of that. */
export type Done = number | { readonly frames: number; readonly nanoseconds: number }

/** What the rows of one comparison have in common, for the record. */
export interface Work {
  readonly group: string
  readonly fixture: string
  /** Bytes of one frame on the wire. */
  readonly frameBytes: number
}

export interface Result {
  readonly name: string
  /** Nanoseconds for one frame: median of the rounds' medians. */
  readonly perFrame: number
  /** The same for each round. */
  readonly rounds: readonly number[]
}

/** What holds for every comparison of a run. */
export const limits: { rounds: number } = { rounds: Infinity }

/** What the work of the rows `above` costs in terms of the row `below`: median of the ratios of each round. */
export function ratio(results: ReadonlyMap<string, Result>, above: readonly Row[], below: Row): number {
  const { rounds } = results.get(below.name)!
  return median(rounds.map((time, i) => above.reduce((sum, row) => sum + results.get(row.name)!.rounds[i]!, 0) / time))
}

/** Measures the rows in turns, `rounds` times, and records what came out as `work`. */
export async function compare(
  rows: readonly Row[],
  frames: number,
  rounds: number,
  work?: Work,
): Promise<Map<string, Result>> {
  const times = new Map<string, number[]>(rows.map(({ name }) => [name, []]))
  for (let round = 0; round < Math.min(rounds, limits.rounds); round++) {
    for (const { name, run } of rows) {
      let own: number | undefined
      const stats = await measure(
        async () => {
          const done = await run()
          const count = typeof done === 'number' ? done : done.frames
          if (typeof done !== 'number') own = done.nanoseconds
          if (count !== frames) throw new Error(`${name} gave ${count} frames instead of ${frames}`)
        },
        {
          min_samples: 1,
          max_samples: 1,
          min_cpu_time: 0,
          warmup_samples: round === 0 ? 1 : 0,
          batch_samples: 1,
          batch_threshold: 0,
          // Where a program cannot ask for a collection, mitata takes 1 GiB of memory instead, for every sample.
          gc: false,
        },
      )
      times.get(name)!.push((own ?? stats.p50) / frames)
    }
  }
  return new Map(
    rows.map(({ name, kind = 'ours' }) => {
      const all = times.get(name)!
      const result = { name, perFrame: median(all), rounds: all }
      if (work !== undefined) record({ ...work, subject: name, kind, perFrame: result.perFrame, rounds: all })
      return [name, result]
    }),
  )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** One line of the verdict: a ratio beside what it should be. */
export function verdict(
  what: string,
  ratio: number,
  target: number,
  better: 'at least' | 'at most' = 'at least',
): boolean {
  const met = better === 'at least' ? ratio >= target : ratio <= target
  recordVerdict({ what, ratio, target, better, met })
  console.log(`  ${met ? 'ok  ' : 'MISS'} ${what}: ${ratio.toFixed(2)} (${better} ${target})`)
  return met
}
