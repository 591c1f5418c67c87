/**
 * What frames cost over loopback TCP beside raw node:net, the packages that people use over it, and the sockets that Deno and Bun have of
 * their own. The peer is a process of its own; all rows take turns in one run. It runs on Node, Deno and Bun:
 * `node build/bench/main.js sockets`, `deno run -A build/bench/main.js sockets`, `bun build/bench/main.js sockets`.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { whole, type Benchmark, type Part } from './benchmark.ts'
import type { Claim } from './judge.ts'
import { PIECE, rawReceive, rawSend, receiveForAwait, receiveRows, sendReady, sendRows } from './socket-bulk.ts'
import { compareTcp, type TcpRow } from './socket-compare.ts'
import { bareLoop, loopAndForAwait, naturalForm } from './socket-decode.ts'
import { echoRows, framesPipe, rawPipe } from './socket-echo.ts'
import { encodeRows, framedWriter, twoWrites } from './socket-encode.ts'
import { delimiterFlood, linesFlood, measureFlood, uint32Flood, varintFlood, type Flood } from './socket-floods.ts'
import { uint32ByHand, uint32Framed } from './socket-lengths.ts'
import { KiB, MiB, size } from './socket-request.ts'
import { noDecoding } from './socket-take.ts'
import { framedTrips, rawTrips, readerTrips, tripRows } from './socket-trips.ts'

const { group: byDelimiter } = delimiterFlood
const { group: byLength } = uint32Flood

export const sockets: Benchmark = whole({
  bytes: bytesMoved(),
  delimiter: flooded(delimiterFlood, [
    {
      what: "TCP, 1 KiB frames: for await against 'data' with no decoding",
      group: byDelimiter,
      fixture: '1 KiB frames, 64 KiB chunks',
      row: naturalForm,
      than: noDecoding,
      atLeast: 0.9,
    },
    {
      what: "TCP, 64 B frames: for await against 'data' and the bare loop",
      group: byDelimiter,
      fixture: '64 B frames, 64 KiB chunks',
      row: naturalForm,
      than: bareLoop,
      atLeast: 0.75,
    },
    {
      what: "TCP, 64 B frames: for await against its floor ('data', the bare loop, an empty for await)",
      group: byDelimiter,
      fixture: '64 B frames, 64 KiB chunks',
      row: naturalForm,
      than: loopAndForAwait,
      atLeast: 0.9,
    },
  ]),
  lines: flooded(linesFlood),
  'length-prefixed': flooded(uint32Flood, [
    {
      what: 'TCP, 64 B frames: framed, for await against lengths by hand',
      group: byLength,
      fixture: '64 B frames, 64 KiB chunks',
      row: uint32Framed,
      than: uint32ByHand,
      atLeast: 1,
    },
  ]),
  varint: flooded(varintFlood),
  encode: encoded(),
  'round-trips': roundTrips(),
  echo: echoed(),
})

/** Has a peer for as long as something is measured. */
async function withPeer(measure: (port: number) => Promise<void>): Promise<void> {
  // Always Node: the other side of the connection is to be the same whichever runtime is measured.
  const node = 'Deno' in globalThis || 'Bun' in globalThis ? 'node' : process.execPath
  const script = fileURLToPath(new URL('socket-peer.js', import.meta.url))
  const peer = spawn(node, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(peer.stdout, 'data')) as [Buffer]
    await measure(Number(line.toString()))
  } finally {
    peer.kill()
  }
}

/** A flood is to be taken faster than by any package, and what else is asked. */
function flooded(flood: Flood, claims: readonly Claim[] = []): Part {
  return {
    measure: () => withPeer((port) => measureFlood(port, flood)),
    judge: (recorded) => [...recorded.verdicts(claims), ...recorded.aheadOfPeers(flood.group, flood.rows)],
  }
}

