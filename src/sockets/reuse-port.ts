// Whether this runtime and this system let several listeners share a port (SO_REUSEPORT). A runtime that does not know the
// option ignores it, and a listener that believes to share its port would fail, or keep others out.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { SocketError } from './socket-error.ts'

let answer: Promise<boolean> | undefined

/** Rejects with ENOTSUP where a port cannot be shared. It is tried, once, with a free port of 127.0.0.1. */
export async function requireReusePort(): Promise<void> {
  answer ??= portIsShared()
  if (await answer) return
  throw new SocketError(
    'reusePort has no effect here: it takes Node 22.12, 23.1 or later, and a system that spreads connections (Linux)',
    { code: 'ENOTSUP', phase: 'accept' },
  )
}

async function portIsShared(): Promise<boolean> {
  const servers = [createServer(), createServer()]
  try {
    let port = 0
    for (const server of servers) {
      // The types of node 20 do not know reusePort.
      server.listen({ port, host: '127.0.0.1', reusePort: true } as object)
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    }
    return true
  } catch {
    return false
  } finally {
    for (const server of servers) server.close()
  }
}
