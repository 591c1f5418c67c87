// The sockets as JavaScript in a folder of their own, for tests that need a process with them: Node 20 runs no TypeScript.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'

/** Compiles before the tests of a file and cleans up after them; what it returns makes a script of a body and tells its path. */
export function compiledSockets(): (body: string) => Promise<string> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'framewright-'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
    const source = join(root, 'src/sockets/index.ts')
    const options = '--ignoreConfig --noCheck --target es2022 --module nodenext --types node --skipLibCheck'
    const paths = ['--rewriteRelativeImportExtensions', '--rootDir', join(root, 'src'), '--outDir', folder]
    await promisify(execFile)(process.execPath, [tsc, ...options.split(' '), ...paths, source], { cwd: root })
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return async (body) => {
    const file = join(folder, 'script.js')
    await writeFile(file, `import { connect, listen } from './sockets/index.js'\n${body}`)
    return file
  }
}
