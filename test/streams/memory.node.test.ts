/** What is kept for the sake of speed is not kept for the sake of a user's classes, nor by those who have nothing to do. */

import { expect, test } from 'vitest'
import { delimiterEncoder, delimiterFramer, FrameParser, lines } from '../../src/index.ts'

type Class = new (...args: never[]) => object

function own<Base extends Class>(base: Base): Base {
  return class extends (base as Class) {} as Base
}

function useOwnClasses(): readonly WeakRef<object>[] {
  const streams = {
    ReadableStream: own(ReadableStream),
    WritableStream: own(WritableStream),
    TransformStream: own(TransformStream),
  }
  delimiterFramer('\n', { streams }).readable.getReader().releaseLock()
  delimiterEncoder('\n', { streams }).writable.getWriter().releaseLock()
  return Object.values(streams).map((one) => new WeakRef(one))
}

test('an implementation of the streams that nobody uses any more goes away, with all that was made for it', async () => {
  const classes = useOwnClasses()
  await expect
    .poll(
      () => {
        globalThis.gc!()
        return classes.filter((one) => one.deref() !== undefined).length
      },
      { timeout: 5000 },
    )
    .toBe(0)
})

test('a decoder of lines that has nothing more to decode holds none of the text that came through it', () => {
  const chunk = new TextEncoder().encode(`${'a line of text'.padEnd(63, '.')}\n`.repeat(256))
  const held = (): number => {
    for (let i = 0; i < 3; i++) globalThis.gc!()
    return process.memoryUsage().heapUsed
  }
  const before = held()
  const parsers = Array.from({ length: 500 }, () => {
    const parser = new FrameParser(lines())
    let characters = 0
    for (const line of parser.push(chunk.slice())) characters += line.length
    expect(characters).toBe(256 * 63)
    return parser
  })
  // The text is of 16 KiB.
  expect((held() - before) / parsers.length).toBeLessThan(6 * 1024)
})
