// What TLS can be asked for, and the checks of that. Nothing here touches a socket.

import { checkInteger, checkObject, checkString, checkTimeout } from './check-options.ts'

/**
 * Whether a connection is encrypted: `'off'` never, `'on'` from its first byte, `'starttls'` from the moment that both
 * sides have agreed on, which is when `startTls()` is called.
 */
export type SecureTransport = 'off' | 'on' | 'starttls'

/** Certificates or keys in PEM: text, its bytes, or several of these. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[]

/** A certificate (chain) and its private key. */
export interface TlsIdentity {
  /** The certificate, and after it those between it and the root. */
  cert: Pem
  /** The private key of the certificate, not encrypted. */
  key: Pem
}

/** What both sides of a TLS connection can be asked for. */
export interface TlsOptions {
  /**
   * Application protocols (ALPN), the preferred first; `opened` tells which was agreed on. A client that offers only what
   * the server does not know fails; one that offers none does not. Default: none.
   */
  alpn?: readonly string[] | undefined
  /**
   * Certificates of the authorities that the peer's certificate must come from. A client's default: those that the
   * runtime trusts. A server that has it asks for a client's certificate and refuses clients without a trusted one;
   * its default is not to ask.
   */
  ca?: Pem | undefined
  /** Our certificate, needed by a server. */
  cert?: Pem | undefined
  /** The private key of `cert`, not encrypted. */
  key?: Pem | undefined
}

/**
 * The part of `connect`'s options that is about TLS.
 *
 * @example
 * ```ts
 * import type { ConnectTlsOptions } from 'framewright/socket'
 *
 * const options: ConnectTlsOptions = { secureTransport: 'on', sni: 'example.com', alpn: ['h2', 'http/1.1'] }
 * ```
 */
export interface ConnectTlsOptions extends TlsOptions {
  /** Default: `'off'`; the other options of TLS are then refused. */
  secureTransport?: SecureTransport | undefined
  /**
   * The name of the server, which it is told (SNI) and its certificate must have. Default: the host name; for an IP
   * address nothing is told, and the certificate must have that address. A path needs it.
   */
  sni?: string | undefined
}

/**
 * The part of `listen`'s options that is about TLS. For `'on'` there must be `cert` and `key`.
 *
 * @example
 * ```ts
 * import type { ListenTlsOptions } from 'framewright/socket'
 *
 * declare const pem: Record<'cert' | 'key' | 'otherCert' | 'otherKey', string>
 * const options = (): ListenTlsOptions => ({
 *   secureTransport: 'on',
 *   cert: pem.cert,
 *   key: pem.key,
 *   sni: (serverName) => (serverName === 'b.test' ? { cert: pem.otherCert, key: pem.otherKey } : undefined),
 * })
 * ```
 */
export interface ListenTlsOptions extends TlsOptions {
  /** Default: `'off'`; the other options of TLS are then refused. */
  secureTransport?: SecureTransport | undefined
  /** Chooses by the name that the client asks for; undefined: `cert` and `key`. What it throws fails that handshake. */
  sni?: ((serverName: string) => TlsIdentity | undefined) | undefined
  /** Milliseconds that the handshake of a client may take. An integer, 1 or more. Default: 10000. */
  handshakeTimeout?: number | undefined
}

/** What `startTls` takes; what is not set is as `connect` or `listen` was told. */
export interface StartTlsOptions extends TlsOptions {
  /** A client's: the name of the server. A server's: chooses by that name. */
  sni?: string | ((serverName: string) => TlsIdentity | undefined) | undefined
  /** Milliseconds that the handshake may take. An integer, 1 or more. Default: 10000, or the `connectTimeout` of `connect`. */
  handshakeTimeout?: number | undefined
}

/** The TLS options of a client, checked. */
export interface ClientTls extends CheckedTls {
  /** What the server is told; undefined: nothing, as there is no name. */
  readonly serverName: string | undefined
  /** What the certificate must have: a name or an IP address. */
  readonly identity: string
}

/** The TLS options of a server, checked. */
export interface ServerTls extends CheckedTls {
  readonly choose: ((serverName: string) => TlsIdentity | undefined) | undefined
}

interface CheckedTls {
  readonly alpn: string[] | undefined
  readonly ca: string[] | undefined
  readonly cert: string[] | undefined
  readonly key: string[] | undefined
  readonly handshakeTimeout: number
}

