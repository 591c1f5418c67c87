/**
 * Floods of frames under one rule each, and the sizes of frames and chunks that they have. Chunks that are smaller than a read are written
 * one by one, with time between them, so that they arrive as small as they were. How large the reads were that came of them is recorded; and
 * as it is the peer that takes time then, the rows' times are those on processors.
 */

import {
  CHUNK,
  CHUNK_SIZES,
  FRAME_SIZES,
  framesWithin,
  type Budget,
  type ChunkSize,
  type FrameSize,
} from './fixtures.ts'
import { bounded, tooSlow } from './matrix/left-out.ts'
import { say } from './processes.ts'
import { compareTcp, warmUp, type TcpRow } from './socket-compare.ts'
import { decodeRows } from './socket-decode.ts'
import { lineRows } from './socket-lines.ts'
import { uint32Rows, varintRows } from './socket-lengths.ts'
import type { Request } from './socket-request.ts'
import type { Rule } from './wire.ts'

export interface Flood {
  readonly group: string
  readonly rule: Rule
  readonly rows: readonly TcpRow[]
  readonly fixtures: readonly (readonly [FrameSize, ChunkSize])[]
  /** Fixtures for which a ratio is asked that is close to what can be. */
  readonly exact?: readonly (readonly [FrameSize, ChunkSize])[]
}

const MiB = 1024 * 1024
/** Tens of milliseconds for one conversation. */
const FLOOD: Budget = { frames: 30_000, bytes: 8 * MiB, chunkCost: 10 }
const EXACT: Budget = { frames: 120_000, bytes: 24 * MiB, chunkCost: 10 }
const DRIP: Budget = { frames: 20_000, bytes: 8 * MiB, chunkCost: 30 }
const WARM_UP: Budget = { frames: 10_000, bytes: MiB, chunkCost: 30 }
/** Conversations before the first that counts: so many reads of a few bytes until a compiler has seen the way of a chunk often enough. */
const WARM_UPS = { '64 KiB': 6, '16 B': 40 } as const
/** Microseconds between small chunks: longer than most rows need for one. And for all of a conversation, in which there may be very many. */
const PACE = 40
const DRIP_TIME = 300_000

// Among the processes. A conversation is short, and compilers, collections and the machine fall on some and not on others: with two of each in a
// process the order of the rows was an accident.
const ROUNDS = 18
const DRIP_ROUNDS = 21
const LONG_ROUNDS = 9

const every: Flood['fixtures'] = (Object.keys(CHUNK_SIZES) as ChunkSize[]).flatMap((chunk) =>
  (Object.keys(FRAME_SIZES) as FrameSize[]).map((frame) => [frame, chunk] as const),
)
const some: Flood['fixtures'] = [
  ['64 B', '64 KiB'],
  ['1 KiB', '64 KiB'],
  ['16 KiB', '64 KiB'],
  ['64 B', '1460 B'],
  ['64 B', '16 B'],
]

export const delimiterFlood: Flood = {
  group: "delimiter '\\n': TCP",
  rule: 'lf',
  rows: decodeRows,
  fixtures: every,
  exact: [
    ['64 B', '64 KiB'],
    ['1 KiB', '64 KiB'],
  ],
}
export const linesFlood: Flood = { group: 'lines: TCP', rule: 'lf', rows: lineRows, fixtures: some }
export const uint32Flood: Flood = {
  group: 'length prefix (4 bytes): TCP',
  rule: 'uint32',
  rows: uint32Rows,
  fixtures: some,
  exact: [['64 B', '64 KiB']],
}
export const varintFlood: Flood = { group: 'varint prefix: TCP', rule: 'varint', rows: varintRows, fixtures: some }

/** Measures a flood on all its fixtures. */
export async function measureFlood(port: number, { group, rule, rows, fixtures, exact = [] }: Flood): Promise<void> {
  for (const chunk of ['64 KiB', '16 B'] as const) {
    const work = asked(rule, '64 B', chunk, WARM_UP)
    await warmUp(port, rows, { ...work, ...(work.pace !== undefined && { pace: work.pace / 2 }) }, WARM_UPS[chunk])
  }
  for (const [frame, chunk] of fixtures) {
    const isExact = exact.some(([exactFrame, exactChunk]) => exactFrame === frame && exactChunk === chunk)
    const sizes = { frameBytes: FRAME_SIZES[frame], chunkBytes: CHUNK_SIZES[chunk] }
    const measured = rows.filter((row) => {
      const reason = tooSlow(row, sizes)
      if (reason !== undefined) say(`  LEFT OUT of ${frame} frames, ${chunk} chunks: ${row.name}: ${reason}`)
      return reason === undefined
    })
    const budget = isExact ? EXACT : chunk === '64 KiB' ? FLOOD : DRIP
    const work = asked(rule, frame, chunk, bounded(budget, measured, sizes))
    const isLong = work.pace !== undefined && work.pace < PACE
    const rounds = isLong ? LONG_ROUNDS : work.pace === undefined ? ROUNDS : DRIP_ROUNDS
    await compareTcp(port, measured, rounds, { group, ...work }, true)
  }
}

function asked(rule: Rule, frameSize: FrameSize, chunkSize: ChunkSize, budget: Budget): Omit<Request, 'tag'> {
  const [frame, chunk] = [FRAME_SIZES[frameSize], CHUNK_SIZES[chunkSize]]
  const total = framesWithin(budget, frame, chunk) * frame
  const pace = Math.min(PACE, DRIP_TIME / (total / chunk))
  return { mode: 'flood', rule, frame, chunk, total, ...(chunk < CHUNK && { pace }) }
}