/** Bytes that mean nothing: what our sockets cost by themselves. */
function bytesMoved(): Part {
  const [received, sent, fixture] = ['bytes received: TCP', 'bytes sent: TCP', '64 KiB chunks']
  const work = { rule: 'lf', frame: PIECE, chunk: PIECE, total: 128 * MiB, fixture } as const
  const [what, how] = [
    "TCP, receiving bytes: for await against 'data'",
    "TCP, sending bytes: await ready against 'drain'",
  ]
  return {
    measure: () =>
      withPeer(async (port) => {
        await compareTcp(port, receiveRows, 15, { ...work, mode: 'flood', group: received })
        await compareTcp(port, sendRows, 15, { ...work, mode: 'sink', group: sent })
      }),
    judge: (recorded) =>
      recorded.verdicts([
        { what, group: received, fixture, row: receiveForAwait, than: rawReceive, atLeast: 0.8 },
        { what: how, group: sent, fixture, row: sendReady, than: rawSend, atLeast: 0.8 },
      ]),
  }
}

function encoded(): Part {
  const group = "encode: delimiter '\\n', TCP"
  const fixtureOf = (frame: number): string => `${size(frame)} frames`
  const works = [
    { rounds: 18, frame: 64, total: 4 * MiB },
    { rounds: 18, frame: KiB, total: 16 * MiB },
    { rounds: 6, frame: 16 * KiB, total: 64 * MiB },
  ]
  return {
    measure: () =>
      withPeer(async (port) => {
        for (const { rounds, frame, total } of works) {
          const work = {
            group,
            fixture: fixtureOf(frame),
            mode: 'sink',
            rule: 'lf',
            frame,
            chunk: frame,
            total,
          } as const
          await compareTcp(port, encodeRows, rounds, work)
        }
      }),
    judge: (recorded) =>
      recorded.verdicts(
        [64, KiB].map((frame) => ({
          what: `TCP, sending ${size(frame)} frames: framed against write by hand`,
          group,
          fixture: fixtureOf(frame),
          row: framedWriter,
          than: twoWrites,
          atLeast: 1,
        })),
      ),
  }
}

function roundTrips(): Part {
  const group = 'round trips: TCP'
  const fixtureOf = (frame: number): string => `${size(frame)} frames, one at a time`
  const claim = (frame: number, row: TcpRow, what: string): Claim => ({
    what: `TCP, round trips of ${size(frame)}: ${what}`,
    group,
    fixture: fixtureOf(frame),
    row,
    than: rawTrips,
    atLeast: 0.7,
  })
  return {
    measure: () =>
      withPeer(async (port) => {
        for (const frame of [64, KiB]) {
          const work = { rule: 'uint32', frame, chunk: frame, total: 3_000 * frame, fixture: fixtureOf(frame) } as const
          await compareTcp(port, tripRows, 15, { ...work, group, mode: 'echo' })
        }
      }),
    judge: (recorded) =>
      recorded.verdicts([
        claim(64, framedTrips, 'framed against lengths by hand'),
        claim(KiB, framedTrips, 'framed against lengths by hand'),
        claim(KiB, readerTrips, 'ByteReader, ByteWriter'),
      ]),
  }
}

function echoed(): Part {
  const group = 'echo: TCP'
  const work = { group, mode: 'return', rule: 'lf', chunk: 64 * KiB } as const
  const what = 'TCP, echo of 1 KiB frames: framer and encoder against pipe'
  const fixture = '1 KiB frames, 64 KiB chunks'
  return {
    measure: () =>
      withPeer(async (port) => {
        await compareTcp(port, echoRows, 24, { ...work, frame: 64, total: 4 * MiB })
        await compareTcp(port, echoRows, 24, { ...work, frame: KiB, total: 32 * MiB })
      }),
    judge: (recorded) => recorded.verdicts([{ what, group, fixture, row: framesPipe, than: rawPipe, atLeast: 0.6 }]),
  }
}
