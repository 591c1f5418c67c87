/** Frames whose payload is escaped so that one byte is free to end them: COBS and SLIP. */

import { createRequire } from 'node:module'
import { SlipDecoder, SlipEncoder } from '@serialport/parser-slip-encoder'
import * as peerCobs from 'cobs'
import { cobs, slip } from 'framewright'
import { decodeTransform, encodeTransform } from 'framewright/node'
import { asBuffer, type Fixture } from '../fixtures.ts'
import { joinBuffers, splitChunk } from './by-hand.ts'
import { encodeAll, eventBytes, events, parse, source } from './consume.ts'
import { BYTEWISE, TINY, type Group, type Tally } from './group.ts'

// Its exports are not to be seen from outside, so an import of a name finds nothing.
const peerSlip = createRequire(import.meta.url)('slip') as typeof import('slip')

/** The package decodes a frame that somebody else has cut out. */
function decodeCobs({ buffers }: Fixture): Tally {
  let frames = 0
  let bytes = 0
  const carry: Uint8Array[] = []
  for (const chunk of buffers) {
    splitChunk(
      chunk,
      carry,
      joinBuffers,
      (frame) => {
        frames++
        bytes += peerCobs.decode(frame as Buffer).length
      },
      0,
    )
  }
  return { frames, bytes }
}

function decodeSlip({ chunks }: Fixture): Tally {
  let frames = 0
  let bytes = 0
  const decoder = new peerSlip.Decoder({
    onMessage(frame) {
      frames++
      bytes += frame.length
    },
  })
  for (const chunk of chunks) decoder.decode(chunk)
  return { frames, bytes }
}

/** Each frame by itself, and nothing joined. */
function encodeEach(payloads: readonly Uint8Array[], encode: (payload: Uint8Array) => Uint8Array): Tally {
  return { frames: payloads.length, bytes: payloads.reduce((sum, payload) => sum + encode(payload).length, 0) }
}

const buffersOf = ({ payloads }: Fixture): Buffer[] => payloads.map(asBuffer)

const cobsGroups: readonly Group[] = [
  {
    name: 'COBS: parser loop',
    rule: 'cobs',
    budget: BYTEWISE,
    gives: 'payload',
    rows: [
      { name: 'FrameParser(cobs())', run: ({ chunks }) => parse(cobs(), chunks) },
      { name: 'cobs decode(), cut by hand', kind: 'peer', run: decodeCobs },
    ],
  },
  {
    name: "COBS: 'data' events",
    rule: 'cobs',
    budget: BYTEWISE,
    gives: 'payload',
    rows: [
      { name: 'decodeTransform(cobs())', run: ({ buffers }) => events(buffers, decodeTransform(cobs())) },
      { name: 'cobs decodeStream()', kind: 'peer', run: cobsEvents },
    ],
  },
  {
    name: 'encode: COBS',
    rule: 'cobs',
    chunks: ['64 KiB'],
    budget: BYTEWISE,
    gives: 'wire',
    rows: [
      { name: 'encodeFrames(cobs())', run: ({ payloads }) => encodeAll(cobs(), payloads) },
      {
        name: 'cobs encode()',
        kind: 'peer',
        // Without the zero that ends the frame.
        gives: ({ wireBytes, frames }) => wireBytes - frames,
        run: ({ payloads }) => encodeEach(payloads, (payload) => peerCobs.encode(payload as Buffer)),
      },
    ],
  },
]

/** Its stream ends when its source does, whatever it still holds: the last frame is the end. */
function cobsEvents({ buffers, frames: all }: Fixture): Promise<Tally> {
  return new Promise((resolve, reject) => {
    let frames = 0
    let bytes = 0
    const stream = peerCobs.decodeStream()
    stream.once('error', reject)
    stream.on('data', (frame: Buffer) => {
      frames++
      bytes += frame.length
      if (frames === all) resolve({ frames, bytes })
    })
    source(buffers).pipe(stream)
  })
}

const slipGroups: readonly Group[] = [
  {
    name: 'SLIP: parser loop',
    rule: 'slip',
    budget: BYTEWISE,
    gives: 'payload',
    rows: [
      { name: 'FrameParser(slip())', run: ({ chunks }) => parse(slip(), chunks) },
      { name: 'slip Decoder', kind: 'peer', run: decodeSlip },
    ],
  },
  {
    name: "SLIP: 'data' events",
    rule: 'slip',
    budget: TINY,
    gives: 'payload',
    rows: [
      { name: 'decodeTransform(slip())', run: ({ buffers }) => events(buffers, decodeTransform(slip())) },
      {
        name: 'SlipDecoder of serialport',
        kind: 'peer',
        repeats: 'byte',
        run: ({ buffers }) => events(buffers, new SlipDecoder()),
      },
    ],
  },
  {
    name: 'encode: SLIP',
    rule: 'slip',
    chunks: ['64 KiB'],
    budget: BYTEWISE,
    gives: 'wire',
    rows: [
      {
        name: 'encodeFrames(slip())',
        // An END in front of the first frame.
        gives: ({ wireBytes }) => wireBytes + 1,
        run: ({ payloads }) => encodeAll(slip(), payloads),
      },
      {
        name: 'slip encode()',
        kind: 'peer',
        // An END in front of every frame.
        gives: ({ wireBytes, frames }) => wireBytes + frames,
        run: ({ payloads }) => encodeEach(payloads, peerSlip.encode),
      },
    ],
  },
  {
    name: "encode: SLIP, 'data' events",
    rule: 'slip',
    chunks: ['64 KiB'],
    budget: BYTEWISE,
    gives: 'wire',
    rows: [
      {
        name: 'encodeTransform(slip())',
        gives: ({ wireBytes }) => wireBytes + 1,
        run: (fixture) => eventBytes(fixture.frames, buffersOf(fixture), encodeTransform(slip())),
      },
      {
        name: 'SlipEncoder of serialport',
        kind: 'peer',
        run: (fixture) => eventBytes(fixture.frames, buffersOf(fixture), new SlipEncoder()),
      },
    ],
  },
]

export const escapedGroups: readonly Group[] = [...cobsGroups, ...slipGroups]
