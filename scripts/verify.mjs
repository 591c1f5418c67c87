// Every check but the tests, one after the other, all of them even when one fails. `node scripts/verify.mjs lint api`
// runs only those. What a check prints is shown when it fails.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { root } from './entries.mjs'

/** The commands of each check, in order: the first that fails ends it. @type {Record<string, string[]>} */
const checks = {
  build: ['tsc -p tsconfig.build.json'],
  format: ['oxfmt --check'],
  lint: ['npm run --silent lint'],
  types: ['tsc -p tsconfig.json', 'tsc -p tsconfig.scripts.json'],
  pure: ['tsc -p tsconfig.pure.json'], // the pure entries compile where there is no runtime but the web's
  tools: ['tsc -p tsconfig.tools.json'],
  knip: ['knip'],
  exports: ['node scripts/check-exports.mjs'],
  words: ['node scripts/check-words.mjs'],
  packaging: ['npm run --silent packaging'],
  api: ['node scripts/api-report.mjs'],
  docs: ['node scripts/check-docs.mjs'],
}

const wanted = process.argv.slice(2)
const PATH = `${root}node_modules/.bin${delimiter}${process.env['PATH']}`
const results = []
for (const [name, commands] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const start = performance.now()
  let output = ''
  const ok = commands.every((command) => {
    const run = spawnSync(`${command} 2>&1`, {
      cwd: root,
      shell: true,
      encoding: 'utf8',
      env: { ...process.env, PATH },
    })
    output = run.stdout
    return run.status === 0
  })
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(9)} ${seconds.padStart(5)} s`)
  if (!ok) console.log(output.trimEnd().replace(/^/gm, '       '))
  results.push({ name, ok })
}

mkdirSync(`${root}build/reports`, { recursive: true })
writeFileSync(`${root}build/reports/checks.json`, JSON.stringify(results))
const failed = results.filter(({ ok }) => !ok).map(({ name }) => name)
console.log(failed.length === 0 ? `all ${results.length} checks are fine` : `failed: ${failed.join(', ')}`)
process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0
