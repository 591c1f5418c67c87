/** The pages of the report: one over all runtimes, and one for each with every row. */

import {
  bareLoop,
  count,
  find,
  fixturesOf,
  ours,
  publishedName,
  rival,
  speed,
  type Comparison,
  type Published,
  type PublishedRow,
} from './published.ts'

export function overview(all: readonly Published[]): string {
  return `${[
    '# Benchmarks',
    `What is published here was measured by \`npm run bench\` and written by \`npm run bench:report\`; a test makes it again from
the results in [docs/bench](bench) and compares, so that no number is written by hand. Only numbers of one run on one machine are set
beside each other: every ratio is of rows that took turns, and its rows did the same work on the same bytes.`,
    '![Frames a second](bench.svg)',
    '## Where',
    table(
      ['runtime', 'machine', 'measured on', 'every row'],
      all.map((one) => [
        one.runtime,
        one.machine,
        one.date,
        `[bench/${publishedName(one)}.md](bench/${publishedName(one)}.md)`,
      ]),
    ),
    '## Targets',
    `${targetsMet(all)} What is missed is missed: it stands here until it is mended.`,
    targets(all),
    '## Ours beside the fastest other',
    `Frames a second of ours, and how fast that is in terms of the fastest other way that was tried: a package, or what people write by
hand; where a group has none, a compiled program, or the floor that nobody who does the work can go below. Above 1, ours is ahead; **below 1, the other is**. Where
a group has several rows of ours, this is the natural form: the first of them that is neither a batch nor the bare loop. Every row, and the same work consumed in the same way, is on the pages of the runtimes.`,
    `![Frames a second, by runtime](bench-runtimes.svg)`,
    ...groupsOf(all.flatMap(({ comparisons }) => comparisons)).map((group) => besideRivals(group, all)),
    '## Make them again',
    `\`\`\`sh
npm ci
npm run bench                # on the Node that runs it; npm run bench -- sockets: only that
npm run bench:runtimes       # on Node 20, 22, 24 and 26, Deno and Bun, one after the other
npm run bench:publish        # docs/bench/*.json, this page, the chart and README's section
\`\`\`

Nothing else should run on the machine meanwhile. Rows take turns, round by round; a row's time is the median of its rounds. The
[bench](../bench) folder has the code of every row, the packages' included: used as their README says.`,
  ].join('\n\n')}\n`
}

export function runtimePage(one: Published): string {
  return `${[
    `# Benchmarks: ${one.runtime}`,
    `${one.machine}, ${one.date}. [All runtimes](../benchmarks.md), and what the words mean: \`peer\` is what people use or write
otherwise, \`floor\` what nobody who does the work can go below, \`compiled\` a program in another language. MB are 10⁶ bytes on the wire. Ratios are of speed: 2.00 is twice as
fast. \`±\` is half the width of the middle half of the rounds.`,
    '## Targets',
    targets([one]),
    ...groupsOf(one.comparisons).map((group) => everyRow(group, one)),
  ].join('\n\n')}\n`
}

export function targetsMet(all: readonly Published[]): string {
  const verdicts = all.flatMap((one) => one.verdicts)
  const met = verdicts.filter((verdict) => verdict.met).length
  return `${met} of ${verdicts.length} targets are met${all.length > 1 ? `, over ${all.length} runtimes` : ''}.`
}

function targets(all: readonly Published[]): string {
  const names = [...new Set(all.flatMap(({ verdicts }) => verdicts.map(({ what }) => what)))]
  return table(
    ['speed of', 'target', ...all.map(({ runtime }) => runtime)],
    names.map((what) => {
      const verdicts = all.map((one) => one.verdicts.find((verdict) => verdict.what === what))
      const { better, target } = verdicts.find((verdict) => verdict !== undefined)!
      return [
        what,
        `${better} ${target}`,
        ...verdicts.map((verdict) =>
          verdict === undefined ? '–' : verdict.met ? ratioText(verdict.ratio) : `**${ratioText(verdict.ratio)} MISS**`,
        ),
      ]
    }),
    2,
  )
}

function groupsOf(comparisons: readonly Comparison[]): string[] {
  return [...new Set(comparisons.map(({ group }) => group))]
}

function besideRivals(group: string, all: readonly Published[]): string {
  const cell = (one: Published, fixture: string): string => {
    const comparison = find(one, group, fixture)
    if (comparison === undefined) return '–'
    const own = ours(comparison)
    const other = rival(comparison)
    if (own === undefined) return other ? `${count(1e9 / other.perFrame)}/s, ${escaped(other.subject)}` : '–'
    const rate = `${count(1e9 / own.perFrame)}/s`
    if (other === undefined) return rate
    const ratio = speed(own, other)
    const text = `${ratioText(ratio)} × ${escaped(other.subject)}`
    return `${rate}; ${ratio < 1 && other.kind !== 'floor' ? `**${text}**` : text}`
  }
  return [
    `### ${group}`,
    table(
      ['', ...all.map(({ runtime }) => runtime)],
      fixturesOf(all, group).map((fixture) => [fixture, ...all.map((one) => cell(one, fixture))]),
      1,
    ),
  ].join('\n\n')
}

function everyRow(group: string, one: Published): string {
  const rows = one.comparisons
    .filter((comparison) => comparison.group === group)
    .flatMap((comparison) => {
      const loop = bareLoop(comparison, one)
      const own = ours(comparison)
      const beside = (row: PublishedRow, other: PublishedRow | undefined): string =>
        other === undefined ? '–' : ratioText(speed(row, other))
      return comparison.rows.map((row, i) => [
        i === 0 ? `${comparison.fixture}; ${comparison.rounds} rounds` : '',
        row.kind === 'ours' ? `**${escaped(row.subject)}**` : escaped(row.subject),
        row.kind,
        count(1e9 / row.perFrame),
        Number(((comparison.frameBytes * 1e3) / row.perFrame).toPrecision(3)).toString(),
        beside(row, loop),
        beside(row, own),
        `${(((row.high - row.low) / 2 / row.perFrame) * 100).toFixed(0)} %`,
      ])
    })
  const head = ['', 'row', 'kind', 'frames/s', 'MB/s', 'of the bare loop', 'of ours', '±']
  return [`## ${group}`, table(head, rows, 3)].join('\n\n')
}

function ratioText(ratio: number): string {
  return ratio < 0.1 ? ratio.toFixed(3) : ratio < 100 ? ratio.toFixed(2) : ratio.toFixed(0)
}

/** A pipe would end the cell. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** A table of Markdown: columns from `numbersFrom` on are aligned to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], numbersFrom = Infinity): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i < numbersFrom ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
