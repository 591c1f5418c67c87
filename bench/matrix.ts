/**
 * Every peer beside what this library has for the same work, on the same bytes, consumed the same way: all sizes of frames under all
 * sizes of chunks.
 *
 * A rule is a part: `matrix` measures all, `matrix:lines` is one rule, `matrix:lines:for await` its groups with that in their names, `matrix:lines:for await:64 B` fixtures with that in theirs.
 */

import type { Benchmark } from './benchmark.ts'
import { delimiterGroups } from './matrix/delimiter.ts'
import { escapedGroups } from './matrix/escaped.ts'
import { fixedGroups } from './matrix/fixed.ts'
import type { Group } from './matrix/group.ts'
import { lengthPrefixedGroups } from './matrix/length-prefixed.ts'
import { linesGroups } from './matrix/lines.ts'
import { judgeGroup, measureGroup } from './matrix/measure.ts'
import { varintGroups } from './matrix/varint.ts'

const rules: Record<string, readonly Group[]> = {
  delimiter: delimiterGroups,
  lines: linesGroups,
  'length-prefixed': lengthPrefixedGroups,
  varint: varintGroups,
  fixed: fixedGroups,
  escaped: escapedGroups,
}

export const matrix: Benchmark = {
  parts: Object.keys(rules),
  part(rule, group = '', fixture = '') {
    const groups = rules[rule]!.filter(({ name }) => name.includes(group))
    if (groups.length === 0) throw new Error(`no group of ${rule} has '${group}' in its name`)
    return {
      async measure() {
        for (const one of groups) await measureGroup(one, fixture)
      },
      judge: (recorded) => groups.flatMap((one) => judgeGroup(one, recorded)),
    }
  },
}
