/**
 * Times of several ways to do the same work, measured in turns within one process.
 *
 * Machines are noisy and get slower and faster while one looks: only ratios of rows of the same run say anything. So the rows take
 * turns, round by round, and a ratio is the median of the ratios of each round: a machine that changes its speed from one round to the next
 * then changes nothing. A whole process may be slower than another one, too: see processes.ts.
 */

import { measure } from 'mitata'
import { record, type Kind } from './record.ts'

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
  /** Bytes of one frame on the wire; 0 where it is not frames that are counted, but what the group's name begins with. */
  readonly frameBytes: number
  /** Bytes that one read of a socket has brought, on average, where nothing else was done. */
  readonly readBytes?: number
  /** What the times are, where they are not those of a clock on the wall: of this process on processors, where it waits for another one. */
  readonly clock?: 'processor'
}

/** Nanoseconds for one frame in each round, by the rows' names. */
export type Times = ReadonlyMap<string, readonly number[]>

/** What holds for every comparison of a run: most rounds of a row, and how many processes share them. */
export const limits: { rounds: number; processes: number } = { rounds: Infinity, processes: 1 }

/** Of `rounds`, those that are this process's. */
export function share(rounds: number): number {
  return Math.max(1, Math.ceil(Math.min(rounds, limits.rounds) / limits.processes))
}

/**
 * Measures the rows in turns, `rounds` times, after a pass of each that does not count, unless they are warm.
 *
 * All turns are samples of one `measure`: it makes a list of 8 MiB, and a function, whenever it is called. Called for each turn it had V8 collect
 * all garbage every thirteen turns, and the 50 ms of that were what told rows apart that took 10.
 */
export async function inTurns(rows: readonly Row[], frames: number, rounds: number, areWarm = false): Promise<Times> {
  const times = new Map<string, number[]>(rows.map(({ name }) => [name, []]))
  const turns = rounds * rows.length
  // mitata begins with a call that is no sample.
  let turn = -1
  const next = async (): Promise<void> => {
    if (turn++ >= 0) {
      const row = rows[(turn - 1) % rows.length]!
      times.get(row.name)!.push((await timeOf(row, frames)) / frames)
    } else if (!areWarm) {
      for (const row of rows) await timeOf(row, frames)
    }
  }
  // Where a program cannot ask for a collection, mitata takes 1 GiB of memory instead, for every sample.
  const exactly = { min_samples: turns, max_samples: turns, min_cpu_time: 0, warmup_samples: 0, gc: false }
  await measure(next, { ...exactly, batch_samples: 1, batch_threshold: 0 })
  return times
}

/** Nanoseconds. */
async function timeOf({ name, run }: Row, frames: number): Promise<number> {
  const start = performance.now()
  const running = run()
  const done = running instanceof Promise ? await running : running
  const elapsed = (performance.now() - start) * 1e6
  const count = typeof done === 'number' ? done : done.frames
  if (count !== frames) throw new Error(`${name} gave ${count} frames instead of ${frames}`)
  return typeof done === 'number' ? elapsed : done.nanoseconds
}

/** Measures the rows in turns, in this process's share of `rounds`, and records what came out as `work`. */
export async function compare(rows: readonly Row[], frames: number, rounds: number, work: Work): Promise<void> {
  recordTimes(rows, await inTurns(rows, frames, share(rounds)), work)
}

export function recordTimes(rows: readonly Row[], times: Times, work: Work): void {
  for (const { name, kind = 'ours' } of rows) record({ ...work, subject: name, kind, rounds: [times.get(name)!] })
}

/** What some rows cost together in terms of another one: median of the ratios of each round. */
export function ratio(above: readonly (readonly number[])[], below: readonly number[]): number {
  return median(below.map((time, i) => above.reduce((sum, times) => sum + times[i]!, 0) / time))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
