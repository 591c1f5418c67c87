/** Compares rows over TCP, against a peer in another process, and tells how busy both were: the busier one is what was measured. */

import { once } from 'node:events'
import { connect as connectNode } from 'node:net'
import { inTurns, median, recordTimes, share, type Row } from './compare.ts'
import type { JudgedRow } from './judge.ts'
import type { MatrixRow } from './matrix/group.ts'
import { say } from './processes.ts'
import { requestLine, size, type Call, type Request, type Usage } from './socket-request.ts'
import { putOnWire } from './wire.ts'

export interface TcpRow extends JudgedRow, Pick<MatrixRow, 'repeats'> {
  /** Has one conversation with the peer. */
  readonly run: (call: Call) => Promise<TcpDone>
}

/** A few conversations of each row, which do not count: what comes first is not to be what is measured of cold code. */
export async function warmUp(
  port: number,
  rows: readonly TcpRow[],
  asked: Omit<Request, 'tag'>,
  times: number,
): Promise<void> {
  const { total, frame } = asked
  for (let i = 0; i < times; i++) {
    for (const { name, run } of rows) await run({ port, request: requestLine({ ...asked, tag: name }), total, frame })
  }
  await usage(port)
}

/** How many frames there were; with the bytes in them, where they were counted, and the chunks that they came in. */
export type TcpDone = number | Counted

interface Counted {
  readonly frames: number
  readonly bytes?: number
  readonly reads?: number
}

export interface TcpWork extends Omit<Request, 'tag'> {
  readonly group: string
  /** @defaultValue from the sizes of frame and chunk */
  readonly fixture?: string
}

/** Measures the rows in turns, and records what came out; prints who was busy. */
export async function compareTcp(
  port: number,
  rows: readonly TcpRow[],
  rounds: number,
  work: TcpWork,
  areWarm = false,
): Promise<void> {
  const { group, fixture = `${size(work.frame)} frames, ${size(work.chunk)} chunks`, ...asked } = work
  const { rule, total, frame, pace } = asked
  const frames = total / frame
  const payloadBytes = frames * putOnWire(rule, new Uint8Array(frame), 0).length
  say(`${group}: ${fixture}, ${frames} frames`)

  const own = new Map<string, number[]>(rows.map(({ name }) => [name, []]))
  const readBytes: number[] = []
  const measured = rows.map(({ name, kind = 'ours', run }): Row => {
    const call: Call = { port, request: requestLine({ ...asked, tag: name }), total, frame }
    return {
      name,
      kind,
      async run() {
        const start = performance.now()
        const before = process.cpuUsage()
        const done = await run(call)
        const { user, system } = process.cpuUsage(before)
        own.get(name)!.push((user + system) / 1000 / (performance.now() - start))
        const { frames, bytes = payloadBytes, reads }: Counted = typeof done === 'number' ? { frames: done } : done
        if (bytes !== payloadBytes) throw new Error(`${name} gave ${bytes} bytes instead of ${payloadBytes}`)
        if (reads !== undefined) readBytes.push(total / reads)
        // Where the peer takes its time between writes, what a row costs is what can be compared.
        return pace !== undefined ? { frames, nanoseconds: (user + system) * 1000 } : frames
      },
    }
  })
  const times = await inTurns(measured, frames, share(rounds), areWarm)
  recordTimes(measured, times, {
    group,
    fixture,
    frameBytes: frame,
    ...(readBytes.length > 0 && { readBytes: median(readBytes) }),
    ...(pace !== undefined && { clock: 'processor' }),
  })
  const theirs = await usage(port)
  for (const { name } of rows) {
    const { wall, cpu } = theirs[name] ?? { wall: NaN, cpu: NaN }
    say(`  ${name.padEnd(58)} busy ${percent(median(own.get(name)!))}, peer ${percent(cpu / wall)}`)
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
  socket.end(requestLine({ mode: 'report', rule: 'lf', frame: 0, chunk: 0, total: 0, tag: 'report' }))
  await once(socket, 'end')
  return JSON.parse(text) as Record<string, Usage>
}
