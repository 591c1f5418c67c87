// The table, for the eye on a terminal and as docs/sockets.md.
import { lacking } from './deviations.mjs'
import { groups } from './rows/index.mjs'

/** @typedef {import('./run.mjs').Column} Column @typedef {import('./run.mjs').Cell} Cell */

/** Rows × runtimes with figures as they were measured. @param {Column[]} columns @param {{ name: string }[]} rows */
export function printed(columns, rows) {
  const wide = Math.max(...columns.map(({ title }) => title.length), 10)
  const head = columns.map(({ title }) => title.padEnd(wide)).join('  ')
  const lines = rows.map(({ name }) => {
    const line = columns.map(({ cells }) => measured(cells.get(name)).padEnd(wide))
    return `${line.join('  ')}  ${name}`
  })
  return `${head}\n${lines.join('\n')}\n(* a deviation that is known; ! the contract is broken)`
}

/** @param {Cell | undefined} cell */
function measured(cell) {
  if (!cell) return '?'
  const text = cell.measured ?? cell.shown
  if (cell.status === 'kept' || cell.status === 'does not apply') return text
  return `${cell.deviation ? '*' : '!'} ${text}`
}

const introduction = `# Sockets: one contract, every runtime

Written by \`npm run test:runtimes\`: each row is a test that ran in each of these runtimes, over TCP on 127.0.0.1 of Linux, against
a peer in another process, written in Python with nothing but its standard library. A figure is a bound that held, so that
it is the same in the next run; the command itself prints what was measured. "yes": the sentence is true there. "–": it does not apply.
`

/** @param {Column[]} columns */
export function page(columns) {
  /** @type {Map<string, number>} */
  const notes = new Map()
  const note = (why) => {
    if (!notes.has(why)) notes.set(why, notes.size + 1)
    return notes.get(why)
  }
  /** @type {Map<string, Set<string>>} */
  const missing = new Map()
  const show = (/** @type {Column} */ column, /** @type {string} */ name) => {
    const cell = column.cells.get(name)
    if (cell.status === 'does not apply') {
      for (const one of cell.error.split(', ')) missing.set(one, (missing.get(one) ?? new Set()).add(column.title))
    }
    return cell.deviation ? `**${cell.shown}** (${note(cell.deviation.why)})` : cell.shown
  }
  const tables = groups.map(({ title, rows }) => {
    const head = ['', ...columns.map((column) => column.title)]
    const body = rows.map(({ name }) => [name, ...columns.map((column) => show(column, name))])
    return `## ${title}\n\n${markdown([head, ...body])}\n`
  })
  const versions = columns.map(({ title, version }) => `${title.replace(/ \d+$/, '')} ${version}`).join(', ')
  const on = (why) => {
    const found = new Set()
    for (const { title, cells } of columns) {
      for (const { deviation } of cells.values()) if (deviation?.why === why) found.add(title)
    }
    return [...found].join(', ')
  }
  const list = [...notes].map(([why, number]) => `${number}. **${on(why)}.** ${why}`)
  const lacks = [...missing].map(([what, titles]) => `- ${[...titles].join(', ')}: ${lacking[what]}.`)
  return [
    introduction,
    `Measured with ${versions}.\n`,
    ...tables,
    '## Deviations\n',
    list.length > 0
      ? `What the sockets cannot mend, because the runtime below them does it:\n\n${list.join('\n')}\n`
      : 'None.\n',
    ...(lacks.length > 0 ? [`## What does not apply\n`, `${lacks.join('\n')}\n`] : []),
  ].join('\n')
}

function markdown(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)))
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n')
}
