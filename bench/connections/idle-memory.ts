/**
 * What an idle connection holds of memory: bytes in the process that accepted it.
 *
 * ```
 *   |  first  |   more: these are counted   |
 *   0 ──────► memory ─────────────────────► memory
 * ```
 *
 * Every way has a process of its own, and the peers are in another one. What a process needs once is there after the first connections, so
 * the growth over the others is theirs alone. V8 may not make its young generation larger meanwhile (it would by up to 3 KiB a connection);
 * Bun, which has another engine, takes no notice of the flag for it.
 */

import { Child } from './child.ts'
import type { Opening } from './idle-peer.ts'
import type { IdleWay } from './idle-ways.ts'
import type { MemoryUse } from './memory-use.ts'

const flags = ['--expose-gc', '--max-semi-space-size=1']

/** Connections before it is counted. */
const FIRST = 1000

/** Bytes that one idle connection holds. `count`: how many are opened for it. */
export async function idleMemory(way: IdleWay, count: number): Promise<MemoryUse> {
  const server = new Child('idle-server.js', [way.name], flags)
  const peer = new Child('idle-peer.js')
  try {
    const { port } = await server.answer<{ port: number }>()
    const open = async (more: Opening): Promise<MemoryUse> => {
      await peer.ask(more)
      return server.ask<MemoryUse>({})
    }
    const before = await open({ port, count: FIRST })
    const after = await open({ port, count })
    return { rss: (after.rss - before.rss) / count, heap: (after.heap - before.heap) / count }
  } finally {
    await Promise.all([server.stop(), peer.stop()])
  }
}

/** How many connections a process may have, of `wanted`: each is a descriptor on either side. */
export function affordable(wanted: number): number {
  const report = process.report.getReport() as unknown as { userLimits?: { open_files?: { soft?: number | string } } }
  const limit = Number(report.userLimits?.open_files?.soft)
  const others = 100
  return Number.isFinite(limit) ? Math.max(0, Math.min(wanted, limit - FIRST - others)) : wanted
}
