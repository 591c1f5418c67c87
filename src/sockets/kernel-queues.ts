// What the kernel holds of a connection. No runtime tells (SIOCINQ and SIOCOUTQ take a file descriptor); Linux has it in
// the files of its connections.
//
//   sl  local_address rem_address   st tx_queue rx_queue …
//    0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 …

import { readFile } from 'node:fs/promises'
import type { Socket } from './types.ts'

/**
 * Bytes that the kernel holds of one connection.
 *
 * @example
 * ```ts
 * import type { KernelQueues } from 'framewright/socket'
 *
 * const nothing: KernelQueues = { incoming: 0, outgoing: 0 }
 * ```
 */
export interface KernelQueues {
  /** Arrived, and not yet taken by this program (Recv-Q of `ss`). */
  readonly incoming: number
  /** Taken from this program, and not yet acknowledged by the peer's kernel (Send-Q of `ss`). */
  readonly outgoing: number
}

const files = ['/proc/net/tcp', '/proc/net/tcp6']
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/**
 * How many bytes the kernel holds of a TCP connection, beyond those that `socket.stats` counts. With both, one can tell who does
 * not read: much outgoing here and a full incoming queue there is the peer's program, and so on. Only Linux tells; the
 * cost grows with the number of connections of the machine, so this is for a look now and then.
 *
 * Resolves with undefined where it cannot be known: on other systems, for a connection that is not open, or not TCP, or
 * where the files of the kernel may not be read (Deno without `--allow-all`). Never rejects.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, kernelQueues, listen } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort } = await listener.opened
 * const socket = connect({ hostname: '127.0.0.1', port: localPort })
 * await socket.opened
 * const queues = await kernelQueues(socket)
 * if (process.platform === 'linux') assert.deepEqual(queues, { incoming: 0, outgoing: 0 })
 * else assert.equal(queues, undefined)
 *
 * socket.reset()
 * await listener.close()
 * ```
 */
export async function kernelQueues(socket: Socket): Promise<KernelQueues | undefined> {
  const info = await Promise.race([socket.opened, Promise.resolve(undefined)]).catch(() => undefined)
  if (!info || info.localPort === 0 || info.remotePort === 0) return undefined
  const local = canonical(info.localAddress)
  const remote = canonical(info.remoteAddress)
  const row = new RegExp(
    `: ([0-9A-F]+):${hex(info.localPort)} ([0-9A-F]+):${hex(info.remotePort)} [0-9A-F]+ ([0-9A-F]+):([0-9A-F]+) `,
    'g',
  )
  for (const file of files) {
    const table = await readFile(file, 'latin1').catch(() => '')
    for (const [, here = '', there = '', outgoing = '', incoming = ''] of table.matchAll(row)) {
      if (canonical(addressIn(here)) !== local || canonical(addressIn(there)) !== remote) continue
      return { incoming: Number.parseInt(incoming, 16), outgoing: Number.parseInt(outgoing, 16) }
    }
  }
  return undefined
}

/** A port as the table has it. */
function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

/** An address of the kernel's table, which has words of four bytes in the order of the processor, as text. */
function addressIn(digits: string): string {
  const words = digits.match(/.{8}/g) ?? []
  const bytes = words.map((word) => (isLittleEndian ? word.replace(/(..)(..)(..)(..)/, '$4$3$2$1') : word)).join('')
  if (bytes.length === 8) return (bytes.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.')
  return (bytes.match(/..../g) ?? []).join(':')
}

/** One spelling for each address: an IPv4 address and the IPv6 address that it is mapped to are the same. */
function canonical(address: string): string {
  const [ip = ''] = address.split('%')
  return new URL(`http://[${ip.includes(':') ? ip : `::ffff:${ip}`}]`).hostname
}
