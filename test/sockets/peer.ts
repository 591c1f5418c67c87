// Starts peer.mjs, talks to it, and ends it with the test. Also what both sides need to know: the pattern.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface PeerEvent {
  event: string
  port: number
  code: string
  received: number
  sent: number
  intact: boolean
}

export class Peer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #events: PeerEvent[] = []
  readonly #waiting = new Set<() => void>()

  constructor(args: readonly (string | number)[], file = 'peer.mjs') {
    const script = fileURLToPath(new URL(file, import.meta.url))
    this.#process = spawn(process.execPath, [script, ...args.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#events.push(JSON.parse(line) as PeerEvent)
      for (const look of this.#waiting) look()
    })
  }

  /** Sends a command. */
  tell(command: string): void {
    this.#process.stdin.write(`${command}\n`)
  }

  /** Takes the next event of one of these names off the list; those of other names stay. */
  next(...names: string[]): Promise<PeerEvent> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look)
        reject(new Error(`no '${names.join(`', '`)}' of the peer in 10 s; there are ${JSON.stringify(this.#events)}`))
      }, 10_000)
      const look = (): void => {
        const at = this.#events.findIndex(({ event }) => names.includes(event))
        if (at < 0) return
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(this.#events.splice(at, 1)[0]!)
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** How many events of that name have come and were not taken. */
  count(name: string): number {
    return this.#events.filter(({ event }) => event === name).length
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }
}

export function startPeer(...args: (string | number)[]): Peer {
  const peer = new Peer(args)
  onTestFinished(() => peer.stop())
  return peer
}

/** A peer that listens, and its address. */
export async function listeningPeer(mode = 'silent'): Promise<{ peer: Peer; address: string; port: number }> {
  const peer = startPeer('listen', mode)
  const { port } = await peer.next('listening')
  return { peer, port, address: `127.0.0.1:${port}` }
}

const period = 251
const table = Uint8Array.from({ length: 65_536 + period }, (_, i) => i % period)

/** A piece of the pattern. */
export function pattern(offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) {
    const from = (offset + at) % period
    bytes.set(table.subarray(from, from + Math.min(65_536, length - at)), at)
  }
  return bytes
}

/** Follows the pattern; throws at the first wrong byte. */
export class PatternCheck {
  received = 0

  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += 65_536) {
      const part = chunk.subarray(at, at + 65_536)
      const from = this.received % period
      if (Buffer.compare(part, table.subarray(from, from + part.length)) !== 0) {
        throw new Error(`wrong bytes after ${this.received}`)
      }
      this.received += part.length
    }
  }
}

/** Reads to the end, checks the pattern; says how much came and how it ended. */
export async function readAll(readable: ReadableStream<Uint8Array>): Promise<{ received: number; error: unknown }> {
  const check = new PatternCheck()
  try {
    for await (const chunk of readable) check.take(chunk)
    return { received: check.received, error: undefined }
  } catch (error) {
    return { received: check.received, error }
  }
}

/** Bytes held by JavaScript: objects and buffers. */
export function memory(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export const mebi: number = 2 ** 20

/** What a promise comes to, or 'pending' if it comes to nothing in time. */
export async function outcome(promise: Promise<unknown>, ms = 2_000): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve('pending'), ms)
  })
  const settled = promise.then(
    (value) => value ?? 'done',
    (error: unknown) => error,
  )
  const result = await Promise.race([settled, late])
  clearTimeout(timer)
  return result
}
