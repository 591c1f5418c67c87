/** The other side of idle connections, over plain node:net: opens as many as it is told, and has one short message answered on each. */

import { connect, type Socket } from 'node:net'

export interface Opening {
  readonly port: number
  /** How many connections more. */
  readonly count: number
}

/** So many at a time, as a listener's queue is not endless. */
const AT_A_TIME = 50
const message = Buffer.from('hello there\n')
const open: Socket[] = []

/** Connects, says a line, and has it back. */
function converse(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let heard = 0
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed')))
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.length
      if (heard === message.length) resolve()
      else if (heard > message.length) reject(new Error(`${heard} bytes came back instead of ${message.length}`))
    })
    socket.write(message)
    open.push(socket)
  })
}

async function openAll({ port, count }: Opening): Promise<void> {
  let left = count
  const one = async (): Promise<void> => {
    while (left-- > 0) await converse(port)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, one))
  process.send!({ open: open.length })
}

process.on('message', (opening) => void openAll(opening as Opening))
process.on('disconnect', () => process.exit())
