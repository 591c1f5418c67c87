// `npm run test:runtimes`: the tests of the framing layer and the contract of the sockets on every runtime, or with arguments
// (`-- deno bun`) on those.
// Every runtime has to run the tests that Node 20 runs, by name, and to pass them, but for what deviations.mjs lists.
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { filesFor, isKnownToFail } from './deviations.mjs'
import { runContract } from './contract/run.mjs'
import { further } from './further.mjs'
import { bun, chromium, deno, installChromium, installPackages, node, workerd } from './install.mjs'
import { root } from './process.mjs'

/**
 * What is asked of a runtime: test files to run, a folder for what it writes, and the end of its time.
 *
 * @typedef {{ files: string[], folder: string, signal: AbortSignal }} Job
 * @typedef {import('./harness/run-tests.mjs').Report} Report
 */

const reference = 'node20'
const probe = 'runtime-tests/probe.test.ts'
const minutes = 6

// What runs the tests comes from npm in part, so each is imported only when that has been installed.
const vitest = async (...args) => (await import('./runtimes/vitest.mjs')).runWithVitest(...args)
const onNode = (major) => ({
  is: `node ${major}.`,
  where: () => node(major),
  run: (job) => vitest(node(major), [], job),
})

/**
 * What the probe test says there, where the program is, and how tests run in it.
 *
 * @type {Record<string, { is: string, where: () => string | undefined, run: (job: Job) => Promise<Report> }>}
 */
const runtimes = {
  node20: onNode(20),
  node22: onNode(22),
  node24: onNode(24),
  node26: onNode(26),
  deno: {
    is: 'deno 2.',
    where: deno,
    run: (job) => vitest(deno(), ['run', '-A'], job),
  },
  bun: {
    is: 'bun 1.',
    where: bun,
    run: async (job) => (await import('./runtimes/bun.mjs')).runInBun(job),
  },
  workerd: {
    is: 'workerd',
    where: workerd,
    run: async (job) => (await import('./runtimes/workerd.mjs')).runInWorkerd(job),
  },
  chromium: {
    is: 'chromium ',
    where: chromium,
    run: async (job) => (await import('./runtimes/chromium.mjs')).runInChromium(job),
  },
}

/** What came of one runtime: the names of tests, and in `failures` a text for each thing that is wrong. */
class Outcome {
  version = '-'
  seconds = 0
  /** The files that it was to run, and those that ran a test. @type {string[]} */
  files = []
  /** @type {string[]} */
  loaded = []
  /** @type {Set<string>} */
  ran = new Set()
  passed = 0
  skipped = 0
  /** @type {string[]} */
  failures = []

  /** @param {string} name */
  constructor(name) {
    this.name = name
  }

  async run() {
    const { is, run } = runtimes[this.name]
    this.files = [probe, ...filesFor(this.name)]
    const folder = `${root}build/runtime-tests/${this.name}`
    const start = performance.now()
    try {
      const report = await run({ files: this.files, folder, signal: AbortSignal.timeout(minutes * 60_000) })
      this.#read(report)
      if (!this.version.startsWith(is)) this.failures.push(`The tests ran on ${this.version}, not on ${is}`)
      this.version = report.version ?? this.version.slice(is.indexOf(' ') + 1)
    } catch (error) {
      this.failures.push(error.stack)
    }
    this.seconds = Math.round((performance.now() - start) / 1000)
    return this
  }

