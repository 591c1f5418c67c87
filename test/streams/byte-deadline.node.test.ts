// Depends on the order in which Node's event loop looks at timers and at what has arrived.
import { expect, test } from 'vitest'
import { ByteReader } from '../../src/index.ts'
import { bytes } from './support.ts'

test('bytes that lie ready when the process was busy itself are looked at before the peer is blamed', async () => {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const stream = new ReadableStream<Uint8Array>({ start: (c) => void (controller = c) }, { highWaterMark: 0 })
  const reader = new ByteReader(stream, { frameTimeout: 5 })
  const line = reader.readLine()
  controller.enqueue(bytes('a'))
  await new Promise<void>((resolve) => setImmediate(resolve))
  setImmediate(() => controller.enqueue(bytes('b\n')))
  for (const until = performance.now() + 20; performance.now() < until;);
  expect(await line).toBe('ab')
})
