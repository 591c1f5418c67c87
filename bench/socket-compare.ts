/** Compares rows over TCP, against a peer in another process, and tells how busy both were: the busier one is what was measured. */

import { once } from 'node:events'
import { connect as connectNode } from 'node:net'
import { compare, median, ratio, type Result, type Row } from './compare.ts'
import type { Kind } from './record.ts'
import { requestLine, size, type Call, type Request, type Usage } from './socket-request.ts'

export interface TcpRow {
  readonly name: string
  /** @defaultValue 'ours' */
  readonly kind?: Kind
  /** Has one conversation with the peer, and returns how many frames there were. */
  readonly run: (call: Call) => Promise<number>
}

export interface TcpWork extends Omit<Request, 'tag'> {
  readonly group: string
  /** @defaultValue from the sizes of frame and chunk */
  readonly fixture?: string
}

export class TcpComparison {
  readonly #results: ReadonlyMap<string, Result>

  private constructor(results: ReadonlyMap<string, Result>) {
    this.#results = results
  }

  /** Measures the rows, the first of which the others are set beside, and prints them. */
  static async of(port: number, rows: readonly TcpRow[], rounds: number, work: TcpWork): Promise<TcpComparison> {
    const { group, fixture = `${size(work.frame)} frames, ${size(work.chunk)} chunks`, ...asked } = work
    const { total, frame } = asked
    const frames = total / frame
    console.log(`\n${group}: ${fixture}, ${frames} frames`)

    const own = new Map<string, number[]>(rows.map(({ name }) => [name, []]))
    const measured = rows.map(({ name, kind = 'ours', run }): Row => {
      const call: Call = { port, request: requestLine({ ...asked, tag: name }), total, frame }
      return {
        name,
        kind,
        async run() {
          const start = performance.now()
          const before = process.cpuUsage()
          const count = await run(call)
          const { user, system } = process.cpuUsage(before)
          own.get(name)!.push((user + system) / 1000 / (performance.now() - start))
          return count
        },
      }
    })
    const results = await compare(measured, frames, rounds, { group, fixture, frameBytes: frame })
    const theirs = await usage(port)
    for (const { name, perFrame } of results.values()) {
      const rate = `${((frame / perFrame) * (1e9 / 1024 / 1024)).toFixed(0).padStart(6)} MiB/s`
      const share = ratio(results, [measured[0]!], { name, run: () => 0 }).toFixed(2)
      const { wall, cpu } = theirs[name] ?? { wall: NaN, cpu: NaN }
      console.log(
        `  ${name.padEnd(42)} ${(1e9 / perFrame).toFixed(0).padStart(9)} /s ${rate} ${share.padStart(6)}` +
          `   busy ${percent(median(own.get(name)!))}, peer ${percent(cpu / wall)}`,
      )
    }
    return new TcpComparison(results)
  }

  /** How fast `row` is in terms of `other`. */
  speed(row: TcpRow, other: TcpRow): number {
    return ratio(this.#results, [{ name: other.name, run: () => 0 }], { name: row.name, run: () => 0 })
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0).padStart(3)} %`
}

/** What the peer has spent for each tag since it was last asked. */
async function usage(port: number): Promise<Record<string, Usage>> {
  const socket = connectNode({ host: '127.0.0.1', port, allowHalfOpen: true }).setEncoding('utf8')
  let text = ''
  socket.on('data', (part: string) => (text += part))
  socket.end(requestLine({ mode: 'report', rule: 'delimited', frame: 0, chunk: 0, total: 0, tag: 'report' }))
  await once(socket, 'end')
  return JSON.parse(text) as Record<string, Usage>
}
