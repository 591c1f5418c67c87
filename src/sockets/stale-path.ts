// The file of a unix-domain socket outlives a program that crashes, and then is in the way of the next one.

import { lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'

/**
 * Removes a file of type socket on which nobody answers. What is anything else stays, for `listen` to fail on it. A listener
 * that does live sees a connection that ends at once.
 */
export async function unlinkStalePath(path: string): Promise<void> {
  if (path.startsWith('\0')) return // an abstract name goes with its owner
  const before = socketFile(path)
  if (before === undefined || !(await refuses(path))) return
  // Of two programs that start at the same time the second must not remove what the first has made meanwhile: it looks
  // again, and nothing comes between that and the removal but microseconds.
  if (socketFile(path) === before) unlinkSync(path)
}

/** What tells this file from one that takes its place; undefined: there is none, or it is no socket. */
function socketFile(path: string): string | undefined {
  try {
    const stats = lstatSync(path)
    return stats.isSocket() ? `${stats.dev} ${stats.ino} ${stats.ctimeMs}` : undefined
  } catch {
    return undefined
  }
}

/** Whether there is no listener. Any other failure (no permission, its queue is full) is no proof of that. */
function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path })
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
    probe.on('connect', () => {
      probe.destroy()
      resolve(false)
    })
  })
}
