// What a runtime without the means says.

import { SocketError } from './socket-error.ts'

/** The error of a call that this runtime cannot do, with what to do instead. */
export function unsupported(name: string, instead: string): SocketError {
  return new SocketError(`${name}() is not available here; ${instead}`, { code: 'ERR_UNSUPPORTED', phase: 'connect' })
}
