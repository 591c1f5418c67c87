// A process that has no file descriptor left: its listener lives, and accepts again when there are some.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { compiledSockets } from './compiled.ts'
import { startPeer } from './peer.ts'

const script = compiledSockets()
const descriptors = 64

interface Report {
  port: number
  accepted: number
  living: number
  settled: string
}

/** A listener in a process that may have few files open. `free n` resets n conversations, `report` counts. */
const server = `
  import { createInterface } from 'node:readline'
  const options = JSON.parse(process.argv[2])
  const listener = listen({ port: 0, hostname: '127.0.0.1', ...options })
  const { localPort: port } = await listener.opened
  const living = new Set()
  let accepted = 0
  let settled = 'no'
  listener.closed.then(() => { settled = 'closed' }, (error) => { settled = String(error) })
  const say = () => console.log(JSON.stringify({ port, accepted, living: living.size, settled }))
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [name, count] = line.split(' ')
    if (name === 'free') for (const socket of [...living].slice(0, Number(count))) socket.reset()
    if (name === 'close') void listener.close({ deadline: 0 }).then(say)
    else setTimeout(say, 50)
  }).on('close', () => process.exit())
  say()
  for await (const socket of listener) {
    accepted++
    living.add(socket)
    socket.closed.catch(() => {}).then(() => living.delete(socket))
  }`

async function startServer(options: object): Promise<(command?: string) => Promise<Report>> {
  const command = `ulimit -n ${descriptors} && exec "$0" "$@"`
  const args = ['-c', command, process.execPath, await script(server), JSON.stringify(options)]
  const child = spawn('sh', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async (command) => {
    if (command) child.stdin.write(`${command}\n`)
    const { value } = await lines.next()
    if (value === undefined) throw new Error('the listening process has ended')
    return JSON.parse(value as string) as Report
  }
}

describe.skipIf(process.platform === 'win32')('a listener whose process has no file descriptor left', () => {
  test.each([{}, { whenFull: 'hold', maxConnections: 1_000 }])(
    'lives, and accepts again when there are some: %j',
    async (options) => {
      const ask = await startServer(options)
      const { port } = await ask()
      const peer = startPeer('idle')
      await peer.next('ready')

      peer.tell(`dial ${port} 150 read`)
      // Those for which there is no descriptor are dropped by node, which their clients see as an end or a reset.
      for (let i = 0; i < 150 - descriptors; i++) await peer.next('end', 'error')
      const full = await ask('report')
      expect(full.accepted).toBeGreaterThan(10)
      expect(full.accepted).toBeLessThan(descriptors)
      expect(full).toMatchObject({ living: full.accepted, settled: 'no' })

      const freed = await ask('free 10')
      expect(freed.living).toBe(full.living - 10)
      peer.tell(`dial ${port} 8 silent`)
      let now = freed
      for (let tries = 0; now.accepted < full.accepted + 8 && tries < 40; tries++) now = await ask('report')
      expect(now).toMatchObject({ accepted: full.accepted + 8, living: full.living - 2, settled: 'no' })

      // Again, and for good: all that live are let go.
      await ask('free 1000')
      peer.tell(`dial ${port} 20 silent`)
      for (let tries = 0; now.accepted < full.accepted + 28 && tries < 40; tries++) now = await ask('report')
      expect(now).toMatchObject({ accepted: full.accepted + 28, living: 20, settled: 'no' })
      expect(await ask('close')).toMatchObject({ living: 0, settled: 'closed' })
    },
    30_000,
  )
})
