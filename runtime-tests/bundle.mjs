// The tests as modules for a runtime that has neither files nor node_modules. Every test file stays a module with its own
// name, so that what it says in stack traces is the same; what they share is shared.
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'
import { here, root } from './process.mjs'

/**
 * Writes `main.js`, which exports `run()`, and what it imports.
 *
 * @param {string[]} files
 * @param {string} outdir
 * @param {string} also more source for main.js
 * @returns {Promise<string[]>} the modules, as paths in `outdir`
 */
export async function bundle(files, outdir, also = '') {
  await rm(outdir, { recursive: true, force: true })
  const imports = files.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(`./${file}`)}),`)
  const main = `
    import { runTests } from './runtime-tests/harness/run-tests.mjs'
    export const run = () => runTests({ ${imports.join('\n')} })
    ${also}`
  const result = await build({
    absWorkingDir: root,
    entryPoints: [{ in: 'main', out: 'main' }, ...files.map((file) => ({ in: `./${file}`, out: file }))],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    alias: { vitest: `${here}harness/vitest.mjs` },
    // Nothing stands in for a module of Node: a file that imports one fails where it runs, and says so.
    external: ['node:*', 'util'], // the second is what fake-timers takes where there is a `process`
    metafile: true,
    logLevel: 'silent',
    plugins: [
      {
        name: 'main',
        setup(hooks) {
          hooks.onResolve({ filter: /^main$/ }, () => ({ path: 'main', namespace: 'main' }))
          hooks.onLoad({ filter: /^main$/, namespace: 'main' }, () => ({ contents: main, resolveDir: root }))
        },
      },
    ],
  })
  const folder = `${outdir.slice(root.length)}/`
  return Object.keys(result.metafile.outputs).map((path) => path.slice(folder.length))
}
