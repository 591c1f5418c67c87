/**
 * What frames cost over loopback TCP beside raw node:net, the packages that people use over it, and the sockets that Deno and Bun have of
 * their own. The peer is a process of its own; all rows take turns in one run. It runs on Node, Deno and Bun:
 * `node build/bench/main.js sockets`, `deno run -A build/bench/main.js sockets`, `bun build/bench/main.js sockets`.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { verdict } from './compare.ts'
import { PIECE, rawReceive, rawSend, receiveForAwait, receiveRows, sendReady, sendRows } from './socket-bulk.ts'
import { TcpComparison, type TcpRow, type TcpWork } from './socket-compare.ts'
import {
  bareLoop,
  decodeRows,
  forAwaitPeers,
  loopAndForAwait,
  naturalForm,
  noDecoding,
  onDataPeers,
  transform,
} from './socket-decode.ts'
import { echoRows, framesPipe, rawPipe } from './socket-echo.ts'
import { encodeRows, framedWriter, twoWrites } from './socket-encode.ts'
import { floodByHand, floodFramed, floodRows, framedTrips, rawTrips, readerTrips, tripRows } from './socket-frames.ts'
import { KiB, MiB, size } from './socket-request.ts'

export async function sockets(): Promise<boolean> {
  // Always Node: the other side of the connection is to be the same whichever runtime is measured.
  const node = 'Deno' in globalThis || 'Bun' in globalThis ? 'node' : process.execPath
  const script = fileURLToPath(new URL('socket-peer.js', import.meta.url))
  const peer = spawn(node, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(peer.stdout, 'data')) as [Buffer]
    const port = Number(line.toString())
    console.log(
      '\nSockets: loopback TCP, the peer in a process of its own on Node. Ratios: speed in terms of the first row.',
    )
    console.log(
      "busy: the measured process's time on processors. The peer is the limit at most for what is left of 100 %.",
    )
    const met = [await bytes(port), await decode(port), await encode(port), await roundTrips(port), await echo(port)]
    return met.every(Boolean)
  } finally {
    peer.kill()
  }
}

/** Bytes that mean nothing: what our sockets cost by themselves. */
async function bytes(port: number): Promise<boolean> {
  const work = { rule: 'delimited', frame: PIECE, chunk: PIECE, total: 128 * MiB } as const
  const received = await TcpComparison.of(port, receiveRows, 9, {
    ...work,
    mode: 'flood',
    group: 'bytes received: TCP',
    fixture: '64 KiB chunks',
  })
  const sent = await TcpComparison.of(port, sendRows, 9, {
    ...work,
    mode: 'sink',
    group: 'bytes sent: TCP',
    fixture: '64 KiB chunks',
  })
  console.log()
  return [
    verdict("TCP, receiving bytes: for await against 'data'", received.speed(receiveForAwait, rawReceive), 0.8),
    verdict("TCP, sending bytes: await ready against 'drain'", sent.speed(sendReady, rawSend), 0.8),
  ].every(Boolean)
}

