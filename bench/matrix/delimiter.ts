/**
 * Frames that end with LF, as bytes. binary-split and the parser of serialport give frames only as 'data' events: who reads from a Node
 * stream in byte mode, or iterates over it, gets what waits joined together.
 */

import { DelimiterParser } from '@serialport/parser-delimiter'
import binarySplit from 'binary-split'
import { delimiter, delimiterEncoder, delimiterFramer } from 'framewright'
import { decodeTransform } from 'framewright/node'
import { streamOf } from '../fixtures.ts'
import { addLF, joinArrays, plainEncoder, plainSplit, splitArrays, splitBuffers } from './by-hand.ts'
import { drain, encodeAll, events, iterate, parse, sink } from './consume.ts'
import { delimiterForAwait } from './delimiter-for-await.ts'
import { PIPED, SYNCHRONOUS, type Group } from './group.ts'

const codec = delimiter('\n')
const LF = Uint8Array.of(0x0a)

const decoding: readonly Group[] = [
  {
    name: "delimiter '\\n': parser loop",
    rule: 'lf',
    budget: SYNCHRONOUS,
    gives: 'payload',
    rows: [
      { name: 'FrameParser', run: ({ chunks }) => parse(codec, chunks) },
      { name: 'hand loop, Uint8Array', kind: 'floor', run: ({ chunks }) => splitArrays(chunks) },
      { name: 'hand loop, Buffer', kind: 'floor', run: ({ buffers }) => splitBuffers(buffers) },
    ],
    targets: [
      {
        what: 'FrameParser against the best loop by hand',
        frames: ['16 B', '64 B', '256 B', '1 KiB'],
        chunks: ['64 KiB'],
        above: [['hand loop, Uint8Array'], ['hand loop, Buffer']],
        below: 'FrameParser',
        atLeast: 1.2,
      },
    ],
  },
  delimiterForAwait,
  {
    name: "delimiter '\\n': 'data' events",
    rule: 'lf',
    gives: 'payload',
    rows: [
      { name: "decodeTransform(delimiter('\\n'))", run: ({ buffers }) => events(buffers, decodeTransform(codec)) },
      {
        name: "binarySplit('\\n')",
        kind: 'peer',
        repeats: 'chunk',
        run: ({ buffers }) => events(buffers, binarySplit('\n')),
      },
      {
        name: "DelimiterParser({ delimiter: '\\n' })",
        kind: 'peer',
        repeats: 'chunk',
        run: ({ buffers }) => events(buffers, new DelimiterParser({ delimiter: '\n' })),
      },
    ],
  },
]

const encoding: readonly Group[] = [
  {
    name: "encode: delimiter '\\n'",
    rule: 'lf',
    budget: SYNCHRONOUS,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      { name: 'encodeFrames', run: ({ payloads }) => encodeAll(codec, payloads) },
      {
        name: 'hand loop, Uint8Array',
        kind: 'floor',
        run: ({ payloads }) => ({
          frames: payloads.length,
          bytes: joinArrays(payloads.flatMap((payload) => [payload, LF])).length,
        }),
      },
      {
        name: 'hand loop, Buffer',
        kind: 'floor',
        run: ({ payloads }) => ({
          frames: payloads.length,
          bytes: Buffer.concat(payloads.flatMap((payload) => [payload, LF])).length,
        }),
      },
    ],
  },
  {
    name: "encode: delimiter '\\n', for await",
    rule: 'lf',
    budget: PIPED,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      {
        name: 'delimiterEncoder',
        run: ({ frames, payloads }) => drain(frames, streamOf(payloads).pipeThrough(delimiterEncoder('\n'))),
      },
      {
        name: 'plain TransformStream',
        kind: 'peer',
        run: ({ frames, payloads }) => drain(frames, streamOf(payloads).pipeThrough(plainEncoder(addLF))),
      },
    ],
  },
]

const both: readonly Group[] = [
  {
    name: "round trip: delimiter '\\n', for await",
    rule: 'lf',
    budget: PIPED,
    chunks: ['64 KiB'],
    gives: 'payload',
    rows: [
      {
        name: 'delimiterEncoder and delimiterFramer',
        run: ({ payloads }) =>
          iterate(streamOf(payloads).pipeThrough(delimiterEncoder('\n')).pipeThrough(delimiterFramer('\n'))),
      },
      {
        name: 'plain TransformStreams',
        kind: 'peer',
        run: ({ payloads }) => iterate(streamOf(payloads).pipeThrough(plainEncoder(addLF)).pipeThrough(plainSplit())),
      },
    ],
  },
  {
    name: "echo: delimiter '\\n', in memory",
    rule: 'lf',
    chunks: ['64 KiB', '1460 B'],
    budget: PIPED,
    gives: 'wire',
    rows: [
      {
        name: 'delimiterFramer and delimiterEncoder',
        run: ({ frames, chunks }) =>
          sink(frames, streamOf(chunks).pipeThrough(delimiterFramer('\n')).pipeThrough(delimiterEncoder('\n'))),
      },
      {
        name: 'plain TransformStreams',
        kind: 'peer',
        run: ({ frames, chunks }) =>
          sink(frames, streamOf(chunks).pipeThrough(plainSplit()).pipeThrough(plainEncoder(addLF))),
      },
    ],
  },
]

export const delimiterGroups: readonly Group[] = [...decoding, ...encoding, ...both]
