/**
 * Ways in which a transport may cut the same bytes, and the search for the smallest of those that break a codec.
 *
 * ```
 *   whole          [ a b c d e f g h ]
 *   every cut      [ a ][ b c d e f g h ]   [ a b ][ c d e f g h ]   …
 *   byte by byte   [ a ][ b ][ c ][ d ][ e ][ f ][ g ][ h ]
 *   empty chunks   [ ][ a ][ ][ b ][ ][ c ] …
 *   random cuts    [ a b c ][ d ][ e f g ][ h ]
 *   late           the same, but nothing is taken before all of it has arrived
 * ```
 */

/** One way to cut. */
export interface Way {
  readonly name: string
  /** Where the bytes are cut, ascending; a position that stands twice puts an empty chunk there. */
  readonly cuts: readonly number[]
  /** Take nothing before everything has arrived. */
  readonly late: boolean
}

export interface CutOptions {
  readonly randomCuts: number
  readonly seed: number
  readonly maxCuts: number
}

/** All in one chunk. */
export const WHOLE: Way = { name: 'whole', cuts: [], late: false }

/** A chunk for every byte. */
export function byteByByte(length: number): Way {
  return { name: 'byte by byte', cuts: positions(length), late: false }
}

/** Every way that is tried, the simplest first. */
export function* waysToCut(length: number, { randomCuts, seed, maxCuts }: CutOptions): Generator<Way> {
  const step = Math.max(1, (length + 1) / maxCuts)
  for (let cut = 0; cut <= length; cut += step) {
    yield { name: `cut at ${Math.floor(cut)}`, cuts: [Math.floor(cut)], late: false }
  }
  const everywhere = positions(length)
  yield { name: 'byte by byte', cuts: everywhere, late: false }
  yield { name: 'byte by byte, late', cuts: everywhere, late: true }
  const doubled = everywhere.flatMap((at) => [at, at, at])
  yield { name: 'byte by byte with empty chunks', cuts: doubled, late: false }
  const random = randomNumbers(seed)
  for (let i = 0; i < randomCuts; i++) {
    // From a few bytes to a few large pieces: a queue treats small chunks and large ones differently.
    const mean = [2, 5, 17, 300, 1800][i % 5]!
    const cuts: number[] = []
    for (let at = 0; at <= length; at += Math.floor(random() * 2 * mean)) if (random() < 0.9 || at > 0) cuts.push(at)
    yield { name: `random cut ${i} of seed ${seed}`, cuts, late: i % 3 === 2 }
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Leaves out cuts, many at once and then one by one, as long as what is left still breaks the codec. */
export function shrink(way: Way, breaks: (way: Way) => boolean): Way {
  let smallest = way
  for (let size = Math.ceil(way.cuts.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let i = 0; i < smallest.cuts.length;) {
      const cuts = [...smallest.cuts.slice(0, i), ...smallest.cuts.slice(i + size)]
      const fewer = { ...smallest, cuts }
      if (breaks(fewer)) smallest = fewer
      else i += size
    }
  }
  // Taking everything late is one thing more to understand.
  const prompt = { ...smallest, late: false }
  return smallest.late && breaks(prompt) ? prompt : smallest
}

function positions(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
