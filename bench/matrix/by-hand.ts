/**
 * What a good engineer writes by hand, over bytes as `Uint8Array` and as `Buffer`: one loop over each chunk, the pieces of a frame that lies
 * across chunks kept in a list and joined once. No limits, no policies, no errors.
 */

import type { Tally } from './group.ts'

export type Join = (pieces: readonly Uint8Array[]) => Uint8Array
export type Use = (frame: Uint8Array) => void

const LF = 0x0a

export function joinArrays(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

export const joinBuffers: Join = (pieces) => Buffer.concat(pieces)

/** The loop by itself, frames that end with LF, over `Uint8Array`. */
export function splitArrays(chunks: readonly Uint8Array[]): Tally {
  let frames = 0
  let bytes = 0
  const carry: Uint8Array[] = []
  for (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      let frame = chunk.subarray(start, end)
      if (carry.length > 0) {
        carry.push(frame)
        frame = joinArrays(carry)
        carry.length = 0
      }
      frames++
      bytes += frame.length
      start = end + 1
    }
    if (start < chunk.length) carry.push(chunk.subarray(start))
  }
  return { frames, bytes }
}

/** The same over `Buffer`: another function, so that neither pays for the shapes that the other sees. */
export function splitBuffers(chunks: readonly Buffer[]): Tally {
  let frames = 0
  let bytes = 0
  const carry: Buffer[] = []
  for (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      let frame = chunk.subarray(start, end)
      if (carry.length > 0) {
        carry.push(frame)
        frame = Buffer.concat(carry)
        carry.length = 0
      }
      frames++
      bytes += frame.length
      start = end + 1
    }
    if (start < chunk.length) carry.push(chunk.subarray(start))
  }
  return { frames, bytes }
}

/** The frames of a chunk that end with `mark`; `carry` is what the chunks before have left, and takes what this one leaves. */
export function splitChunk(chunk: Uint8Array, carry: Uint8Array[], join: Join, use: Use, mark: number = LF): void {
  let start = 0
  for (let end = chunk.indexOf(mark); end !== -1; end = chunk.indexOf(mark, start)) {
    const piece = chunk.subarray(start, end)
    if (carry.length === 0) {
      use(piece)
    } else {
      carry.push(piece)
      use(join(carry))
      carry.length = 0
    }
    start = end + 1
  }
  if (start < chunk.length) carry.push(chunk.subarray(start))
}

/** What everybody writes: text, cut at newlines, the last piece kept. */
export function splitText(newline: string): (text: string, use: (line: string) => void) => void {
  let rest = ''
  return (text, use) => {
    const pieces = (rest + text).split(newline)
    rest = pieces.pop()!
    for (const line of pieces) use(line)
  }
}

/** The frames of chunks whose first four bytes are the length of the rest. */
export class LengthPrefixLoop {
  readonly #join: Join
  /** What is not used up, and how long the next frame is with its prefix. */
  #carry: Uint8Array[] = []
  #carried = 0
  #needed = 4

  constructor(join: Join) {
    this.#join = join
  }

  push(chunk: Uint8Array, use: Use): void {
    if (this.#carried > 0) {
      this.#carry.push(chunk)
      this.#carried += chunk.length
      if (this.#carried < this.#needed) return
      chunk = this.#join(this.#carry)
      this.#carry = []
    }
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    let at = 0
    this.#needed = 4
    while (chunk.length - at >= 4) {
      const end = at + 4 + view.getUint32(at)
      if (end > chunk.length) {
        this.#needed = end - at
        break
      }
      use(chunk.subarray(at + 4, end))
      at = end
    }
    this.#carried = chunk.length - at
    if (this.#carried > 0) this.#carry.push(chunk.subarray(at))
  }
}

/** The `TransformStream` that everybody writes around such a loop. */
export function transformOf<In, Out>(
  make: () => (chunk: In, use: (frame: Out) => void) => void,
): TransformStream<In, Out> {
  const push = make()
  return new TransformStream<In, Out>({
    transform(chunk, controller) {
      push(chunk, (frame) => controller.enqueue(frame))
    },
  })
}

export function plainSplit(): TransformStream<Uint8Array, Uint8Array> {
  const carry: Uint8Array[] = []
  return transformOf(() => (chunk, use) => splitChunk(chunk, carry, joinArrays, use))
}

export function plainLengthPrefix(): TransformStream<Uint8Array, Uint8Array> {
  const loop = new LengthPrefixLoop(joinArrays)
  return transformOf(() => (chunk, use) => loop.push(chunk, use))
}

export function addLF(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payload.length + 1)
  bytes.set(payload)
  bytes[payload.length] = LF
  return bytes
}

export function addLength(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payload.length + 4)
  new DataView(bytes.buffer).setUint32(0, payload.length)
  bytes.set(payload, 4)
  return bytes
}

export function plainEncoder(encode: (payload: Uint8Array) => Uint8Array): TransformStream<Uint8Array, Uint8Array> {
  return transformOf(() => (payload, use) => use(encode(payload)))
}
