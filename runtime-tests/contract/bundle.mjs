// The rows and the sockets as one module: what a runtime runs is src/ as it is now, and nothing that changes meanwhile.
// Which of the entries that is, package.json says, under the conditions of the runtime.
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { root } from '../process.mjs'

/** The source of 'framewright/socket' where these conditions hold, in the order of the exports map as it has to be. */
function entry(conditions) {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const pick = (target) => {
    if (typeof target === 'string') return target
    const [, found] = Object.entries(target).find(([name]) => name === 'default' || conditions.includes(name)) ?? []
    return found && pick(found)
  }
  return (
    root +
    pick(exports['./socket'])
      .replace('./dist/', 'src/')
      .replace(/[.]js$/, '.ts')
  )
}

/**
 * @param {string} main a file of this folder
 * @param {string} outfile
 * @param {string[]} conditions of the runtime: 'node', 'deno', 'bun', 'workerd' …
 */
export async function bundle(main, outfile, conditions) {
  await build({
    absWorkingDir: root,
    entryPoints: [`runtime-tests/contract/${main}`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    alias: { 'framewright/socket': entry(conditions) },
    external: ['node:*', 'cloudflare:*'],
    logLevel: 'silent',
  })
}
