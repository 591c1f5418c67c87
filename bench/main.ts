/**
 * `npm run bench`: every number here is a ratio within this run; nothing is compared with another day or machine. `npm run bench -- sockets`
 * measures only that.
 */

const all: Record<string, () => Promise<boolean>> = {
  framing: async () => (await import('./framing.ts')).framing(),
  'node-transform': async () => (await import('./node-transform.ts')).nodeTransform(),
  linear: async () => (await import('./linear.ts')).linear(),
  sockets: async () => (await import('./sockets.ts')).sockets(),
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !(name in all))
if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`)

const { deno, bun } = process.versions
const runtime = deno ? `deno ${deno}` : bun ? `bun ${bun}` : `node ${process.version}`
console.log(`${runtime}, ${process.arch}`)
let met = true
for (const [name, measure] of Object.entries(all)) {
  if (names.length === 0 || names.includes(name)) met = (await measure()) && met
}
if (!met) {
  console.log(
    '\nA target was missed. On a machine that does other things at the same time, run it again before believing it.',
  )
  process.exitCode = 1
}
