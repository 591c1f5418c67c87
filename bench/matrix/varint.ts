/**
 * Frames behind their length as a varint. it-length-prefixed gives a list of views for a frame: where a frame is bytes they are joined, which
 * costs nothing if there is one view; where nobody joins them, what stands beside it is ours in pieces.
 */

import { ByteSink, FrameParser, pieces, varintPrefixed, varintPrefixedEncoder, varintPrefixedFramer } from 'framewright'
import { decodeTransform, encodeTransform } from 'framewright/node'
import * as itLengthPrefixed from 'it-length-prefixed'
import * as lengthPrefixedStream from 'length-prefixed-stream'
import { ReadableStream as StreamOfWeb } from 'node:stream/web'
import { asBuffer, streamOf, type Budget, type Fixture } from '../fixtures.ts'
import { joinArrays } from './by-hand.ts'
import { drain, encodeAll, eventBytes, events, iterate, iterateJoined, parse, sink, type FrameList } from './consume.ts'
import { PIPED, SYNCHRONOUS, type Group, type Tally } from './group.ts'

const codec = varintPrefixed()
const inPieces = pieces(codec)

function joined(frames: Iterable<FrameList>): Tally {
  let n = 0
  let bytes = 0
  for (const frame of frames) {
    n++
    bytes += frame.subarray().length
  }
  return { frames: n, bytes }
}

function unjoined(frames: Iterable<FrameList>): Tally {
  let n = 0
  let bytes = 0
  for (const { byteLength } of frames) {
    n++
    bytes += byteLength
  }
  return { frames: n, bytes }
}

function parseInPieces({ chunks }: Fixture): Tally {
  let frames = 0
  let bytes = 0
  const parser = new FrameParser(inPieces)
  for (const chunk of chunks) {
    for (const piece of parser.push(chunk)) {
      if (piece.last) frames++
      bytes += piece.bytes.length
    }
  }
  return { frames, bytes }
}

async function* asyncOf<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

/** What this library has for an async iterable that is no stream. */
async function* parsed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const parser = new FrameParser(codec)
  for await (const chunk of chunks) yield* parser.push(chunk)
  yield* parser.end()
}

const decoding: readonly Group[] = [
  {
    name: 'varint prefix: parser loop',
    rule: 'varint',
    budget: SYNCHRONOUS,
    gives: 'payload',
    rows: [
      { name: 'FrameParser(varintPrefixed())', run: ({ chunks }) => parse(codec, chunks) },
      {
        name: 'it-length-prefixed decode()',
        kind: 'peer',
        run: ({ chunks }) => joined(itLengthPrefixed.decode(chunks)),
      },
      { name: 'FrameParser(pieces(varintPrefixed()))', run: parseInPieces },
      {
        name: 'it-length-prefixed decode(), its views not joined',
        kind: 'peer',
        beside: 'FrameParser(pieces(varintPrefixed()))',
        run: ({ chunks }) => unjoined(itLengthPrefixed.decode(chunks)),
      },
    ],
  },
  {
    name: "varint prefix: 'data' events",
    rule: 'varint',
    gives: 'payload',
    rows: [
      { name: 'decodeTransform(varintPrefixed())', run: ({ buffers }) => events(buffers, decodeTransform(codec)) },
      {
        name: 'length-prefixed-stream decode()',
        kind: 'peer',
        run: ({ buffers }) => events(buffers, lengthPrefixedStream.decode()),
      },
    ],
  },
  {
    name: 'varint prefix: for await',
    rule: 'varint',
    gives: 'payload',
    rows: [
      {
        name: 'varintPrefixedFramer, a ReadableStream',
        run: ({ chunks }) => iterate(streamOf(chunks).pipeThrough(varintPrefixedFramer())),
      },
      {
        name: 'it-length-prefixed decode(), a ReadableStream',
        kind: 'peer',
        run: ({ chunks }) => iterateJoined(itLengthPrefixed.decode(streamOf(chunks))),
      },
      { name: 'FrameParser, an async generator', run: ({ chunks }) => iterate(parsed(asyncOf(chunks))) },
      {
        name: 'it-length-prefixed decode(), an async generator',
        kind: 'peer',
        beside: 'FrameParser, an async generator',
        run: ({ chunks }) => iterateJoined(itLengthPrefixed.decode(asyncOf(chunks))),
      },
    ],
  },
]

