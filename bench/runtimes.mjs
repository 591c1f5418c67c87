// `npm run bench:runtimes`: the benchmarks on Node 20, 22, 24 and 26, Deno and Bun, one runtime after the other, and what came of the
// targets on each. `-- sockets` runs only that benchmark, `-- --on deno,bun` only those runtimes, `-- --quick` two rounds of each row in one process.
import { existsSync, readFileSync } from 'node:fs'
import { bun, deno, installPackages, node } from '../runtime-tests/install.mjs'
import { root, start } from '../runtime-tests/process.mjs'

/** How long a runtime may take for all that is asked of it. */
const MINUTES = 45

/** How a program is started in each. @type {Record<string, () => [string, ...string[]]>} */
const runtimes = {
  node20: () => [node(20)],
  node22: () => [node(22)],
  node24: () => [node(24)],
  node26: () => [node(26)],
  deno: () => [deno(), 'run', '-A'],
  bun: () => [bun()],
}

const args = process.argv.slice(2)
const on = args.includes('--on') ? args.splice(args.indexOf('--on'), 2)[1] : undefined
const wanted = on?.split(',') ?? Object.keys(runtimes)
const unknown = wanted.filter((name) => !(name in runtimes))
if (unknown.length > 0) {
  console.error(`No such runtime: ${unknown.join(', ')}. There are ${Object.keys(runtimes).join(', ')}.`)
  process.exit(1)
}

await installPackages()

/** @type {{ name: string, verdicts?: { what: string, ratio: number, target: number, better: string, met: boolean }[], why?: string }[]} */
const outcomes = []
for (const name of wanted) outcomes.push({ name, ...(await measure(name)) })
printTable()
const failed = outcomes.filter(({ verdicts }) => verdicts === undefined)
for (const { name, why } of failed) console.log(`!! ${name}: ${why}`)
process.exitCode = outcomes.every(({ verdicts }) => verdicts?.every(({ met }) => met)) ? 0 : 1

/** Runs the benchmarks in one runtime; what it has found of targets, or why there is nothing. */
async function measure(name) {
  const [program, ...before] = runtimes[name]()
  if (!existsSync(program)) return { why: 'it is missing: nothing was measured on it' }
  console.log(`\n===== ${name} =====`)
  let file
  /** Targets of this run: the file may have others, of earlier ones. @type {Set<string>} */
  const judged = new Set()
  const onLine = (line) => {
    console.log(line)
    file = /^Written to (.*)$/.exec(line)?.[1] ?? file
    const what = /^ {2}(?:ok {2}|MISS) (.*): -?[\d.]+ \(at (?:least|most) [\d.]+\)$/.exec(line)?.[1]
    if (what !== undefined) judged.add(what)
  }
  const { ended, end } = start(program, [...before, `${root}build/bench/main.js`, ...args], { onLine })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, MINUTES * 60_000)
  const { code, output } = await ended
  clearTimeout(timer)
  if (isLate) return { why: `it was not ready in ${MINUTES} minutes` }
  if (file === undefined) return { why: `it ended with ${code}:\n${output.slice(-2000)}` }
  return { verdicts: JSON.parse(readFileSync(file, 'utf8')).verdicts.filter(({ what }) => judged.has(what)) }
}

function printTable() {
  const there = outcomes.filter(({ verdicts }) => verdicts !== undefined)
  const names = [...new Set(there.flatMap(({ verdicts }) => verdicts.map(({ what }) => what)))]
  const rows = names.map((what) => {
    const found = there.map(({ verdicts }) => verdicts.find((verdict) => verdict.what === what))
    const { better, target } = found.find((verdict) => verdict !== undefined)
    const cells = found.map((verdict) =>
      verdict === undefined ? '-' : `${verdict.met ? '' : 'MISS '}${verdict.ratio.toFixed(2)}`,
    )
    return [what, `${better} ${target}`, ...cells]
  })
  const all = [['', 'target', ...there.map(({ name }) => name)], ...rows]
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)))
  const line = (row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')
  console.log(`\n${all.map(line).join('\n')}\n`)
}
