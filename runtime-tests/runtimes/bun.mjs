// Bun runs the test files as they are. Its own test runner does not: it words the names of `describe.each` in another way, has
// half of `vi`, and vitest's own process pool does not start in Bun. So the files import the same harness as in a browser.
import { fileURLToPath } from 'node:url'
import { reportIn } from '../harness/report-line.mjs'
import { bun } from '../install.mjs'
import { run } from '../process.mjs'

/**
 * @param {import('../run.mjs').Job} job
 * @returns {Promise<import('../harness/run-tests.mjs').Report>}
 */
export async function runInBun({ files, signal }) {
  const main = fileURLToPath(new URL('../harness/bun.mjs', import.meta.url))
  const { output } = await run(bun(), ['run', main, ...files], { signal })
  return reportIn(output)
}
