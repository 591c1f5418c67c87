/**
 * The same work in compiled code: tokio-util's codecs (Rust) and bufio.Scanner (Go) on the same bytes, in turns with ours. Like is compared
 * with like: our parser's loop with their decoder's loop. How to get their toolchains: CONTRIBUTING.md.
 */

import { delimiter, delimiterFramer, FrameParser, lengthPrefixed, lines, type Codec } from 'framewright'
import { compare, ratio, verdict, type Row } from './compare.ts'
import {
  CHUNK_SIZES,
  fixture,
  FRAME_SIZES,
  streamOf,
  type ChunkSize,
  type Fixture,
  type FrameSize,
} from './fixtures.ts'
import { go, rust, type Program } from './native/programs.ts'

const TOTAL = 16 * 1024 * 1024
const ROUNDS = 7
const CHUNKS: readonly ChunkSize[] = ['64 KiB', '1460 B']

interface Rule {
  readonly name: string
  readonly rule: 'lf' | 'uint32'
  /** What the compiled programs call it. */
  readonly asked: string
  readonly codec: () => Codec<{ readonly length: number }, never>
  readonly compiled: readonly [rust: string, go: string]
}

const rules: readonly Rule[] = [
  {
    name: "delimiter '\\n'",
    rule: 'lf',
    asked: 'delimiter',
    codec: () => delimiter('\n'),
    compiled: ['tokio-util AnyDelimiterCodec', 'Go bufio.Scanner, ScanLines'],
  },
  {
    name: 'lines',
    rule: 'lf',
    asked: 'lines',
    codec: () => lines(),
    compiled: ['tokio-util LinesCodec', 'Go bufio.Scanner, ScanLines'],
  },
  {
    name: 'length prefix (4 bytes)',
    rule: 'uint32',
    asked: 'length',
    codec: () => lengthPrefixed(),
    compiled: ['tokio-util LengthDelimitedCodec', 'Go bufio.Scanner, a SplitFunc'],
  },
]

/** Whether every target was met. */
export async function compiled(): Promise<boolean> {
  const programs = [rust(), go()] as const
  try {
    const verdicts: boolean[] = [programs.every((program) => program !== undefined)]
    for (const rule of rules) verdicts.push(...(await measureRule(rule, programs)))
    return verdicts.every(Boolean)
  } finally {
    for (const program of programs) program?.stop()
  }
}

async function measureRule(
  { name, rule, asked, codec, compiled }: Rule,
  programs: readonly (Program | undefined)[],
): Promise<boolean[]> {
  const group = `compiled: ${name}`
  console.log(`\n${group}`)
  const verdicts: boolean[] = []
  for (const chunk of CHUNKS) {
    for (const frame of Object.keys(FRAME_SIZES) as FrameSize[]) {
      const given = fixture(rule, frame, chunk, { frames: Infinity, bytes: TOTAL, chunkCost: 1 })
      const ours: Row = { name: 'FrameParser loop', run: () => parse(given, codec()) }
      const forAwait: Row = { name: 'delimiterFramer, for await', run: () => read(given) }
      const theirs = programs.flatMap((program, i): Row[] =>
        program === undefined ? [] : [ask(compiled[i]!, program, asked, given, CHUNK_SIZES[chunk])],
      )
      const rows = [ours, ...theirs, ...(asked === 'delimiter' ? [forAwait] : [])]
      const work = { group, fixture: given.name, frameBytes: given.frameBytes }
      const results = await compare(rows, given.frames, ROUNDS, work)
      console.log(
        `  ${given.name}: ${rows.map((row) => `${row.name} ${results.get(row.name)!.perFrame.toFixed(0)} ns`).join('; ')}`,
      )
      const target = chunk !== '64 KiB' ? 0 : FRAME_SIZES[frame] >= 256 ? 1 : frame === '64 B' ? 0.5 : 0
      if (programs[0] !== undefined && target > 0) {
        verdicts.push(
          verdict(`${group}, ${given.name}: speed of ${compiled[0]}`, ratio(results, [theirs[0]!], ours), target),
        )
      }
    }
  }
  return verdicts
}

function parse({ chunks, payloadBytes }: Fixture, codec: Codec<{ readonly length: number }, never>): number {
  let frames = 0
  let bytes = 0
  const parser = new FrameParser(codec)
  for (const chunk of chunks) {
    for (const frame of parser.push(chunk)) {
      frames++
      bytes += frame.length
    }
  }
  if (bytes !== payloadBytes) throw new Error(`${bytes} bytes of payload instead of ${payloadBytes}`)
  return frames
}

async function read({ chunks }: Fixture): Promise<number> {
  let frames = 0
  for await (const frame of streamOf(chunks).pipeThrough(delimiterFramer('\n'))) frames += frame.length > 0 ? 1 : 0
  return frames
}

function ask(name: string, program: Program, asked: string, given: Fixture, chunk: number): Row {
  const { frames, frameBytes, payloadBytes } = given
  return {
    name,
    kind: 'compiled',
    async run() {
      const pass = await program.pass(asked, frameBytes, chunk, frames * frameBytes)
      if (pass.bytes !== payloadBytes) throw new Error(`${name} gave ${pass.bytes} bytes instead of ${payloadBytes}`)
      return pass
    },
  }
}
