/** Verdicts on what was recorded: ratios of rows beside what they should be. Nothing but the record is asked, so they can be made again. */

import { median, ratio } from './compare.ts'
import { judged, type Measurement, type Verdict } from './record.ts'

/** A row of which the verdict needs its name, and the row of ours that is consumed the same way. */
export interface JudgedRow {
  readonly name: string
  readonly kind?: Measurement['kind']
  /** Of a peer. @defaultValue the first row of the group */
  readonly beside?: string
  /** Of a peer that is no package but a loop by hand: it is shown, and what is asked of ours beside it stands elsewhere. */
  readonly isUnjudged?: boolean
}

/** A row is to be so fast in terms of another one. */
export interface Claim {
  readonly what: string
  readonly group: string
  readonly fixture: string
  readonly row: { readonly name: string }
  readonly than: { readonly name: string }
  readonly atLeast: number
}

/** Nanoseconds for one frame: the median over the processes of the median of each. */
export function time({ rounds }: Pick<Measurement, 'rounds'>): number {
  return median(rounds.map(median))
}

/** What was measured, by group, fixture and row. */
export class Recorded {
  readonly #rows = new Map<string, Map<string, Map<string, Measurement>>>()

  constructor(measurements: readonly Measurement[]) {
    for (const measurement of measurements) {
      const { group, fixture, subject } = measurement
      const fixtures = made(this.#rows, group)
      made(fixtures, fixture).set(subject, measurement)
    }
  }

  groups(): string[] {
    return [...this.#rows.keys()]
  }

  fixtures(group: string): string[] {
    return [...(this.#rows.get(group)?.keys() ?? [])]
  }

  rows(group: string, fixture: string): Measurement[] {
    return [...(this.#rows.get(group)?.get(fixture)?.values() ?? [])]
  }

  /**
   * What the rows `above` cost together in terms of the row `below`: the median over the processes of each one's ratio. Undefined where one
   * of them was not measured.
   */
  ratio(group: string, fixture: string, above: readonly string[], below: string): number | undefined {
    const rows = this.#rows.get(group)?.get(fixture)
    const [under, ...over] = [below, ...above].map((name) => rows?.get(name)?.rounds)
    if (under === undefined || over.includes(undefined)) return undefined
    return median(
      under.map((rounds, process) =>
        ratio(
          over.map((all) => all![process]!),
          rounds,
        ),
      ),
    )
  }

  /** The verdicts on claims; none on those of which a row was not measured. */
  verdicts(claims: readonly Claim[]): Verdict[] {
    return claims.flatMap(({ what, group, fixture, row, than, atLeast }) => {
      const value = this.ratio(group, fixture, [than.name], row.name)
      return value === undefined ? [] : [judged(what, value, atLeast)]
    })
  }

  /** A verdict for each peer of a group: what stands beside it is to be ahead of it on every fixture, so the worst counts. */
  aheadOfPeers(group: string, rows: readonly JudgedRow[]): Verdict[] {
    return rows
      .filter(({ kind, isUnjudged = false }) => kind === 'peer' && !isUnjudged)
      .flatMap(({ name, beside = rows[0]!.name }) => {
        const ratios = this.fixtures(group).flatMap((fixture) => this.ratio(group, fixture, [name], beside) ?? [])
        const what = `${group}: ${beside} against ${name}, worst of all fixtures`
        return ratios.length === 0 ? [] : [judged(what, Math.min(...ratios), 1)]
      })
  }
}

function made<Key, Inner>(map: Map<string, Map<Key, Inner>>, key: string): Map<Key, Inner> {
  const known = map.get(key) ?? new Map<Key, Inner>()
  map.set(key, known)
  return known
}
