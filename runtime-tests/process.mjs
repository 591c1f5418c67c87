// Starts programs, waits for them no longer than it may, and leaves none behind.
import { spawn } from 'node:child_process'
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
 * @param {string} program
 * @param {string[]} args
 * @param {{ signal: AbortSignal, env?: Record<string, string>, cwd?: string }} options
 * @returns {Promise<{ code: number | null, output: string }>} what it printed, on both of its streams
 */
export function run(program, args, { signal, env, cwd = root }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own: its children end with it
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    const end = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    }
    running.add(end)
    signal.addEventListener('abort', end)
    const settle = (action) => (value) => {
      running.delete(end)
      signal.removeEventListener('abort', end)
      action(value)
    }
    child.on('error', settle(reject))
    child.on(
      'close',
      settle((code) => {
        if (signal.aborted) reject(new Error(`It did not end in time. It printed:\n${output.slice(-4000)}`))
        else resolve({ code, output })
      }),
    )
  })
}
