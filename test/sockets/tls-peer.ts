// Starts tls-peer.mjs, and has the certificates that both sides use.

import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import type { Socket } from '../../src/sockets/index.ts'
import { Peer, type PeerEvent } from './peer.ts'

export interface TlsEvent extends PeerEvent {
  /** Whether a close_notify came before the FIN. */
  clean: boolean
  serverName: string | false
  alpn: string | false
  certificate: string
  text: string
}

export interface TlsPeer {
  tell(command: string): void
  next(...names: string[]): Promise<TlsEvent>
  count(name: string): number
}

export function startTlsPeer(role: 'listen' | 'connect' | 'hold', options: object = {}): TlsPeer {
  const peer = new Peer([role, JSON.stringify(options)], 'tls-peer.mjs')
  onTestFinished(() => peer.stop())
  return peer as Peer & TlsPeer
}

/** A peer that listens, and its port. */
export async function listeningTlsPeer(options: object = {}): Promise<{ peer: TlsPeer; port: number }> {
  const peer = startTlsPeer('listen', options)
  const { port } = await peer.next('listening')
  return { peer, port }
}

/** A file in certificates/. */
export function pem(name: string): string {
  return readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
}

export const ca: string = pem('ca')

/** A certificate and its key. */
export function identity(name: string): { cert: string; key: string } {
  return { cert: pem(name), key: pem(`${name}-key`) }
}

/** Reads a few bytes as text. */
export async function readText(socket: Socket, bytes: number): Promise<string> {
  const reader = socket.readable.getReader({ mode: 'byob' })
  const { value } = await reader.read(new Uint8Array(bytes), { min: bytes })
  reader.releaseLock()
  return new TextDecoder().decode(value)
}

/** Writes text, and leaves the stream to others. */
export async function writeText(socket: Socket, text: string): Promise<void> {
  const writer = socket.writable.getWriter()
  await writer.write(new TextEncoder().encode(text))
  writer.releaseLock()
}
