/**
 * What our sockets cost beside what they stand on: raw node:net, and the sockets that Deno and Bun have of their own. The peer is a
 * process of its own; all rows take turns in one run. It runs on Node, Deno and Bun: `node build/bench/main.js sockets`,
 * `deno run -A build/bench/main.js sockets`, `bun build/bench/main.js sockets`.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { compare, ratio, verdict, type Result, type Row } from './compare.ts'
import { PIECES, receiveRows, sendRows } from './socket-bulk.ts'
import { PAYLOAD, SMALL_FRAMES, smallRows, tripRows, TRIPS } from './socket-frames.ts'
import { CHUNK, SMALL, TOTAL } from './socket-peer.ts'

const MiB = 1024 * 1024

export async function sockets(): Promise<boolean> {
  // Always Node: the other side of the connection is to be the same whichever runtime is measured.
  const node = 'Deno' in globalThis || 'Bun' in globalThis ? 'node' : process.execPath
  const script = fileURLToPath(new URL('socket-peer.js', import.meta.url))
  const peer = spawn(node, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(peer.stdout, 'data')) as [Buffer]
    return await against(Number(line.toString()))
  } finally {
    peer.kill()
  }
}

async function against(port: number): Promise<boolean> {
  const rate = (perPiece: number): string => `${(((CHUNK / perPiece) * 1e9) / MiB).toFixed(0).padStart(6)} MiB/s`
  const perSecond = (perTrip: number): string => `${(1e9 / perTrip).toFixed(0).padStart(6)} /s`
  const perFrame = (nanoseconds: number): string => `${nanoseconds.toFixed(0).padStart(6)} ns/frame`

  const receive = receiveRows(port)
  console.log(`\nSockets: receiving ${TOTAL / MiB} MiB over TCP that the peer writes in pieces of 64 KiB`)
  const received = await run(receive.raw, [...receive.native, ...receive.ours], PIECES, 9, rate)

  const send = sendRows(port)
  console.log(`\nSockets: sending ${TOTAL / MiB} MiB over TCP in pieces of 64 KiB`)
  const sent = await run(send.raw, [...send.native, ...send.ours], PIECES, 9, rate)

  const trips = tripRows(port)
  console.log(`\nSockets: frames of ${PAYLOAD} bytes to an echo and back, one at a time`)
  const tripped = await run(trips.raw, [...trips.native, ...trips.ours], TRIPS, 15, perSecond)

  const small = smallRows(port)
  console.log(`\nSockets: ${TOTAL / MiB} MiB of frames of ${SMALL} bytes in pieces of 64 KiB`)
  const flooded = await run(small.raw, small.ours, SMALL_FRAMES, 3, perFrame)

  const speed = (results: ReadonlyMap<string, Result>, { raw, ours }: { raw: Row; ours: Row[] }, index = 0): number =>
    ratio(results, [raw], ours[index]!)
  console.log()
  return [
    verdict("receiving, for await against 'data'", speed(received, receive), 0.8),
    verdict("sending, await ready against 'drain'", speed(sent, send), 0.8),
    verdict('round trips, framed against lengths by hand', speed(tripped, trips), 0.6),
    verdict('round trips, ByteReader and ByteWriter against lengths by hand', speed(tripped, trips, 1), 0.6),
    verdict('small frames, for await against lengths by hand', speed(flooded, small), 0.6),
  ].every(Boolean)
}

async function run(
  raw: Row,
  rows: readonly Row[],
  frames: number,
  rounds: number,
  show: (perFrame: number) => string,
): Promise<Map<string, Result>> {
  const results = await compare([raw, ...rows], frames, rounds)
  for (const { name, perFrame } of results.values()) {
    const share = ratio(results, [raw], { name, run: raw.run }).toFixed(2)
    console.log(`  ${name.padEnd(40)} ${show(perFrame)} ${share.padStart(6)} of node:net`)
  }
  return results
}
