/** README's section on speed: the chart, three sentences, and where the rest is. */

import { count, find, ours, rival, speed, type Published } from './published.ts'
import { charted, IN_MEMORY, OVER_TCP } from './report-chart.ts'
import { targetsMet } from './report-pages.ts'

export function speedSection(all: readonly Published[]): string {
  const one = charted(all)
  return `
![Frames a second, beside other ways to get them](docs/bench.svg)

${sentence(one)}
${targetsMet(all)}
[docs/benchmarks.md](docs/benchmarks.md) has every row of what was measured, and how to measure again.

`
}

/** What the natural form does with frames of 64 bytes, in memory or else over TCP. */
function sentence(one: Published): string {
  for (const [group, where] of [
    [IN_MEMORY, 'held in memory'],
    [OVER_TCP, 'over loopback TCP'],
  ] as const) {
    const comparison = find(one, group, '64 B frames, 64 KiB chunks')
    const own = comparison && ours(comparison)
    if (own === undefined) continue
    const other = rival(comparison!)
    return (
      `\`for await\` over \`pipeThrough(delimiterFramer('\\n'))\` takes ${count(1e9 / own.perFrame)} frames of 64 bytes a second\n` +
      `${where} on ${one.runtime}${other === undefined ? '' : `: ${speed(own, other).toFixed(2)} times\nwhat the fastest other way tried there does (${other.subject})`}.`
    )
  }
  return `The chart is of ${one.runtime}.`
}
