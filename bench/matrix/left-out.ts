/** Peers that are left out, and why: the one place. Every run prints what of this concerns it. */

import { runtimeName } from '../record.ts'
import type { Fixture } from '../fixtures.ts'
import type { MatrixRow } from './group.ts'

/** A peer that does not do its work on a runtime. */
interface Unable {
  readonly runtime: 'node' | 'deno' | 'bun'
  /** How the names of its rows begin. */
  readonly peer: string
  readonly reason: string
}

const UNABLE: readonly Unable[] = []

/** Bytes that a peer may move for one frame: as much as takes a second or two. */
const MOST_MOVED = 2 * 1024 * 1024 * 1024

export function unable({ name, kind }: MatrixRow): string | undefined {
  if (kind !== 'peer') return undefined
  const here = runtimeName().split(' ')[0]
  return UNABLE.find(({ runtime, peer }) => runtime === here && name.startsWith(peer))?.reason
}

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
