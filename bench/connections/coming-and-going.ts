/** Connections that are opened, accepted and closed over loopback: how long one takes, with both sides in this process. */

import { createServer, connect as connectRaw, type AddressInfo } from 'node:net'
import { connect, listen } from 'framewright/socket'
import { compare, type Row } from '../compare.ts'

const COUNT = 400
/** So many at a time. */
const AT_A_TIME = 16

const rawConnections: Row = {
  name: 'node:net',
  kind: 'floor',
  run: async () => {
    let accepted = 0
    const server = createServer({ noDelay: true }, (socket) => {
      accepted++
      socket.on('error', fail)
      socket.resume().end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const one = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const socket = connectRaw({ port, host: '127.0.0.1', noDelay: true }, () => socket.resume().end())
        socket.on('error', reject)
        socket.on('close', () => resolve())
      })
    await allOf(one)
    await new Promise((resolve) => server.close(resolve))
    return accepted
  },
}

const ourConnections: Row = {
  name: 'connect, accept and close',
  kind: 'ours',
  run: async () => {
    const listener = listen({ port: 0, hostname: '127.0.0.1' })
    const { localPort } = await listener.opened
    const accepted = acceptAll()
    await allOf(async () => {
      const socket = connect({ hostname: '127.0.0.1', port: localPort })
      await socket.opened
      await socket.close()
    })
    await listener.close()
    return accepted

    async function acceptAll(): Promise<number> {
      let count = 0
      for await (const socket of listener) {
        count++
        socket.close().catch(fail)
      }
      return count
    }
  },
}

/** What is counted is connections and not frames: each from its beginning to its end on both sides. */
export function comingAndGoing(rounds: number): Promise<void> {
  const work = {
    group: 'connections: opened, accepted and closed, TCP',
    fixture: `${AT_A_TIME} at a time`,
    frameBytes: 0,
  }
  return compare([rawConnections, ourConnections], COUNT, rounds, work)
}

async function allOf(one: () => Promise<void>): Promise<void> {
  let left = COUNT
  const oneByOne = async (): Promise<void> => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, oneByOne))
}

function fail(error: unknown): never {
  throw error
}
