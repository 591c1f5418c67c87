/**
 * Floods of frames under one rule each, and the sizes of frames and chunks that they have. Chunks that are smaller than a read are written
 * one by one, so that they arrive as small as a kernel lets them. How large the reads were that came of them is recorded; and as it is the
 * peer that takes time then, the rows' times are those on processors.
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
import { compareTcp, type TcpRow } from './socket-compare.ts'
import { decodeRows } from './socket-decode.ts'
import { lineRows } from './socket-lines.ts'
import { uint32Rows, varintRows } from './socket-lengths.ts'
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
const FLOOD: Budget = { frames: 40_000, bytes: 8 * MiB, chunkCost: 10 }
const EXACT: Budget = { frames: 160_000, bytes: 32 * MiB, chunkCost: 10 }
const ROUNDS = 3
const EXACT_ROUNDS = 9

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
  for (const [frameSize, chunkSize] of fixtures) {
    const isExact = exact.some(([frame, chunk]) => frame === frameSize && chunk === chunkSize)
    const [frameBytes, chunkBytes] = [FRAME_SIZES[frameSize], CHUNK_SIZES[chunkSize]]
    const sizes = { frameBytes, chunkBytes }
    const measured = rows.filter((row) => {
      const reason = tooSlow(row, sizes)
      if (reason !== undefined) say(`  LEFT OUT of ${frameSize} frames, ${chunkSize} chunks: ${row.name}: ${reason}`)
      return reason === undefined
    })
    const budget = bounded(isExact ? EXACT : FLOOD, measured, sizes)
    await compareTcp(port, measured, isExact ? EXACT_ROUNDS : ROUNDS, {
      group,
      mode: 'flood',
      rule,
      frame: frameBytes,
      chunk: chunkBytes,
      total: framesWithin(budget, frameBytes, chunkBytes) * frameBytes,
      drips: chunkBytes < CHUNK,
    })
  }
}
