// 'host:port', its two parts, or a path: what connect() takes, checked.

import { checkInteger, checkObject, checkString, withoutBrackets } from './check-options.ts'
import type { HostAddress, PathAddress, SocketAddress } from './types.ts'

const wanted = `'host:port', { hostname, port } or { path }`

//                      [IPv6]  or a host without colons, then a port
const hostAndPort = /^(?:\[([^[\]]+)\]|([^:[\]/@\s]+)):(\d+)$/

/** The two parts of an address, or its path. Throws a TypeError or, for the port, a RangeError. */
export function parseAddress(address: SocketAddress): HostAddress | PathAddress {
  if (typeof address === 'string') {
    const [, ipv6, host, port] = hostAndPort.exec(address) ?? []
    const hostname = ipv6 ?? host
    if (hostname === undefined) {
      const hint = address.includes(':') ? `; an IPv6 address is put in brackets, '[::1]:7000'` : ''
      throw new TypeError(`address must be ${wanted}, not '${address}'${hint}`)
    }
    return checkPort({ hostname, port: Number(port) })
  }
  checkObject('address', address, ['hostname', 'port', 'path'], wanted)
  if ('path' in address) {
    if ('port' in address || 'hostname' in address) throw new TypeError(`address must be ${wanted}, not a mixture`)
    checkString('path', address.path)
    return { path: address.path }
  }
  checkString('hostname', address.hostname)
  return checkPort({ hostname: withoutBrackets(address.hostname), port: address.port })
}

function checkPort(address: HostAddress): HostAddress {
  checkInteger('port', address.port, 1, 65_535, 'a port to connect to')
  return address
}
