// What an endpoint sends: frames whose number, length and bytes follow from a seed, so that a receiver who knows the seed
// can tell of every frame whether it is right, of every sequence whether it is in order, and of every end whether it is
// the end.
//
//   | number, 8 hex digits | a piece of the table, where and how long the number says |

const tableSize = 2 ** 20
const longest = 512 * 1024

/** Printable ASCII without delimiters: a frame may be a line. */
const table = Buffer.alloc(tableSize)
for (let i = 0, x = 0x2545f491; i < tableSize; i++) {
  x ^= x << 13
  x ^= x >>> 17
  x ^= x << 5
  table[i] = 0x20 + ((x >>> 8) % 0x5f)
}
const text = table.toString('latin1')

/** 32 bits that look like chance, from two numbers. */
export function mix(a, b) {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}

/** The frames of one direction. */
export class Plan {
  /**
   * @param {number} seed
   * @param {number} bytes at least so many, headers of ours included
   */
  constructor(seed, bytes) {
    this.seed = seed
    /** @type {number[]} the length of each frame */
    this.lengths = []
    this.bytes = 0
    while (this.bytes < bytes) {
      const length = 8 + this.#bodyLength(this.lengths.length, bytes)
      this.lengths.push(length)
      this.bytes += length
    }
  }

  get count() {
    return this.lengths.length
  }

  /** Most are small, some are larger than a read of a socket, a few much larger. Small transfers have small frames. */
  #bodyLength(index, bytes) {
    const chance = mix(this.seed, index)
    const most = Math.min(longest, bytes / 4, chance % 100 < 90 ? 2_048 : chance % 100 < 99 ? 65_536 : longest)
    return Math.floor(2 ** ((mix(chance, 1) / 2 ** 32) * Math.log2(most + 1))) - 1
  }

  #body(index) {
    const at = mix(this.seed, index + 0x10000000) % (tableSize - longest)
    return [at, at + this.lengths[index] - 8]
  }

  #head(index) {
    return index.toString(16).padStart(8, '0')
  }

  /** A frame as bytes. */
  frame(index) {
    const [from, to] = this.#body(index)
    return Buffer.concat([Buffer.from(this.#head(index)), table.subarray(from, to)])
  }

  /** A frame as a string. */
  line(index) {
    const [from, to] = this.#body(index)
    return this.#head(index) + text.slice(from, to)
  }

  /** What is wrong with a frame that was received as number `index`; undefined: nothing. */
  judge(index, frame) {
    if (index >= this.count) return `frame ${index} came, of ${this.count}`
    const right = typeof frame === 'string' ? this.line(index) === frame : this.frame(index).equals(frame)
    if (right) return undefined
    const head = typeof frame === 'string' ? frame.slice(0, 8) : Buffer.from(frame.subarray(0, 8)).toString('latin1')
    return `frame ${index} is wrong: ${frame.length} long, not ${this.lengths[index]}, and begins with '${head}'`
  }

  /**
   * A byte offset on the wire that lies within a frame, about at `part` of the whole.
   *
   * @param {number} part 0 to 1
   * @param {number} overhead bytes that the framing rule adds to each frame
   */
  offsetWithin(part, overhead) {
    let offset = 0
    for (const length of this.lengths) {
      if (offset >= this.bytes * part && length > 20) return offset + overhead + Math.floor(length / 2)
      offset += length + overhead
    }
    throw new Error('no such frame')
  }
}
