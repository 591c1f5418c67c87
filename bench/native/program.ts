/**
 * A compiled program that measures when it is asked, so that its rows take turns with ours. It is started once and answers line by line:
 *
 * ```
 *   {"case":"LinesCodec, bare","wire":"wire.bin","frame":64,"chunk":65536}  ──►  its standard input
 *   {"frames":262144,"bytes":16515072,"nanoseconds":31415926}               ◄──  its standard output
 * ```
 */

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { nativeDirectory } from './build.ts'

export interface Request {
  readonly case: string
  /** A file in `nativeDirectory` with the bytes of all frames: those that the other rows are given. */
  readonly wire: string
  /** Bytes of one frame on the wire. */
  readonly frame: number
  /** Bytes that one read gives. */
  readonly chunk: number
}

export interface Answer {
  readonly frames: number
  readonly bytes: number
  /** For one pass, by the program's own clock. */
  readonly nanoseconds: number
}

export class Program {
  readonly #path: string
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers: AsyncIterator<string>
  readonly #ended: Promise<void>
  #failure: Error | undefined

  constructor(path: string) {
    this.#path = path
    this.#child = spawn(path, { cwd: nativeDirectory, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    // A program that has ended says so by the end of its output.
    this.#child.stdin.on('error', () => {})
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => resolve())
      this.#child.once('error', (error) => {
        this.#failure = error
        resolve()
      })
    })
  }

  /** One pass over the bytes. One question at a time. */
  async ask(request: Request): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) {
      throw new Error(`${this.#path} ended when it was asked for ${request.case}`, { cause: this.#failure })
    }
    return JSON.parse(value) as Answer
  }

  /** It ends by itself when nothing more can be asked. */
  async end(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }
}
