// What the kernel holds of a TCP connection. Linux tells in /proc/net/tcp; elsewhere one can only subtract.

import { readFileSync } from 'node:fs'

/** Bytes that one end's kernel holds. */
export interface KernelQueues {
  /** Sent by the program, and not yet acknowledged by the other end's kernel. */
  readonly outgoing: number
  /** Arrived, and not yet read by the program. */
  readonly incoming: number
}

/** The queues of the IPv4 connection at `localPort`, or undefined where the system does not show them. */
export function kernelQueues(localPort: number, remotePort: number): KernelQueues | undefined {
  let table: string
  try {
    table = readFileSync('/proc/net/tcp', 'latin1')
  } catch {
    return undefined
  }
  // sl  local_address rem_address   st tx_queue rx_queue …
  //  0: 0100007F:A32F 0100007F:DA16 01 003BA810:0000A800 …
  for (const line of table.split('\n').slice(1)) {
    const [, local, remote, , queues] = line.trim().split(/\s+/)
    if (local?.endsWith(inHex(localPort)) && remote?.endsWith(inHex(remotePort))) {
      const [outgoing = NaN, incoming = NaN] = queues?.split(':').map((hex) => parseInt(hex, 16)) ?? []
      return Number.isNaN(outgoing + incoming) ? undefined : { outgoing, incoming }
    }
  }
  return undefined
}

/** How large the kernel lets a connection's outgoing buffer grow, in bytes: Linux's default where it cannot be asked. */
export function kernelSendLimit(): number {
  let limit = 4 * 1024 * 1024
  try {
    limit = Number(readFileSync('/proc/sys/net/ipv4/tcp_wmem', 'latin1').trim().split(/\s+/)[2]) || limit
  } catch {
    // not Linux
  }
  return Math.min(Math.max(limit, 1024 * 1024), 64 * 1024 * 1024)
}

function inHex(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, '0')}`
}
