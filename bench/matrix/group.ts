/** What a row and a group of rows of the matrix are. */

import type { Budget, ChunkSize, Fixture, FrameSize } from '../fixtures.ts'
import type { Kind } from '../record.ts'
import type { Rule } from '../wire.ts'

/** What a row has got: counted on every pass, and checked. */
export interface Tally {
  readonly frames: number
  readonly bytes: number
}

export interface MatrixRow {
  /** What is called, as a user would write it. */
  readonly name: string
  /** @defaultValue 'ours' */
  readonly kind?: Kind
  readonly run: (fixture: Fixture) => Tally | Promise<Tally>
  /** Of a peer: the row of ours that is consumed the same way.
   * @defaultValue the first row of the group */
  readonly beside?: string
  /** Bytes that this row gives, where the group's `gives` is not it. */
  readonly gives?: (fixture: Fixture) => number
  /** The whole of an unfinished frame is copied, or looked at again, for each chunk or for each byte of it. */
  readonly repeats?: 'chunk' | 'byte'
}

/** A ratio that is asked for beyond being ahead of the peers. */
export interface Target {
  readonly what: string
  readonly frames: readonly FrameSize[]
  readonly chunks: readonly ChunkSize[]
  /** Names of rows whose times are added up; where there are several such sums, the least counts. */
  readonly above: readonly (readonly string[])[]
  readonly below: string
  readonly atLeast: number
}

export interface Group {
  /** `<what>: <how consumed>`. */
  readonly name: string
  readonly rule: Rule
  /** @defaultValue all */
  readonly chunks?: readonly ChunkSize[]
  /** @defaultValue `STREAMED` */
  readonly budget?: Budget
  readonly gives: 'payload' | 'wire'
  readonly rows: readonly MatrixRow[]
  readonly targets?: readonly Target[]
}

// Some 10 to 60 milliseconds for one pass: more would say no more.
const MiB = 1024 * 1024
/** Where a ratio is asked for that is close to what can be: so many times as many frames. */
export const EXACT = 8
/** For loops over chunks. */
export const SYNCHRONOUS: Budget = { frames: 40_000, bytes: 16 * MiB, chunkCost: 1 }
/** For streams, to which a chunk is as much work as some frames. */
export const STREAMED: Budget = { frames: 20_000, bytes: 16 * MiB, chunkCost: 8 }
/** For frames that go through a pipe one by one. */
export const PIPED: Budget = { frames: 4000, bytes: 16 * MiB, chunkCost: 1 }
/** For rules that touch every byte. */
export const BYTEWISE: Budget = { frames: 30_000, bytes: MiB, chunkCost: 2 }
/** For peers that make an object for every byte. */
export const TINY: Budget = { frames: 30_000, bytes: 64 * 1024, chunkCost: 8 }
