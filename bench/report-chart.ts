/**
 * The chart of the report, as SVG: bars of frames a second, in panels. It has its own ground and its own colours for light and dark, as
 * it stands in pages whose colours it does not know; and no font of its own.
 */

import { count, find, ours, publishedName, rival, type Published, type PublishedRow } from './published.ts'
import type { Kind } from './record.ts'

export const IN_MEMORY = "delimiter '\\n': for await"
export const OVER_TCP = "delimiter '\\n': TCP"
const COMPILED = 'compiled: '

const WIDTH = 960
const MARGIN = 32
const GAP = 40
const COLUMN = (WIDTH - 2 * MARGIN - GAP) / 2
const HEAD = 96
const TITLE = 44
const ROW = 38
const BAR = 10
/** Characters of a row's name that go before its number. */
const LABEL = 48

interface Panel {
  readonly title: string
  readonly note: string
  readonly rows: readonly PublishedRow[]
}

/** The runtime that the chart shows: the newest Node that there is. */
export function charted(all: readonly Published[]): Published {
  return [...all].reverse().find(({ runtime }) => runtime.startsWith('node ')) ?? all[0]!
}

/** Where the chart looks for each size of frame: in memory and over TCP. */
const places = [
  { group: IN_MEMORY, title: 'in memory', note: 'for await, 64 KiB chunks' },
  { group: OVER_TCP, title: 'over loopback TCP', note: 'the peer in another process, 64 KiB writes' },
]
const sizes = ['64 B', '1 KiB']
const fixtureOf = (size: string): string => `${size} frames, 64 KiB chunks`

/** The chart of one runtime: every row but the floors, beside what compiled programs do with the same bytes. */
export function chart(all: readonly Published[]): string {
  const one = charted(all)
  const panels = places.flatMap(({ group, title, note }) =>
    sizes.flatMap((size): Panel[] => {
      const comparison = find(one, group, fixtureOf(size))
      if (comparison === undefined) return []
      const compiled = one.comparisons
        .filter((other) => other.group.startsWith(`${COMPILED}delimiter`) && other.fixture === fixtureOf(size))
        .flatMap(({ rows }) => rows.filter(({ kind }) => kind === 'compiled'))
      const rows = [...comparison.rows.filter(({ kind }) => kind !== 'floor'), ...(group === IN_MEMORY ? compiled : [])]
      return [{ title: `${size} frames, ${title}`, note, rows: rows.sort((a, b) => a.perFrame - b.perFrame) }]
    }),
  )
  return drawn(`${one.runtime} · ${one.date} · ${one.machine}`, panels)
}

/** The chart of all runtimes: on each, ours in its natural form and the fastest other way. */
export function runtimesChart(all: readonly Published[]): string {
  const panels = places.flatMap(({ group, title }) =>
    sizes.flatMap((size): Panel[] => {
      const rows = all.flatMap((one) => {
        const comparison = find(one, group, fixtureOf(size))
        const own = comparison && ours(comparison)
        const other = comparison && rival(comparison)
        const line = publishedName(one).replace('-', ' ')
        return [own, other].flatMap((row) =>
          row ? [{ ...row, subject: `${line}: ${row === own ? 'framewright' : row.subject}` }] : [],
        )
      })
      const note = 'ours in the natural form, and the fastest other way'
      return rows.length > 0 ? [{ title: `${size} frames, ${title}`, note, rows }] : []
    }),
  )
  return drawn([...new Set(all.map(({ date, machine }) => `${date} · ${machine}`))].join('; '), panels)
}

