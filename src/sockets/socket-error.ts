// The one error of this layer: what went wrong, in which phase, and the runtime's own error as its cause.

/** What the connection was doing when it failed. */
export type SocketPhase = 'connect' | 'tls' | 'read' | 'write' | 'accept' | 'close'

/** What a SocketError is made from. */
export interface SocketErrorInit {
  /** The system's name of the failure: `ECONNRESET`, `ETIMEDOUT` and the like. */
  code: string
  /** What the connection was doing. */
  phase: SocketPhase
  /** The system call that failed, if one did. */
  syscall?: string | undefined
  /** The address it was about: an IP address, a host name or a path. */
  address?: string | undefined
  /** The port it was about. */
  port?: number | undefined
  /** What caused it: the runtime's error, an abort reason. */
  cause?: unknown
}

/**
 * Every failure of a conversation or a listener. A TypeError, as the Sockets API of WinterTC asks for.
 *
 * Codes of the system: `ECONNREFUSED`, `ECONNRESET` (the peer reset the connection), `EPIPE` (written after the end),
 * `ETIMEDOUT`, `ENOTFOUND` (no such host name), `EADDRINUSE` and its other names. Codes of ours: `ABORT_ERR` (a signal, an
 * `abort()` or a `close()` before the connection was open), `ECONNABORTED` (reset or dropped by this side),
 * `ERR_INVALID_ARG_TYPE` (a chunk that is not bytes), `ERR_LISTENER_CLOSED`, `ERR_TLS_TRUNCATED` (the peer's end came
 * without its close_notify). In phase `'tls'` codes of the runtime's TLS: `ERR_TLS_CERT_ALTNAME_INVALID`,
 * `UNABLE_TO_VERIFY_LEAF_SIGNATURE` and many more; a handshake that the peer breaks off is an `ECONNRESET`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { connect, listen, SocketError } from 'framewright/socket'
 *
 * const listener = listen({ port: 0, hostname: '127.0.0.1' })
 * const { localPort: port } = await listener.opened
 * await listener.close()
 *
 * const error = await connect({ hostname: '127.0.0.1', port }).opened.catch((error: unknown) => error)
 * assert.ok(error instanceof SocketError)
 * assert.equal(error.code, 'ECONNREFUSED')
 * assert.equal(error.phase, 'connect')
 * assert.equal(error.port, port)
 * ```
 */
export class SocketError extends TypeError {
  /** `'SocketError'`, or the name of the class that extends it. */
  override readonly name: string = 'SocketError'
  /** The system's name of the failure. */
  readonly code: string
  /** What the connection was doing. */
  readonly phase: SocketPhase
  /** The system call that failed, if one did. */
  readonly syscall: string | undefined
  /** The address it was about. */
  readonly address: string | undefined
  /** The port it was about. */
  readonly port: number | undefined

  /** An error with that message; `init.code` says the same to a program. */
  constructor(message: string, init: SocketErrorInit) {
    super(message, 'cause' in init ? { cause: init.cause } : undefined)
    this.code = init.code
    this.phase = init.phase
    this.syscall = init.syscall
    this.address = init.address
    this.port = init.port
  }
}

// The system call tells the phase better than the moment does: a reset is noticed by whichever call comes next.
const phases: Readonly<Record<string, SocketPhase>> = {
  connect: 'connect',
  getaddrinfo: 'connect',
  read: 'read',
  write: 'write',
  shutdown: 'write',
  listen: 'accept',
  bind: 'accept',
  accept: 'accept',
}

/** Makes a SocketError of whatever the runtime threw, once: a SocketError stays what it is. */
export function toSocketError(thrown: unknown, phase: SocketPhase): SocketError {
  if (thrown instanceof SocketError) return thrown
  if (!(thrown instanceof Error)) {
    return new SocketError(`the connection failed with ${String(thrown)}`, {
      code: 'ECONNABORTED',
      phase,
      cause: thrown,
    })
  }
  // A host name with several addresses fails with an AggregateError that has no message of its own.
  const first: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown
  const { code, syscall, address, hostname, port } = Object(first) as Record<string, unknown>
  const attempts: unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown]
  return new SocketError(attempts.map((error) => (error instanceof Error ? error.message : String(error))).join('; '), {
    code: typeof code === 'string' ? code : codeOf(thrown.message),
    phase: phaseOf(code, syscall) ?? phase,
    syscall: typeof syscall === 'string' ? syscall : undefined,
    address: typeof address === 'string' ? address : typeof hostname === 'string' ? hostname : undefined,
    port: typeof port === 'number' ? port : undefined,
    cause: thrown,
  })
}

function phaseOf(code: unknown, syscall: unknown): SocketPhase | undefined {
  if (typeof code === 'string' && code.startsWith('ERR_SSL_')) return 'tls'
  return typeof syscall === 'string' ? phases[syscall] : undefined
}

/** workerd has messages and no codes. */
function codeOf(message: string): string {
  if (message.includes('cannot connect to the specified address')) return 'ECONNREFUSED'
  return message.includes('Network connection lost') ? 'ECONNRESET' : 'ECONNABORTED'
}