/** The same for frames: all but short ones are passed on, as theirs are. */
async function* encoded(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = codec.encoder()
  const out = new ByteSink({ passFrom: 512 })
  for await (const frame of frames) {
    encoder.encode(frame, out)
    for (let chunk = out.takeNext(); chunk !== undefined; chunk = out.takeNext()) yield chunk
  }
}

/** Frames of 1 MiB cost so little where nobody copies them that what is made once, the streams, must be divided among more of them. */
const PASSED_ON: Budget = { ...PIPED, bytes: 64 * 1024 * 1024 }

const buffersOf = ({ payloads }: Fixture): Buffer[] => payloads.map(asBuffer)

const encoding: readonly Group[] = [
  {
    name: 'encode: varint prefix',
    rule: 'varint',
    budget: SYNCHRONOUS,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      { name: 'encodeFrames(varintPrefixed())', run: ({ payloads }) => encodeAll(codec, payloads) },
      {
        name: 'it-length-prefixed encode(), joined',
        kind: 'peer',
        run: ({ frames, payloads }) => ({ frames, bytes: joinArrays([...itLengthPrefixed.encode(payloads)]).length }),
      },
    ],
  },
  {
    name: 'encode: varint prefix, for await',
    rule: 'varint',
    budget: PASSED_ON,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      {
        name: 'varintPrefixedEncoder',
        run: ({ frames, payloads }) => drain(frames, streamOf(payloads).pipeThrough(varintPrefixedEncoder())),
      },
      {
        // It copies nothing: a length and a payload come as two chunks.
        name: 'it-length-prefixed encode()',
        kind: 'peer',
        run: ({ frames, payloads }) => drain(frames, itLengthPrefixed.encode(streamOf(payloads))),
      },
      {
        name: 'it-length-prefixed encode(), made a ReadableStream',
        kind: 'peer',
        run: ({ frames, payloads }) => drain(frames, StreamOfWeb.from(itLengthPrefixed.encode(streamOf(payloads)))),
      },
      {
        name: 'ByteSink, an async generator',
        run: ({ frames, payloads }) => drain(frames, encoded(asyncOf(payloads))),
      },
      {
        name: 'it-length-prefixed encode(), an async generator',
        kind: 'peer',
        beside: 'ByteSink, an async generator',
        run: ({ frames, payloads }) => drain(frames, itLengthPrefixed.encode(asyncOf(payloads))),
      },
      {
        name: "the platform's pipe alone, into nothing",
        kind: 'floor',
        gives: ({ payloadBytes }) => payloadBytes,
        run: ({ frames, payloads }) => sink(frames, streamOf(payloads)),
      },
    ],
  },
  {
    name: "encode: varint prefix, 'data' events",
    rule: 'varint',
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      {
        name: 'encodeTransform(varintPrefixed())',
        run: (fixture) => eventBytes(fixture.frames, buffersOf(fixture), encodeTransform(codec)),
      },
      {
        // It copies nothing either.
        name: 'length-prefixed-stream encode()',
        kind: 'peer',
        run: (fixture) => eventBytes(fixture.frames, buffersOf(fixture), lengthPrefixedStream.encode()),
      },
    ],
  },
]

const both: readonly Group[] = [
  {
    name: 'round trip: varint prefix, for await',
    rule: 'varint',
    budget: PASSED_ON,
    chunks: ['64 KiB'],
    gives: 'payload',
    rows: [
      {
        name: 'varintPrefixedEncoder and varintPrefixedFramer',
        run: ({ payloads }) =>
          iterate(streamOf(payloads).pipeThrough(varintPrefixedEncoder()).pipeThrough(varintPrefixedFramer())),
      },
      {
        name: 'it-length-prefixed encode() and decode()',
        kind: 'peer',
        run: ({ payloads }) => iterateJoined(itLengthPrefixed.decode(itLengthPrefixed.encode(streamOf(payloads)))),
      },
    ],
  },
  {
    name: "round trip: varint prefix, 'data' events",
    rule: 'varint',
    chunks: ['64 KiB'],
    gives: 'payload',
    rows: [
      {
        name: 'encodeTransform and decodeTransform',
        run: (fixture) => events(buffersOf(fixture), encodeTransform(codec), decodeTransform(codec)),
      },
      {
        name: 'length-prefixed-stream encode() and decode()',
        kind: 'peer',
        run: (fixture) => events(buffersOf(fixture), lengthPrefixedStream.encode(), lengthPrefixedStream.decode()),
      },
    ],
  },
]

export const varintGroups: readonly Group[] = [...decoding, ...encoding, ...both]
