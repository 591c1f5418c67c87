/** The compiled programs: built when their toolchains are there, started once, asked one pass at a time. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** From build/bench/native/. */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const target = `${root}build/native/`

/** What one pass over the bytes gave. */
export interface Pass {
  readonly frames: number
  readonly bytes: number
  readonly nanoseconds: number
}

/** A program that runs. */
export interface Program {
  /** `rule`: 'delimiter', 'lines' or 'length'; sizes in bytes. */
  pass(rule: string, frame: number, chunk: number, total: number): Promise<Pass>
  stop(): void
}

/** tokio-util's codecs, or undefined (and it says so, loudly) where they cannot be built. */
export function rust(): Program | undefined {
  // Debian has the crates as source: nothing is fetched.
  const crates = [
    'source.crates-io.replace-with="debian"',
    'source.debian.directory="/usr/share/cargo/registry"',
  ].flatMap((one) => ['--config', one])
  const manifest = ['--manifest-path', `${root}bench/native/rust/Cargo.toml`, '--target-dir', `${target}rust`]
  return build('cargo', ['build', '--quiet', '--release', '--offline', ...manifest, ...crates], {})
    ? start(`${target}rust/release/compiled-reference`)
    : missing('tokio-util', 'cargo and librust-tokio-util-dev')
}

/** Go's bufio.Scanner, likewise. */
export function go(): Program | undefined {
  const environment = { GO111MODULE: 'off', GOCACHE: `${target}go-cache` }
  return build('go', ['build', '-o', `${target}go-reference`, `${root}bench/native/go/main.go`], environment)
    ? start(`${target}go-reference`)
    : missing('bufio.Scanner', 'golang-go')
}

function build(command: string, args: readonly string[], environment: Record<string, string>): boolean {
  mkdirSync(target, { recursive: true })
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } })
  return status === 0
}

function missing(what: string, packages: string): undefined {
  console.log(`\n  NOT MEASURED: ${what} could not be built. On Debian: apt-get install ${packages}`)
}

function start(path: string): Program {
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async pass(...request) {
      child.stdin.write(`${request.join(' ')}\n`)
      const { value, done } = await answers.next()
      if (done === true) throw new Error(`${path} has ended`)
      const [frames, bytes, nanoseconds] = value.split(' ').map(Number) as [number, number, number]
      return { frames, bytes, nanoseconds }
    },
    stop: () => void child.stdin.end(),
  }
}
