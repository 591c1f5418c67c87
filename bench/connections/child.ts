/** A program of the benchmark in a process of its own, which is asked and answers. */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Milliseconds that an answer may take: a program that needs longer has lost something. */
const PATIENCE = 120_000

export class Child {
  readonly #process: ChildProcess
  readonly #name: string

  /** Starts a script that lies beside this one. `flags`: of Node itself. */
  constructor(script: string, args: readonly string[] = [], flags: readonly string[] = []) {
    this.#name = [script, ...args].join(' ')
    const path = fileURLToPath(new URL(script, import.meta.url))
    this.#process = fork(path, args, { execArgv: [...flags], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  /** The next thing that it says. */
  async answer<Answer>(): Promise<Answer> {
    // A timer that is cleared: Deno waits at its end for what AbortSignal.timeout has started.
    const given = new AbortController()
    const { signal } = given
    const timer = setTimeout(() => given.abort(new Error(`${this.#name} did not answer`)), PATIENCE)
    const stopped = once(this.#process, 'exit', { signal }).then(([code]) => {
      throw new Error(`${this.#name} ended with ${String(code)} instead of an answer`)
    })
    try {
      const [answer] = (await Promise.race([once(this.#process, 'message', { signal }), stopped])) as [Answer]
      return answer
    } finally {
      clearTimeout(timer)
      stopped.catch(() => {})
      given.abort()
    }
  }

  /** Says something, and waits for the answer. */
  async ask<Answer>(question: object): Promise<Answer> {
    const answer = this.answer<Answer>()
    this.#process.send(question)
    return answer
  }

  /** Ends it. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill()
    await ended
  }
}
