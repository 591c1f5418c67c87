// vitest itself, for runtimes that can run it: Node and Deno.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { root, run } from '../process.mjs'

/**
 * @param {string} program
 * @param {string[]} flags
 * @param {import('../run.mjs').Job} job
 * @returns {Promise<import('../harness/run-tests.mjs').Report>}
 */
export async function runWithVitest(program, flags, { files, folder, signal }) {
  const report = `${folder}/report.json`
  mkdirSync(dirname(report), { recursive: true })
  rmSync(report, { force: true })
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config=runtime-tests/vitest.config.mjs',
    '--root=.',
    ...files,
  ]
  const { code, output } = await run(program, [...flags, ...args], { signal, env: { FRAMEWRIGHT_TEST_REPORT: report } })

  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status, failureMessages }) => ({
      file: name.slice(root.length),
      name: [...ancestorTitles, title].join(' > '),
      status: status === 'passed' || status === 'failed' ? status : 'skipped',
      error: failureMessages?.join('\n'),
    })),
  )
  const errors = testResults
    .filter(({ status, message }) => status === 'failed' && message)
    .map(({ name, message }) => `${name.slice(root.length)}: ${message}`)
  // vitest fails for more reasons than these, a stray rejection for one.
  if (code !== 0 && errors.length === 0 && tests.every(({ status }) => status !== 'failed')) errors.push(output)
  return { tests, errors }
}
