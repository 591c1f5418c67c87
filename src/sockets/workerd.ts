// 'framewright/socket' in workerd, what Cloudflare's Workers run in.

// The runtime's own module. It has no types here, and must not need any where this package is used.
// @ts-ignore
import { connect as connectThere } from 'cloudflare:sockets'
import { checkObject, checkSocketOptions, checkTimeout, socketOptionNames } from './check-options.ts'
import { DuplexSocket } from './duplex-socket.ts'
import { connectedTransport, type WorkerdSocket } from './from-ingress.ts'
import { parseAddress } from './parse-address.ts'
import { SocketError } from './socket-error.ts'
import { checkSecureTransport, connectTlsNames, type StartTlsOptions } from './tls-options.ts'
import type { TlsTransport } from './transport.ts'
import type { ConnectOptions, HostAddress, Socket, SocketAddress } from './types.ts'
import { unsupported } from './unsupported-error.ts'

export { duplexPair } from './duplex-pair.ts'
export { exchange } from './exchange.ts'
export { fromDuplex } from './from-duplex.ts'
export { fromIngress } from './from-ingress.ts'
export { SocketError } from './socket-error.ts'
export { splice } from './splice.ts'
export { StallError } from './stall-error.ts'
export { kernelQueues } from './unsupported.ts'

type ConnectThere = (
  address: HostAddress,
  options: { secureTransport: string; allowHalfOpen: boolean; highWaterMark: number },
) => WorkerdSocket

const optionNames = [...socketOptionNames, ...connectTlsNames, 'signal', 'connectTimeout']

/** `connect` over `cloudflare:sockets`: inside a handler only. What workerd has no setting for is a TypeError. */
export function connect(address: SocketAddress, options: ConnectOptions = {}): Socket {
  const target = parseAddress(address)
  if ('path' in target) throw new TypeError('workerd has no unix-domain sockets: address must have a host and a port')
  checkObject('options', options, optionNames, '{ allowHalfOpen, highWaterMark, connectTimeout … }')
  const { signal, connectTimeout, noDelay = true, keepAlive = false } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal must be an AbortSignal')
  if (connectTimeout !== undefined) checkTimeout('connectTimeout', connectTimeout)
  const settings = checkSocketOptions(options, false)
  if (!noDelay) throw new TypeError('noDelay: workerd cannot turn it off')
  if (keepAlive) throw new TypeError('keepAlive: workerd has no such setting')
  const secureTransport = checkSecureTransport(options)
  const tls = (more: StartTlsOptions): { expectedServerHostname?: string } => checkTls({ ...options, ...more }, target)
  if (secureTransport === 'on' && tls({}).expectedServerHostname) {
    throw new TypeError("sni: workerd takes the host name with secureTransport 'on'; another one takes 'starttls'")
  }

  const hostname = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname
  const open = (): TlsTransport => {
    const { highWaterMark } = settings
    const there = { secureTransport, allowHalfOpen: true, highWaterMark }
    const socket = (connectThere as ConnectThere)({ hostname, port: target.port }, there)
    return connectedTransport(socket, secureTransport, tls)
  }
  const socket = new DuplexSocket(signal?.aborted ? nowhere(forever) : attempt(open), settings)
  const giveUp = (code: string, reason: string, cause?: unknown): void => {
    const message = `connect to ${target.hostname} port ${target.port}: ${reason}`
    socket.abort(
      new SocketError(message, { code, phase: 'connect', address: target.hostname, port: target.port, cause }),
    )
  }
  const onAbort = (): void => giveUp('ABORT_ERR', 'aborted', signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer =
    connectTimeout && setTimeout(() => giveUp('ETIMEDOUT', `no answer in ${connectTimeout} ms`), connectTimeout)
  const settled = (): void => {
    signal?.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
  socket.opened.then(settled, settled)
  return socket
}

/** There is no listening in a Worker: connections come to its handler. */
export function listen(): never {
  throw unsupported(
    'listen',
    'a Worker has a handler instead: export default { connect: (socket) => fromIngress(socket)… }',
  )
}

/** There are no sockets of node:net here that would say the truth about their ends. */
export function fromNodeSocket(): never {
  throw unsupported('fromNodeSocket', 'take connect(), or fromDuplex() with the streams of what there is')
}

/** The options of TLS that workerd has: the name of the server, and no other. */
function checkTls(
  options: StartTlsOptions | ConnectOptions,
  { hostname }: HostAddress,
): { expectedServerHostname?: string } {
  for (const name of ['alpn', 'ca', 'cert', 'key'] as const) {
    if (options[name] !== undefined) throw new TypeError(`${name}: workerd has no such setting`)
  }
  const { sni } = options
  if (sni === undefined || sni === hostname) return {}
  if (typeof sni !== 'string') throw new TypeError('sni must be the name of the server')
  return { expectedServerHostname: sni }
}

const forever = new Promise<never>(() => {})

/** workerd refuses some addresses at once; who connects learns it as any other failure. */
function attempt(open: () => TlsTransport): TlsTransport {
  try {
    return open()
  } catch (error) {
    return nowhere(Promise.reject(error))
  }
}

function nowhere(opened: Promise<never>): TlsTransport {
  return { readable: new ReadableStream(), writable: new WritableStream(), opened }
}
