/**
 * `npm run bench:publish`: makes `docs/bench/<runtime>.json` of what runs have left in `build/bench-results`, and the report of all that
 * is published. What a run leaves there stays until it is measured anew or `npm run clean`: publish what one state of the code has measured.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { publish, publishedName, stringify } from './published.ts'
import type { Results } from './record.ts'
import { writeReport } from './report.ts'

const root = new URL('../../', import.meta.url)
const from = new URL('build/bench-results/', root)
const to = new URL('docs/bench/', root)

mkdirSync(to, { recursive: true })
for (const name of readdirSync(from)) {
  if (!name.endsWith('.json')) continue
  const published = publish(JSON.parse(readFileSync(new URL(name, from), 'utf8')) as Results)
  writeFileSync(new URL(`${publishedName(published)}.json`, to), stringify(published))
  console.log(
    `docs/bench/${publishedName(published)}.json: ${published.runtime}, ${published.comparisons.length} comparisons`,
  )
}
writeReport(root)
