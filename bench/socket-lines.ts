/** Rows that receive a flood of lines, as strings: what Node and the platform have for it, packages, and ours. */

import { createInterface } from 'node:readline'
import { ReadlineParser } from '@serialport/parser-readline'
import { lines, linesFramer } from 'framewright'
import { decodeTransform } from 'framewright/node'
import split2 from 'split2'
import { splitText, transformOf } from './matrix/by-hand.ts'
import type { TcpRow } from './socket-compare.ts'
import {
  iterated,
  iteratedFramed,
  iteratedNode,
  iteratedWeb,
  noDecoding,
  onEvents,
  options,
  parsed,
} from './socket-take.ts'

const codec = lines(options)
const transform: TcpRow = onEvents({ name: "decodeTransform(lines()), 'data' events" }, () => decodeTransform(codec))
const natural: TcpRow = iteratedWeb({ name: 'pipeThrough(linesFramer()), for await' }, (bytes) =>
  bytes.pipeThrough(linesFramer(options)),
)

const onEvent = { kind: 'peer', beside: transform.name, repeats: 'chunk' } as const
const forAwait = { kind: 'peer', beside: natural.name } as const

export const lineRows: readonly TcpRow[] = [
  noDecoding,
  natural,
  iteratedFramed({ name: 'framed(socket, lines()), for await' }, codec),
  parsed(codec),
  transform,
  onEvents({ name: "split2, 'data' events", ...onEvent }, () => split2()),
  onEvents({ name: "ReadlineParser, 'data' events", ...onEvent }, () => new ReadlineParser({ delimiter: '\n' })),
  iteratedNode({ name: 'split2, for await', ...forAwait, repeats: 'chunk' }, () => split2()),
  iterated({ name: 'node:readline, for await', ...forAwait }, (input) =>
    createInterface({ input, crlfDelay: Infinity }),
  ),
  iteratedWeb({ name: 'TextDecoderStream and split, for await', ...forAwait, repeats: 'chunk' }, (bytes) =>
    bytes
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .pipeThrough(transformOf(() => splitText('\n'))),
  ),
]
