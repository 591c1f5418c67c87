// Starts programs, waits for them no longer than it may, and leaves none behind.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The folder of the package, and this one. */
export const root = fileURLToPath(new URL('../', import.meta.url))
export const here = fileURLToPath(new URL('./', import.meta.url))

/** What ends each program that is running. @type {Set<() => void>} */
const running = new Set()
process.on('exit', () => {
  for (const end of running) end()
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/**
 * A program that has been started. `ended` resolves when it and its output are over; `end` ends it at once.
 *
 * @typedef {{ pid: number | undefined, ended: Promise<{ code: number | null, output: string }>, end: () => void, input: { write: (text: string) => unknown } | null }} Started
 */

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, onLine?: (line: string) => void, input?: boolean }} options
 *   `onLine`: what gets each line of its standard output
 * @returns {Started}
 */
export function start(program, args, { env, cwd = root, onLine, input = false }) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own: its children end with it
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  if (onLine) createInterface({ input: child.stdout }).on('line', onLine)
  child.stdin?.on('error', () => {}) // it is over, and says so by itself
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL')
  }
  running.add(end)
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  }).finally(() => running.delete(end))
  return { pid: child.pid, ended, end, input: child.stdin }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ signal: AbortSignal, env?: Record<string, string>, cwd?: string }} options
 * @returns {Promise<{ code: number | null, output: string }>} what it printed, on both of its streams
 */
export async function run(program, args, { signal, ...options }) {
  const { ended, end } = start(program, args, options)
  signal.addEventListener('abort', end)
  try {
    const { code, output } = await ended
    if (signal.aborted) throw new Error(`It did not end in time. It printed:\n${output.slice(-4000)}`)
    return { code, output }
  } finally {
    signal.removeEventListener('abort', end)
  }
}
