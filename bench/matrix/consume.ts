/** The ways in which frames are taken: each is one function, so that a peer and ours are taken by the same one. */

import { Readable, type Duplex } from 'node:stream'
import { encodeFrames, FrameParser, type Codec } from 'framewright'
import type { Tally } from './group.ts'

/** Of it-length-prefixed: the views that a frame consists of, which become one when it is asked for. */
export type FrameList = Pick<Uint8Array, 'byteLength'> & { subarray(): Uint8Array }

type Sized = { readonly length: number }

/**
 * How long a frame is. Text is looked through, and has no newline: a string that was put together of many is no more than a note of them until
 * somebody does that, and the work was only put off.
 */
export function lengthOf(frame: Sized | string): number {
  return typeof frame === 'string' && frame.indexOf('\n') >= 0 ? NaN : frame.length
}

/** A parser that is given chunk after chunk, and its frames taken. */
export function parse(codec: Codec<Sized, never>, chunks: readonly Uint8Array[]): Tally {
  const parser = new FrameParser(codec)
  let frames = 0
  let bytes = 0
  for (const chunk of chunks) {
    for (const frame of parser.push(chunk)) {
      frames++
      bytes += lengthOf(frame)
    }
  }
  for (const frame of parser.end()) {
    frames++
    bytes += lengthOf(frame)
  }
  return { frames, bytes }
}

/** `for await` over frames. */
export async function iterate(items: AsyncIterable<Sized>): Promise<Tally> {
  let frames = 0
  let bytes = 0
  for await (const frame of items) {
    frames++
    bytes += lengthOf(frame)
  }
  return { frames, bytes }
}

/** `for await` over frames that are lists of views, each of which becomes bytes. */
export async function iterateJoined(frames: AsyncIterable<FrameList>): Promise<Tally> {
  let n = 0
  let bytes = 0
  for await (const frame of frames) {
    n++
    bytes += frame.subarray().length
  }
  return { frames: n, bytes }
}

/** `for await` over bytes that hold `frames` frames. */
export async function drain(frames: number, items: AsyncIterable<Sized>): Promise<Tally> {
  return { frames, bytes: (await iterate(items)).bytes }
}

/** 'data' events of a Node stream, to its end. */
export function countEvents(stream: Readable): Promise<Tally> {
  return new Promise((resolve, reject) => {
    let frames = 0
    let bytes = 0
    stream.on('data', (frame: Sized) => {
      frames++
      bytes += lengthOf(frame)
    })
    stream.once('end', () => resolve({ frames, bytes }))
    stream.once('error', reject)
  })
}

/** 'data' events of the last of some Node streams, the items piped into the first. */
export function events(items: readonly unknown[], ...streams: readonly Duplex[]): Promise<Tally> {
  return countEvents(piped(items, streams))
}

/** The same, where the items hold `frames` frames and bytes come out. */
export async function eventBytes(
  frames: number,
  items: readonly unknown[],
  ...streams: readonly Duplex[]
): Promise<Tally> {
  return { frames, bytes: (await events(items, ...streams)).bytes }
}

/** `for await` over the last of some Node streams. */
export async function iterateNode(items: readonly unknown[], ...streams: readonly Duplex[]): Promise<Tally> {
  return iterate(piped(items, streams) as AsyncIterable<Sized>)
}

/** A Node stream that gives an item whenever it is asked, as a socket that always has more. */
export function source(items: readonly unknown[]): Readable {
  let next = 0
  const stream = new Readable({
    objectMode: !(items[0] instanceof Uint8Array),
    read() {
      stream.push(next < items.length ? items[next++] : null)
    },
  })
  return stream
}

/** The last of some streams: what fails before it makes it fail. */
function piped(items: readonly unknown[], streams: readonly Duplex[]): Duplex {
  const last = streams.at(-1)!
  for (const stream of streams.slice(0, -1)) stream.once('error', (error) => last.destroy(error))
  streams.reduce<Readable>((from, to) => from.pipe(to), source(items))
  return last
}

/** All frames to bytes at once. */
export function encodeAll<Frame>(codec: Codec<unknown, Frame>, payloads: readonly Frame[]): Tally {
  return { frames: payloads.length, bytes: encodeFrames(codec, payloads).length }
}

/** Bytes into nothing, counted. */
export async function sink(frames: number, stream: ReadableStream<Uint8Array>): Promise<Tally> {
  let bytes = 0
  await stream.pipeTo(
    new WritableStream({
      write(chunk) {
        bytes += chunk.length
      },
    }),
  )
  return { frames, bytes }
}
