/** What a benchmark is: parts that are measured each in processes of its own, and what is asked of their figures. */

import type { Recorded } from './judge.ts'
import type { Verdict } from './record.ts'

export interface Part {
  /** Measures, and records what it has measured. */
  readonly measure: () => Promise<void> | void
  /** The verdicts on what all processes have recorded; those of other figures the part records itself. */
  readonly judge?: (recorded: Recorded) => readonly Verdict[]
  /** Whether there was all that it takes to measure: where something was missing the run has failed, whatever the verdicts. */
  readonly isComplete?: (recorded: Recorded) => boolean
  /** @defaultValue as many as a run takes */
  readonly processes?: 1
}

export interface Benchmark {
  readonly parts: readonly string[]
  /** A part, or as much of it as has `only` in its names: the group's, then the fixture's. */
  readonly part: (name: string, ...only: string[]) => Part
}

/** A benchmark of parts that are measured as a whole. */
export function whole(parts: Readonly<Record<string, Part>>): Benchmark {
  return { parts: Object.keys(parts), part: (name) => parts[name]! }
}
