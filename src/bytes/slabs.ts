/**
 * Memory for the chunks of an encoder, used again when a chunk has gone out for good. A new slab of 64 KiB costs more than all
 * that is done with it: it is zeroed, and its pages come from the kernel.
 *
 * ```
 *   spares ──► take() ──► chunk ──► kernel has a copy ──► takeBack() ──► spares
 * ```
 *
 * It begins with the first chunk that comes back: chunks that somebody keeps have memory of their own.
 */

type Slab = Uint8Array<ArrayBuffer>

const SLAB = 64 * 1024
/** Slabs of one encoder whose return is waited for. */
const MOST_LENT = 4
/** Slabs that lie ready. All encoders of a thread share them, so that an idle one holds none. */
const MOST_SPARES = 16
const spares: Slab[] = []

export class Slabs {
  #lent: Slab[] | undefined

  /** Memory of at least `size` bytes, whatever is in it. */
  take(size: number): Slab {
    const lent = this.#lent
    if (lent === undefined || size <= SLAB / 2 || size > SLAB) return new Uint8Array(size)
    // Whoever has so many keeps them.
    if (lent.length === MOST_LENT) this.#lent = undefined
    const slab = spares.pop() ?? new Uint8Array(SLAB)
    lent.push(slab)
    return slab
  }

  /** A chunk that lay in memory from here has gone out, and nobody holds it. */
  takeBack(chunk: Uint8Array): void {
    const lent = (this.#lent ??= [])
    const index = lent.findIndex(({ buffer }) => buffer === chunk.buffer)
    if (index < 0) return
    const [slab] = lent.splice(index, 1)
    if (spares.length < MOST_SPARES) spares.push(slab!)
  }
}
