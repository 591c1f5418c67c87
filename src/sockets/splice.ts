// A proxy's two pipes.
//
//   a.readable ──► b.writable        bytes, then the end (FIN), each way on its own
//   a.writable ◄── b.readable        an error of either: both are reset

import { checkObject } from './check-options.ts'
import { handled } from './deferred.ts'
import { keepHalfOpen } from './half-open.ts'
import type { Socket } from './types.ts'

/** The third argument of `splice`. */
export interface SpliceOptions {
  /** Ends it: both sockets are reset. Default: none. */
  signal?: AbortSignal | undefined
}

/** What a splice has passed on. */
export interface SpliceResult {
  /** Bytes from the first socket to the second. */
  readonly aToB: number
  /** Bytes from the second socket to the first. */
  readonly bToA: number
}

/**
 * Joins two conversations: what comes from one goes to the other, both ways at once, within what the buffers of both hold. The
 * end of one direction is passed on when all before it has been, and the other direction goes on: so it is also for sockets
 * with `allowHalfOpen: false`, which would otherwise cut off the answer to a peer that has ended its side. (Only for sockets
 * of this package: one of your own making that ends itself loses what comes later, and the splice rejects with its error.)
 *
 * Resolves with the bytes passed on when both directions have ended. If either socket fails, or `signal` aborts, both are
 * reset at once, so that neither peer takes what it has for the whole, and it rejects with the first error, or the signal's
 * reason.
 *
 * Throws a TypeError for wrong options, unknown ones included, and for a stream that is locked.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { duplexPair, exchange, splice } from 'framewright/socket'
 *
 * const [client, a] = duplexPair()
 * const [b, server] = duplexPair()
 * const proxy = splice(a, b)
 *
 * const answer = server.readable.pipeTo(server.writable)
 * const text = await exchange(client, {
 *   send: [new TextEncoder().encode('hello')],
 *   receive: (readable) => new Response(readable).text(),
 * })
 * assert.equal(text, 'hello')
 * assert.deepEqual(await proxy, { aToB: 5, bToA: 5 })
 * await answer
 * ```
 */
export function splice(a: Socket, b: Socket, options: SpliceOptions = {}): Promise<SpliceResult> {
  checkObject('options', options, ['signal'], '{ signal }')
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal must be an AbortSignal')
  if (a === b)
    throw new TypeError('a socket cannot be spliced with itself; for an echo, pipe its readable to its writable')
  for (const stream of [a.readable, a.writable, b.readable, b.writable]) {
    if (stream.locked) throw new TypeError('a stream of the sockets is locked: it is in use')
  }
  keepHalfOpen(a)
  keepHalfOpen(b)
  const there = { reader: a.readable.getReader(), writer: b.writable.getWriter() }
  const back = { reader: b.readable.getReader(), writer: a.writable.getWriter() }

  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      signal?.removeEventListener('abort', onAbort)
      a.reset()
      b.reset()
      reject(error)
    }
    const onAbort = (): void => fail(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) return onAbort()
    // A socket can break while nothing comes from the other one.
    there.writer.closed.catch(fail)
    back.writer.closed.catch(fail)
    const passed = ([aToB, bToA]: [number, number]): void => {
      signal?.removeEventListener('abort', onAbort)
      resolve({ aToB, bToA })
    }
    Promise.all([pump(there), pump(back)]).then(passed, fail)
  })
}

interface Pump {
  readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
  readonly writer: WritableStreamDefaultWriter<ArrayBufferView | ArrayBufferLike>
}

/** Copies to the end, passes it on, and tells how much it was. */
async function pump({ reader, writer }: Pump): Promise<number> {
  let bytes = 0
  for (;;) {
    await writer.ready
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.byteLength
    // A failure shows in `ready` and `closed`.
    void handled(writer.write(value))
  }
  await writer.close()
  reader.releaseLock()
  writer.releaseLock()
  return bytes
}
