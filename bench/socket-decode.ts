/**
 * Rows that receive a flood of frames with an LF after each, as bytes: raw 'data' events that decode nothing, what people write by hand over
 * them, packages, and ours. The loops of ours stand in their rows, so that each is compiled for what it sees alone.
 */

// oxlint-disable-next-line typescript/triple-slash-reference -- declarations only: there is no module to import
/// <reference path="../test/peers/untyped.d.ts" />
import { DelimiterParser } from '@serialport/parser-delimiter'
import binarySplit from 'binary-split'
import { delimiter, delimiterFramer } from 'framewright'
import { decodeTransform } from 'framewright/node'
import split2 from 'split2'
import { joinBuffers, plainSplit, splitChunk } from './matrix/by-hand.ts'
import { madeBeforehand } from './matrix/delimiter-for-await.ts'
import type { TcpRow } from './socket-compare.ts'
import { ask } from './socket-open.ts'
import {
  byHand,
  iteratedFramed,
  iteratedNode,
  iteratedWeb,
  noDecoding,
  onEvents,
  options,
  parsed,
} from './socket-take.ts'

const codec = delimiter('\n', options)

export const bareLoop: TcpRow = parsed(codec)

/** What nobody can be below who gives frames one by one to a `for await`. */
export const loopAndForAwait: TcpRow = {
  name: `${bareLoop.name}, then an empty for await`,
  kind: 'floor',
  async run(call) {
    const done = await bareLoop.run(call)
    const ready = Array.from({ length: typeof done === 'number' ? done : done.frames }, () => call)
    let frames = 0
    for await (const frame of madeBeforehand(ready)) frames += frame === call ? 1 : 0
    return frames
  },
}

export const naturalForm: TcpRow = {
  name: 'pipeThrough(delimiterFramer), for await',
  async run(call) {
    let frames = 0
    let bytes = 0
    const socket = await ask(call)
    for await (const frame of socket.readable.pipeThrough(delimiterFramer('\n', options))) {
      frames++
      bytes += frame.length
    }
    return { frames, bytes }
  },
}

const batches: TcpRow = {
  name: 'pipeThrough(delimiterFramer), batch',
  async run(call) {
    let frames = 0
    let bytes = 0
    const framer = delimiterFramer('\n', options)
    const piped = (await ask(call)).readable.pipeTo(framer.writable)
    for await (const batch of framer.readable.values({ batch: true })) {
      for (const frame of batch) {
        frames++
        bytes += frame.length
      }
    }
    await piped
    return { frames, bytes }
  },
}

const transform: TcpRow = onEvents({ name: "decodeTransform(delimiter), 'data' events" }, () => decodeTransform(codec))

const onEvent = { kind: 'peer', beside: transform.name, repeats: 'chunk' } as const
const forAwait = { kind: 'peer', beside: naturalForm.name } as const

/** binary-split and the parser of serialport give frames only as 'data' events. */
const packages: readonly TcpRow[] = [
  onEvents({ name: "split2, 'data' events", ...onEvent }, () => split2()),
  onEvents({ name: "binary-split, 'data' events", ...onEvent }, () => binarySplit('\n')),
  onEvents({ name: "DelimiterParser, 'data' events", ...onEvent }, () => new DelimiterParser({ delimiter: '\n' })),
  iteratedNode({ name: 'split2, for await', ...forAwait, repeats: 'chunk' }, () => split2()),
  iteratedWeb({ name: 'plain TransformStream, for await', ...forAwait }, (bytes) => bytes.pipeThrough(plainSplit())),
]

export const decodeRows: readonly TcpRow[] = [
  noDecoding,
  naturalForm,
  bareLoop,
  loopAndForAwait,
  batches,
  iteratedFramed({ name: 'framed(socket, delimiter), for await' }, codec),
  byHand("'data' events, indexOf by hand", () => {
    const carry: Uint8Array[] = []
    return (chunk, use) => splitChunk(chunk, carry, joinBuffers, use)
  }),
  transform,
  ...packages,
]
