/** Measures a group on all its fixtures; and the verdicts: one for each peer, of the fixture where it does best, and those on what is asked for beyond. */

import { inTurns, limits, ratio, recordTimes, type Row, type Times } from '../compare.ts'
import { CHUNK_SIZES, fixture, FRAME_SIZES, type ChunkSize, type Fixture, type FrameSize } from '../fixtures.ts'
import type { Recorded } from '../judge.ts'
import { say } from '../processes.ts'
import { judged, type Verdict } from '../record.ts'
import { EXACT, STREAMED, type Group, type MatrixRow, type Tally, type Target } from './group.ts'
import { bounded, tooSlow } from './left-out.ts'

// In each process, as what counts is how fast a row is when it is compiled.
const ROUNDS = 7
/** Where a peer comes close, or a ratio is asked for, those are not enough to say who is ahead. */
const MORE_ROUNDS = 15
const CLOSE = 1.2
/** Milliseconds that may go by in rounds. */
const ROUNDS_TIME = 300
const MORE_ROUNDS_TIME = 1500

/** `only`: a part of the names of the fixtures to measure. */
export async function measureGroup(group: Group, only: string): Promise<void> {
  say(group.name)
  for (const chunk of group.chunks ?? (Object.keys(CHUNK_SIZES) as ChunkSize[])) {
    for (const frame of Object.keys(FRAME_SIZES) as FrameSize[]) {
      if (nameOf(frame, chunk).includes(only)) await measureOne(group, frame, chunk)
    }
  }
}

export function judgeGroup(group: Group, recorded: Recorded): Verdict[] {
  return [...recorded.aheadOfPeers(group.name, group.rows), ...judgeTargets(group, recorded)]
}

function nameOf(frame: FrameSize, chunk: ChunkSize): string {
  return `${frame} frames, ${chunk} chunks`
}

async function measureOne(group: Group, frame: FrameSize, chunk: ChunkSize): Promise<void> {
  const exact = isExact(group, frame, chunk)
  const usual = group.budget ?? STREAMED
  const budget = exact ? { ...usual, frames: EXACT * usual.frames } : usual
  const sample = fixture(group.rule, frame, chunk, { frames: 0, bytes: 0, chunkCost: 1 })
  const rows = group.rows.filter((row) => {
    const reason = tooSlow(row, sample)
    if (reason !== undefined) say(`  LEFT OUT of ${sample.name}: ${row.name}: ${reason}`)
    return reason === undefined
  })
  const given = fixture(group.rule, frame, chunk, bounded(budget, rows, sample))
  const checked = rows.map((row) => checkedRow(group, row, given))
  const times = await inRounds(checked, given.frames, exact, (some) => rows.some((row) => isClose(group, row, some)))
  recordTimes(checked, times, { group: group.name, fixture: given.name, frameBytes: given.frameBytes })
}

/** A first round tells what a round costs; then as many as there is time for, more where it is close, and all where it is `exact`. */
async function inRounds(
  rows: readonly Row[],
  frames: number,
  exact: boolean,
  isClose: (some: Times) => boolean,
): Promise<Times> {
  const start = performance.now()
  const first = await inTurns(rows, frames, 1)
  // A pass that does not count came before it.
  const round = (performance.now() - start) / 2
  const within = (time: number, most: number): Promise<Times> =>
    inTurns(rows, frames, Math.min(limits.rounds, most, Math.max(1, Math.floor(time / round))), true)
  if (exact) return within(Infinity, MORE_ROUNDS)
  // What takes long is warm after its first round.
  const some = round > ROUNDS_TIME ? first : await within(ROUNDS_TIME, ROUNDS)
  return round < MORE_ROUNDS_TIME && isClose(some) ? within(MORE_ROUNDS_TIME, MORE_ROUNDS) : some
}

/** A row that fails when its frames or their bytes are not those that there were. */
function checkedRow(group: Group, row: MatrixRow, given: Fixture): Row {
  const bytes = row.gives?.(given) ?? (group.gives === 'payload' ? given.payloadBytes : given.wireBytes)
  const check = (tally: Tally): number => {
    if (tally.bytes !== bytes) throw new Error(`${row.name} gave ${tally.bytes} bytes instead of ${bytes}`)
    return tally.frames
  }
  return {
    name: row.name,
    kind: row.kind ?? 'ours',
    run: () => {
      const tally = row.run(given)
      return tally instanceof Promise ? tally.then(check) : check(tally)
    },
  }
}

/** Whether a peer is nearly as fast as ours, or faster. */
function isClose({ rows }: Group, { name, kind, beside = rows[0]!.name }: MatrixRow, times: Times): boolean {
  return kind === 'peer' && ratio([times.get(name)!], times.get(beside)!) < CLOSE
}

function isExact({ targets = [] }: Group, frame: FrameSize, chunk: ChunkSize): boolean {
  return targets.some(({ frames, chunks }) => frames.includes(frame) && chunks.includes(chunk))
}

function judgeTargets({ name, targets = [] }: Group, recorded: Recorded): Verdict[] {
  const judge = ({ what, above, below, atLeast }: Target, fixture: string): Verdict[] => {
    const ratios = above.flatMap((names) => recorded.ratio(name, fixture, names, below) ?? [])
    return ratios.length === 0 ? [] : [judged(`${name}: ${what}, ${fixture}`, Math.min(...ratios), atLeast)]
  }
  return targets.flatMap((target) =>
    target.chunks.flatMap((chunk) => target.frames.flatMap((frame) => judge(target, nameOf(frame, chunk)))),
  )
}
