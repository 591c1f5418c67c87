// workerd, what Cloudflare's workers run in: no files, no modules of Node, no code made from strings.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { bundle } from '../bundle.mjs'
import { reportIn } from '../harness/report-line.mjs'
import { workerd } from '../install.mjs'
import { run } from '../process.mjs'

const compatibilityDate = '2026-10-01'
/** By that date workers have much of Node unless they say no: what needs any of it fails here. */
const compatibilityFlags = ['no_nodejs_compat', 'no_nodejs_compat_v2']

const handler = `
  import { reportLine } from './runtime-tests/harness/report-line.mjs'
  export default { test: async () => console.log(reportLine(await run())) }`

/**
 * @param {import('../run.mjs').Job} job
 * @returns {Promise<import('../harness/run-tests.mjs').Report>}
 */
export async function runInWorkerd({ files, folder, signal }) {
  const modules = await bundle(files, folder, handler)
  modules.sort((a) => (a === 'main.js' ? -1 : 0)) // the first module is the worker
  writeFileSync(
    `${folder}/workerd.capnp`,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "tests", worker = (
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
  modules = [${modules.map((path) => `(name = "${path}", esModule = embed "${path}")`).join(',\n')}],
))]);
`,
  )
  const { output } = await run(workerd(), ['test', `${folder}/workerd.capnp`], { signal })
  const { version } = JSON.parse(readFileSync(new URL('../package.json', pathToFileURL(workerd())), 'utf8'))
  return { ...reportIn(output), version }
}