  /** @param {Report} report */
  #read({ tests, errors }) {
    this.failures.push(...errors)
    for (const test of tests) {
      const { file, name, status, error } = test
      const id = `${file} > ${name}`
      if (file === probe) this.version = name.replace('runs on ', '')
      else this.ran.add(id)
      if (isKnownToFail(test, this.name)) {
        if (status === 'passed') this.failures.push(`${id}\nIt passes: take it out of deviations.mjs`)
        else this.skipped++
      } else if (status === 'passed') this.passed++
      else if (status === 'skipped') this.skipped++
      else this.failures.push(`${id}\n${error}`)
    }
    this.loaded = this.files.filter((file) => tests.some((test) => test.file === file && test.status !== 'skipped'))
    for (const file of this.files) if (!this.loaded.includes(file)) this.failures.push(`${file}\nIt ran no test`)
  }

  /** What the reference runs and this one does not, or the other way round, is wrong, unless the whole file is left out here. */
  compare(/** @type {Outcome} */ other) {
    if (this.ran.size === 0 || other.ran.size === 0) return
    for (const id of other.ran) {
      if (this.ran.has(id)) continue
      if (this.loaded.some((file) => id.startsWith(`${file} > `)))
        this.failures.push(`${id}\nIt ran on ${other.name} only`)
      else this.skipped++
    }
    for (const id of this.ran) if (!other.ran.has(id)) this.failures.push(`${id}\nIt did not run on ${other.name}`)
  }
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)))
  const line = (row) =>
    row.map((cell, i) => (i < 2 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join('  ')
  return rows.map(line).join('\n')
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in runtimes))
if (unknown.length > 0) {
  console.error(`No such runtime: ${unknown.join(', ')}. There are ${Object.keys(runtimes).join(', ')}.`)
  process.exit(1)
}
const wanted = Object.keys(runtimes).filter((name) => asked.length === 0 || asked.includes(name) || name === reference)

await installPackages()
if (wanted.includes('chromium')) await installChromium()
const missing = wanted.filter((name) => !existsSync(runtimes[name].where() ?? ''))

// Two at a time: most of them keep one processor busy.
const there = wanted.filter((name) => !missing.includes(name))
const waiting = [...there]
/** @type {Outcome[]} */
const outcomes = []
async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const outcome = await new Outcome(name).run()
    outcomes.push(outcome)
    console.log(`${outcome.failures.length === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(8)} ${outcome.seconds} s`)
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))

outcomes.sort((a, b) => wanted.indexOf(a.name) - wanted.indexOf(b.name))
const first = outcomes.find(({ name }) => name === reference)
const title = (/** @type {string} */ failure) => failure.split('\n')[0]
const before = new Set(first?.failures.map(title))
for (const outcome of outcomes) {
  if (first !== undefined && outcome !== first) outcome.compare(first)
  // What fails everywhere is shown once.
  const own = outcome === first ? outcome.failures : outcome.failures.filter((failure) => !before.has(title(failure)))
  for (const failure of own) console.log(`\n${outcome.name}: ${failure.slice(0, 2000).replaceAll('\n', '\n  ')}`)
  const shared = outcome.failures.length - own.length
  if (shared > 0) console.log(`\n${outcome.name}: ${shared} more, as on ${reference}`)
}

console.log(
  `\n${table([
    ['runtime', 'version', 'test files', 'passed', 'failed', 'skipped', 'seconds'],
    ...outcomes.map(({ name, version, loaded, passed, failures, skipped, seconds }) => [
      name,
      version,
      loaded.length,
      passed,
      failures.length,
      skipped,
      seconds,
    ]),
  ])}`,
)
for (const name of missing) console.log(`\n!! ${name} IS MISSING: nothing was tried on it.`)

const contract = await runContract(there)
const others = there.includes('workerd') ? [await further('workerd-sockets.mjs', 3)] : []
if (asked.length === 0) others.push(await further('python-page.mjs', 3), await further('faults/run.mjs', 10))

const sum = (count) => outcomes.map(count).reduce((a, b) => a + b, 0)
// Where all of it can be installed, a runtime that is not there is an error.
const absent = first === undefined || process.env['CI'] === 'true' ? missing.length : 0
const failed =
  sum(({ failures }) => failures.length) + absent + contract.failed + others.reduce((all, one) => all + one.failed, 0)
const passed = sum((one) => one.passed) + contract.passed + others.reduce((all, one) => all + one.passed, 0)
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
