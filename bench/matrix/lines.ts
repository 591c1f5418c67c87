/** Lines of text, LF or CRLF, as strings. The text is ASCII, so a string is as long as its bytes. */

import { createInterface } from 'node:readline'
import { ReadlineParser } from '@serialport/parser-readline'
import { lines, linesEncoder, linesFramer } from 'framewright'
import { decodeTransform } from 'framewright/node'
import split2 from 'split2'
import { streamOf, type Fixture } from '../fixtures.ts'
import { joinArrays, splitText, transformOf } from './by-hand.ts'
import { drain, encodeAll, events, iterate, iterateNode, lengthOf, parse, source } from './consume.ts'
import { PIPED, SYNCHRONOUS, type Group, type Tally } from './group.ts'

const codec = lines()
const encoder = new TextEncoder()
const cases = [
  { what: 'lines', rule: 'lf', newline: '\n', chunks: ['64 KiB', '1460 B', '16 B'] },
  { what: 'lines (CRLF)', rule: 'crlf', newline: '\r\n', chunks: ['64 KiB'] },
] as const

function parseByHand({ chunks }: Fixture, newline: string): Tally {
  const decoder = new TextDecoder()
  const split = splitText(newline)
  let frames = 0
  let bytes = 0
  for (const chunk of chunks) {
    split(decoder.decode(chunk, { stream: true }), (line) => {
      frames++
      bytes += lengthOf(line)
    })
  }
  return { frames, bytes }
}

function textStream({ chunks }: Fixture): ReadableStream<string> {
  return streamOf(chunks).pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
}

/** The strings that an encoder is given: made once for a fixture, which is not what is measured. */
const texts = new WeakMap<Fixture, readonly string[]>()

function textsOf(fixture: Fixture): readonly string[] {
  let known = texts.get(fixture)
  if (known === undefined) {
    known = fixture.payloads.map((payload) => Buffer.from(payload).toString('latin1'))
    texts.set(fixture, known)
  }
  return known
}

const decoding: readonly Group[] = cases.flatMap(({ what, rule, newline, chunks }): Group[] => [
  {
    name: `${what}: parser loop`,
    rule,
    chunks,
    budget: SYNCHRONOUS,
    gives: 'payload',
    rows: [
      { name: 'FrameParser(lines())', run: ({ chunks }) => parse(codec, chunks) },
      {
        name: 'hand loop, TextDecoder and split',
        kind: 'floor',
        repeats: 'chunk',
        run: (fixture) => parseByHand(fixture, newline),
      },
    ],
  },
  {
    name: `${what}: 'data' events`,
    rule,
    chunks,
    gives: 'payload',
    rows: [
      { name: 'decodeTransform(lines())', run: ({ buffers }) => events(buffers, decodeTransform(codec)) },
      { name: 'split2()', kind: 'peer', repeats: 'chunk', run: ({ buffers }) => events(buffers, split2()) },
      {
        name: 'ReadlineParser',
        kind: 'peer',
        repeats: 'chunk',
        run: ({ buffers }) => events(buffers, new ReadlineParser({ delimiter: newline })),
      },
    ],
  },
  {
    name: `${what}: for await over a Node stream`,
    rule,
    chunks,
    gives: 'payload',
    rows: [
      { name: 'decodeTransform(lines())', run: ({ buffers }) => iterateNode(buffers, decodeTransform(codec)) },
      { name: 'split2()', kind: 'peer', repeats: 'chunk', run: ({ buffers }) => iterateNode(buffers, split2()) },
      {
        name: 'node:readline',
        kind: 'peer',
        run: ({ buffers }) => iterate(createInterface({ input: source(buffers), crlfDelay: Infinity })),
      },
    ],
  },
  {
    name: `${what}: for await`,
    rule,
    chunks,
    gives: 'payload',
    rows: [
      { name: 'linesFramer', run: ({ chunks }) => iterate(streamOf(chunks).pipeThrough(linesFramer())) },
      {
        name: 'TextDecoderStream and split',
        kind: 'peer',
        repeats: 'chunk',
        run: (fixture) => iterate(textStream(fixture).pipeThrough(transformOf(() => splitText(newline)))),
      },
      {
        name: 'split2(), a Node stream',
        kind: 'peer',
        repeats: 'chunk',
        run: ({ buffers }) => iterateNode(buffers, split2()),
      },
    ],
  },
])

const encoding: readonly Group[] = [
  {
    name: 'encode: lines',
    rule: 'lf',
    budget: SYNCHRONOUS,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      { name: 'encodeFrames(lines())', run: (fixture) => encodeAll(codec, textsOf(fixture)) },
      {
        name: 'hand loop, TextEncoder',
        kind: 'floor',
        run: (fixture) => {
          const all = textsOf(fixture)
          return { frames: all.length, bytes: joinArrays(all.map((line) => encoder.encode(`${line}\n`))).length }
        },
      },
      {
        name: 'hand loop, join and Buffer.from',
        kind: 'floor',
        run: (fixture) => {
          const all = textsOf(fixture)
          return { frames: all.length, bytes: Buffer.from(`${all.join('\n')}\n`).length }
        },
      },
    ],
  },
  {
    name: 'encode: lines, for await',
    rule: 'lf',
    budget: PIPED,
    chunks: ['64 KiB'],
    gives: 'wire',
    rows: [
      {
        name: 'linesEncoder',
        run: (fixture) => drain(fixture.frames, streamOf(textsOf(fixture)).pipeThrough(linesEncoder())),
      },
      {
        name: 'plain TransformStream and TextEncoderStream',
        kind: 'peer',
        run: (fixture) =>
          drain(
            fixture.frames,
            streamOf(textsOf(fixture))
              .pipeThrough(transformOf<string, string>(() => (line, use) => use(`${line}\n`)))
              .pipeThrough(new TextEncoderStream()),
          ),
      },
    ],
  },
]

export const linesGroups: readonly Group[] = [...decoding, ...encoding]
