// Node, Deno and Bun: the program that runs the rows there. Its arguments are the runtime's name, the port of the peer's
// control connection and the names of the rows; or `child` and the name of a program of rows/children.mjs.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runRows } from './main.mjs'
import { children } from './rows/children.mjs'

/** @returns {import('./peer.mjs').Control} */
function openControl(port) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // its end says enough
  return {
    send: (line) => socket.write(`${line}\n`),
    lines: createInterface({ input: socket, crlfDelay: Infinity }),
    close: () => socket.end(),
  }
}

/** Starts this program anew as one of the children, with so many files that it may open. */
function startChild(name, files) {
  const { Deno } = globalThis
  const self = [process.execPath, ...(Deno ? ['run', '-A'] : []), process.argv[1], 'child', name]
  const child = spawn('sh', ['-c', `ulimit -n ${files}; exec "$@"`, 'sh', ...self], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {})
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(new Error(`The child has ended with ${code ?? signal}`)))
    createInterface({ input: child.stdout }).on('line', (line) =>
      resolve({
        port: Number(line),
        end: () => child.kill('SIGKILL'),
        isAlive: () => child.exitCode === null && child.signalCode === null,
      }),
    )
  })
}

const [first, second, ...names] = process.argv.slice(2)
if (first === 'child') {
  process.stdin.on('end', () => process.exit()).resume()
  await children[second]((line) => console.log(line))
} else {
  const folder = mkdtempSync(join(tmpdir(), 'framewright-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const can = ['listen', 'unix', 'children', 'processes', 'tls', 'connect starttls', 'kernelQueues']
  if (process.platform === 'linux') can.push('Linux')
  const gc = globalThis.gc ?? (globalThis.Bun && (() => globalThis.Bun.gc(true)))
  await runRows(
    names,
    {
      runtime: first,
      can: new Set(can),
      gc,
      live() {
        const { heapUsed, external } = process.memoryUsage()
        return heapUsed + external
      },
      temporaryPath: (name) => join(folder, name),
      child: startChild,
    },
    openControl(Number(second)),
    (line) => console.log(line),
  )
  process.exit(0)
}
