/**
 * The bytes that every row of a benchmark is given: the same ones in every run, on every machine.
 *
 * ```
 *   payloads ──► wire.ts ──► |frame|frame|frame|…|     frames of one size, delimiter or prefix included
 *                            |  chunk  |  chunk  |…|   cut with no regard for them, each in memory of its own, as a socket gives them
 * ```
 */

import { putOnWire, type Rule } from './wire.ts'

const KiB = 1024
const MiB = 1024 * KiB

export const CHUNK: number = 64 * KiB

/** Sizes of a frame on the wire, by the names they have in the record. */
export const FRAME_SIZES = {
  '16 B': 16,
  '64 B': 64,
  '256 B': 256,
  '1 KiB': KiB,
  '16 KiB': 16 * KiB,
  '1 MiB': MiB,
} as const

/** Sizes of a chunk: what a socket reads at once on a fast path, one segment of TCP, and a drip. */
export const CHUNK_SIZES = { '64 KiB': CHUNK, '1460 B': 1460, '16 B': 16 } as const

export type FrameSize = keyof typeof FRAME_SIZES
export type ChunkSize = keyof typeof CHUNK_SIZES

export interface Fixture {
  /** `64 B frames, 64 KiB chunks`. */
  readonly name: string
  /** Bytes of one frame on the wire. */
  readonly frameBytes: number
  readonly chunkBytes: number
  readonly frames: number
  /** Bytes of all frames on the wire. */
  readonly wireBytes: number
  /** Bytes of all payloads. */
  readonly payloadBytes: number
  /** Each has an `ArrayBuffer` of its own. */
  readonly chunks: readonly Uint8Array[]
  /** The same memory, as Node's streams have it. */
  readonly buffers: readonly Buffer[]
  /** What an encoder is given. */
  readonly payloads: readonly Uint8Array[]
}

/** How much a fixture holds at most: what costs time is frames and chunks, and bytes where there are few of those. */
export interface Budget {
  readonly frames: number
  readonly bytes: number
  /** What a chunk costs in terms of a frame, roughly. */
  readonly chunkCost: number
}

/** As many frames as the budget allows, and at least one. */
export function framesWithin({ frames, bytes, chunkCost }: Budget, frameBytes: number, chunkBytes: number): number {
  const most = Math.min(bytes, frames / (1 / frameBytes + chunkCost / chunkBytes))
  return Math.max(1, Math.floor(most / frameBytes))
}

export function fixture(rule: Rule, frame: FrameSize, chunk: ChunkSize, budget: Budget): Fixture {
  const frameBytes = FRAME_SIZES[frame]
  const chunkBytes = CHUNK_SIZES[chunk]
  const frames = framesWithin(budget, frameBytes, chunkBytes)
  const wireBytes = frames * frameBytes
  const wire = new Uint8Array(wireBytes)
  const payloads = Array.from({ length: frames }, (_, i) =>
    putOnWire(rule, wire.subarray(i * frameBytes, (i + 1) * frameBytes), i),
  )
  const chunks = cut(wire, chunkBytes)
  return {
    name: `${frame} frames, ${chunk} chunks`,
    frameBytes,
    chunkBytes,
    frames,
    wireBytes,
    payloadBytes: payloads.reduce((sum, { length }) => sum + length, 0),
    chunks,
    buffers: chunks.map(asBuffer),
    payloads,
  }
}

/** The same memory as a `Buffer`. */
export function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

function cut(wire: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let start = 0; start < wire.length; start += size) {
    const length = Math.min(size, wire.length - start)
    // Outside V8's heap whatever its length, so that a Buffer of it is a view.
    const chunk = new Uint8Array(new ArrayBuffer(length))
    chunk.set(wire.subarray(start, start + length))
    chunks.push(chunk)
  }
  return chunks
}

/** A native stream that gives the items when asked. */
export function streamOf<Item>(items: readonly Item[]): ReadableStream<Item> {
  let next = 0
  return new ReadableStream<Item>(
    {
      pull(controller) {
        const item = items[next++]
        if (item === undefined) controller.close()
        else controller.enqueue(item)
      },
    },
    { highWaterMark: 0 },
  )
}
