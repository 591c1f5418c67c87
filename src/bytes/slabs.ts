/**
 * Memory for the chunks of an encoder, used again when a chunk has gone out for good. A new slab costs more than all that is done
 * with it: it is zeroed, and a large one's pages come from the kernel.
 *
 * ```
 *   spares ──► take() ──► chunk ──► kernel has a copy ──► takeBack() ──► spares
 * ```
 *
 * It begins with the first chunk that comes back: chunks that somebody keeps have memory of their own.
 */

import type { SinkMemory } from './byte-sink.ts'
import { unwritten } from './unwritten.ts'

type Slab = Uint8Array

/** Slabs of one size that lie ready. All encoders of a thread share them, so that an idle one holds none. */
interface Spares {
  readonly size: number
  readonly slabs: Slab[]
}

/** For a lone frame, and for as many as leave together. */
const SMALL: Spares = { size: 4 * 1024, slabs: [] }
const LARGE: Spares = { size: 72 * 1024, slabs: [] }
const MOST_SPARES = 16
/** Slabs of one encoder whose return is waited for. */
const MOST_LENT = 4

export class Slabs implements SinkMemory {
  #lent: Slab[] | undefined

  /** Memory of at least `size` bytes, whatever is in it. */
  take(size: number): Slab {
    const lent = this.#lent
    if (lent === undefined || size > LARGE.size) return unwritten(size)
    // Whoever has so many keeps them.
    if (lent.length === MOST_LENT) this.#lent = undefined
    const spares = size > SMALL.size ? LARGE : SMALL
    const slab = spares.slabs.pop() ?? unwritten(spares.size)
    lent.push(slab)
    return slab
  }

  /** A chunk that lay in memory from here has gone out, and nobody holds it. */
  takeBack(chunk: Uint8Array): void {
    this.#lent ??= []
    this.giveBack(chunk)
  }

  /** Nobody holds this memory, or the rest of it; nothing happens if it is not from here. */
  giveBack({ buffer }: Uint8Array): void {
    const lent = this.#lent ?? []
    const index = lent.findIndex((slab) => slab.buffer === buffer)
    if (index < 0) return
    const slab = lent.splice(index, 1)[0]!
    const { slabs } = slab.length > SMALL.size ? LARGE : SMALL
    if (slabs.length < MOST_SPARES) slabs.push(slab)
  }
}
