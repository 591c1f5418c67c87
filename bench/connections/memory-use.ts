/** What a process holds, when nothing is left that a collection could free. */

import { setImmediate as turn } from 'node:timers/promises'

/** Bytes. */
export interface MemoryUse {
  /** Pages of the process that lie in memory. */
  readonly rss: number
  /** Objects, and the memory outside the heap that belongs to them. */
  readonly heap: number
}

/** Collects and looks. Some objects are freed by callbacks of others only, so it takes several turns. */
export async function memoryUse(): Promise<MemoryUse> {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('Memory is measured with --expose-gc')
  for (let i = 0; i < 5; i++) {
    gc()
    await turn()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external }
}
