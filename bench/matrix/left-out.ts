/**
 * Peers that are left out of a fixture, and why: the one place. Every run prints what it has left out. No peer is left out of a runtime: all of
 * them work on Node, Deno and Bun, and one that stopped doing so would fail the run.
 */

import type { Fixture } from '../fixtures.ts'
import type { MatrixRow } from './group.ts'

/** Bytes that a peer may move for one frame: as much as takes a second or two. */
const MOST_MOVED = 2 * 1024 * 1024 * 1024

/** Bytes that a peer moves for one frame beyond the frame itself. */
export function moved({ repeats }: MatrixRow, { frameBytes, chunkBytes }: Fixture): number {
  if (repeats === undefined) return 0
  const step = repeats === 'byte' ? 1 : chunkBytes
  return step >= frameBytes ? 0 : (frameBytes * frameBytes) / step / 2
}

/** Why a peer is not measured on a fixture, though it would do its work in the end. */
export function tooSlow(row: MatrixRow, fixture: Fixture): string | undefined {
  const bytes = moved(row, fixture)
  if (bytes <= MOST_MOVED) return undefined
  const amount = `${Math.round(bytes / 1024 ** 3)} GiB`
  return `quadratic: goes over the whole unfinished frame again for every ${row.repeats}, ${amount} for one frame`
}
