// Wrong options are refused at once, with a message that says what would be right. Unknown ones too: an option that is
// silently ignored (a misspelt limit, a security setting of another API) is worse than an error.

import type { SocketLimits } from './socket-watch.ts'
import type { CloseOptions, SocketOptions } from './types.ts'

/** The longest time a timer of the runtime can wait, in ms: longer ones would fire at once. */
const longestTimer = 2 ** 31 - 1

/** The names of SocketOptions. */
export const socketOptionNames: readonly string[] = [
  'allowHalfOpen',
  'highWaterMark',
  'noDelay',
  'keepAlive',
  'readTimeout',
  'writeTimeout',
  'idleTimeout',
  'stallTimeout',
]

/** SocketOptions with their defaults; undefined: leave the socket as it is. */
export interface CheckedSocketOptions {
  readonly allowHalfOpen: boolean
  readonly highWaterMark: number
  readonly noDelay: boolean | undefined
  readonly keepAlive: boolean | undefined
  readonly keepAliveInitialDelay: number
  /** undefined: no limit is set. */
  readonly limits: SocketLimits | undefined
}

/** Checks the options that every conversation has. */
export function checkSocketOptions(options: SocketOptions, newSocket: boolean): CheckedSocketOptions {
  const { allowHalfOpen = true, highWaterMark = 65_536, noDelay = newSocket ? true : undefined, keepAlive } = options
  checkBoolean('allowHalfOpen', allowHalfOpen)
  checkInteger('highWaterMark', highWaterMark, 1, Number.MAX_SAFE_INTEGER, 'bytes')
  if (noDelay !== undefined) checkBoolean('noDelay', noDelay)
  const limits = checkLimits(options)
  if (keepAlive === undefined || typeof keepAlive === 'boolean') {
    return { allowHalfOpen, highWaterMark, noDelay, keepAlive, keepAliveInitialDelay: 0, limits }
  }
  checkObject('keepAlive', keepAlive, ['initialDelay'], 'a boolean or { initialDelay: ms }')
  checkInteger('keepAlive.initialDelay', keepAlive.initialDelay, 1_000, longestTimer, 'ms')
  const keepAliveInitialDelay = keepAlive.initialDelay
  return { allowHalfOpen, highWaterMark, noDelay, keepAlive: true, keepAliveInitialDelay, limits }
}

/** Checks the options of a graceful close and returns its deadline in ms. */
export function checkDeadline(options: CloseOptions): number {
  checkObject('options', options, ['deadline'], '{ deadline: ms }')
  const { deadline = 10_000 } = options
  if (deadline !== Infinity) checkInteger('deadline', deadline, 0, longestTimer, 'ms')
  return deadline
}

function checkLimits({
  readTimeout,
  writeTimeout,
  idleTimeout,
  stallTimeout,
}: SocketOptions): SocketLimits | undefined {
  const limits = { readTimeout, writeTimeout, idleTimeout, stallTimeout }
  const set = Object.entries(limits).filter(([, value]) => value !== undefined)
  for (const [name, value] of set) checkTimeout(name, value)
  return set.length > 0 ? limits : undefined
}

/** Checks a time in ms. */
export function checkTimeout(name: string, value: unknown): void {
  checkInteger(name, value, 1, longestTimer, 'ms')
}

/** Refuses all but an object whose properties have these names. */
export function checkObject(name: string, value: unknown, known: readonly string[], wanted: string): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be ${wanted}, not ${show(value)}`)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new TypeError(`${name}: unknown property '${key}'; there are ${known.join(', ')}`)
  }
}

/** Refuses all but a number (TypeError) that is an integer between two bounds (RangeError). */
export function checkInteger(name: string, value: unknown, least: number, most: number, unit: string): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number (${unit}), not ${show(value)}`)
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} must be an integer from ${least} to ${most} (${unit}), not ${value}`)
  }
}

/** Refuses all but a string of at least one character. */
export function checkString(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a string, not ${show(value)}`)
}

/** An IPv6 address without the brackets that it has in URLs. */
export function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname
}

/** Refuses all but a boolean. */
export function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, not ${show(value)}`)
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
