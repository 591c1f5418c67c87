/**
 * What the measured side asks of the peer: a line of JSON at the head of each connection, and the addresses of what was asked.
 */

import type { Rule } from './wire.ts'

export const MiB: number = 1024 * 1024
export const KiB = 1024

/** The peer's side of a connection. */
export type Mode =
  /** sends `total` bytes of frames in writes of `chunk` bytes, then its end */
  | 'flood'
  /** reads to the end, and ends as well if it was `total` bytes; else it resets the connection */
  | 'sink'
  /** sends back what it reads */
  | 'echo'
  /** floods and wants all of it back: its end comes when it has read as many bytes as it has sent */
  | 'return'
  /** sends what it has counted since it was last asked: {@link Usage} by tag, as JSON */
  | 'report'

export interface Request {
  readonly mode: Mode
  /** How frames are told apart. */
  readonly rule: Rule
  /** Bytes of one frame on the wire, its LF or length included. */
  readonly frame: number
  /** Bytes of one write. */
  readonly chunk: number
  /** Microseconds from one write to the next, each of which is a call of the system by itself. @defaultValue writes as fast as they leave */
  readonly pace?: number
  /** Bytes of the whole conversation in one direction: whole frames. */
  readonly total: number
  /** Whom the peer's work is counted for. */
  readonly tag: string
}

/** What the connections of one tag have cost the peer, in milliseconds. */
export interface Usage {
  wall: number
  cpu: number
}

/** What a row is given: where the peer is, and what it has to say there first. */
export interface Call {
  readonly port: number
  readonly request: Uint8Array
  /** Bytes that one direction carries. */
  readonly total: number
  /** Bytes of one frame on the wire. */
  readonly frame: number
}

export function requestLine(request: Request): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(request)}\n`)
}

/** `64 B`, `1 KiB`, `1460 B`. */
export function size(bytes: number): string {
  return bytes % MiB === 0 ? `${bytes / MiB} MiB` : bytes % KiB === 0 ? `${bytes / KiB} KiB` : `${bytes} B`
}
