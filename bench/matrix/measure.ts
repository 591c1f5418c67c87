/** Measures a group on all its fixtures: prints a line for each, and then one verdict for each peer, of the fixture where it does best. */

import { compare, ratio, verdict, type Result, type Row } from '../compare.ts'
import {
  CHUNK_SIZES,
  fixture,
  FRAME_SIZES,
  type Budget,
  type ChunkSize,
  type Fixture,
  type FrameSize,
} from '../fixtures.ts'
import { record } from '../record.ts'
import { EXACT, STREAMED, type Group, type MatrixRow, type Tally, type Target } from './group.ts'
import { moved, tooSlow } from './left-out.ts'

const ROUNDS = 3
/** Where a peer comes close, or a ratio is asked for, three rounds are not enough to say who is ahead. */
const MORE_ROUNDS = 9
const CLOSE = 1.2
/** Milliseconds that may go by in rounds. */
const ROUNDS_TIME = 300
const MORE_ROUNDS_TIME = 1000
/** Bytes that a quadratic peer may move in one pass. */
const MOVED_A_PASS = 256 * 1024 * 1024

interface Measured {
  readonly fixture: Fixture
  readonly frame: FrameSize
  readonly chunk: ChunkSize
  readonly rows: ReadonlyMap<string, Row>
  readonly results: ReadonlyMap<string, Result>
}

/** Whether every target was met. `only`: a part of the names of the fixtures to measure. */
export async function measureGroup(group: Group, only: string): Promise<boolean> {
  console.log(`\n${group.name}`)
  const all: Measured[] = []
  for (const chunk of group.chunks ?? (Object.keys(CHUNK_SIZES) as ChunkSize[])) {
    for (const frame of Object.keys(FRAME_SIZES) as FrameSize[]) {
      if (`${frame} frames, ${chunk} chunks`.includes(only)) all.push(await measureOne(group, frame, chunk))
    }
  }
  return all.length === 0 || [...judgePeers(group, all), ...judgeTargets(group, all)].every(Boolean)
}

async function measureOne(group: Group, frame: FrameSize, chunk: ChunkSize): Promise<Measured> {
  const exact = targetsOf(group, frame, chunk).length > 0
  const usual = group.budget ?? STREAMED
  const budget = exact ? { ...usual, frames: EXACT * usual.frames } : usual
  const sample = fixture(group.rule, frame, chunk, { frames: 0, bytes: 0, chunkCost: 1 })
  const rows = group.rows.filter((row) => {
    const reason = tooSlow(row, sample)
    if (reason !== undefined) console.log(`  LEFT OUT of ${sample.name}: ${row.name}: ${reason}`)
    return reason === undefined
  })
  const given = fixture(group.rule, frame, chunk, bounded(budget, rows, sample))
  const checked = new Map(rows.map((row) => [row.name, checkedRow(group, row, given)]))
  const results = await inRounds([...checked.values()], given.frames, exact, (results) =>
    rows.some((row) => row.kind === 'peer' && ratioTo(row, group, checked, results) < CLOSE),
  )
  for (const { name, perFrame, rounds } of results.values()) {
    const { name: fixture, frameBytes } = given
    record({ group: group.name, fixture, frameBytes, subject: name, kind: checked.get(name)!.kind!, perFrame, rounds })
  }
  printLine(group, given, rows, checked, results)
  return { fixture: given, frame, chunk, rows: checked, results }
}

/** A first round tells what a round costs; then as many as there is time for, more where it is `close`, and all where it is `exact`. */
async function inRounds(
  rows: readonly Row[],
  frames: number,
  exact: boolean,
  close: (results: ReadonlyMap<string, Result>) => boolean,
): Promise<ReadonlyMap<string, Result>> {
  const start = performance.now()
  const first = await compare(rows, frames, 1)
  const round = performance.now() - start
  if (exact) return compare(rows, frames, MORE_ROUNDS)
  const within = (time: number, most: number): number => Math.min(most, Math.max(1, Math.floor(time / round)))
  // What takes long is warm after its first round.
  const some = round > ROUNDS_TIME ? first : await compare(rows, frames, within(ROUNDS_TIME, ROUNDS))
  return round < MORE_ROUNDS_TIME && close(some) ? compare(rows, frames, within(MORE_ROUNDS_TIME, MORE_ROUNDS)) : some
}

/** As many bytes as the slowest row can bear: all rows get the same ones. */
function bounded(budget: Budget, rows: readonly MatrixRow[], sample: Fixture): Budget {
  const most = Math.max(...rows.map((row) => moved(row, sample)))
  return most === 0 ? budget : { ...budget, bytes: Math.min(budget.bytes, (MOVED_A_PASS / most) * sample.frameBytes) }
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

function besideOf({ rows }: Group, { beside }: MatrixRow): string {
  return beside ?? rows[0]!.name
}

/** A peer's time in terms of ours: above 1 we are ahead. */
function ratioTo(
  peer: MatrixRow,
  group: Group,
  rows: ReadonlyMap<string, Row>,
  results: ReadonlyMap<string, Result>,
): number {
  return ratio(results, [rows.get(peer.name)!], rows.get(besideOf(group, peer))!)
}

function printLine(
  group: Group,
  { name }: Fixture,
  rows: readonly MatrixRow[],
  checked: ReadonlyMap<string, Row>,
  results: ReadonlyMap<string, Result>,
): void {
  const columns = rows.map((row) => {
    const time = `${row.name} ${results.get(row.name)!.perFrame.toFixed(0)} ns`
    if (row.kind !== 'peer') return time
    const value = ratioTo(row, group, checked, results)
    return `${time} (x${value.toFixed(2)}${value < 1 ? ' AHEAD OF US' : ''})`
  })
  console.log(`  ${name}: ${columns.join('; ')}`)
}

/** Each peer where it does best. */
function judgePeers(group: Group, all: readonly Measured[]): boolean[] {
  return group.rows
    .filter(({ kind }) => kind === 'peer')
    .flatMap((peer) => {
      const on = all.filter(({ rows }) => rows.has(peer.name))
      const ratios = on.map(({ rows, results }) => ratioTo(peer, group, rows, results))
      const worst = Math.min(...ratios)
      if (on.length === 0) return []
      const { fixture } = on[ratios.indexOf(worst)]!
      console.log(`  of ${on.length} fixtures ${peer.name} does best with ${fixture.name}:`)
      return [verdict(`${group.name}: ${besideOf(group, peer)} against ${peer.name}, worst of all fixtures`, worst, 1)]
    })
}

function targetsOf({ targets = [] }: Group, frame: FrameSize, chunk: ChunkSize): readonly Target[] {
  return targets.filter(({ frames, chunks }) => frames.includes(frame) && chunks.includes(chunk))
}

function judgeTargets(group: Group, all: readonly Measured[]): boolean[] {
  return all.flatMap(({ fixture, frame, chunk, rows, results }) =>
    targetsOf(group, frame, chunk).map(({ what, above, below, atLeast }) => {
      const row = (name: string): Row => rows.get(name)!
      const least = Math.min(...above.map((names) => ratio(results, names.map(row), row(below))))
      return verdict(`${group.name}: ${what}, ${fixture.name}`, least, atLeast)
    }),
  )
}
