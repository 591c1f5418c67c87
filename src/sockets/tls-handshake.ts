// A TLS handshake over a connected socket of node:net, on either side of it: how it succeeds, and the many ways it fails.
//
//   raw socket ─► TLSSocket ─┬─► 'secureConnect' / 'secure' ─► the peer's certificate is right ─► SecureConnection
//                            └─► 'error', 'end', 'close', too late ─► SocketError in phase 'tls'

import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Socket as NodeNetSocket } from 'node:net'
import * as tls from 'node:tls'
import { hasPeerEnded, resetNodeSocket } from './node-connection.ts'
import { SecureConnection } from './secure-connection.ts'
import { SocketError } from './socket-error.ts'
import { checkIdentity, type ClientTls, type ServerTls, type TlsIdentity } from './tls-options.ts'

/** Starts a handshake; what is returned gives it up. `settle` is called once, in the same turn as the event it is about. */
export type Handshake = (
  raw: NodeNetSocket,
  highWaterMark: number,
  settle: (result: SecureConnection | SocketError) => void,
) => () => void

/**
 * Deno 2.9 reads from a TLS connection without a limit, whatever the socket's, and loses its end if the socket's buffer was full
 * before: so there it never is. It cannot be found out by trying before it is too late.
 */
const readsWithoutLimit: boolean = 'Deno' in globalThis

interface TlsInternals {
  _handle?: { verifyError?: () => unknown } | null
}

/** The handshake of a client. Throws a TypeError for certificates and keys that are none. */
export function clientHandshake(options: ClientTls): Handshake {
  const { ca, cert, alpn, serverName, identity, handshakeTimeout } = options
  const secureContext = ca || cert ? secureContextOf(options) : undefined
  const make = (socket: NodeNetSocket, highWaterMark: number): tls.TLSSocket =>
    tls.connect({
      socket,
      highWaterMark,
      ...(secureContext && { secureContext }),
      ...(alpn && { ALPNProtocols: alpn }),
      ...(serverName !== undefined && { servername: serverName }),
      host: identity,
      rejectUnauthorized: true, // not even an environment variable changes that
    } as tls.ConnectionOptions)
  return handshake({ make, event: 'secureConnect', isTrusted: isServerTrusted, timeout: handshakeTimeout })
}

/** The handshake of a server, for any number of connections. Throws a TypeError for certificates and keys that are none. */
export function serverHandshake(options: ServerTls): Handshake {
  const { ca, alpn, choose, handshakeTimeout } = options
  const secureContext = secureContextOf(options)
  const contexts = new WeakMap<TlsIdentity, tls.SecureContext>()
  const contextFor = (serverName: string): tls.SecureContext => {
    const identity = serverName === '' ? undefined : choose?.(serverName)
    if (identity === undefined) return secureContext
    const context = contexts.get(identity) ?? secureContextOf({ ca, ...checkIdentity(identity) })
    contexts.set(identity, context)
    return context
  }
  const SNICallback: tls.TlsOptions['SNICallback'] = (serverName, answer) => {
    let context: tls.SecureContext
    try {
      context = contextFor(serverName)
    } catch (error) {
      return answer(error instanceof Error ? error : new Error(String(error)))
    }
    answer(null, context)
  }
  const make = (raw: NodeNetSocket, highWaterMark: number): tls.TLSSocket =>
    new tls.TLSSocket(raw, {
      isServer: true,
      highWaterMark,
      secureContext,
      ...(alpn && { ALPNProtocols: alpn }),
      ...(choose && { SNICallback }),
      requestCert: ca !== undefined,
      rejectUnauthorized: true,
    } as tls.TLSSocketOptions)
  const isTrusted = (socket: tls.TLSSocket): boolean => ca === undefined || isClientTrusted(socket)
  return handshake({ make, event: 'secure', isTrusted, timeout: handshakeTimeout })
}

interface Side {
  make: (raw: NodeNetSocket, highWaterMark: number) => tls.TLSSocket
  event: 'secureConnect' | 'secure'
  isTrusted: (socket: tls.TLSSocket) => boolean
  timeout: number
}

