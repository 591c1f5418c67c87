// What a transport knows of its ends, as a conversation tells it.

import type { SocketInfo } from './types.ts'

/** What is known of both ends, whatever else the transport's own object has. */
export function socketInfo(...sources: unknown[]): SocketInfo {
  const all = Object.assign({}, ...sources.map((source) => pick(Object(source)))) as Partial<SocketInfo>
  return { remoteAddress: '', remotePort: 0, localAddress: '', localPort: 0, alpn: undefined, ...all }
}

function pick(source: { readonly [name in keyof SocketInfo]?: unknown }): Partial<Record<keyof SocketInfo, unknown>> {
  const { remoteAddress, remotePort, localAddress, localPort, alpn } = source
  const known = Object.entries({ remoteAddress, remotePort, localAddress, localPort, alpn })
  return Object.fromEntries(known.filter(([, value]) => value !== undefined))
}
