// What a NodeSocket knows about TLS: whether there is some, what lies below it, and how to get it later.

import type { Socket as NodeNetSocket } from 'node:net'
import type { SecureConnection } from './secure-connection.ts'
import { SocketError } from './socket-error.ts'
import type { SecureTransport, StartTlsOptions } from './tls-options.ts'
import type { Socket } from './types.ts'

/** A conversation that can hand over its connection. */
export interface Upgradable {
  /** Resolves when all that was written is sent and nobody else holds the socket any more. */
  handOver(): Promise<NodeNetSocket>
  /** Gives up the connection before that. */
  abort(error: SocketError): void
}

/** What a NodeSocket knows about TLS. */
export interface NodeSecurity {
  readonly secureTransport: SecureTransport
  /** Below the socket, if its handshake was done before. */
  readonly connection?: SecureConnection
  /** Makes the conversation that goes on over TLS. Throws for wrong options, and has then touched nothing. */
  readonly upgrade?: (old: Upgradable, options: StartTlsOptions) => Socket
}

/** No TLS, now and later. */
export const noSecurity: NodeSecurity = { secureTransport: 'off' }

/** What startTls() looks at. */
export interface UpgradeState {
  readonly security: NodeSecurity
  readonly isUpgraded: boolean
  readonly isOver: boolean
  readonly isLocked: boolean
  /** Bytes in the readable's own queue. */
  readonly queued: number
}

/** Throws if there can be no upgrade, and returns who does it. */
export function requireUpgrade(state: UpgradeState): NonNullable<NodeSecurity['upgrade']> {
  const { upgrade, secureTransport } = state.security
  if (state.isUpgraded) throw refusal('the conversation was upgraded before')
  if (!upgrade) throw refusal(`secureTransport must be 'starttls' for that, and is '${secureTransport}'`)
  if (state.isOver) throw refusal('the connection has failed, or one of its directions has ended')
  if (state.isLocked) throw refusal('the readable and the writable must not be locked', 'ERR_STREAM_LOCKED')
  if (state.queued > 0) {
    throw refusal(`${state.queued} bytes of an abandoned read are unread; they came without TLS`, 'ERR_TLS_UNREAD')
  }
  return upgrade
}

/** Why the writable of a conversation that was upgraded takes no more. */
export function handedOver(): SocketError {
  return refusal('the conversation goes on over TLS: use what startTls() has returned')
}

function refusal(message: string, code = 'ERR_TLS_NOT_ALLOWED'): SocketError {
  return new SocketError(`startTls: ${message}`, { code, phase: 'tls' })
}
