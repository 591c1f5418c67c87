// 'framewright/socket' is one API, whichever entry a runtime's condition leads to.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import * as index from '../../src/sockets/index.ts'
import * as unsupported from '../../src/sockets/unsupported.ts'
import * as workerd from '../../src/sockets/workerd.ts'
import { outcome, pattern, readAll } from './peer.ts'

const { dial } = vi.hoisted(() => ({ dial: vi.fn() }))
vi.mock('cloudflare:sockets', () => ({ connect: dial }))

type Names = keyof typeof index

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** What a source loads, and what that loads: files of src/ and everything else. */
function loads(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  if (!path.startsWith('src/')) return seen
  const imports = /^(?:import|export) (?!type )(?:\* |\{[^}]*\} )?(?:from )?'([^']+)'/gm
  for (const [, name = ''] of read(path).matchAll(imports)) {
    const isOurs = name.startsWith('.')
    loads(isOurs ? new URL(name, new URL(path, root)).href.slice(root.href.length) : name, seen)
  }
  return seen
}

describe('every entry', () => {
  test('exports the same names', () => {
    const names = Object.keys(index).sort()
    expect(Object.keys(unsupported).sort()).toEqual(names)
    expect(Object.keys(workerd).sort()).toEqual(names)
  })

  test('has the same types', () => {
    expectTypeOf<typeof unsupported>().toExtend<typeof index>()
    expectTypeOf<typeof workerd>().toExtend<typeof index>()
    expectTypeOf<keyof typeof unsupported>().toEqualTypeOf<Names>()
    expectTypeOf<keyof typeof workerd>().toEqualTypeOf<Names>()
    // The same by assignment: what vitest does not check, tsc does.
    const entries: (typeof index)[] = [unsupported, workerd]
    expect(entries).toHaveLength(2)
  })

  test('shares the classes of errors, and what works over any streams', () => {
    const shared = ({
      SocketError,
      StallError,
      duplexPair,
      exchange,
      fromDuplex,
      fromIngress,
      splice,
    }: typeof index): unknown[] => [SocketError, StallError, duplexPair, exchange, fromDuplex, fromIngress, splice]
    expect(shared(unsupported)).toEqual(shared(index))
    expect(shared(workerd)).toEqual(shared(index))
  })
})

describe('what is loaded', () => {
  test('without a runtime there is no module of one; in workerd there is its own', () => {
    const outside = (path: string): string[] => [...loads(path)].filter((name) => !name.startsWith('src/'))
    expect(outside('src/sockets/unsupported.ts')).toEqual([])
    expect(outside('src/sockets/workerd.ts')).toEqual(['cloudflare:sockets'])
    expect(outside('src/sockets/index.ts').every((name) => name.startsWith('node:'))).toBe(true)
    expect(outside('src/sockets/index.ts')).toContain('node:net')
  })

  test('package.json leads each runtime to its entry, and none to files that are not there', () => {
    const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, Record<string, string>> }
    const entry = exports['./socket']!
    const conditions = Object.keys(entry)
    // The first that applies counts: workerd's bundlers have 'browser', too, and Deno and Bun have 'node'.
    expect(conditions[0]).toBe('types')
    expect(conditions.at(-1)).toBe('default')
    for (const own of ['workerd', 'deno', 'bun'])
      expect(conditions.indexOf(own)).toBeLessThan(conditions.indexOf('node'))
    for (const runtime of ['deno', 'bun', 'node']) expect(entry[runtime]).toBe('./dist/sockets/index.js')
    expect(entry['workerd']).toBe('./dist/sockets/workerd.js')
    expect(entry['default']).toBe('./dist/sockets/unsupported.js')
    for (const path of Object.values(entry)) {
      const source = path.replace('./dist/', 'src/').replace(/(\.d)?\.[jt]s$/, '.ts')
      expect(existsSync(fileURLToPath(new URL(source, root)))).toBe(true)
    }
  })
})

describe('where there are no sockets', () => {
  test('connect, listen and fromNodeSocket say what to do', () => {
    const { connect, listen, fromNodeSocket } = unsupported
    for (const call of [connect, listen, fromNodeSocket]) {
      expect(() => call()).toThrow(index.SocketError)
      const message = expect.stringMatching(`^${call.name}\\(\\).*fromDuplex`)
      expect(() => call()).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED', message }))
    }
  })

  test('duplexPair works, and nothing is known of a kernel', async () => {
    const [a, b] = unsupported.duplexPair()
    const sent = unsupported.exchange(a, { send: [pattern(0, 10)], receive: readAll })
    expect(await unsupported.exchange(b, { send: [], receive: readAll })).toEqual({ received: 10, error: undefined })
    await sent
    const known: (socket: index.Socket) => Promise<unknown> = unsupported.kernelQueues
    expect(await known(a)).toBeUndefined()
  })
})

