/** What is kept for the sake of speed is not kept for the sake of a user's classes. */

import { expect, test } from 'vitest'
import { delimiterEncoder, delimiterFramer } from '../../src/index.ts'

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
