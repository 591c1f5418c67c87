/**
 * Peers that are left out of a fixture, and why: the one place. Every run prints what it has left out. No peer is left out of a runtime: all of
 * them work on Node, Deno and Bun, and one that stopped doing so would fail the run.
 */

import type { Budget, Fixture } from '../fixtures.ts'
import type { MatrixRow } from './group.ts'

type Repeating = Pick<MatrixRow, 'repeats'>
type Sizes = Pick<Fixture, 'frameBytes' | 'chunkBytes'>

/** Bytes that a peer may move for one frame: as much as takes a second or two. */
const MOST_MOVED = 2 * 1024 * 1024 * 1024
/** And in one pass, if that is more than one frame. */
const MOVED_A_PASS = 128 * 1024 * 1024

/** Bytes that a peer moves for one frame beyond the frame itself. */
function moved({ repeats }: Repeating, { frameBytes, chunkBytes }: Sizes): number {
  if (repeats === undefined) return 0
  const step = repeats === 'byte' ? 1 : chunkBytes
  return step >= frameBytes ? 0 : (frameBytes * frameBytes) / step / 2
}

/** Why a peer is not measured on a fixture, though it would do its work in the end. */
export function tooSlow(row: Repeating, fixture: Sizes): string | undefined {
  const bytes = moved(row, fixture)
  if (bytes <= MOST_MOVED) return undefined
  const amount = `${Math.round(bytes / 1024 ** 3)} GiB`
  return `quadratic: goes over the whole unfinished frame again for every ${row.repeats}, ${amount} for one frame`
}

/** As many bytes as the slowest row can bear: all rows get the same ones. */
export function bounded(budget: Budget, rows: readonly Repeating[], sizes: Sizes): Budget {
  const most = Math.max(...rows.map((row) => moved(row, sizes)))
  return most === 0 ? budget : { ...budget, bytes: Math.min(budget.bytes, (MOVED_A_PASS / most) * sizes.frameBytes) }
}
