/** What an idle connection holds, as tables: each way to hold one, and how much that is in terms of the first of them, raw node:net. */

import type { Published } from './published.ts'
import type { MemoryRow } from './record.ts'
import { escaped, ratioText, table } from './report-table.ts'

const TITLE = '## What an idle connection holds'
const HOW = `Bytes of the process that has accepted it, after one message there and back: pages in memory (RSS), and the heap with the
memory outside of it that belongs to its objects, both after a collection. Behind each stands how much that is in terms of raw node:net.
Every way has a process of its own; what a process needs once is not counted.`

/** The section of the page over all runtimes; nothing where nothing was measured. */
export function memoryOfAll(all: readonly Published[]): string[] {
  const measured = all.filter(({ memory }) => memory.length > 0)
  if (measured.length === 0) return []
  const subjects = [...new Set(measured.flatMap(({ memory }) => memory.map(({ subject }) => subject)))]
  const cell = ({ memory }: Published, subject: string): string => {
    const row = memory.find((one) => one.subject === subject)
    if (row === undefined) return '–'
    const [rss, heap] = cells(row, memory)
    return `RSS ${rss}; heap ${heap}`
  }
  const rows = subjects.map((subject) => [escaped(subject), ...measured.map((one) => cell(one, subject))])
  return [TITLE, HOW, table(['', ...measured.map(({ runtime }) => runtime)], rows, 1)]
}

/** The section of a runtime's page. */
export function memoryOfOne({ memory }: Published): string[] {
  if (memory.length === 0) return []
  const rows = memory.map((row, i) => [
    i === 0 ? `${row.count} connections` : '',
    row.kind === 'ours' ? `**${escaped(row.subject)}**` : escaped(row.subject),
    row.kind,
    ...cells(row, memory),
  ])
  return [TITLE, HOW, table(['', 'way', 'kind', 'RSS', 'heap'], rows, 3)]
}

/** `5.21 kB, 1.24`: bytes, and how much that is in terms of the first row. */
function cells(row: MemoryRow, memory: readonly MemoryRow[]): string[] {
  return (['rss', 'heap'] as const).map(
    (what) => `${Number((row[what] / 1000).toPrecision(3))} kB, ${ratioText(row[what] / memory[0]![what])}`,
  )
}
