// What only a process of its own can show: that it ends by itself when all is closed, and that nothing rejects unheard.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framewright-'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  const source = join(root, 'src/sockets/index.ts')
  const options = '--ignoreConfig --target es2022 --module nodenext --types node --skipLibCheck'
  const paths = ['--rewriteRelativeImportExtensions', '--rootDir', join(root, 'src'), '--outDir', folder]
  await run(process.execPath, [tsc, ...options.split(' '), ...paths, source], { cwd: root })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function script(body: string): Promise<string> {
  const file = join(folder, 'script.js')
  await writeFile(file, `import { connect, listen } from './sockets/index.js'\n${body}`)
  const { stdout, stderr } = await run(process.execPath, [file], { timeout: 8_000 })
  expect(stderr).toBe('')
  return stdout
}

test('a process ends by itself when its conversations and its listener are closed', async () => {
  const output = await script(`
    const listener = listen({ port: 0, hostname: '127.0.0.1' })
    const { localPort: port } = await listener.opened
    const serving = (async () => {
      for await (const socket of listener) void socket.readable.pipeTo(socket.writable)
    })()
    const sockets = Array.from({ length: 20 }, () => connect({ hostname: '127.0.0.1', port }))
    for (const socket of sockets) {
      const writer = socket.writable.getWriter()
      void writer.write(new TextEncoder().encode('hi'))
      await writer.close()
      if ((await new Response(socket.readable).text()) !== 'hi') throw new Error('no echo')
    }
    await Promise.all(sockets.map((socket) => socket.closed))
    await listener.close()
    await serving
    console.log('closed')`)
  expect(output).toBe('closed\n')
})

test('no failure of a connection that nobody watches is an unhandled rejection', async () => {
  const output = await script(`
    import net from 'node:net'
    const server = net.createServer((peer) => peer.on('error', () => {}).resetAndDestroy()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.on('listening', resolve))
    const { port } = server.address()
    const at = (options) => connect({ hostname: '127.0.0.1', port }, options)
    at() // is reset
    at().readable.getReader().closed.catch(() => {})
    at().reset()
    void at().close()
    void at().close({ deadline: 0 })
    void at().shutdown('both')
    at({ signal: AbortSignal.abort() })
    at({ connectTimeout: 1 })
    at().readable.getReader()
    at().writable.getWriter()
    connect('127.0.0.1:1')
    connect({ path: '/nowhere' })
    listen({ port, hostname: '127.0.0.1' })
    void listen({ port: 0 }).close()
    setTimeout(() => server.close(() => console.log('quiet')), 200)`)
  expect(output).toBe('quiet\n')
})