function handshake({ make, event, isTrusted, timeout }: Side): Handshake {
  return (raw, highWaterMark, settle) => {
    let timer: NodeJS.Timeout | undefined
    let socket: tls.TLSSocket | undefined
    let isOver = false
    // Known only as long as there is a connection.
    const { remoteAddress: address, remotePort: port } = raw
    const finish = (result: SecureConnection | SocketError): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      socket?.off(event, succeed).off('error', fail).off('end', ended).off('close', ended)
      socket?.on('error', () => {}) // until its owner listens, or for ever, if there will be none
      if (result instanceof SocketError) {
        resetNodeSocket(raw)
        // Bun does not let go of the raw socket before; node must not lose its TLS in the midst of one of its callbacks.
        setImmediate(() => socket?.destroy())
      }
      settle(result)
    }
    const fail = (error: unknown): void => finish(handshakeError(error, address, port))
    const ended = (): void => finish(handshakeError('the peer ended the connection', address, port, 'ECONNRESET'))
    const succeed = (): void => {
      if (!socket) return
      if (isTrusted(socket)) finish(new SecureConnection(socket, raw))
      else finish(handshakeError(`the peer's certificate is not trusted`, address, port, 'ERR_TLS_CERT_UNTRUSTED'))
    }
    raw.on('error', fail)
    raw.once('close', ended)
    try {
      if (hasPeerEnded(raw)) throw Object.assign(new Error('the peer has ended the connection'), { code: 'ECONNRESET' })
      raw.allowHalfOpen = true // the TLSSocket takes it over
      socket = make(raw, readsWithoutLimit ? 2 ** 30 : highWaterMark)
      socket.on(event, succeed).on('error', fail).on('end', ended).on('close', ended)
      timer = setTimeout(() => fail(tooLate(timeout)), timeout)
    } catch (error) {
      fail(error)
    }
    return () => finish(handshakeError('it was given up', address, port, 'ABORT_ERR'))
  }
}

function tooLate(timeout: number): Error {
  return Object.assign(new Error(`not done in ${timeout} ms`), { code: 'ETIMEDOUT' })
}

function isServerTrusted(socket: tls.TLSSocket): boolean {
  return socket.authorized
}

// Only the server of node:tls looks at a client's certificate; its sockets leave that to who made them.
function isClientTrusted(socket: tls.TLSSocket): boolean {
  const handle = (socket as TlsInternals)._handle
  if (typeof handle?.verifyError === 'function') return !handle.verifyError()
  return socket.authorized
}

function handshakeError(thrown: unknown, address?: string, port?: number, ourCode = 'ECONNABORTED'): SocketError {
  const { message, code, syscall } = Object(thrown) as Record<string, unknown>
  return new SocketError(`TLS handshake: ${typeof message === 'string' ? message : String(thrown)}`, {
    code: typeof code === 'string' ? code : ourCode,
    phase: 'tls',
    syscall: typeof syscall === 'string' ? syscall : undefined,
    address,
    port,
    ...(thrown instanceof Error && { cause: thrown }),
  })
}

interface Material {
  ca?: string[] | undefined
  cert?: string[] | undefined
  key?: string[] | undefined
}

// Not every runtime complains about what is not a certificate, or about a key that belongs to another.
function secureContextOf({ ca, cert, key }: Material): tls.SecureContext {
  const certificates = wrapping('cert', () => cert?.map((pem) => new X509Certificate(pem)))
  wrapping('ca', () => ca?.map((pem) => new X509Certificate(pem)))
  const keys = wrapping('key', () => key?.map((pem) => createPrivateKey(pem)))
  if (keys && certificates && !keys.every((one) => certificates.some((its) => its.checkPrivateKey(one)))) {
    throw new TypeError('key is not the key of cert')
  }
  return wrapping('cert, key or ca', () =>
    tls.createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }),
  )
}

function wrapping<T>(name: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new TypeError(`${name} is not right: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
