import { describe, expect, test } from 'vitest'
import { framed, lengthPrefixed, lines } from '../../src/index.ts'
import { bytes, collect, pipings, rejection, settle, state, text, usePipes } from './support.ts'

describe.each(pipings)('framed over $name', (implementation) => {
  usePipes(implementation)
  const { classes, option: streams } = implementation

  /** A duplex whose far end the test holds: it feeds `readable`, and lets writes through one by one. */
  function duplex() {
    const written: string[] = []
    const log: unknown[] = []
    let free: (() => void)[] = []
    let feed!: ReadableStreamDefaultController<Uint8Array>
    let transport!: WritableStreamDefaultController
    const blocked = { now: false }
    const readable = new classes.ReadableStream<Uint8Array>({
      start(controller) {
        feed = controller
      },
      cancel: (reason) => void log.push(['cancel', reason]),
    })
    const writable = new classes.WritableStream<Uint8Array>({
      start(controller) {
        transport = controller
        // As a socket does: an abort frees the write that is stuck.
        controller.signal?.addEventListener('abort', () => {
          for (const one of free) one()
        })
      },
      write(chunk) {
        written.push(text(chunk))
        if (!blocked.now) return undefined
        return new Promise<void>((resolve) => void free.push(resolve))
      },
      close: () => void log.push('close'),
      abort: (reason) => void log.push(['abort', reason]),
    })
    const unblock = (): void => {
      blocked.now = false
      for (const one of free) one()
      free = []
    }
    return { pair: { readable, writable }, written, log, feed, transport: () => transport, blocked, unblock }
  }

  test('a large frame is not copied: its write is over when the duplex has taken it', async () => {
    const chunks: Uint8Array[] = []
    let taken: (() => void) | undefined
    const writable = new classes.WritableStream<Uint8Array>({
      write(chunk) {
        chunks.push(chunk)
        return new Promise<void>((resolve) => (taken = resolve))
      },
    })
    const writer = framed({ readable: new classes.ReadableStream<Uint8Array>(), writable }, lengthPrefixed(), {
      streams,
    }).writable.getWriter()
    const frame = new Uint8Array(100_000)
    const written = writer.write(frame)
    await settle()
    expect(chunks.map(({ length }) => length)).toEqual([4])
    taken?.()
    await settle()
    expect(chunks[1]?.buffer).toBe(frame.buffer)
    expect(await state(written)).toBe('pending')
    taken?.()
    expect(await state(written)).toBe('fulfilled')
    const closed = writer.close()
    await closed
    expect(chunks).toHaveLength(2)
  })

  test('carries frames both ways, each direction on its own', async () => {
    const { pair, feed, written, log } = duplex()
    const { readable, writable } = framed(pair, lines(), { streams })
    const writer = writable.getWriter()
    await writer.write('hello')
    await writer.close()
    expect(written).toEqual(['hello\n'])
    expect(log).toEqual(['close'])
    // Our side is closed; theirs goes on.
    feed.enqueue(bytes('still\nhe'))
    feed.enqueue(bytes('re\n'))
    feed.close()
    expect(await collect(readable)).toEqual(['still', 'here'])
  })

  test('ours goes on after theirs has ended', async () => {
    const { pair, feed, written } = duplex()
    const { readable, writable } = framed(pair, lines(), { streams })
    feed.close()
    expect(await collect(readable)).toEqual([])
    const writer = writable.getWriter()
    await writer.write('after')
    await writer.close()
    expect(written).toEqual(['after\n'])
  })

  test('frames written while the transport is busy leave as one chunk', async () => {
    const { pair, written, blocked, unblock } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    blocked.now = true
    for (const line of ['a', 'b', 'c', 'd']) void writer.write(line)
    await settle()
    expect(written).toEqual(['a\n'])
    unblock()
    await settle()
    expect(written).toEqual(['a\n', 'b\nc\nd\n'])
  })

  test('where bytes stop being accepted, writes stop settling', async () => {
    const { pair, blocked, unblock, written } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    blocked.now = true
    let settled = 0
    for (let i = 0; i < 300; i++) void writer.write('x'.repeat(1023)).then(() => settled++)
    await settle()
    // One chunk is on its way; 64 KiB gather behind it.
    expect(settled).toBe(64)
    unblock()
    await settle()
    expect(settled).toBe(300)
    expect(written.join('').length).toBe(300 * 1024)
  })

  test('close settles when the transport has everything and has closed, not before', async () => {
    const { pair, blocked, unblock, log, written } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    blocked.now = true
    void writer.write('a')
    void writer.write('b')
    const closed = writer.close()
    expect(await state(closed)).toBe('pending')
    expect(log).toEqual([])
    unblock()
    await closed
    expect(written).toEqual(['a\n', 'b\n'])
    expect(log).toEqual(['close'])
  })

  test('abort reaches the transport, also while it is stuck', async () => {
    const { pair, blocked, log } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    blocked.now = true
    void writer.write('x'.repeat(1000))
    const waiting = rejection(writer.write('x'.repeat(100_000)))
    await settle()
    const reason = new Error('gone')
    expect(await state(writer.abort(reason))).toBe('fulfilled')
    expect(log).toEqual([['abort', reason]])
    expect(await waiting).toBe(reason)
  })

  test('a transport that breaks breaks the writable frames, also while nothing is being written', async () => {
    const { pair, transport } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    const reason = new Error('reset')
    transport().error(reason)
    expect(await rejection(writer.closed)).toBe(reason)
    expect(await rejection(writer.write('more'))).toBe(reason)
  })

  test('a transport whose incoming side breaks gives the frames before, then the error', async () => {
    const { pair, feed } = duplex()
    const { readable } = framed(pair, lines(), { streams })
    const reader = readable.getReader()
    feed.enqueue(bytes('one\n'))
    expect((await reader.read()).value).toBe('one')
    const reason = new Error('reset')
    feed.error(reason)
    expect(await rejection(reader.read())).toBe(reason)
  })

  test('bytes that are no frames cancel the incoming side and leave the outgoing one alone', async () => {
    const { pair, feed, log, written } = duplex()
    const { readable, writable } = framed(pair, lines({ maxFrameLength: 3 }), { streams })
    feed.enqueue(bytes('too long\n'))
    const error = await rejection(collect(readable))
    expect(error).toMatchObject({ code: 'ERR_FRAME_TOO_LONG' })
    await settle()
    expect(log).toEqual([['cancel', error]])
    const writer = writable.getWriter()
    await writer.write('bye')
    await writer.close()
    expect(written).toEqual(['bye\n'])
  })

  test('a peer who never finishes a frame is given up after frameTimeout', async () => {
    const { pair, feed, log } = duplex()
    const { readable } = framed(pair, lines(), { streams, frameTimeout: 20 })
    feed.enqueue(bytes('GET /'))
    const error = await rejection(collect(readable))
    expect(error).toMatchObject({ code: 'ERR_FRAME_TIMEOUT', length: 5 })
    await settle()
    expect(log).toEqual([['cancel', error]])
  })

  test('leaving the loop cancels the incoming side', async () => {
    const { pair, feed, log } = duplex()
    feed.enqueue(bytes('a\nb\n'))
    for await (const line of framed(pair, lines(), { streams }).readable) {
      expect(line).toBe('a')
      break
    }
    await settle()
    expect(log).toEqual([['cancel', undefined]])
  })

  test('a locked duplex is refused at once, and stays as it was', () => {
    const { pair } = duplex()
    const reader = pair.readable.getReader()
    expect(() => framed(pair, lines(), { streams })).toThrow(/readable side is locked/)
    expect(pair.writable.locked).toBe(false)
    reader.releaseLock()
    pair.writable.getWriter()
    expect(() => framed(pair, lines(), { streams })).toThrow(/writable side is locked/)
    expect(pair.readable.locked).toBe(false)
  })
})
