// Both directions of a conversation at once. Who sends all before reading anything waits for ever as soon as the other
// side does the same with more than the buffers between them hold.

import { checkObject } from './check-options.ts'
import { handled } from './deferred.ts'

/**
 * What goes out in an exchange: chunks as they come, or a function that writes them.
 *
 * @example
 * ```ts
 * import type { Sending } from 'framewright/socket'
 *
 * const bytes = new TextEncoder().encode('hello')
 * const some: Sending<Uint8Array>[] = [[bytes], new Blob([bytes]).stream(), (writer) => writer.write(bytes)]
 * ```
 */
export type Sending<Out> =
  | Iterable<Out>
  | AsyncIterable<Out>
  | ReadableStream<Out>
  | ((writer: WritableStreamDefaultWriter<Out>) => unknown)

/** The two directions of an exchange. */
export interface ExchangeOptions<Out, Receive> {
  /**
   * What goes out. Chunks are taken while there is room, and are not copied: they belong to the conversation from then on.
   * A function gets the writer, and is done when the promise that it returns is. Either way our end (FIN) follows.
   */
  readonly send: Sending<Out>
  /**
   * What takes what comes in: a WritableStream, or a function that gets the readable. What the function has not read when
   * it is done is discarded.
   */
  readonly receive: Receive
}

interface Chunks<T> {
  next(): PromiseLike<{ done?: boolean | undefined; value?: T | undefined }>
  stop(reason: unknown): void
}

/**
 * Sends and receives at the same time, so that neither waits for the other, and resolves with what `receive` came to when
 * both are done: all is sent, our end after it, and `receive` has what it wants. It takes a socket or another pair of streams,
 * such as one of frames.
 *
 * The first failure of either direction ends the other one and is what it rejects with, at once: the writable is aborted (a
 * socket is reset), the readable cancelled if nobody holds it, the source of chunks told to stop.
 *
 * Throws a TypeError if `send` or `receive` is something else, or one of the streams is locked.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { duplexPair, exchange } from 'framewright/socket'
 *
 * const [client, server] = duplexPair()
 * const echo = server.readable.pipeTo(server.writable)
 *
 * const received = await exchange(client, {
 *   send: Array.from({ length: 16 }, () => new Uint8Array(2 ** 20)),
 *   receive: async (readable) => {
 *     let bytes = 0
 *     for await (const chunk of readable) bytes += chunk.byteLength
 *     return bytes
 *   },
 * })
 * assert.equal(received, 16 * 2 ** 20)
 * await echo
 * ```
 */
export function exchange<Out, Readable extends ReadableStream<unknown>, Result>(
  duplex: { readonly readable: Readable; readonly writable: WritableStream<Out> },
  options: ExchangeOptions<Out, (readable: Readable) => PromiseLike<Result> | Result>,
): Promise<Result>
/** The same, with a stream that takes what comes in. */
export function exchange<In, Out>(
  duplex: { readonly readable: ReadableStream<In>; readonly writable: WritableStream<Out> },
  options: ExchangeOptions<Out, WritableStream<In>>,
): Promise<void>
export function exchange<In, Out>(
  duplex: { readonly readable: ReadableStream<In>; readonly writable: WritableStream<Out> },
  options: ExchangeOptions<Out, WritableStream<In> | ((readable: ReadableStream<In>) => unknown)>,
): Promise<unknown> {
  checkObject('options', options, ['send', 'receive'], '{ send, receive }')
  const { send, receive } = options
  const { readable, writable } = duplex
  if (typeof receive !== 'function' && typeof receive?.getWriter !== 'function') {
    throw new TypeError('receive must be a function or a WritableStream')
  }
  const streams = { 'the readable': readable, 'the writable': writable, send, receive }
  for (const [name, stream] of Object.entries(streams)) {
    if ((stream as { locked?: unknown }).locked === true) throw new TypeError(`${name} is locked: it is in use`)
  }
  const chunks = typeof send === 'function' ? undefined : chunksOf(send)
  const writer = writable.getWriter()
  const failed = new AbortController()

  async function sendAll(): Promise<void> {
    if (chunks) await writeAll(writer, chunks)
    else await (send as (writer: WritableStreamDefaultWriter<Out>) => unknown)(writer)
    // Where it is closed already, that counts.
    await writer.close().catch(() => writer.closed)
    writer.releaseLock()
  }

  async function receiveAll(): Promise<unknown> {
    if (typeof receive !== 'function') return readable.pipeTo(receive, { signal: failed.signal })
    const result = await receive(readable)
    giveUp(readable)
    return result
  }

  return new Promise((resolve, reject) => {
    function fail(error: unknown): void {
      if (failed.signal.aborted) return
      reject(error)
      failed.abort(error)
      chunks?.stop(error)
      void handled(writer.abort(error))
      giveUp(readable, error)
    }
    // It breaks also while there is nothing to send.
    writer.closed.catch(fail)
    Promise.all([receiveAll(), sendAll()]).then(([result]) => resolve(result), fail)
  })
}

async function writeAll<T>(writer: WritableStreamDefaultWriter<T>, chunks: Chunks<T>): Promise<void> {
  for (;;) {
    await writer.ready
    const { done, value } = await chunks.next()
    if (done) return
    // A failure shows in `ready` and `closed`.
    void handled(writer.write(value as T))
  }
}

function giveUp(readable: ReadableStream<unknown>, reason?: unknown): void {
  if (!readable.locked) void handled(readable.cancel(reason))
}

/** One way to take chunks from whatever has them, and to tell it that no more are wanted. */
function chunksOf<T>(send: Exclude<Sending<T>, (writer: never) => unknown>): Chunks<T> {
  const wanted = 'an iterable of chunks, a ReadableStream or a function'
  if (typeof send !== 'object' || send === null) throw new TypeError(`send must be ${wanted}, not ${typeof send}`)
  if (ArrayBuffer.isView(send)) throw new TypeError(`send must be ${wanted}; a single chunk is put in an array`)
  if ('getReader' in send) {
    const reader = send.getReader()
    return { next: () => reader.read(), stop: (reason) => void handled(reader.cancel(reason)) }
  }
  const isAsync = Symbol.asyncIterator in send
  if (!isAsync && !(Symbol.iterator in send)) throw new TypeError(`send must be ${wanted}`)
  const iterator = isAsync ? send[Symbol.asyncIterator]() : send[Symbol.iterator]()
  return {
    next: async () => iterator.next(),
    stop: () => void handled((async () => iterator.return?.())()),
  }
}
