/** What is compared with compiled programs: rows of ours, and the cases of the programs for the same rule. */

import { delimiter, delimiterFramer, encodeFrames, FrameParser, lengthPrefixed, lines } from 'framewright'
import { streamOf, type Fixture } from '../fixtures.ts'
import type { Tally } from '../matrix/group.ts'
import type { Rule } from '../wire.ts'
import type { Language } from './build.ts'

export interface OwnRow {
  readonly name: string
  readonly run: (fixture: Fixture) => Tally | Promise<Tally>
}

export interface CompiledRow {
  readonly name: string
  readonly language: Language
  /** What the program calls it. */
  readonly case: string
}

export interface Comparison {
  readonly group: string
  readonly rule: Rule
  readonly gives: 'payload' | 'wire'
  readonly ours: readonly OwnRow[]
  readonly compiled: readonly CompiledRow[]
  /** Names of two rows that do the same in the same form: the first is to be as fast as the second. */
  readonly judged?: readonly [ours: string, compiled: string]
}

const byDelimiter = delimiter('\n')
const byLines = lines()
const byLength = lengthPrefixed()

/**
 * A compiled decoder reads from a buffer of its own, into which a read of a socket copies: that is part of its time. Our chunks are there
 * already, as a socket of JavaScript gives them. So each loop runs on chunks as they are, and on a copy of each, made in its time; what
 * is judged is the second. Neither side allocates what it copies into: a buffer of theirs is used again, and so is the memory of ours.
 */
interface ChunkForm {
  readonly suffix: string
  readonly of: (fixture: Fixture) => (chunk: Uint8Array) => Uint8Array
}
const asGiven: ChunkForm = { suffix: '', of: () => (chunk) => chunk }
const copied: ChunkForm = { suffix: ', each chunk copied', of: copier }

/** Copies each chunk into memory of its own size, as a socket has one for each read, and begins anew when several frames have passed. */
function copier({ frameBytes, chunkBytes }: Fixture): (chunk: Uint8Array) => Uint8Array {
  const memories = Array.from(
    { length: 4 + Math.ceil((2 * frameBytes) / chunkBytes) },
    () => new Uint8Array(chunkBytes),
  )
  let next = 0
  return (chunk) => {
    const memory = memories[next]!
    next = next + 1 === memories.length ? 0 : next + 1
    memory.set(chunk)
    return chunk.length === chunkBytes ? memory : new Uint8Array(memory.buffer, 0, chunk.length)
  }
}

// The loops stand in their rows, so that each is compiled for what it sees alone.
const delimiterLoop = ({ suffix, of }: ChunkForm): OwnRow => ({
  name: `FrameParser(delimiter('\\n'))${suffix}`,
  run(fixture) {
    let frames = 0
    let bytes = 0
    const form = of(fixture)
    const parser = new FrameParser(byDelimiter)
    for (const chunk of fixture.chunks) {
      for (const frame of parser.push(form(chunk))) {
        frames++
        bytes += frame.length
      }
    }
    return { frames, bytes }
  },
})

const delimiterRows: readonly OwnRow[] = [
  delimiterLoop(asGiven),
  delimiterLoop(copied),
  {
    name: 'for await, batch',
    async run({ chunks }) {
      let frames = 0
      let bytes = 0
      const framer = delimiterFramer('\n')
      streamOf(chunks)
        .pipeTo(framer.writable)
        .catch(() => {})
      for await (const batch of framer.readable.values({ batch: true })) {
        for (const frame of batch) {
          frames++
          bytes += frame.length
        }
      }
      return { frames, bytes }
    },
  },
  {
    name: 'for await, delimiterFramer',
    async run({ chunks }) {
      let frames = 0
      let bytes = 0
      for await (const frame of streamOf(chunks).pipeThrough(delimiterFramer('\n'))) {
        frames++
        bytes += frame.length
      }
      return { frames, bytes }
    },
  },
]

const linesLoop = ({ suffix, of }: ChunkForm): OwnRow => ({
  name: `FrameParser(lines())${suffix}`,
  run(fixture) {
    let frames = 0
    let bytes = 0
    const form = of(fixture)
    const parser = new FrameParser(byLines)
    for (const chunk of fixture.chunks) {
      for (const line of parser.push(form(chunk))) {
        frames++
        bytes += line.length
      }
    }
    return { frames, bytes }
  },
})

const lengthLoop = ({ suffix, of }: ChunkForm): OwnRow => ({
  name: `FrameParser(lengthPrefixed())${suffix}`,
  run(fixture) {
    let frames = 0
    let bytes = 0
    const form = of(fixture)
    const parser = new FrameParser(byLength)
    for (const chunk of fixture.chunks) {
      for (const frame of parser.push(form(chunk))) {
        frames++
        bytes += frame.length
      }
    }
    return { frames, bytes }
  },
})

const linesRows = [linesLoop(asGiven), linesLoop(copied)] as const
const lengthRows = [lengthLoop(asGiven), lengthLoop(copied)] as const

const tokio = (what: string): CompiledRow => ({ name: `tokio-util ${what}`, language: 'rust', case: what })
const go = (what: string): CompiledRow => ({ name: `Go bufio.Scanner, ${what}`, language: 'go', case: what })

const decoding: readonly Comparison[] = [
  {
    group: "compiled: delimiter '\\n'",
    rule: 'lf',
    gives: 'payload',
    ours: delimiterRows,
    compiled: [tokio('AnyDelimiterCodec, bare'), tokio('AnyDelimiterCodec, FramedRead'), go('ScanLines, Bytes')],
    judged: [delimiterRows[1]!.name, 'tokio-util AnyDelimiterCodec, bare'],
  },
  {
    group: 'compiled: lines',
    rule: 'lf',
    gives: 'payload',
    ours: linesRows,
    compiled: [tokio('LinesCodec, bare'), tokio('LinesCodec, FramedRead'), go('ScanLines, Text')],
    judged: [linesRows[1].name, 'tokio-util LinesCodec, bare'],
  },
  {
    group: 'compiled: length prefix (4 bytes)',
    rule: 'uint32',
    gives: 'payload',
    ours: lengthRows,
    compiled: [
      tokio('LengthDelimitedCodec, bare'),
      tokio('LengthDelimitedCodec, FramedRead'),
      go('length prefix, Bytes'),
    ],
    judged: [lengthRows[1].name, 'tokio-util LengthDelimitedCodec, bare'],
  },
]

/** All payloads to bytes at once. */
const encoding: readonly Comparison[] = [
  {
    group: "compiled: encode, delimiter '\\n'",
    rule: 'lf',
    gives: 'wire',
    ours: [
      {
        name: "encodeFrames(delimiter('\\n'))",
        run: ({ frames, payloads }) => ({ frames, bytes: encodeFrames(byDelimiter, payloads).length }),
      },
    ],
    compiled: [tokio('AnyDelimiterCodec, encode')],
  },
  {
    group: 'compiled: encode, length prefix (4 bytes)',
    rule: 'uint32',
    gives: 'wire',
    ours: [
      {
        name: 'encodeFrames(lengthPrefixed())',
        run: ({ frames, payloads }) => ({ frames, bytes: encodeFrames(byLength, payloads).length }),
      },
    ],
    compiled: [tokio('LengthDelimitedCodec, encode')],
  },
]

/** By the name that one asks for them by. */
export const parts: Readonly<Record<string, readonly Comparison[]>> = {
  delimiter: [decoding[0]!],
  lines: [decoding[1]!],
  'length-prefixed': [decoding[2]!],
  encode: encoding,
}
