/**
 * `npm run bench`: every number here is a ratio within this run; nothing is compared with another day or machine. `npm run bench -- sockets`
 * measures only that, and `--quick` takes at most two rounds of each row: a first look.
 */

import { limits } from './compare.ts'
import { runtimeName, save } from './record.ts'

const all: Record<string, () => Promise<boolean>> = {
  framing: async () => (await import('./framing.ts')).framing(),
  'node-transform': async () => (await import('./node-transform.ts')).nodeTransform(),
  linear: async () => (await import('./linear.ts')).linear(),
  sockets: async () => (await import('./sockets.ts')).sockets(),
}

const args = process.argv.slice(2)
if (args.includes('--quick')) limits.rounds = 2
const names = args.filter((name) => name !== '--quick')
const unknown = names.filter((name) => !(name in all))
if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`)

console.log(`${runtimeName()}, ${process.arch}`)
let met = true
for (const [name, measure] of Object.entries(all)) {
  if (names.length === 0 || names.includes(name)) met = (await measure()) && met
}
console.log(`\nWritten to ${save()}`)
if (!met) {
  console.log(
    '\nA target was missed. On a machine that does other things at the same time, run it again before believing it.',
  )
  process.exitCode = 1
}
