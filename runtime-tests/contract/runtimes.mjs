// How each runtime runs the rows.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { bun, deno, node, workerd } from '../install.mjs'
import { root } from '../process.mjs'

/**
 * `prepare` writes what it runs and says the command line that runs these rows with a peer at that port.
 *
 * @typedef {{
 *   title: string, version: () => string, isReady: () => boolean,
 *   prepare: (rows: string[], port: number) => Promise<{ command: string, args: string[] }>
 * }} Runtime
 */

/** @returns {Runtime} */
const likeNode = (name, title, condition, command, flags) => ({
  title,
  version: () => /\d+(?:[.]\d+)+/.exec(execFileSync(command(), ['--version'], { encoding: 'utf8' }))?.[0] ?? '',
  isReady: () => existsSync(command()),
  async prepare(rows, port) {
    const { bundle } = await import('./bundle.mjs') // needs what npm has installed
    const file = `${root}build/contract/${name}.mjs`
    await bundle('on-node.mjs', file, [condition, 'import'])
    return { command: command(), args: [...flags, file, name, String(port), ...rows] }
  },
})

const onNode = (major) => likeNode(`node${major}`, `Node ${major}`, 'node', () => node(major), ['--expose-gc'])

/** A worker that is only tested: it can connect, and nothing can connect to it. @type {Runtime} */
const onWorkerd = {
  title: 'workerd',
  version: () => /\d[\d-]+/.exec(execFileSync(workerd(), ['--version'], { encoding: 'utf8' }))?.[0] ?? '',
  isReady: () => existsSync(workerd()),
  async prepare(rows, port) {
    const { bundle } = await import('./bundle.mjs')
    const folder = `${root}build/contract`
    await bundle('on-workerd.mjs', `${folder}/workerd.mjs`, ['workerd', 'import'])
    copyFileSync(`${root}test/sockets/certificates/ca.pem`, `${folder}/ca.pem`)
    const bound = { PORT: port, ROWS: rows, LINUX: process.platform === 'linux' }
    const bindings = Object.entries(bound).map(
      ([name, value]) => `(name = "${name}", json = ${JSON.stringify(JSON.stringify(value))})`,
    )
    writeFileSync(
      `${folder}/workerd.capnp`,
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (v8Flags = ["--expose-gc"], services = [
  (name = "rows", worker = (
    modules = [(name = "workerd.mjs", esModule = embed "workerd.mjs")],
    compatibilityDate = "2026-10-01",
    compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2"],
    bindings = [${bindings.join(', ')}],
    globalOutbound = "net",
  )),
  (name = "net", network = (
    allow = ["private", "public"],
    tlsOptions = (trustedCertificates = [embed "ca.pem"]),
  )),
]);
`,
    )
    return { command: workerd(), args: ['test', `${folder}/workerd.capnp`] }
  },
}

/** @type {Record<string, Runtime>} */
export const runtimes = {
  node20: onNode(20),
  node22: onNode(22),
  node24: onNode(24),
  node26: onNode(26),
  deno: likeNode('deno', 'Deno', 'deno', deno, ['run', '-A', '--no-config', '--v8-flags=--expose-gc']),
  bun: likeNode('bun', 'Bun', 'bun', bun, ['run']),
  workerd: onWorkerd,
}
