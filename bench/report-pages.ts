/** The pages of the report: one over all runtimes, and one for each with every row. */

import { memoryOfAll, memoryOfOne } from './report-memory.ts'
import { escaped, ratioText, table } from './report-table.ts'
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
    `Frames a second of ours (or what else the group's name begins with), and how fast that is in terms of the fastest other way that was tried: a package, or what people write by
hand; where a group has none, a compiled program, or the floor that nobody who does the work can go below. Above 1, ours is ahead; **below 1, the other is**. Where
a group has several rows of ours, this is the natural form: the first of them that is neither a batch nor the bare loop. Every row, and the same work consumed in the same way, is on the pages of the runtimes.`,
    `![Frames a second, by runtime](bench-runtimes.svg)`,
    ...groupsOf(all.flatMap(({ comparisons }) => comparisons)).map((group) => besideRivals(group, all)),
    ...memoryOfAll(all),
    '## Make them again',
    `\`\`\`sh
npm ci
npm run bench                # on the Node that runs it; npm run bench -- sockets: only that
npm run bench:runtimes       # on Node 20, 22, 24 and 26, Deno and Bun, one after the other
npm run bench:publish        # docs/bench/*.json, this page, the chart and README's section
\`\`\`

Nothing else should run on the machine meanwhile. Rows take turns, round by round, in one process or several, one after the other (each table
says in how many): a process may be slower than the next from its start to its end. A row's time is the median over the processes of the median of each one's rounds,
and a target's ratio the median over the processes of the median ratio of each one's rounds. The [bench](../bench) folder has the code of every row, the packages' included: used as their README says.`,
  ].join('\n\n')}\n`
}

export function runtimePage(one: Published): string {
  return `${[
    `# Benchmarks: ${one.runtime}`,
    `${one.machine}, ${one.date}. [All runtimes](../benchmarks.md), and what the words mean: \`peer\` is what people use or write
otherwise, \`floor\` what nobody who does the work can go below, \`compiled\` a program in another language. MB are 10⁶ bytes on the wire. Ratios are of speed: 2.00 is twice as
fast. \`±\` is half the width of what holds the middle half of all rounds and the median of every process. Over TCP, \`reads\` is what one
read brought on average where nothing else was done; chunks below 64 KiB were written one by one, so that the peer is what takes time, and
the times of those rows are this process's \`on processors\`.`,
    '## Targets',
    targets([one]),
    ...groupsOf(one.comparisons).map((group) => everyRow(group, one)),
    ...memoryOfOne(one),
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
    ['ratio of', 'target', ...all.map(({ runtime }) => runtime)],
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
      fixturesOf(all, group).map((fixture) => [
        fixture + clockOf(all.flatMap((one) => find(one, group, fixture) ?? [])[0]!),
        ...all.map((one) => cell(one, fixture)),
      ]),
      1,
    ),
  ].join('\n\n')
}

function everyRow(group: string, one: Published): string {
  const comparisons = one.comparisons.filter((comparison) => comparison.group === group)
  const areFrames = comparisons.some(({ frameBytes }) => frameBytes > 0)
  const rows = comparisons.flatMap((comparison) => {
    const { frameBytes } = comparison
    const loop = bareLoop(comparison, one)
    const own = ours(comparison)
    const beside = (row: PublishedRow, other: PublishedRow | undefined): string =>
      other === undefined ? '–' : ratioText(speed(row, other))
    return comparison.rows.map((row, i) => [
      i === 0 ? `${comparison.fixture}${howOf(comparison)}` : '',
      row.kind === 'ours' ? `**${escaped(row.subject)}**` : escaped(row.subject),
      row.kind,
      count(1e9 / row.perFrame),
      ...(areFrames ? [Number(((frameBytes * 1e3) / row.perFrame).toPrecision(3)).toString(), beside(row, loop)] : []),
      beside(row, own),
      `${(((row.high - row.low) / 2 / row.perFrame) * 100).toFixed(0)} %`,
    ])
  })
  const rates = areFrames ? ['frames/s', 'MB/s', 'of the bare loop'] : [`${group.replace(/:.*/, '')}/s`]
  return [`## ${group}`, table(['', 'row', 'kind', ...rates, 'of ours', '±'], rows, 3)].join('\n\n')
}

/** How a comparison was measured: `; 9 rounds in 3 processes; reads of 21 B; on processors`. */
function howOf(comparison: Comparison): string {
  const { rounds, processes, readBytes } = comparison
  const reads = readBytes === undefined ? '' : `; reads of ${count(readBytes)} B`
  return `; ${rounds} rounds in ${processes} process${processes === 1 ? '' : 'es'}${reads}${clockOf(comparison)}`
}

function clockOf({ clock }: Comparison): string {
  return clock === undefined ? '' : '; on processors'
}
