// The contract of the sockets: the same rows in every runtime, against a peer in Python. Prints the table and keeps
// docs/sockets.md. `node runtime-tests/contract/run.mjs node20 bun` runs only those, `--row=reset` only rows with such a name.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installPackages } from '../install.mjs'
import { here, root, start } from '../process.mjs'
import { deviations, isAbout } from './deviations.mjs'
import { page, printed } from './page.mjs'
import { rows, usualTime } from './rows/index.mjs'
import { runtimes } from './runtimes.mjs'

/** @typedef {import('./main.mjs').Told} Told */
/** @typedef {Told & { status: Told['status'] | 'hung' | 'crashed', deviation?: typeof deviations[number] }} Cell */
/** @typedef {{ name: string, title: string, version: string, cells: Map<string, Cell>, failures: string[], passed: number, seconds: number }} Column */

const python = 'python3'

/** What starting, ending and clearing up may take beside the row itself, in ms. */
const grace = 12_000

/** Starts peer.py and waits for the port of its control connection. */
async function startPeer() {
  let told
  const port = new Promise((resolve) => {
    told = (line) => resolve(JSON.parse(line).port)
  })
  const peer = start(python, [`${here}contract/peer.py`], { input: true, onLine: told })
  const over = peer.ended.then(({ output }) => {
    throw new Error(`The peer has ended:\n${output}`)
  })
  over.catch(() => {})
  return { ...peer, port: await Promise.race([port, over]) }
}

/**
 * Runs rows in one process, until all are through or one of them breaks it.
 *
 * @param {string} name of the runtime
 * @param {string[]} names of the rows
 * @param {(cell: Cell) => void} take
 */
async function runSome(name, names, take) {
  const peer = await startPeer()
  /** @type {string | undefined} */
  let current
  let timer
  let isStuck = false
  const onLine = (line) => {
    if (!line.startsWith('{')) return
    clearTimeout(timer)
    const told = JSON.parse(line)
    if (told.start === undefined) {
      current = undefined
      return take(told)
    }
    current = told.start
    const { time = usualTime } = rows.find((row) => row.name === current)
    timer = setTimeout(() => {
      isStuck = true
      program.end()
    }, time + grace)
  }
  const { command, args } = await runtimes[name].prepare(names, peer.port)
  const program = start(command, args, { onLine })
  peer.input.write(`${JSON.stringify({ pid: program.pid })}\n`)
  const end = setTimeout(() => program.end(), 20 * 60_000)
  const { code, output } = await program.ended
  clearTimeout(timer)
  clearTimeout(end)
  peer.end()
  if (current === undefined && code === 0) return
  const failed = current ?? names[0]
  const error = isStuck ? 'The program hangs.' : `The program ended with ${code}:\n${output.slice(-3000)}`
  take({ name: failed, status: isStuck ? 'hung' : 'crashed', shown: isStuck ? 'hangs' : 'crashes', error, ms: 0 })
}

/** @returns {Promise<Column>} */
async function runOn(name, names) {
  const { title, version } = runtimes[name]
  const begun = performance.now()
  /** @type {Column} */
  const column = { name, title, version: version(), cells: new Map(), failures: [], passed: 0, seconds: 0 }
  for (let left = names; left.length > 0;) {
    const before = left.length
    try {
      await runSome(name, left, (cell) => {
        column.cells.set(cell.name, cell)
        if (process.env['VERBOSE'])
          console.log(name, cell.ms, cell.shown, cell.measured ?? '', cell.name, cell.error ?? '')
      })
    } catch (error) {
      column.failures.push(error.stack)
      break
    }
    left = left.filter((one) => !column.cells.has(one))
    if (left.length === before) break
  }
  for (const row of names) judge(column, row)
  column.seconds = Math.round((performance.now() - begun) / 1000)
  return column
}

/** @param {Column} column @param {string} row */
function judge(column, row) {
  const cell = column.cells.get(row)
  if (!cell) return column.failures.push(`${row}\nIt did not run`)
  if (cell.status === 'does not apply') return
  cell.deviation = deviations.find((one) => isAbout(one, row, column.name))
  if (cell.deviation && cell.status === 'kept') {
    column.failures.push(`${row}\nIt keeps the contract: take it out of contract/deviations.mjs`)
  } else if (cell.status === 'kept' || cell.deviation) column.passed++
  else column.failures.push(`${row}\n${cell.error}`)
}

/**
 * Runs the contract on these runtimes, one at a time, and prints what came of it.
 *
 * @param {string[]} names of runtimes; those that the contract does not know are left out
 * @param {(row: { name: string }) => boolean} isWanted
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runContract(names, isWanted = () => true) {
  if (spawnSync(python, ['--version']).status !== 0) {
    console.log(`\n!! ${python} IS MISSING: it is the peer of the sockets' contract, and nothing of that was tried.`)
    return { passed: 0, failed: process.env['CI'] ? 1 : 0 }
  }
  const wanted = Object.keys(runtimes).filter((name) => names.includes(name) && runtimes[name].isReady())
  const chosen = rows.filter(isWanted)
  /** @type {Column[]} */
  const columns = []
  for (const name of wanted) {
    const column = await runOn(
      name,
      chosen.map((row) => row.name),
    )
    columns.push(column)
    console.log(`${column.failures.length === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(8)} ${column.seconds} s, sockets`)
  }
  for (const { name, failures } of columns) {
    for (const failure of failures) console.log(`\n${name}: ${failure.slice(0, 2000).replaceAll('\n', '\n  ')}`)
  }
  console.log(`\n${printed(columns, chosen)}\n`)
  const sum = (count) => columns.reduce((all, column) => all + count(column), 0)
  const failed = sum(({ failures }) => failures.length)
  const isWhole = columns.length === Object.keys(runtimes).length && chosen.length === rows.length
  if (isWhole && failed === 0) keepPage(columns)
  return { passed: sum(({ passed }) => passed), failed }
}

function keepPage(columns) {
  const path = `${root}docs/sockets.md`
  const text = page(columns)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(`${root}docs`, { recursive: true })
  writeFileSync(path, text)
  console.log('docs/sockets.md is new: it says what this run has shown.')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2)
  const filters = asked.filter((one) => one.startsWith('--row=')).map((one) => one.slice(6).toLowerCase())
  const names = asked.filter((one) => !one.startsWith('--'))
  const unknown = names.filter((name) => !(name in runtimes))
  if (unknown.length > 0) {
    console.error(`No such runtime: ${unknown.join(', ')}. There are ${Object.keys(runtimes).join(', ')}.`)
    process.exit(1)
  }
  await installPackages()
  const { passed, failed } = await runContract(
    names.length > 0 ? names : Object.keys(runtimes),
    ({ name }) => filters.length === 0 || filters.some((filter) => name.toLowerCase().includes(filter)),
  )
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed > 0 ? 1 : 0)
}
