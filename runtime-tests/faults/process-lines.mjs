// Starts the programs of a case, each in a process of its own, and reads what they say. All end with the case.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { here } from '../process.mjs'

/**
 * @typedef {object} Report what an endpoint says at last; see endpoint.mjs
 * @property {number} sentFrames
 * @property {number} receivedFrames
 * @property {string} sent
 * @property {string} ended
 * @property {string} closed
 * @property {string} [wrong]
 * @property {number} memory bytes
 * @property {number} seconds
 * @property {boolean} [killed] it says nothing as it was killed
 */

/** The programs that run. @type {Set<Program>} */
const running = new Set()
process.on('exit', stopAll)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** Ends every program that was started here. */
export function stopAll() {
  for (const program of running) program.stop()
}

export class Program {
  /** @type {string[]} */
  #lines = []
  #look = () => {}
  #ended = false
  #process

  /** @param {string[]} command */
  constructor(command) {
    const [file = '', ...args] = command
    this.#process = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process.stdin.on('error', () => {})
    const lines = createInterface({ input: this.#process.stdout })
    lines.on('line', (line) => {
      this.#lines.push(line)
      this.#look()
    })
    // Not 'exit': its last words may still be on their way.
    this.#process.on('close', () => {
      this.#ended = true
      running.delete(this)
      this.#look()
    })
    this.#process.on('error', () => {
      this.#ended = true
      this.#look()
    })
    running.add(this)
  }

  /** Its next line; undefined when it has ended. @returns {Promise<string | undefined>} */
  line() {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.#lines.length === 0 && !this.#ended) return
        this.#look = () => {}
        resolve(this.#lines.shift())
      }
      this.#look()
    })
  }

  /** Tells it to end. */
  endInput() {
    this.#process.stdin.end()
  }

  stop() {
    running.delete(this)
    this.#process.kill('SIGKILL')
  }
}

const startScript = (before, script, options) =>
  new Program([...before, process.execPath, '--expose-gc', `${here}faults/${script}`, JSON.stringify(options)])

/** One of ours that listens, and its port. `before`: a command that runs it. */
export async function startListening(script, options, before = []) {
  const program = startScript(before, script, options)
  const said = await program.line()
  if (said === undefined) throw new Error(`${script} did not start`)
  return { program, port: JSON.parse(said).port }
}

export const startConnecting = (options, before = []) => startScript(before, 'endpoint.mjs', options)

/** What an endpoint says at last. @returns {Promise<Report>} */
export async function reportOf(program, mayDie) {
  const said = await program.line()
  if (said !== undefined) return JSON.parse(said)
  if (!mayDie) throw new Error('An endpoint died')
  return {
    sentFrames: 0,
    receivedFrames: 0,
    sent: 'killed',
    ended: 'killed',
    closed: 'killed',
    memory: 0,
    seconds: 0,
    killed: true,
  }
}

/** The options of both endpoints of a case. */
export function endpointOptions({ codec, bytes, seconds, endpoints, each }) {
  const common = { codec, bytes, deadline: seconds * 1_000, ...endpoints }
  return {
    connect: { role: 'connect', ...common, ...each?.connect },
    listen: { role: 'listen', ...common, ...each?.listen },
  }
}
