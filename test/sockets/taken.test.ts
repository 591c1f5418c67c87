// framed takes a socket without its streams. Whoever asks for one of them afterwards sees what they would have seen before.

import { describe, expect, test } from 'vitest'
import { framed, lines } from '../../src/index.ts'
import { duplexPair, listen, type Listener, type Socket } from '../../src/sockets/index.ts'
import { connect } from '../../src/sockets/index.ts'
import { LazyDeferred } from '../../src/sockets/lazy-deferred.ts'
import { outcome } from './peer.ts'

async function conversation(): Promise<{ near: Socket; far: Socket; listener: Listener }> {
  const listener = listen({ port: 0, hostname: '127.0.0.1' })
  const { localPort } = await listener.opened
  const near = connect({ hostname: '127.0.0.1', port: localPort })
  await near.opened
  return { near, far: await listener.accept(), listener }
}

async function end({ near, far, listener }: { near: Socket; far: Socket; listener: Listener }): Promise<void> {
  near.reset()
  far.reset()
  await listener.close()
}

describe('a socket that framed has taken', () => {
  test('has streams that are locked, and frames flow on when they have been made', async () => {
    const all = await conversation()
    const [near, far] = [framed(all.near, lines()), framed(all.far, lines())]
    const [writer, reader] = [near.writable.getWriter(), far.readable.getReader()]
    await writer.write('before')
    expect(await reader.read()).toEqual({ value: 'before', done: false })
    for (const { readable, writable } of [all.near, all.far]) {
      expect([readable.locked, writable.locked]).toEqual([true, true])
      expect(() => readable.getReader()).toThrow(TypeError)
      expect(() => writable.getWriter()).toThrow(TypeError)
    }
    const pending = reader.read()
    await writer.write('after')
    expect(await pending).toEqual({ value: 'after', done: false })
    await writer.close()
    expect(await reader.read()).toEqual({ value: undefined, done: true })
    await end(all)
  })

  test('cannot be taken again, nor once one of its streams is locked', async () => {
    const all = await conversation()
    framed(all.near, lines())
    expect(() => framed(all.near, lines())).toThrow('readable side is locked')
    const writer = all.far.writable.getWriter()
    expect(() => framed(all.far, lines())).toThrow('writable side is locked')
    expect(all.far.readable.locked).toBe(false)
    writer.releaseLock()
    framed(all.far, lines())
    await end(all)
  })

  test('is not taken where an option is refused', async () => {
    const all = await conversation()
    expect(() => framed(all.near, lines(), { frameTimeout: -1 })).toThrow(RangeError)
    expect([all.near.readable.locked, all.near.writable.locked]).toEqual([false, false])
    await end(all)
  })

  test('fails its frames in both directions when the connection does, also while nobody reads or writes', async () => {
    const all = await conversation()
    const { readable, writable } = framed(all.far, lines())
    const [reader, writer] = [readable.getReader(), writable.getWriter()]
    all.near.reset()
    const failure = { name: 'SocketError', code: 'ECONNRESET' }
    expect(await outcome(writer.closed)).toMatchObject(failure)
    expect(await outcome(reader.closed)).toMatchObject(failure)
    expect(await outcome(all.far.readable.pipeTo(new WritableStream()))).toBeInstanceOf(TypeError)
    await all.listener.close()
  })

  test('is cancelled and aborted through its frames', async () => {
    const all = await conversation()
    const { readable, writable } = framed(all.far, lines())
    await readable.cancel()
    await writable.getWriter().abort(new Error('enough'))
    expect(await outcome(all.far.closed)).toMatchObject({ name: 'SocketError', code: 'ABORT_ERR' })
    expect(await outcome(all.near.closed)).toMatchObject({ code: 'ECONNRESET' })
    await all.listener.close()
  })

  test('has its readable unlocked at its end, as that of any duplex', async () => {
    const all = await conversation()
    const { readable } = framed(all.far, lines())
    await all.near.writable.close()
    for await (const _ of readable) throw new Error('there is no frame')
    expect(all.far.readable.locked).toBe(false)
    const [memory, other] = duplexPair()
    const frames = framed(memory, lines())
    await other.writable.close()
    for await (const _ of frames.readable) throw new Error('there is no frame')
    expect(memory.readable.locked).toBe(false)
    await end(all)
  })
})

describe('streams that are asked for late', () => {
  test('are closed, or failed, as they would have been', async () => {
    const ended = await conversation()
    await Promise.all([ended.near.close(), ended.far.close()])
    expect(await new Response(ended.far.readable).text()).toBe('')
    await ended.listener.close()
    const failed = await conversation()
    failed.near.reset()
    const error = await outcome(failed.far.closed)
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(await outcome(failed.far.readable.getReader().read())).toBe(error)
    expect(await outcome(failed.far.writable.getWriter().closed)).toBe(error)
    await failed.listener.close()
  })
})

describe('LazyDeferred', () => {
  test('gives one promise, and only the first call counts, whether it was asked for before or after', async () => {
    for (const isEarly of [true, false]) {
      const [good, bad] = [new LazyDeferred<number>(), new LazyDeferred<number>()]
      const early = isEarly ? [good.promise, bad.promise] : []
      good.resolve(1)
      good.reject(new Error('too late'))
      bad.reject(new RangeError('boom'))
      bad.resolve(2)
      expect(await good.promise).toBe(1)
      expect(await outcome(bad.promise)).toBeInstanceOf(RangeError)
      expect(good.promise).toBe(early[0] ?? good.promise)
      expect(bad.promise).toBe(early[1] ?? bad.promise)
    }
  })
})
