/**
 * `npm run bench`: every number here is a ratio within this run; nothing is compared with another day or machine. `npm run bench -- sockets`
 * measures only that, `npm run bench -- matrix:lines` a part of it, and `--quick` takes at most two rounds of each row: a first look.
 */

import { limits } from './compare.ts'
import { runtimeName, save } from './record.ts'

const all: Record<string, (...part: string[]) => Promise<boolean>> = {
  matrix: async (...part) => (await import('./matrix.ts')).matrix(...part),
  linear: async () => (await import('./linear.ts')).linear(),
  collections: async (...part) => (await import('./collections.ts')).collections(...part),
  compiled: async (...part) => (await import('./native.ts')).compiled(...part),
  connections: async () => (await import('./connections.ts')).connections(),
  sockets: async () => (await import('./sockets.ts')).sockets(),
}

const args = process.argv.slice(2)
if (args.includes('--quick')) limits.rounds = 2
const given = args.filter((argument) => argument !== '--quick')
const chosen = (given.length > 0 ? given : Object.keys(all)).map(
  (argument) => argument.split(':') as [string, ...string[]],
)
const unknown = chosen.filter(([name]) => !(name in all))
if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`)

console.log(`${runtimeName()}, ${process.arch}`)
let met = true
for (const [name, ...part] of chosen) met = (await all[name]!(...part)) && met
console.log(`\nWritten to ${save()}`)
if (!met) {
  console.log(
    '\nA target was missed. On a machine that does other things at the same time, run it again before believing it.',
  )
  process.exitCode = 1
}
