/** Frames behind their length in four bytes. */

import * as frameStream from 'frame-stream'
import { lengthPrefixed, lengthPrefixedEncoder, lengthPrefixedFramer } from 'framewright'
import { decodeTransform, encodeTransform } from 'framewright/node'
import { asBuffer, streamOf, type Fixture } from '../fixtures.ts'
import {
  addLength,
  joinArrays,
  joinBuffers,
  LengthPrefixLoop,
  plainEncoder,
  plainLengthPrefix,
  type Join,
} from './by-hand.ts'
import { drain, encodeAll, eventBytes, events, iterate, parse, sink } from './consume.ts'
import { PIPED, SYNCHRONOUS, type Group, type Tally } from './group.ts'

const codec = lengthPrefixed()
const what = 'length prefix (4 bytes)'

function byHand(chunks: readonly Uint8Array[], join: Join): Tally {
  const loop = new LengthPrefixLoop(join)
  let frames = 0
  let bytes = 0
  for (const chunk of chunks) {
    loop.push(chunk, (frame) => {
      frames++
      bytes += frame.length
    })
  }
  return { frames, bytes }
}

const decoding: readonly Group[] = [
  {
    name: `${what}: parser loop`,
    rule: 'uint32',
    budget: SYNCHRONOUS,
    gives: 'payload',
    rows: [
      { name: 'FrameParser(lengthPrefixed())', run: ({ chunks }) => parse(codec, chunks) },
      { name: 'hand loop, Uint8Array', kind: 'floor', run: ({ chunks }) => byHand(chunks, joinArrays) },
      { name: 'hand loop, Buffer', kind: 'floor', run: ({ buffers }) => byHand(buffers, joinBuffers) },
    ],
  },
  {
    name: `${what}: 'data' events`,
    rule: 'uint32',
    gives: 'payload',
    rows: [
      { name: 'decodeTransform(lengthPrefixed())', run: ({ buffers }) => events(buffers, decodeTransform(codec)) },
      {
        name: 'frame-stream decode()',
        kind: 'peer',
        repeats: 'chunk',
        run: ({ buffers }) => events(buffers, frameStream.decode()),
      },
    ],
  },
  {
    name: `${what}: for await`,
    rule: 'uint32',
    gives: 'payload',
    rows: [
      {
        name: 'lengthPrefixedFramer',
        run: ({ chunks }) => iterate(streamOf(chunks).pipeThrough(lengthPrefixedFramer())),
      },
      {
        name: 'plain TransformStream',
        kind: 'peer',
        run: ({ chunks }) => iterate(streamOf(chunks).pipeThrough(plainLengthPrefix())),
      },
    ],
  },
]

const buffersOf = ({ payloads }: Fixture): Buffer[] => payloads.map(asBuffer)

const encoding: readonly Group[] = [
  {
    name: `encode: ${what}`,
    rule: 'uint32',
    budget: SYNCHRONOUS,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      { name: 'encodeFrames(lengthPrefixed())', run: ({ payloads }) => encodeAll(codec, payloads) },
      {
        name: 'hand loop, Uint8Array',
        kind: 'floor',
        run: ({ payloads }) => ({ frames: payloads.length, bytes: joinArrays(payloads.map(addLength)).length }),
      },
      {
        name: 'hand loop, Buffer',
        kind: 'floor',
        run: ({ payloads }) => ({ frames: payloads.length, bytes: concatenated(payloads) }),
      },
    ],
  },
  {
    name: `encode: ${what}, 'data' events`,
    rule: 'uint32',
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      {
        name: 'encodeTransform(lengthPrefixed())',
        run: (fixture) => eventBytes(fixture.frames, buffersOf(fixture), encodeTransform(codec)),
      },
      {
        name: 'frame-stream encode()',
        kind: 'peer',
        run: (fixture) => eventBytes(fixture.frames, buffersOf(fixture), frameStream.encode()),
      },
    ],
  },
  {
    name: `encode: ${what}, for await`,
    rule: 'uint32',
    budget: PIPED,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      {
        name: 'lengthPrefixedEncoder',
        run: ({ frames, payloads }) => drain(frames, streamOf(payloads).pipeThrough(lengthPrefixedEncoder())),
      },
      {
        name: 'plain TransformStream',
        kind: 'peer',
        run: ({ frames, payloads }) => drain(frames, streamOf(payloads).pipeThrough(plainEncoder(addLength))),
      },
    ],
  },
]

function concatenated(payloads: readonly Uint8Array[]): number {
  const parts: Uint8Array[] = []
  for (const payload of payloads) {
    const head = Buffer.allocUnsafe(4)
    head.writeUInt32BE(payload.length)
    parts.push(head, payload)
  }
  return Buffer.concat(parts).length
}

const both: readonly Group[] = [
  {
    name: `round trip: ${what}, 'data' events`,
    rule: 'uint32',
    chunks: ['64 KiB'],
    gives: 'payload',
    rows: [
      {
        name: 'encodeTransform and decodeTransform',
        run: (fixture) => events(buffersOf(fixture), encodeTransform(codec), decodeTransform(codec)),
      },
      {
        name: 'frame-stream encode() and decode()',
        kind: 'peer',
        run: (fixture) => events(buffersOf(fixture), frameStream.encode(), frameStream.decode()),
      },
    ],
  },
  {
    name: `round trip: ${what}, for await`,
    rule: 'uint32',
    budget: PIPED,
    chunks: ['64 KiB'],
    gives: 'payload',
    rows: [
      {
        name: 'lengthPrefixedEncoder and lengthPrefixedFramer',
        run: ({ payloads }) =>
          iterate(streamOf(payloads).pipeThrough(lengthPrefixedEncoder()).pipeThrough(lengthPrefixedFramer())),
      },
      {
        name: 'plain TransformStreams',
        kind: 'peer',
        run: ({ payloads }) =>
          iterate(streamOf(payloads).pipeThrough(plainEncoder(addLength)).pipeThrough(plainLengthPrefix())),
      },
    ],
  },
  {
    name: `echo: ${what}, in memory`,
    rule: 'uint32',
    chunks: ['64 KiB', '1460 B'],
    budget: PIPED,
    gives: 'wire',
    rows: [
      {
        name: 'lengthPrefixedFramer and lengthPrefixedEncoder',
        run: ({ frames, chunks }) =>
          sink(frames, streamOf(chunks).pipeThrough(lengthPrefixedFramer()).pipeThrough(lengthPrefixedEncoder())),
      },
      {
        name: 'plain TransformStreams',
        kind: 'peer',
        run: ({ frames, chunks }) =>
          sink(frames, streamOf(chunks).pipeThrough(plainLengthPrefix()).pipeThrough(plainEncoder(addLength))),
      },
    ],
  },
]

export const lengthPrefixedGroups: readonly Group[] = [...decoding, ...encoding, ...both]
