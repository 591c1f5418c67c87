/**
 * `npm run bench:report`: makes the pages, the chart and README's section on speed of the results that are published. Nothing in them is
 * written by hand: test/docs/benchmarks.test.ts makes them again and compares.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { publishedName, readPublished, type Published } from './published.ts'
import { chart, runtimesChart } from './report-chart.ts'
import { overview, runtimePage } from './report-pages.ts'
import { speedSection } from './report-readme.ts'

const begin = '<!-- speed: made by `npm run bench:report` -->'
const end = '<!-- /speed -->'

/** What the report consists of, by path. README's text is needed, as only a section of it is the report's. */
export function report(all: readonly Published[], readme: string): Map<string, string> {
  const files = new Map([
    ['docs/benchmarks.md', overview(all)],
    ['docs/bench.svg', chart(all)],
    ['docs/bench-runtimes.svg', runtimesChart(all)],
    ['README.md', withSection(readme, speedSection(all))],
  ])
  for (const one of all) files.set(`docs/bench/${publishedName(one)}.md`, runtimePage(one))
  return files
}

function withSection(readme: string, section: string): string {
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end)
  if (from < 0 || to < from) throw new Error(`README.md has no section between ${begin} and ${end}`)
  return `${readme.slice(0, from + begin.length)}\n${section}${readme.slice(to)}`
}

/** Writes all of it below `root`. */
export function writeReport(root: URL): void {
  const all = readPublished(new URL('docs/bench/', root))
  if (all.length === 0) throw new Error('Nothing is published: docs/bench has no results')
  for (const [path, content] of report(all, readFileSync(new URL('README.md', root), 'utf8'))) {
    writeFileSync(new URL(path, root), content)
    console.log(path)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeReport(new URL('../../', import.meta.url))
