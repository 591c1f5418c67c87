/** How rows over TCP open a connection of ours to the peer. */

import { connect, type Socket } from 'framewright/socket'
import type { Call } from './socket-request.ts'

export const hostname = '127.0.0.1'

/** Sends the request; what follows on the same connection is the row's. */
export async function open({ port, request }: Call): Promise<Socket> {
  const socket = connect({ hostname, port })
  const writer = socket.writable.getWriter()
  await writer.write(request)
  writer.releaseLock()
  return socket
}

/** Sends the request, and our end behind it: what follows is the peer's. */
export async function ask(call: Call): Promise<Socket> {
  const socket = await open(call)
  await socket.writable.close()
  return socket
}
