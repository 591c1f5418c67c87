// Runs the steps one after the other, each with a deadline, and sees to it that nothing is left behind.

import { connect, type Socket } from 'framewright/socket'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Screen } from './screen.ts'
import { ServerProcess } from './server-process.ts'
import { showDeadlock } from './steps/deadlock.ts'
import { showFraming } from './steps/framing.ts'
import { showHalfClose } from './steps/half-close.ts'
import { formatBytes } from './text.ts'

/** What a step needs. */
export interface Stage {
  readonly screen: Screen
  readonly server: ServerProcess
  /** Opens a conversation with the server. */
  dial(): Promise<Socket>
}

/** What a step has seen go over TCP, both ways together. */
export interface Tally {
  readonly bytes: number
  readonly frames: number
  readonly connections: number
}

/** Milliseconds for everything together. No step may use up more than is left. */
const patience = 19_500

const steps = [
  { name: 'step 1, chunks and frames', patience: 8_000, show: showFraming },
  { name: 'step 2, half-close', patience: 5_000, show: showHalfClose },
  { name: 'step 3, the deadlock', patience: 14_000, show: showDeadlock },
]

/** Runs the demo. Resolves with the exit code. */
export async function conduct(screen: Screen): Promise<number> {
  const begin = performance.now()
  const server = new ServerProcess()
  const leave = (code: number): void => {
    screen.restore()
    server.kill()
    process.exit(code)
  }
  process.once('SIGINT', () => leave(130))
  process.once('SIGTERM', () => leave(143))
  process.stdout.once('error', () => leave(1)) // whoever read our output has gone

  let current = 'the start'
  const within = <T>(name: string, ms: number, work: Promise<T>): Promise<T> => {
    current = name
    return inTime(Math.min(ms, begin + patience - performance.now()), Promise.race([work, server.lost]))
  }
  try {
    const { port } = await within('the start', 5_000, server.link.expect('listening'))
    screen.title('framewright', 'TCP hands a program bytes. The program wants messages.')
    screen.say(`Client and server, processes ${process.pid} and ${server.pid}, talk TCP on 127.0.0.1:${port}.`)
    const dial = async (): Promise<Socket> => {
      const socket = connect({ hostname: '127.0.0.1', port }, { connectTimeout: 2_000 })
      await socket.opened
      return socket
    }

    const tallies: Tally[] = []
    for (const step of steps) tallies.push(await within(step.name, step.patience, step.show({ screen, server, dial })))
    const serverPeak = await within('the end', 3_000, server.stop())

    const sum = (key: keyof Tally): number => tallies.reduce((total, tally) => total + tally[key], 0)
    const peaks = [process.resourceUsage().maxRSS * 1024, serverPeak].map((bytes) => Math.round(bytes / 1024 / 1024))
    screen.summary([
      `${formatBytes(sum('bytes'))}, ${sum('frames')} frames, ${sum('connections')} connections`,
      `peak memory ${peaks.join(' + ')} MiB`,
      `${((performance.now() - begin) / 1000).toFixed(1)} s`,
    ])
    return 0
  } catch (error) {
    // A process that dies breaks its connection first; that it died says more.
    screen.failed(current, await Promise.race([server.lost.catch((lost: unknown) => lost), sleep(300, error)]))
    return 1
  } finally {
    screen.restore()
    server.kill()
  }
}

async function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = sleep(Math.max(ms, 0), undefined, { signal: done.signal }).then(() => {
    throw new Error(`not done after ${(ms / 1000).toFixed(1)} s: something hangs, or the machine has much else to do`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    done.abort()
    late.catch(() => {})
  }
}
