// Two endpoints with a proxy between them that fails as it is told:
//
//   connect ──► proxy ──► listen
import { endpointOptions, reportOf, startConnecting, startListening, stopAll } from './process-lines.mjs'

const address = '127.0.0.1'

/** @param {any} fault a case of run.mjs */
export async function overProxy(fault) {
  const options = endpointOptions(fault)
  try {
    const server = await startListening('endpoint.mjs', { ...options.listen, address })
    const { forth, back } = fault
    const proxy = await startListening('proxy.mjs', { port: server.port, forth, back })
    const client = startConnecting({ ...options.connect, address, port: proxy.port })
    const mayDie = fault.each?.connect?.dieAfter !== undefined
    const [connect, listen] = await Promise.all([reportOf(client, mayDie), reportOf(server.program, false)])
    return { connect, listen }
  } finally {
    stopAll()
  }
}
