import { describe, expect, it } from 'vitest'
import { ByteSink } from '../../src/index.ts'
import { Slabs } from '../../src/bytes/slabs.ts'

/** An encoder's memory, and chunks that lie in it. */
function encoder() {
  const slabs = new Slabs()
  const sink = new ByteSink(slabs)
  const fill = (): Uint8Array => {
    sink.bytes(new Uint8Array(40 * 1024))
    return sink.take()
  }
  return { slabs, fill }
}

const memories = (chunks: Uint8Array[]): Set<ArrayBufferLike> => new Set(chunks.map(({ buffer }) => buffer))

describe('memory of chunks that have gone out', () => {
  it('is used again when they come back', () => {
    const { slabs, fill } = encoder()
    slabs.takeBack(fill())
    const first = fill()
    slabs.takeBack(first)
    expect(fill().buffer).toBe(first.buffer)
  })

  it('is used once, however often one comes back', () => {
    const { slabs, fill } = encoder()
    slabs.takeBack(fill())
    const first = fill()
    slabs.takeBack(first)
    slabs.takeBack(first)
    slabs.takeBack(first.subarray(10))
    expect(memories([first, fill(), fill()]).size).toBe(2)
  })

  it('stays theirs while they are out, for ever where they do not come back, and whoever else gives them back', () => {
    const { slabs, fill } = encoder()
    slabs.takeBack(fill())
    const chunks = Array.from({ length: 50 }, fill)
    expect(memories(chunks).size).toBe(50)
    for (const chunk of chunks) encoder().slabs.takeBack(chunk)
    expect(memories(chunks)).not.toContain(fill().buffer)
  })

  it('does not go to an encoder whose chunks do not come back: these are kept, and have memory of their own', () => {
    const { slabs, fill } = encoder()
    const used = Array.from({ length: 20 }, () => {
      const chunk = fill()
      slabs.takeBack(chunk)
      return chunk
    })
    expect(memories(used).size).toBe(2)
    const other = encoder()
    expect(memories(used)).not.toContain(other.fill().buffer)
  })

  it('is bounded: of a hundred chunks that come back at once at most sixteen are kept', () => {
    const encoders = Array.from({ length: 100 }, encoder)
    const give = (): ArrayBufferLike[] =>
      encoders
        .map(({ slabs, fill }) => ({ slabs, chunk: fill() }))
        .map(({ slabs, chunk }) => {
          slabs.takeBack(chunk)
          return chunk.buffer
        })
    give()
    const before = new Set(give())
    const again = give().filter((buffer) => before.has(buffer))
    expect(again.length).toBe(16)
  })
})
