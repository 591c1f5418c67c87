// Step 2. The two directions of a connection end separately: a FIN says "I have no more to say", not "goodbye".

import { framed, lines } from 'framewright'
import type { Socket } from 'framewright/socket'
import { setTimeout as sleep } from 'node:timers/promises'
import { claim } from '../claim.ts'
import type { Stage, Tally } from '../conductor.ts'
import type { Link } from '../link.ts'
import type { Order, Report } from '../protocol.ts'
import { drawTimeline, Timeline } from './timeline.ts'

const words = ['pear', 'fig', 'kiwi', 'apple']

/** The server: sorts lines. It cannot begin before the last one has come, and only the client's FIN says which that is. */
export async function serveHalfClose(socket: Socket, link: Link<Order, Report>): Promise<void> {
  const timeline = new Timeline('server')
  const { readable, writable } = framed(socket, lines())

  const request: string[] = []
  for await (const line of readable) request.push(line)
  timeline.note(`has read ${request.join(', ')}`)
  timeline.note('and the end: now it can sort')

  const writer = writable.getWriter()
  for (const line of request.sort()) {
    await sleep(40)
    timeline.note(`answers ${line}`)
    await writer.write(line)
  }
  await sleep(40)
  timeline.note('closes its side: FIN')
  await writer.close()
  link.send({ type: 'moments', moments: timeline.moments })
}

/** The client: asks, ends its side, and still reads the whole answer. */
export async function showHalfClose({ screen, server, dial }: Stage): Promise<Tally> {
  screen.heading(2, 'Half-close: done talking, still listening')
  screen.say(
    'A server that sorts words cannot begin before the last one has come. So the client ' +
      'closes its writing side (FIN), and goes on reading.',
  )
  screen.line()

  server.link.send({ type: 'half-close' })
  const socket = await dial()
  const timeline = new Timeline('client')
  const { readable, writable } = framed(socket, lines())

  const writer = writable.getWriter()
  timeline.note(`sends ${words.join(', ')}`)
  for (const word of words) await writer.write(word)
  timeline.note('closes its side: FIN')
  await writer.close()

  const answer: string[] = []
  for await (const line of readable) {
    answer.push(line)
    timeline.note(`reads ${line}`)
  }
  timeline.note('reads the end')
  await socket.closed

  const { moments } = await server.link.expect('moments')
  await server.link.expect('done')
  const story = [...timeline.moments, ...moments].sort((a, b) => a.at - b.at)
  for (const row of drawTimeline(story, screen.paint)) {
    screen.line(row)
    await screen.pause(110)
  }

  const at = (side: string, what: string): number =>
    story.findIndex((moment) => moment.side === side && moment.what.startsWith(what))
  claim(answer.join() === [...words].sort().join(), 'the answer is the words, sorted')
  claim(at('client', 'closes') < at('server', 'answers'), 'the client had ended its side before the answer began')
  claim(at('server', 'closes') < at('client', 'reads the end'), 'the client read until the server had ended too')
  screen.good(`All ${answer.length} lines of the answer were read after the client's own FIN, and then the server's.`)

  const { incoming, outgoing } = socket.stats
  return { bytes: incoming.bytes + outgoing.bytes, frames: words.length + answer.length, connections: 1 }
}
