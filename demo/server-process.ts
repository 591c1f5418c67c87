// The conductor's handle on the other process.

import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Link } from './link.ts'
import type { Order, Report } from './protocol.ts'

/** Starts the server. Whatever happens, `kill()` leaves nothing of it. */
export class ServerProcess {
  readonly link: Link<Report, Order>
  /** Rejects when the process ends and should not, or not like that. Never resolves. */
  readonly lost: Promise<never>
  readonly #child: ChildProcess
  readonly #exit: Promise<string>
  #complaints = ''
  #isStopping = false

  constructor() {
    // It keeps its complaints for us: printed by itself, they would land in the middle of the picture.
    this.#child = fork(fileURLToPath(new URL('./server.js', import.meta.url)), [], {
      serialization: 'advanced', // carries bytes as they are
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text))
    this.#exit = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
    })
    this.lost = this.#exit.then((how) => {
      if (this.#isStopping && how === 'exit code 0') return new Promise<never>(() => {})
      throw new Error(`the server process has ended (${how})\n${this.#complaints}`.trimEnd())
    })
    this.lost.catch(() => {}) // it may end after the last step
    this.link = new Link(this.#child)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Asks it to end. Resolves with the most memory that it ever held, in bytes. */
  async stop(): Promise<number> {
    this.#isStopping = true
    this.link.send({ type: 'stop' })
    const { peakMemory } = await this.link.expect('bye')
    await this.#exit
    return peakMemory
  }

  /** Ends it at once, if it is still there. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
