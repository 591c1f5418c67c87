/** Builds the compiled programs with what is installed: nothing is fetched, and all that comes of it lies in `build/native/`. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { say } from '../processes.ts'

const root = new URL('../../../', import.meta.url)
/** Where Debian's packages put the sources of crates. */
const CRATES = '/usr/share/cargo/registry'

export type Language = 'rust' | 'go'

/** Where the programs run: files are named from here. */
export const nativeDirectory: string = fileURLToPath(new URL('build/native/', root))

interface Toolchain {
  /** What has to be there, and the Debian package that brings it. */
  readonly needs: readonly { readonly what: string; readonly isThere: () => boolean; readonly debian: string }[]
  readonly command: readonly [string, ...string[]]
  readonly environment: Readonly<Record<string, string>>
  /** What comes of it, in `nativeDirectory`. */
  readonly program: string
}

const toolchains: Record<Language, Toolchain> = {
  rust: {
    needs: [
      { what: 'cargo', isThere: () => runs('cargo', '--version'), debian: 'cargo' },
      { what: "tokio-util's sources", isThere: hasTokioUtil, debian: 'librust-tokio-util-dev' },
    ],
    command: ['cargo', 'build', '--release', '--locked', '--offline'],
    environment: { CARGO_TARGET_DIR: `${nativeDirectory}rust` },
    program: 'rust/release/framewright-bench-native',
  },
  go: {
    needs: [{ what: 'go', isThere: () => runs('go', 'version'), debian: 'golang-go' }],
    command: ['go', 'build', '-o', `${nativeDirectory}go/bench`, '.'],
    environment: { GOCACHE: `${nativeDirectory}go-cache`, GOPROXY: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '' },
    program: 'go/bench',
  },
}

/** The path of the program; undefined, and said loudly, where something is missing that it is built with. */
export function build(language: Language): string | undefined {
  const { needs, command, environment, program } = toolchains[language]
  const missing = needs.filter(({ isThere }) => !isThere())
  for (const { what, debian } of missing) {
    say(`!! NOT MEASURED: ${language}: ${what} is missing. On Debian: apt-get install ${debian}`)
  }
  if (missing.length > 0) return undefined
  mkdirSync(nativeDirectory, { recursive: true })
  const [name, ...args] = command
  const { status, stderr, error } = spawnSync(name, args, {
    cwd: new URL(`bench/native/${language}/`, root),
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${stderr}`)
  return nativeDirectory + program
}

function runs(name: string, argument: string): boolean {
  return spawnSync(name, [argument], { stdio: 'ignore' }).status === 0
}

function hasTokioUtil(): boolean {
  return existsSync(CRATES) && readdirSync(CRATES).some((name) => name.startsWith('tokio-util-'))
}
