// Follows both sides into the deadlock, lets them read, and follows them out of it.

import { setTimeout as sleep } from 'node:timers/promises'
import { claim } from '../claim.ts'
import type { Stage } from '../conductor.ts'
import type { Screen } from '../screen.ts'
import { formatBytes } from '../text.ts'
import type { Flows, Gauges } from './gauges.ts'
import type { Picture } from './picture.ts'
import type { Proofs, Sample, Side } from './side.ts'

/** Milliseconds between two looks. */
const interval = 40
/** Milliseconds without a byte moving, on both sides, that are called a deadlock. */
const stillness = 1_500
/** A process has four buffers of 64 KiB for a conversation; they are filled in pieces that may overshoot. */
const mostHeld = 512 * 1024

export interface Scene {
  /** Our side; the server reports about its own. */
  readonly side: Side
  readonly gauges: Gauges
  readonly picture: Picture
  /** Bytes that each side wants to send. */
  readonly total: number
  /** Lets our side read. */
  read(): void
}

/** Resolves with where the server's side stands at last, when both sides have read all that the other has written. */
export async function watch({ screen, server }: Stage, scene: Scene): Promise<{ them: Sample; theirs: Proofs }> {
  const { side, gauges, picture } = scene
  const before = side.sample()
  let { sample: them } = await server.link.expect('sample')
  const themBefore = them
  let theirs: Proofs | undefined
  for (let isReading = false; ; await sleep(interval)) {
    while (!theirs) {
      const report = server.link.take()
      if (!report) break
      if (report.type === 'sample') them = report.sample
      if (report.type === 'proofs') theirs = report.proofs
    }
    const us = side.sample()
    if (theirs && us.read === them.written) return { them, theirs }

    const flows = gauges.read(us, them)
    const still = Math.min(us.stillFor, them.stillFor)
    const isStuck = !isReading && still > 5 * interval && flows.every(({ outgoing }) => outgoing > 0)
    picture.show(flows, isReading ? 'draining' : isStuck ? 'stuck' : 'filling', still)
    if (!isStuck || still < stillness) continue

    picture.keep()
    explain(screen, flows, {
      still,
      total: scene.total,
      growth: [us.memory - before.memory, them.memory - themBefore.memory],
    })
    server.link.send({ type: 'read' })
    scene.read()
    isReading = true
  }
}

interface Facts {
  readonly still: number
  readonly total: number
  /** Bytes that the memory of the client and the server has grown by. */
  readonly growth: readonly [number, number]
}

function explain(screen: Screen, flows: Flows, { still, total, growth }: Facts): void {
  for (const flow of flows) {
    claim(flow.written < total, 'each side has more to send')
    claim(flow.read === 0, 'nobody has read')
    // What a process has written and its kernel has not taken, and the other way round: nowhere else can anything be kept.
    claim(flow.outgoing < mostHeld && flow.incoming < mostHeld, 'the programs hold no more than their buffers do')
  }
  const grown = growth.map((bytes) => formatBytes(Math.max(bytes, 0))).join(' and ')

  const [toServer, toClient] = flows
  const accepted = Math.max(toServer.written, toClient.written)
  const held = Math.max(toServer.outgoing + toClient.incoming, toClient.outgoing + toServer.incoming)
  screen.line()
  screen.point(
    screen.paint.red('■'),
    `Deadlock: for ${(still / 1000).toFixed(1)} s not one byte has moved, and none ever would. ` +
      "Each side waits for room that only the other's reading can make. TCP cannot help.",
  )
  screen.good(
    `Memory is bounded: of the ${formatBytes(total)}, ${formatBytes(accepted)} were accepted; no process holds more ` +
      `than ${formatBytes(held)} of that, and the rest waits for room. Heap and buffers grew by ${grown}.`,
  )
  screen.line()
  screen.say('The way out: both read while they send.')
  screen.line()
}