async function decode(port: number): Promise<boolean> {
  const of = (rounds: number, frame: number, total: number, chunk = 64 * KiB): Promise<TcpComparison> =>
    TcpComparison.of(port, decodeRows, rounds, {
      group: "delimiter '\\n': TCP",
      mode: 'flood',
      rule: 'delimited',
      frame,
      chunk,
      total,
    })
  const at16 = await of(3, 16, 4 * MiB)
  const at64 = await of(7, 64, 16 * MiB)
  const at256 = await of(3, 256, 32 * MiB)
  const at1Ki = await of(9, KiB, 64 * MiB)
  const at16Ki = await of(3, 16 * KiB, 64 * MiB)
  const at1Mi = await of(3, MiB, 16 * MiB)
  const cut = await of(3, 64, 16 * MiB, 1460)
  const small = await TcpComparison.of(port, floodRows, 5, {
    group: 'length prefix (4 bytes): TCP',
    mode: 'flood',
    rule: 'prefixed',
    frame: 64,
    chunk: 64 * KiB,
    total: 16 * MiB,
  })
  const all = [at16, at64, at256, at1Ki, at16Ki, at1Mi, cut]
  /** The least that a row is ahead of any of the packages on any fixture. */
  const worst = (row: TcpRow, peers: readonly TcpRow[]): number =>
    Math.min(...all.flatMap((comparison) => peers.map((peer) => comparison.speed(row, peer))))
  console.log()
  return [
    verdict("TCP, 1 KiB frames: for await against 'data' with no decoding", at1Ki.speed(naturalForm, noDecoding), 0.9),
    verdict("TCP, 64 B frames: for await against 'data' and the bare loop", at64.speed(naturalForm, bareLoop), 0.75),
    verdict(
      "TCP, 64 B frames: for await against its floor ('data', the bare loop, an empty for await)",
      at64.speed(naturalForm, loopAndForAwait),
      0.9,
    ),
    verdict('TCP, every fixture: for await against split2, for await', worst(naturalForm, forAwaitPeers), 1),
    verdict(
      "TCP, every fixture: decodeTransform against split2 and binary-split, 'data' events",
      worst(transform, onDataPeers),
      1,
    ),
    verdict('TCP, 64 B frames: framed, for await against lengths by hand', small.speed(floodFramed, floodByHand), 1),
  ].every(Boolean)
}

async function encode(port: number): Promise<boolean> {
  const of = (rounds: number, frame: number, total: number): Promise<TcpComparison> =>
    TcpComparison.of(port, encodeRows, rounds, {
      group: "encode: delimiter '\\n', TCP",
      fixture: `${size(frame)} frames`,
      mode: 'sink',
      rule: 'delimited',
      frame,
      chunk: frame,
      total,
    })
  const at64 = await of(5, 64, 4 * MiB)
  const at1Ki = await of(5, KiB, 16 * MiB)
  await of(3, 16 * KiB, 64 * MiB)
  console.log()
  return [
    verdict('TCP, sending 64 B frames: framed against write by hand', at64.speed(framedWriter, twoWrites), 1),
    verdict('TCP, sending 1 KiB frames: framed against write by hand', at1Ki.speed(framedWriter, twoWrites), 1),
  ].every(Boolean)
}

async function roundTrips(port: number): Promise<boolean> {
  const of = (frame: number): Promise<TcpComparison> =>
    TcpComparison.of(port, tripRows, 9, {
      group: 'round trips: TCP',
      fixture: `${size(frame)} frames, one at a time`,
      mode: 'echo',
      rule: 'prefixed',
      frame,
      chunk: frame,
      total: 3_000 * frame,
    })
  const at64 = await of(64)
  const at1Ki = await of(KiB)
  console.log()
  return [
    verdict('TCP, round trips of 64 B: framed against lengths by hand', at64.speed(framedTrips, rawTrips), 0.7),
    verdict('TCP, round trips of 1 KiB: framed against lengths by hand', at1Ki.speed(framedTrips, rawTrips), 0.7),
    verdict('TCP, round trips of 1 KiB: ByteReader, ByteWriter', at1Ki.speed(readerTrips, rawTrips), 0.7),
  ].every(Boolean)
}

async function echo(port: number): Promise<boolean> {
  const of = (frame: number, total: number): Promise<TcpComparison> => {
    const work: TcpWork = { group: 'echo: TCP', mode: 'return', rule: 'delimited', frame, chunk: 64 * KiB, total }
    return TcpComparison.of(port, echoRows, 7, work)
  }
  await of(64, 4 * MiB)
  const at1Ki = await of(KiB, 32 * MiB)
  console.log()
  return verdict('TCP, echo of 1 KiB frames: framer and encoder against pipe', at1Ki.speed(framesPipe, rawPipe), 0.6)
}
