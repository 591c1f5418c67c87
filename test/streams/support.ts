/** What the stream tests share: the implementations they run on, and small sources and sinks. */

import * as polyfill from 'web-streams-polyfill'
import { afterEach, beforeEach } from 'vitest'
import type { Codec, StreamsImplementation } from '../../src/index.ts'
import { offerSource } from '../../src/streams/direct.ts'
import { fusing } from '../../src/streams/fused-pipe.ts'
import { pipingClass } from '../../src/streams/piping.ts'

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

/** An implementation, and whether pipes between streams of ours go past their queues. */
export interface Piping extends Implementation {
  readonly isFused: boolean
}

/** Every implementation with plain pipes and with fused ones. */
export const pipings: readonly Piping[] = implementations.flatMap((implementation) => [
  { ...implementation, name: `${implementation.name}, plain pipes`, isFused: false },
  { ...implementation, name: `${implementation.name}, fused pipes`, isFused: true },
])

/** Has the tests of a `describe` run with such pipes. */
export function usePipes({ isFused }: Piping): void {
  beforeEach(() => {
    fusing.isOn = isFused
  })
  afterEach(() => {
    fusing.isOn = true
  })
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(frame: Uint8Array | undefined): string {
  return new TextDecoder().decode(frame)
}

/** A stream that asks for an item when it needs one. Where pipes are fused it is as one of ours: it can be read past its queue. */
export function pulled<T>(
  implementation: Implementation & Partial<Piping>,
  pull: (controller: Pick<ReadableStreamDefaultController<T>, 'enqueue' | 'close' | 'error'>) => void,
  cancel?: (reason: unknown) => void,
): ReadableStream<T> {
  const { classes, isFused = false } = implementation
  const Readable = isFused ? pipingClass(classes) : classes.ReadableStream
  let controller!: ReadableStreamDefaultController<T>
  let taker: ((item: T) => void) | undefined
  const given = {
    enqueue(item: T) {
      const take = taker
      taker = undefined
      if (take === undefined) controller.enqueue(item)
      else take(item)
    },
    close: () => controller.close(),
    error: (error: unknown) => controller.error(error),
  }
  const stream = new Readable<T>(
    {
      start(made) {
        controller = made
      },
      pull: () => pull(given),
      cancel: (reason) => cancel?.(reason),
    },
    { highWaterMark: 0 },
  )
  if (isFused) {
    offerSource(stream, {
      get queued() {
        return -(controller.desiredSize ?? 0)
      },
      read(take) {
        taker = take
        pull(given)
      },
      forget() {
        taker = undefined
      },
    })
  }
  return stream
}

/** A stream that gives these chunks when asked, and records what it was cancelled with. It ends, or with `open` never does. */
export function source(
  implementation: Implementation,
  chunks: readonly Uint8Array[],
  open?: 'open',
): ReadableStream<Uint8Array> & { cancelled: unknown } {
  let next = 0
  const stream = pulled<Uint8Array>(
    implementation,
    (controller) => {
      const chunk = chunks[next++]
      if (chunk !== undefined) controller.enqueue(chunk)
      else if (open === undefined) controller.close()
    },
    (reason) => {
      stream.cancelled = reason
    },
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