function drawn(caption: string, shown: readonly Panel[]): string {
  const parts: string[] = []
  let y = HEAD
  for (let i = 0; i < shown.length; i += 2) {
    const pair = shown.slice(i, i + 2)
    for (const [column, panel] of pair.entries()) parts.push(panelAt(panel, MARGIN + column * (COLUMN + GAP), y))
    y += TITLE + Math.max(...pair.map(({ rows }) => rows.length)) * ROW + 28
  }
  const present = new Set(shown.flatMap(({ rows }) => rows.map(({ kind }) => kind)))
  const height = y + 20
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(`Frames a second, framewright beside other ways to get them: ${caption}`)}</title>
<style>
text { font: 13px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; fill: #1f2328 }
.ground { fill: #ffffff; stroke: #d1d9e0 }
.head { font-size: 20px; font-weight: 600 }
.panel { font-size: 15px; font-weight: 600 }
.muted { fill: #59636e }
.note { font-size: 12px; fill: #59636e }
.strong { font-weight: 600 }
.value { text-anchor: end; font-variant-numeric: tabular-nums }
.rail { fill: #f0f3f6 }
.ours { fill: #0969da }
.peer { fill: #8c959f }
.compiled { fill: #d4761c }
.spread { stroke: #1f2328; stroke-width: 1.5; opacity: 0.55 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.ground { fill: #0d1117; stroke: #3d444d }
.muted, .note { fill: #9198a1 }
.rail { fill: #1b222b }
.ours { fill: #4493f8 }
.peer { fill: #6e7781 }
.compiled { fill: #e08a3c }
.spread { stroke: #f0f6fc }
}
</style>
<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
<text class="head" x="${MARGIN}" y="44">Frames a second</text>
<text class="muted" x="${MARGIN}" y="67">${escaped(caption)}</text>
${legend(present)}
${parts.join('\n')}
<text class="note" x="${MARGIN}" y="${height - 18}">Longer is faster; each panel from 0. The line at a bar's end: the middle half of rounds, and each process. Compiled: a copy of each chunk included.</text>
</svg>
`
}

function legend(present: ReadonlySet<Kind>): string {
  const names: [Kind, string, number][] = [
    ['ours', 'framewright', 98],
    ['peer', 'packages, or by hand', 150],
    ['compiled', 'compiled', 76],
  ]
  const parts: string[] = []
  let x = WIDTH - MARGIN + 8
  for (const [kind, name, width] of names.reverse()) {
    if (!present.has(kind)) continue
    x -= width + 20
    parts.push(
      `<rect class="${kind}" x="${x}" y="34" width="12" height="12" rx="3"/><text x="${x + 18}" y="45">${name}</text>`,
    )
  }
  return parts.join('\n')
}

function panelAt({ title, note, rows }: Panel, x: number, top: number): string {
  const most = Math.max(...rows.map(({ low }) => 1 / low), ...rows.map(({ perFrame }) => 1 / perFrame))
  const length = (perFrame: number): string => (COLUMN / perFrame / most).toFixed(1)
  const bars = rows.map((row, i) => {
    const y = top + TITLE + i * ROW
    const middle = y + 18 + BAR / 2
    const strong = row.kind === 'ours' ? ' strong' : ''
    return [
      `<text class="${strong.trim() || 'muted'}" x="${x}" y="${y + 12}">${escaped(clipped(row.subject))}</text>`,
      `<text class="value${strong}" x="${x + COLUMN}" y="${y + 12}">${count(1e9 / row.perFrame)}</text>`,
      `<rect class="rail" x="${x}" y="${y + 18}" width="${COLUMN}" height="${BAR}" rx="3"/>`,
      `<rect class="${row.kind}" x="${x}" y="${y + 18}" width="${length(row.perFrame)}" height="${BAR}" rx="3"/>`,
      `<path class="spread" d="M${x + Number(length(row.high))} ${middle}H${x + Number(length(row.low))}"/>`,
    ].join('\n')
  })
  return [
    `<text class="panel" x="${x}" y="${top + 12}">${escaped(title)}</text>`,
    `<text class="note" x="${x}" y="${top + 29}">${escaped(note)}</text>`,
    ...bars,
  ].join('\n')
}

function clipped(text: string): string {
  return text.length > LABEL ? `${text.slice(0, LABEL - 1)}…` : text
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
