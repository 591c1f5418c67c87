/** What the stream tests share: the implementations they run on, and small sources and sinks. */

import * as polyfill from 'web-streams-polyfill'
import type { Codec, StreamsImplementation } from '../../src/index.ts'

export interface Implementation {
  readonly name: string
  /** What a user hands over; undefined for the runtime's own. */
  readonly option: StreamsImplementation | undefined
  readonly classes: {
    readonly ReadableStream: typeof ReadableStream
    readonly WritableStream: typeof WritableStream
    readonly TransformStream: typeof TransformStream
  }
}

export const implementations: readonly Implementation[] = [
  { name: 'native streams', option: undefined, classes: globalThis },
  { name: 'web-streams-polyfill', option: polyfill, classes: polyfill as unknown as typeof globalThis },
]

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(frame: Uint8Array | undefined): string {
  return new TextDecoder().decode(frame)
}

/** A stream that gives these chunks when asked, and records what it was cancelled with. It ends, or with `open` never does. */
export function source(
  { classes }: Implementation,
  chunks: readonly Uint8Array[],
  open?: 'open',
): ReadableStream<Uint8Array> & { cancelled: unknown } {
  let next = 0
  const stream = new classes.ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[next++]
        if (chunk !== undefined) controller.enqueue(chunk)
        else if (open === undefined) controller.close()
      },
      cancel(reason) {
        stream.cancelled = reason
      },
    },
    { highWaterMark: 0 },
  ) as ReadableStream<Uint8Array> & { cancelled: unknown }
  return stream
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Lets everything that is already decided happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

/** 'settled', or 'pending' after all that is decided has happened. */
export async function state(promise: Promise<unknown>): Promise<'fulfilled' | 'rejected' | 'pending'> {
  let now: 'fulfilled' | 'rejected' | 'pending' = 'pending'
  promise.then(
    () => (now = 'fulfilled'),
    () => (now = 'rejected'),
  )
  await settle()
  return now
}

export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('The promise was fulfilled')
}

/** Gives `n` single bytes as frames, then finishes: the rest is raw. */
export function firstBytes(n: number): Codec<number> {
  return {
    decoder: () =>
      ({
        left: n,
        get finished() {
          return this.left === 0
        },
        decode(queue) {
          if (this.left === 0 || queue.length === 0) return undefined
          this.left--
          return queue.take(1)[0]
        },
      }) as ReturnType<Codec<number>['decoder']> & { left: number },
    encoder: () => ({ encode: (frame, out) => out.byte(frame) }),
  }
}
