// From a plain conversation to one over TLS: the old one flushes and lets go of its socket, the new one begins there.
//
//   old:  … ─► write queue empty ─► hands over the raw socket
//   new:  returned at once, pending ─────────────────────────► handshake ─► open

import type { Socket as NodeNetSocket } from 'node:net'
import type { CheckedSocketOptions } from './check-options.ts'
import { newNodeSocket } from './happy-eyeballs.ts'
import type { NodeSecurity } from './node-security.ts'
import { NodeSocket } from './node-socket.ts'
import { SocketError, toSocketError } from './socket-error.ts'
import type { Handshake } from './tls-handshake.ts'
import type { StartTlsOptions } from './tls-options.ts'
import type { SocketInfo } from './types.ts'

/** `secureTransport: 'starttls'`. `prepare` checks the options of startTls() and throws for wrong ones. */
export function startTlsSecurity(
  prepare: (options: StartTlsOptions) => Handshake,
  checked: CheckedSocketOptions,
  names: Partial<SocketInfo>,
): NodeSecurity {
  return {
    secureTransport: 'starttls',
    upgrade: (old, options) => {
      const handshake = prepare(options)
      const placeholder = newNodeSocket(checked.highWaterMark)
      const next = new NodeSocket(placeholder, checked, names, { secureTransport: 'on' })
      let giveUp = (): void => old.abort(new SocketError('startTls: given up', { code: 'ECONNABORTED', phase: 'tls' }))
      placeholder.once('close', () => giveUp())
      const begin = (raw: NodeNetSocket): void => {
        giveUp = handshake(raw, checked.highWaterMark, (result) => {
          if (result instanceof SocketError) next.abort(result)
          else next.adopt(result.socket, result)
        })
        if (placeholder.destroyed) giveUp()
      }
      old.handOver().then(begin, (error: unknown) => next.abort(toSocketError(error, 'tls')))
      return next
    },
  }
}
