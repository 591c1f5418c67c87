// The other process: listens on TCP and holds the server's end of each conversation.

import { listen } from 'framewright/socket'
import { Link } from './link.ts'
import type { Order, Report } from './protocol.ts'
import { serveDeadlock } from './steps/deadlock.ts'
import { serveFraming } from './steps/framing.ts'
import { serveHalfClose } from './steps/half-close.ts'

// Without the conductor there is nothing to do. Ctrl-C reaches both processes; how it ends is the conductor's business.
process.on('disconnect', () => process.exit(1))
process.on('SIGINT', () => {})

const link = new Link<Order, Report>(process)
// Half-open: when a client has ended its side, ours stays open until we close it.
const listener = listen({ port: 0, hostname: '127.0.0.1' })
const { localPort } = await listener.opened
link.send({ type: 'listening', port: localPort })

for (let order = await link.next(); order.type !== 'stop'; order = await link.next()) {
  const socket = await listener.accept()
  if (order.type === 'framing') await serveFraming(socket, link, order.rule)
  else if (order.type === 'half-close') await serveHalfClose(socket, link)
  else if (order.type === 'deadlock') await serveDeadlock(socket, link, order)
  await socket.closed
  link.send({ type: 'done' })
}

await listener.close()
process.removeAllListeners('disconnect')
process.send?.({ type: 'bye', peakMemory: process.resourceUsage().maxRSS * 1024 } satisfies Report, () => {
  process.disconnect()
})