/** A socket as workerd gives it, joined to one of ours. */
function cloudflare(opened: Promise<object> = Promise.resolve({ remoteAddress: '[::1]:80' })) {
  const [ours, peer] = index.duplexPair()
  const { readable, writable } = ours
  const close = vi.fn(async () => {})
  const startTls = vi.fn()
  // Its `closed` does not always settle.
  return { socket: { readable, writable, opened, closed: new Promise<void>(() => {}), close, startTls }, peer }
}

// The real one is tried by runtime-tests/workerd-sockets.mjs.
describe('in workerd', () => {
  test('connect asks for half-open and for backpressure, and puts an IPv6 address in brackets', async () => {
    const { socket: there, peer } = cloudflare()
    dial.mockReturnValueOnce(there)
    const socket = workerd.connect({ hostname: '::1', port: 80 }, { highWaterMark: 1_000 })
    const options = { secureTransport: 'off', allowHalfOpen: true, highWaterMark: 1_000 }
    expect(dial).toHaveBeenLastCalledWith({ hostname: '[::1]', port: 80 }, options)
    expect(await socket.opened).toMatchObject({ remoteAddress: '::1', remotePort: 80, localAddress: '', localPort: 0 })
    const echo = peer.readable.pipeTo(peer.writable)
    expect(await index.exchange(socket, { send: [pattern(0, 10)], receive: readAll })).toMatchObject({ received: 10 })
    await echo
    expect(await outcome(socket.closed)).toBe('done')
    expect(there.close).toHaveBeenCalledOnce()
  })

  test('what connect refuses at once, and a signal, come out as any other failure', async () => {
    dial.mockImplementationOnce(() => {
      throw new Error('proxy request failed, cannot connect to the specified address')
    })
    expect(await outcome(workerd.connect('a.test:25').opened)).toMatchObject({ code: 'ECONNREFUSED', phase: 'connect' })
    dial.mockReturnValueOnce(cloudflare(new Promise(() => {})).socket)
    const late = workerd.connect('a.test:25', { connectTimeout: 20 })
    expect(await outcome(late.opened)).toMatchObject({
      code: 'ETIMEDOUT',
      phase: 'connect',
      address: 'a.test',
      port: 25,
    })
    expect(await outcome(late.readable.getReader().read())).toMatchObject({ code: 'ETIMEDOUT' })
    const calls = dial.mock.calls.length
    const never = workerd.connect('a.test:25', { signal: AbortSignal.abort('no') })
    expect(await outcome(never.closed)).toMatchObject({ code: 'ABORT_ERR', cause: 'no' })
    expect(dial).toHaveBeenCalledTimes(calls)
  })

  test('what it has no setting for is refused, not ignored', () => {
    for (const options of [
      { keepAlive: true },
      { noDelay: false },
      { secureTransport: 'starttls', alpn: ['h2'], highWatermark: 1 },
      { secureTransport: 'on', ca: 'x' },
      { secureTransport: 'on', sni: 'b.test' },
      { sni: 'a.test' },
    ]) {
      expect(() => workerd.connect('a.test:25', options as object)).toThrow(TypeError)
    }
    expect(() => workerd.connect({ path: '/x' })).toThrow('unix-domain')
  })

  test('startTls passes the name on, and the conversation goes on in another', async () => {
    const plain = cloudflare()
    const secure = cloudflare()
    dial.mockReturnValueOnce(plain.socket)
    plain.socket.startTls.mockReturnValueOnce(secure.socket)
    const socket = workerd.connect('a.test:25', { secureTransport: 'starttls' })
    await socket.opened
    expect(socket.secureTransport).toBe('starttls')
    const upgraded = socket.startTls({ sni: 'b.test' })
    expect(plain.socket.startTls).toHaveBeenCalledWith({ expectedServerHostname: 'b.test' })
    expect(upgraded.secureTransport).toBe('on')
    expect(socket.upgraded).toBe(true)
    expect(await outcome(socket.closed)).toBe('done')
    expect(await outcome(socket.writable.getWriter().write(pattern(0, 1)))).toMatchObject({ code: 'EPIPE' })
    expect(() => socket.startTls()).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_ALLOWED' }))
    socket.reset()
    expect(await outcome(upgraded.closed)).toMatchObject({ code: 'ECONNABORTED' })
  })

  test('fromIngress makes a conversation of what a handler gets, and listen names it', async () => {
    const { socket: there, peer } = cloudflare(
      Promise.resolve({ remoteAddress: '10.0.0.1:9', localAddress: '10.0.0.2:80' }),
    )
    const socket = workerd.fromIngress(there, { allowHalfOpen: false })
    expect(await socket.opened).toMatchObject({
      remoteAddress: '10.0.0.1',
      remotePort: 9,
      localAddress: '10.0.0.2',
      localPort: 80,
    })
    await peer.writable.close()
    await readAll(socket.readable)
    expect(await outcome(socket.closed)).toBe('done')
    expect(() => workerd.fromIngress({} as never)).toThrow('what the handler connect(socket) of a Worker gets')
    expect(() => workerd.listen()).toThrow('fromIngress')
    expect(() => workerd.fromNodeSocket()).toThrow('fromDuplex')
  })
})
