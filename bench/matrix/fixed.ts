/** Frames of one length, and packets behind a marker and their length: what two parsers of serialport do. */

import { ByteLengthParser } from '@serialport/parser-byte-length'
import { PacketLengthParser } from '@serialport/parser-packet-length'
import { fixedLength, lengthPrefixed } from 'framewright'
import { decodeTransform } from 'framewright/node'
import { PACKET_MARK } from '../wire.ts'
import { events, parse } from './consume.ts'
import { SYNCHRONOUS, TINY, type Group } from './group.ts'

const packets = lengthPrefixed({ sync: Uint8Array.of(PACKET_MARK), offset: 1, endian: 'little', strip: 0 })

export const fixedGroups: readonly Group[] = [
  {
    name: 'fixed length: parser loop',
    rule: 'fixed',
    budget: SYNCHRONOUS,
    gives: 'payload',
    rows: [
      {
        name: 'FrameParser(fixedLength(n))',
        run: ({ chunks, frameBytes }) => parse(fixedLength(frameBytes), chunks),
      },
    ],
  },
  {
    name: "fixed length: 'data' events",
    rule: 'fixed',
    gives: 'payload',
    rows: [
      {
        name: 'decodeTransform(fixedLength(n))',
        run: ({ buffers, frameBytes }) => events(buffers, decodeTransform(fixedLength(frameBytes))),
      },
      {
        name: 'ByteLengthParser',
        kind: 'peer',
        run: ({ buffers, frameBytes }) => events(buffers, new ByteLengthParser({ length: frameBytes })),
      },
    ],
  },
  {
    name: "marker and length: 'data' events",
    rule: 'packet',
    budget: TINY,
    gives: 'wire',
    rows: [
      {
        name: 'decodeTransform(lengthPrefixed({ sync }))',
        run: ({ buffers }) => events(buffers, decodeTransform(packets)),
      },
      {
        name: 'PacketLengthParser',
        kind: 'peer',
        repeats: 'byte',
        run: ({ buffers }) =>
          events(
            buffers,
            new PacketLengthParser({
              delimiter: PACKET_MARK,
              lengthBytes: 4,
              lengthOffset: 1,
              packetOverhead: 5,
              maxLen: 0x7fffffff,
            }),
          ),
      },
    ],
  },
]
