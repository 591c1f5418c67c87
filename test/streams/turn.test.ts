/** What is written in one turn of the program leaves together, and nobody waits for that. */

import { describe, expect, test } from 'vitest'
import { ByteWriter, framed, lines } from '../../src/index.ts'
import { collect, implementations, rejection, settle, text } from './support.ts'

describe.each(implementations)('framed over $name, whose transport takes all at once', (implementation) => {
  const { classes, option: streams } = implementation

  function duplex() {
    const written: string[] = []
    const readable = new classes.ReadableStream<Uint8Array>()
    const writable = new classes.WritableStream<Uint8Array>({ write: (chunk) => void written.push(text(chunk)) })
    return { pair: { readable, writable }, written }
  }

  test('a hundred frames of one turn leave in order and in a few chunks, the first of them alone', async () => {
    const { pair, written } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    const sent = Array.from({ length: 100 }, (_, i) => `line ${i}`)
    await Promise.all(sent.map((line) => writer.write(line)))
    await settle()
    expect(written.join('')).toBe(sent.map((line) => `${line}\n`).join(''))
    expect(written[0]).toBe('line 0\n')
    expect(written.length).toBeLessThanOrEqual(10)
  })

  test('the last frame of a turn leaves though nothing more is written', async () => {
    const { pair, written } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    void writer.write('first')
    void writer.write('last')
    await settle()
    expect(written.join('')).toBe('first\nlast\n')
  })

  test('what does not fit the buffer does not wait for the end of the turn', async () => {
    const { pair, written } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    const line = 'x'.repeat(1023)
    await Promise.all(Array.from({ length: 200 }, () => writer.write(line)))
    await settle()
    expect(written.join('').length).toBe(200 * 1024)
    // A chunk is at most what the buffer holds, and the frame that filled it.
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThanOrEqual(65 * 1024)
  })

  test('the good frames of a turn leave before the one that cannot be encoded ends the stream', async () => {
    const { pair, written } = duplex()
    const writer = framed(pair, lines(), { streams }).writable.getWriter()
    writer.closed.catch(() => {})
    void writer.write('one')
    void writer.write('two')
    void writer.write('three')
    expect(await rejection(writer.write('not\none'))).toMatchObject({ code: 'ERR_FRAME_UNENCODABLE', frameIndex: 3 })
    await settle()
    expect(written.join('')).toBe('one\ntwo\nthree\n')
  })

  test('closing in the same turn loses nothing', async () => {
    const there = new classes.TransformStream<Uint8Array, Uint8Array>()
    const { readable, writable } = framed(there, lines(), { streams })
    const writer = writable.getWriter()
    for (const line of ['one', 'two', 'three']) void writer.write(line)
    void writer.close()
    expect(await collect(readable)).toEqual(['one', 'two', 'three'])
  })
})

describe.each(implementations)('a ByteWriter over $name, which takes all at once', (implementation) => {
  const { classes } = implementation

  function destination() {
    const written: string[] = []
    const stream = new classes.WritableStream<Uint8Array>({ write: (chunk) => void written.push(text(chunk)) })
    return { writer: new ByteWriter(stream), written }
  }

  const sent = Array.from({ length: 100 }, (_, i) => `line ${i}`)

  test('a hundred frames, each awaited, leave in order and in a few chunks, the first of them alone', async () => {
    const { writer, written } = destination()
    const codec = lines()
    for (const line of sent) await writer.writeFrame(codec, line)
    await writer.flush()
    expect(written.join('')).toBe(sent.map((line) => `${line}\n`).join(''))
    expect(written[0]).toBe('line 0\n')
    expect(written.length).toBeLessThanOrEqual(10)
  })

  test('the last write of a turn leaves though nothing more is written', async () => {
    const { writer, written } = destination()
    void writer.write('first,')
    void writer.write('last')
    await settle()
    expect(written.join('')).toBe('first,last')
    expect(writer.buffered).toBe(0)
  })

  test('what does not fit the buffer does not wait for the end of the turn', async () => {
    const { writer, written } = destination()
    for (let i = 0; i < 200; i++) await writer.write('x'.repeat(1024))
    expect(writer.buffered).toBeLessThanOrEqual(130 * 1024)
    await writer.flush()
    expect(written.join('').length).toBe(200 * 1024)
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThanOrEqual(65 * 1024)
  })

  test('who flushes does not wait for the end of the turn', async () => {
    const { writer, written } = destination()
    for (let i = 0; i < 3; i++) {
      await writer.write(`${i}a`)
      await writer.write(`${i}b`)
      await writer.flush()
    }
    expect(written).toEqual(['0a', '0b', '1a1b', '2a2b'])
  })

  test('nothing leaves after an abort in the same turn', async () => {
    const { writer, written } = destination()
    await writer.write('first')
    await writer.write('gathers')
    await writer.abort()
    await settle()
    expect(written).toEqual(['first'])
  })
})
