/**
 * Every peer beside what this library has for the same work, on the same bytes, consumed the same way: all sizes of frames under all
 * sizes of chunks.
 *
 * `matrix` measures all, each rule in a process of its own: what one has taught the compiler must not slow down another. `matrix:lines` is one
 * rule, `matrix:lines:for await` its groups with that in their names, `matrix:lines:for await:64 B` fixtures with that in theirs.
 */

import { delimiterGroups } from './matrix/delimiter.ts'
import { escapedGroups } from './matrix/escaped.ts'
import { fixedGroups } from './matrix/fixed.ts'
import type { Group } from './matrix/group.ts'
import { inOwnProcess } from './matrix/isolate.ts'
import { lengthPrefixedGroups } from './matrix/length-prefixed.ts'
import { linesGroups } from './matrix/lines.ts'
import { measureGroup } from './matrix/measure.ts'
import { varintGroups } from './matrix/varint.ts'

const rules: Record<string, readonly Group[]> = {
  delimiter: delimiterGroups,
  lines: linesGroups,
  'length-prefixed': lengthPrefixedGroups,
  varint: varintGroups,
  fixed: fixedGroups,
  escaped: escapedGroups,
}

/** Whether every target was met. */
export async function matrix(rule = '', group = '', fixture = ''): Promise<boolean> {
  if (rule === '')
    return Object.keys(rules)
      .map((name) => inOwnProcess(`matrix:${name}`))
      .every(Boolean)
  const groups = rules[rule]?.filter(({ name }) => name.includes(group)) ?? []
  if (groups.length === 0) {
    throw new Error(`no part ${rule}:${group} of the matrix; there are ${Object.keys(rules).join(', ')}`)
  }
  let met = true
  for (const one of groups) met = (await measureGroup(one, fixture)) && met
  return met
}
