// Connects to the first of a host's addresses that answers (RFC 8305): attempts start 250 ms apart, or as soon as the one
// before has failed, IPv6 and IPv4 in turn, and go on side by side. A slow address costs a quarter of a second, not its
// whole timeout, and is not given up for being slow.
//
//   lookup ─► interleave ─► ├─ attempt 1 ──────────────► …
//                           ├─ 250 ms ─► attempt 2 ──► open: the others are destroyed
//                           └─ 500 ms ─► (attempt 3)

import { lookup as systemLookup } from 'node:dns'
import { isIP, Socket as NodeNetSocket } from 'node:net'
import type { HostAddress, PathAddress } from './types.ts'

/** Milliseconds between the starts of two attempts: the Connection Attempt Delay of RFC 8305. */
const attemptDelay = 250

/** An address of a host. */
export interface ResolvedAddress {
  readonly address: string
  /** 4 or 6. */
  readonly family: number
}

/** Finds all addresses of a host, in the order of preference. */
export type LookupAll = (
  hostname: string,
  answer: (error: Error | null, addresses: readonly ResolvedAddress[]) => void,
) => void

const lookupAll: LookupAll = (hostname, answer) => {
  // In the order of the system (RFC 6724), which node 20 would otherwise let an option of the process change.
  systemLookup(hostname, { all: true, verbatim: true }, (error, addresses) => answer(error, addresses ?? []))
}

/** A connection of node:net that half-closes and has our limit for what arrives. */
export function newNodeSocket(highWaterMark: number): NodeNetSocket {
  // The types of node 20 do not know its highWaterMark.
  return new NodeNetSocket({ allowHalfOpen: true, highWaterMark } as object)
}

/** Whether it takes no race: the system has one place to connect to. */
export function isOnePlace(target: HostAddress | PathAddress): boolean {
  return 'path' in target || isIP(target.hostname) !== 0
}

/**
 * Connects; `settle` is called once, in the same turn in which the connection opens, or with what prevented it: an error of
 * node, an AggregateError of all. What is returned gives all up, without a call of `settle`. `lookup` is for tests.
 */
export function dial(
  target: HostAddress | PathAddress,
  highWaterMark: number,
  settle: (result: NodeNetSocket | Error) => void,
  lookup: LookupAll = lookupAll,
): () => void {
  const attempts = new Set<NodeNetSocket>()
  const errors: Error[] = []
  let waiting: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  let isOver = false

  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
    for (const attempt of attempts) attempt.destroy()
  }
  const fail = (): void => {
    stop()
    settle(errors.length === 1 && errors[0] ? errors[0] : new AggregateError(errors))
  }
  const next = (): void => {
    clearTimeout(timer)
    const begin = waiting.shift()
    if (begin) {
      if (waiting.length > 0) timer = setTimeout(next, attemptDelay)
      begin()
    } else if (attempts.size === 0) fail()
  }
  const attempt = (where: { path: string } | { host: string; port: number }): void => {
    const socket = newNodeSocket(highWaterMark)
    attempts.add(socket)
    const failed = (error: Error): void => {
      if (isOver || !attempts.delete(socket)) return
      errors.push(error)
      next()
    }
    socket.on('error', failed)
    socket.on('connect', () => {
      if (isOver) return
      attempts.delete(socket)
      stop()
      settle(socket)
      socket.off('error', failed)
    })
    try {
      socket.connect(where)
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  if ('path' in target || isOnePlace(target)) {
    waiting = [() => attempt('path' in target ? { path: target.path } : { host: target.hostname, port: target.port })]
    next()
  } else {
    const { hostname, port } = target
    lookup(hostname, (error, addresses) => {
      if (isOver) return
      if (error) errors.push(error)
      else if (addresses.length === 0) errors.push(new Error(`${hostname} has no address`))
      waiting = interleave(addresses).map(
        ({ address }) =>
          () =>
            attempt({ host: address, port }),
      )
      next()
    })
  }
  return stop
}

/** Families in turn, beginning with that of the first; each in its own order. */
export function interleave(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family)
  const inTurn: ResolvedAddress[] = []
  for (let i = 0; i < Math.max(first.length, others.length); i++) {
    for (const one of [first[i], others[i]]) if (one) inTurn.push(one)
  }
  return inTurn
}
