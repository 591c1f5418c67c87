/**
 * Ours beside compiled code: tokio-util's codecs in Rust and bufio.Scanner in Go, on the same bytes, in turns with our rows in one run.
 * The programs are in `bench/native/`; they are asked for one pass at a time, and their own clock counts.
 */

import { rmSync, writeFileSync } from 'node:fs'
import { compare, ratio, verdict, type Row } from './compare.ts'
import { fixture, FRAME_SIZES, type Budget, type ChunkSize, type Fixture, type FrameSize } from './fixtures.ts'
import type { Tally } from './matrix/group.ts'
import { inOwnProcess } from './matrix/isolate.ts'
import { build, nativeDirectory, type Language } from './native/build.ts'
import { parts, type Comparison } from './native/cases.ts'
import { Program } from './native/program.ts'

const ROUNDS = 7
const MiB = 1024 * 1024

/** How fast our loop is to be in terms of tokio-util's, on chunks of 64 KiB. */
const targets: Partial<Record<FrameSize, number>> = { '64 B': 0.5, '256 B': 1, '1 KiB': 1, '16 KiB': 1, '1 MiB': 1 }

type Programs = ReadonlyMap<Language, Program>

/**
 * Whether every target was met. What cannot be built is not measured, and its targets were not met then. `compiled` measures all, each rule
 * in a process of its own, as the matrix does; `compiled:lines` is one rule.
 */
export async function compiled(part = ''): Promise<boolean> {
  if (part === '')
    return Object.keys(parts)
      .map((name) => inOwnProcess(`compiled:${name}`))
      .every(Boolean)
  const comparisons = parts[part]
  if (comparisons === undefined)
    throw new Error(`no part ${part} of compiled; there are ${Object.keys(parts).join(', ')}`)
  const programs = new Map<Language, Program>()
  try {
    for (const language of ['rust', 'go'] as const) {
      const path = build(language)
      if (path !== undefined) programs.set(language, new Program(path))
    }
    let met = programs.size === 2
    if (programs.size === 0) return met
    for (const comparison of comparisons) met = (await measureGroup(programs, comparison)) && met
    return met
  } finally {
    for (const program of programs.values()) await program.end()
  }
}

async function measureGroup(programs: Programs, comparison: Comparison): Promise<boolean> {
  console.log(`\n${comparison.group}: nanoseconds a frame; in brackets the speed of the first row in terms of this one`)
  const met: boolean[] = []
  for (const frame of Object.keys(FRAME_SIZES) as FrameSize[]) {
    for (const chunk of chunksOf(comparison, frame)) met.push(await measureOne(programs, comparison, frame, chunk))
  }
  return met.every(Boolean)
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
): Promise<boolean> {
  const { group, rule, gives, judged } = comparison
  const whole = fixture(rule, frame, chunk, budgetOf(comparison, chunk))
  // Who decodes has no payloads yet.
  const given = gives === 'wire' ? whole : { ...whole, payloads: [] }
  const wire = `${rule}-${frame}-${chunk}.bin`.replaceAll(' ', '')
  writeFileSync(nativeDirectory + wire, Buffer.concat(given.chunks))
  try {
    const rows = [...ownRows(comparison, given), ...compiledRows(programs, comparison, given, wire)]
    const { name, frameBytes, frames } = given
    const results = await compare(rows, frames, ROUNDS, { group, fixture: name, frameBytes })
    const columns = rows.map((row) => {
      const time = `${row.name} ${results.get(row.name)!.perFrame.toFixed(1)} ns`
      return row.kind === 'compiled' ? `${time} (x${ratio(results, [row], rows[0]!).toFixed(2)})` : time
    })
    console.log(`  ${name}: ${columns.join('; ')}`)
    const target = chunk === '64 KiB' ? targets[frame] : undefined
    const [ours, theirs] = (judged ?? []).map((wanted) => rows.find((row) => row.name === wanted))
    if (target === undefined || ours === undefined || theirs === undefined) return true
    return verdict(`${group}: ${ours.name} against ${theirs.name}, ${name}`, ratio(results, [theirs], ours), target)
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
