/**
 * Ours beside compiled code: tokio-util's codecs in Rust and bufio.Scanner in Go, on the same bytes, in turns with our rows in one run.
 * The programs are in `bench/native/`; they are asked for one pass at a time, and their own clock counts.
 */

import { rmSync, writeFileSync } from 'node:fs'
import { whole, type Benchmark } from './benchmark.ts'
import { compare, type Row } from './compare.ts'
import { fixture, FRAME_SIZES, type Budget, type ChunkSize, type Fixture, type FrameSize } from './fixtures.ts'
import type { Recorded } from './judge.ts'
import type { Tally } from './matrix/group.ts'
import { build, nativeDirectory, type Language } from './native/build.ts'
import { parts, type Comparison } from './native/cases.ts'
import { Program } from './native/program.ts'
import { say } from './processes.ts'
import type { Verdict } from './record.ts'

const ROUNDS = 9
const MiB = 1024 * 1024

/** How fast our loop is to be in terms of tokio-util's, on chunks of 64 KiB. */
const targets: Partial<Record<FrameSize, number>> = { '64 B': 0.5, '256 B': 1, '1 KiB': 1, '16 KiB': 1, '1 MiB': 1 }

type Programs = ReadonlyMap<Language, Program>

/** What cannot be built is not measured, and the run has failed then. Each rule is a part: `compiled` measures all, `compiled:lines` is one. */
export const compiled: Benchmark = whole(
  Object.fromEntries(
    Object.entries(parts).map(([name, comparisons]) => [
      name,
      {
        measure: () => measure(comparisons),
        judge: (recorded: Recorded) => comparisons.flatMap((comparison) => judge(comparison, recorded)),
        isComplete: (recorded: Recorded) => comparisons.every((comparison) => isComplete(comparison, recorded)),
      },
    ]),
  ),
)

async function measure(comparisons: readonly Comparison[]): Promise<void> {
  const programs = new Map<Language, Program>()
  try {
    for (const language of ['rust', 'go'] as const) {
      const path = build(language)
      if (path !== undefined) programs.set(language, new Program(path))
    }
    if (programs.size === 0) return
    for (const comparison of comparisons) {
      say(comparison.group)
      for (const frame of Object.keys(FRAME_SIZES) as FrameSize[]) {
        for (const chunk of chunksOf(comparison, frame)) await measureOne(programs, comparison, frame, chunk)
      }
    }
  } finally {
    for (const program of programs.values()) await program.end()
  }
}

function judge({ group, judged }: Comparison, recorded: Recorded): Verdict[] {
  if (judged === undefined) return []
  const [row, than] = judged.map((name) => ({ name })) as [{ name: string }, { name: string }]
  const claims = Object.entries(targets).map(([frame, atLeast]) => {
    const fixture = `${frame} frames, 64 KiB chunks`
    return { what: `${group}: ${row.name} against ${than.name}, ${fixture}`, group, fixture, row, than, atLeast }
  })
  return recorded.verdicts(claims)
}

/** Whether the programs of both languages were there. */
function isComplete({ group, compiled }: Comparison, recorded: Recorded): boolean {
  return (
    recorded.fixtures(group).length > 0 &&
    recorded.fixtures(group).every((fixture) => {
      const subjects = new Set(recorded.rows(group, fixture).map(({ subject }) => subject))
      return compiled.every(({ name }) => subjects.has(name))
    })
  )
}

/** Chunks play no part in encoding. Of the smallest there is one fixture: what they cost is the chunks. */
function chunksOf({ gives }: Comparison, frame: FrameSize): readonly ChunkSize[] {
  if (gives === 'wire') return ['64 KiB']
  return frame === '64 B' ? ['64 KiB', '1460 B', '16 B'] : ['64 KiB', '1460 B']
}

/** Milliseconds for a pass; and no more chunks and payloads than a heap holds easily: they live on and on, which costs only us. */
function budgetOf({ gives }: Comparison, chunk: ChunkSize): Budget {
  const bytes = { '64 KiB': 16 * MiB, '1460 B': 4 * MiB, '16 B': MiB / 4 }[chunk]
  return { frames: (gives === 'wire' ? 64 : 512) * 1024, bytes, chunkCost: 0 }
}

async function measureOne(
  programs: Programs,
  comparison: Comparison,
  frame: FrameSize,
  chunk: ChunkSize,
): Promise<void> {
  const { group, rule, gives } = comparison
  const whole = fixture(rule, frame, chunk, budgetOf(comparison, chunk))
  // Who decodes has no payloads yet.
  const given = gives === 'wire' ? whole : { ...whole, payloads: [] }
  const wire = `${rule}-${frame}-${chunk}.bin`.replaceAll(' ', '')
  writeFileSync(nativeDirectory + wire, Buffer.concat(given.chunks))
  try {
    const rows = [...ownRows(comparison, given), ...compiledRows(programs, comparison, given, wire)]
    const { name, frameBytes, frames } = given
    await compare(rows, frames, ROUNDS, { group, fixture: name, frameBytes })
  } finally {
    rmSync(nativeDirectory + wire)
  }
}

function ownRows({ ours, gives }: Comparison, given: Fixture): Row[] {
  return ours.map(({ name, run }) => {
    const check = (tally: Tally): number => checked(name, gives, given, tally).frames
    return {
      name,
      run: () => {
        const tally = run(given)
        return tally instanceof Promise ? tally.then(check) : check(tally)
      },
    }
  })
}

/** The rows of the programs that are there. */
function compiledRows(programs: Programs, { compiled, gives }: Comparison, given: Fixture, wire: string): Row[] {
  return compiled.flatMap((row): Row[] => {
    const program = programs.get(row.language)
    if (program === undefined) return []
    const request = { case: row.case, wire, frame: given.frameBytes, chunk: given.chunkBytes }
    return [
      {
        name: row.name,
        kind: 'compiled',
        run: async () => checked(row.name, gives, given, await program.ask(request)),
      },
    ]
  })
}

/** `compare` checks the frames, this their bytes. */
function checked<T extends Tally>(name: string, gives: Comparison['gives'], given: Fixture, tally: T): T {
  const bytes = gives === 'payload' ? given.payloadBytes : given.wireBytes
  if (tally.bytes !== bytes) throw new Error(`${name} gave ${tally.bytes} bytes instead of ${bytes}`)
  return tally
}