/** Names of the options of `connect` that are about TLS. */
export const connectTlsNames: readonly string[] = ['secureTransport', 'sni', 'alpn', 'ca', 'cert', 'key']
/** Names of the options of `listen` that are about TLS. */
export const listenTlsNames: readonly string[] = [...connectTlsNames, 'handshakeTimeout']

const startTlsNames = ['sni', 'alpn', 'ca', 'cert', 'key', 'handshakeTimeout']
const ipAddress = /^[\d.]+$|:/

/** Checks `secureTransport`, and that nothing is asked of TLS where there is none. */
export function checkSecureTransport(options: ConnectTlsOptions | ListenTlsOptions): SecureTransport {
  const { secureTransport = 'off' } = options
  if (secureTransport !== 'off' && secureTransport !== 'on' && secureTransport !== 'starttls') {
    throw new TypeError(`secureTransport must be 'off', 'on' or 'starttls', not ${String(secureTransport)}`)
  }
  const useless = startTlsNames.find((name) => Object(options)[name] !== undefined)
  if (secureTransport === 'off' && useless) throw new TypeError(`${useless} needs secureTransport 'on' or 'starttls'`)
  return secureTransport
}

/** Checks a client's. `hostname`: where it connects to, undefined for a path. */
export function checkClientTls(options: StartTlsOptions, hostname: string | undefined): ClientTls {
  checkObject('options', options, startTlsNames, '{ sni, alpn, ca, cert, key, handshakeTimeout }')
  const { sni = hostname } = options
  if (sni === undefined) throw new TypeError('sni must be given: a path has no name that a certificate could have')
  checkString('sni', sni)
  const isAddress = ipAddress.test(String(sni))
  if (isAddress && options.sni !== undefined)
    throw new TypeError(`sni must be a host name, not the address '${String(sni)}'`)
  const identity = isAddress ? String(sni).replace(/%.*/, '') : String(sni).replace(/\.$/, '')
  return { ...checkCommon(options), serverName: isAddress ? undefined : identity, identity }
}

/** Checks a server's. */
export function checkServerTls(options: StartTlsOptions): ServerTls {
  checkObject('options', options, startTlsNames, '{ sni, alpn, ca, cert, key, handshakeTimeout }')
  const { sni } = options
  if (sni !== undefined && typeof sni !== 'function') throw new TypeError('sni must be a function: (serverName) => …')
  const common = checkCommon(options)
  if (!common.cert) throw new TypeError('a server needs cert and key')
  return { ...common, choose: sni }
}

/** Checks a certificate and its key. */
export function checkIdentity(identity: TlsIdentity): { cert: string[]; key: string[] } {
  checkObject('sni()', identity, ['cert', 'key'], '{ cert, key }')
  return { cert: pemOf('cert', identity.cert), key: pemOf('key', identity.key) }
}

function checkCommon(options: StartTlsOptions): CheckedTls {
  const { alpn, ca, cert, key, handshakeTimeout = 10_000 } = options
  checkTimeout('handshakeTimeout', handshakeTimeout)
  if ((cert === undefined) !== (key === undefined)) throw new TypeError('cert and key belong together')
  return {
    alpn: alpn === undefined ? undefined : checkAlpn(alpn),
    ca: ca === undefined ? undefined : pemOf('ca', ca),
    cert: cert === undefined ? undefined : pemOf('cert', cert),
    key: key === undefined ? undefined : pemOf('key', key),
    handshakeTimeout,
  }
}

function checkAlpn(alpn: readonly string[]): string[] {
  if (!Array.isArray(alpn) || alpn.length === 0) throw new TypeError('alpn must be an array of names of protocols')
  for (const name of alpn) {
    checkString('alpn', name)
    checkInteger(`alpn '${name}'`, new TextEncoder().encode(name).length, 1, 255, 'bytes')
  }
  return [...alpn]
}

function pemOf(name: string, value: Pem): string[] {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value]
  const texts = parts.map((part) => (part instanceof Uint8Array ? new TextDecoder().decode(part) : part))
  if (texts.length > 0 && texts.every((text) => typeof text === 'string' && text.includes('-----BEGIN '))) {
    return texts as string[]
  }
  throw new TypeError(`${name} must be PEM ('-----BEGIN …'): a string, bytes, or an array of these`)
}

/** The part of `listen`'s or `connect`'s options that is about TLS. */
export function pickTls(options: ConnectTlsOptions | ListenTlsOptions): ListenTlsOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => listenTlsNames.includes(name)))
}
