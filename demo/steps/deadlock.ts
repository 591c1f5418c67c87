// Step 3. Both sides send all they have before they read: the buffers fill, and both wait for ever. Until both read.

import type { Socket } from 'framewright/socket'
import { claim } from '../claim.ts'
import type { Stage, Tally } from '../conductor.ts'
import { kernelSendLimit } from '../kernel-queues.ts'
import type { Link } from '../link.ts'
import type { Order, Report } from '../protocol.ts'
import { formatBytes } from '../text.ts'
import { Gauges } from './gauges.ts'
import { Picture } from './picture.ts'
import { makeMessages, Side, type Proof } from './side.ts'
import { watch } from './watch.ts'

/** The server: makes the mistake, until it is told to read. */
export async function serveDeadlock(
  socket: Socket,
  link: Link<Order, Report>,
  { frames, bytesPerSecond }: Extract<Order, { type: 'deadlock' }>,
): Promise<void> {
  const side = new Side(socket, bytesPerSecond)
  const report = (): void => link.send({ type: 'sample', sample: side.sample() })
  const timer = setInterval(report, 40)
  const proofs = await side.run(makeMessages(frames, 'server'), link.expect('read'))
  clearInterval(timer)
  report()
  link.send({ type: 'proofs', proofs })
}

/** The client: makes the same mistake, and watches both. */
export async function showDeadlock(stage: Stage): Promise<Tally> {
  const { screen, server, dial } = stage
  // Three times what the kernel takes: no system swallows it all. In a few seconds: a person can watch.
  const total = 3 * kernelSendLimit()
  const frames = Math.ceil(total / (16 * 1024))
  const bytesPerSecond = total / 3.6

  screen.heading(3, 'The deadlock: both send, nobody reads')
  screen.say(`Each side has ${formatBytes(total)} for the other, and sends all of it before it reads.`)
  screen.say('On the way, bytes wait in four places. This shows how full they are. (In slow motion.)')
  screen.line()

  server.link.send({ type: 'deadlock', frames, bytesPerSecond })
  const socket = await dial()
  const { localPort, remotePort } = await socket.opened
  const side = new Side(socket, bytesPerSecond)
  const gauges = new Gauges(localPort, remotePort)
  const picture = new Picture(screen, total)
  let read = (): void => {}
  const mayRead = new Promise<void>((resolve) => (read = resolve))
  const [mine, { them, theirs }] = await Promise.all([
    side.run(makeMessages(frames, 'client'), mayRead),
    watch(stage, { side, gauges, picture, total, read }),
  ])
  await socket.closed
  await server.link.expect('done')
  picture.show(gauges.read(side.sample(), them), 'empty')
  picture.keep()
  screen.line()

  claim(isSame(mine.sent, theirs.received), 'the server received what the client sent')
  claim(isSame(theirs.sent, mine.received), 'the client received what the server sent')
  claim(mine.sent.frames === frames && theirs.sent.frames === frames, 'all frames were sent')
  const hashes = [mine.sent, theirs.sent].map(({ sha256 }) => `${sha256.slice(0, 8)}…`).join(' and ')
  screen.good(`${frames} frames each way, counted and hashed on both sides: nothing lost. (SHA-256 ${hashes})`)
  const { incoming, outgoing } = socket.stats
  return { bytes: incoming.bytes + outgoing.bytes, frames: 2 * frames, connections: 1 }
}

function isSame(a: Proof, b: Proof): boolean {
  return a.frames === b.frames && a.bytes === b.bytes && a.sha256 === b.sha256
}
