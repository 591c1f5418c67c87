/** A reader looks at no byte twice: work as a number, with no clock. */

import { afterAll, beforeAll, expect, test } from 'vitest'

const CHUNK = 64 * 1024
const CHUNKS = 40
/** What `lines` looks at as text, which is no search that is counted here. */
const AS_TEXT = 16 * 1024

// Deno's Buffer searches in JavaScript, so there the library takes the standard method.
const searcher: { indexOf: typeof Buffer.prototype.indexOf } =
  'Deno' in globalThis ? Object.getPrototypeOf(Uint8Array.prototype) : Buffer.prototype
const { indexOf } = searcher
const { WebAssembly } = globalThis
let searched = 0
let library: typeof import('../../src/index.ts')

beforeAll(async () => {
  // There the library would come to search long runs with it.
  Object.assign(globalThis, { WebAssembly: undefined })
  // The library looks the native search up when it is loaded.
  searcher.indexOf = function counted(this: Buffer, value: never, from = 0, ...rest: never[]): number {
    const found = indexOf.call(this, value, from, ...rest)
    searched += (found < 0 ? this.length : found + 1) - from
    return found
  }
  library = await import('../../src/index.ts')
})

afterAll(() => {
  searcher.indexOf = indexOf
  Object.assign(globalThis, { WebAssembly })
})

test.each(['readUntil', 'readLine', 'readFrame'] as const)(
  '%s: a long line is searched once, in however many chunks it comes and however often the call is given up',
  async (name) => {
    const { ByteReader, lines } = library
    let feed!: ReadableStreamDefaultController<Uint8Array>
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (feed = controller) })
    const reader = new ByteReader(stream)
    const codec = lines({ maxFrameLength: Infinity })
    const call = {
      readUntil: (options: object) => reader.readUntil('\n', { maxLength: Infinity, ...options }),
      readLine: (options: object) => reader.readLine({ maxLength: Infinity, ...options }),
      readFrame: (options: object) => reader.readFrame(codec, options),
    }[name]
    searched = 0
    for (let i = 1; i <= CHUNKS; i++) {
      const controller = new AbortController()
      const given = call({ signal: controller.signal }).catch((error: unknown) => error)
      feed.enqueue(new Uint8Array(CHUNK).fill(0x78))
      while (reader.buffered < i * CHUNK) await new Promise<void>((resolve) => setImmediate(resolve))
      controller.abort('later')
      expect(await given).toBe('later')
    }
    feed.enqueue(Uint8Array.of(0x0a))
    expect((await call({}))?.length).toBe(CHUNKS * CHUNK)
    expect(searched).toBeGreaterThanOrEqual(CHUNKS * CHUNK - AS_TEXT)
    expect(searched).toBeLessThanOrEqual(CHUNKS * CHUNK + CHUNK)
  },
)
