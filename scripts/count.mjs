// The closing line of .ci/run, from what its steps left in build/reports. A report that is missing counts as a failure
// through the step that should have written it.
import { existsSync, readFileSync } from 'node:fs'
import { readJson, root } from './entries.mjs'

const count = { passed: 0, failed: 0, skipped: 0 }
const add = (/** @type {boolean} */ ok) => count[ok ? 'passed' : 'failed']++
const report = (/** @type {string} */ name) =>
  existsSync(`${root}build/reports/${name}`) ? readJson(`build/reports/${name}`) : undefined

const tests = report('tests.json')
count.passed += tests?.numPassedTests ?? 0
count.failed += tests?.numFailedTests ?? 0
count.skipped += (tests?.numPendingTests ?? 0) + (tests?.numTodoTests ?? 0)

const docs = report('docs.json')
count.passed += docs?.passed ?? 0
count.failed += docs?.failed ?? 0

const checks = report('checks.json')
for (const { ok } of checks ?? []) add(ok)
for (const step of readFileSync(`${root}build/reports/steps.txt`, 'utf8').trim().split('\n')) {
  if (checks && step.startsWith('verify ')) continue // its checks are counted one by one
  add(step.endsWith(' passed'))
}

console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`)
process.exitCode = count.failed > 0 || !tests ? 1 : 0
