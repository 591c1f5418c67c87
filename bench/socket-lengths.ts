/** Rows that receive a flood of frames behind their length, in four bytes or as a varint. */

import * as frameStream from 'frame-stream'
import { lengthPrefixed, lengthPrefixedFramer, varintPrefixed, varintPrefixedFramer } from 'framewright'
import { decodeTransform } from 'framewright/node'
import * as itLengthPrefixed from 'it-length-prefixed'
import * as lengthPrefixedStream from 'length-prefixed-stream'
import { joinBuffers, LengthPrefixLoop, plainLengthPrefix } from './matrix/by-hand.ts'
import { iterateJoined } from './matrix/consume.ts'
import type { TcpRow } from './socket-compare.ts'
import { byHand, iteratedFramed, iteratedWeb, noDecoding, onEvents, openNode, options, parsed } from './socket-take.ts'

const uint32 = lengthPrefixed(options)
const varint = varintPrefixed(options)

const uint32Transform: TcpRow = onEvents({ name: "decodeTransform(lengthPrefixed()), 'data' events" }, () =>
  decodeTransform(uint32),
)
const uint32Natural: TcpRow = iteratedWeb({ name: 'pipeThrough(lengthPrefixedFramer()), for await' }, (bytes) =>
  bytes.pipeThrough(lengthPrefixedFramer(options)),
)
export const uint32Framed: TcpRow = iteratedFramed({ name: 'framed(socket, lengthPrefixed()), for await' }, uint32)
export const uint32ByHand: TcpRow = byHand("'data' events, lengths by hand", () => {
  const loop = new LengthPrefixLoop(joinBuffers)
  return (chunk, use) => loop.push(chunk, use)
})

export const uint32Rows: readonly TcpRow[] = [
  noDecoding,
  uint32Natural,
  uint32Framed,
  parsed(uint32),
  uint32Transform,
  uint32ByHand,
  onEvents(
    { name: "frame-stream decode(), 'data' events", kind: 'peer', beside: uint32Transform.name, repeats: 'chunk' },
    () => frameStream.decode(),
  ),
  iteratedWeb({ name: 'plain TransformStream, for await', kind: 'peer', beside: uint32Natural.name }, (bytes) =>
    bytes.pipeThrough(plainLengthPrefix()),
  ),
]

const varintTransform: TcpRow = onEvents({ name: "decodeTransform(varintPrefixed()), 'data' events" }, () =>
  decodeTransform(varint),
)
const varintNatural: TcpRow = iteratedWeb({ name: 'pipeThrough(varintPrefixedFramer()), for await' }, (bytes) =>
  bytes.pipeThrough(varintPrefixedFramer(options)),
)

export const varintRows: readonly TcpRow[] = [
  noDecoding,
  varintNatural,
  iteratedFramed({ name: 'framed(socket, varintPrefixed()), for await' }, varint),
  parsed(varint),
  varintTransform,
  onEvents({ name: "length-prefixed-stream decode(), 'data' events", kind: 'peer', beside: varintTransform.name }, () =>
    lengthPrefixedStream.decode(),
  ),
  {
    name: 'it-length-prefixed decode(), for await',
    kind: 'peer',
    beside: varintNatural.name,
    run: (call) => iterateJoined(itLengthPrefixed.decode(openNode(call))),
  },
]
