// Step 1. What TCP hands over, beside what a framer makes of it.

import { encodeFrames, FrameParser } from 'framewright'
import type { Socket } from 'framewright/socket'
import { claim } from '../claim.ts'
import type { Stage, Tally } from '../conductor.ts'
import type { Link } from '../link.ts'
import type { Order, Report } from '../protocol.ts'
import { pad, type Screen } from '../screen.ts'
import { count } from '../text.ts'
import { rules, type Rule, type RuleName } from './framing-rules.ts'
import { Wire } from './wire.ts'

/** The server: reports every chunk as TCP gives it, with the frames that come out there and then. */
export async function serveFraming(socket: Socket, link: Link<Order, Report>, rule: RuleName): Promise<void> {
  const parser = new FrameParser(rules[rule].codec)
  for await (const chunk of socket.readable) {
    const copy = chunk.slice() // the parser adopts the chunk
    const frames = [...parser.push(chunk)]
    link.send({ type: 'chunk', chunk: copy, frames, pending: parser.pending })
  }
  claim([...parser.end()].length === 0, 'at the end no frame is left')
  await socket.writable.close()
}

/** The client: sends messages in awkward pieces, one rule after the other, and shows what the server reports. */
export async function showFraming(stage: Stage): Promise<Tally> {
  const { screen } = stage
  screen.heading(1, 'Chunks are not messages')
  screen.say(
    'TCP keeps bytes in order, not the borders between writes. The client writes ' +
      'messages in awkward pieces. What arrives are chunks; what the framer makes of them are frames.',
  )
  let tally: Tally = { bytes: 0, frames: 0, connections: 0 }
  for (const name of ['delimiter', 'fixedLength', 'lengthPrefixed'] as const) {
    const { bytes, frames } = await showRule(stage, name, rules[name])
    tally = { bytes: tally.bytes + bytes, frames: tally.frames + frames, connections: tally.connections + 1 }
  }
  return tally
}

async function showRule({ screen, server, dial }: Stage, name: RuleName, rule: Rule): Promise<Tally> {
  const encode = new TextEncoder()
  const decode = new TextDecoder()
  const messages = rule.messages.map((message) => encode.encode(message))
  const bytes = encodeFrames(rule.codec, messages)
  const pieces = rule.pieces.map((piece) => encode.encode(piece))
  claim(Buffer.concat(pieces).equals(bytes), 'the pieces together are the encoded messages')

  const { bold, dim } = screen.paint
  screen.line()
  screen.line(`  ${bold(rule.code)}   ${rule.meaning}`)
  screen.line(dim(`    ${pad('chunk that arrived', chunkColumns)} frames that came out`))

  server.link.send({ type: 'framing', rule: name })
  const socket = await dial()
  const writer = socket.writable.getWriter()
  const wire = new Wire(messages, rule, screen.paint)
  const received: string[] = []
  let [sentBytes, arrivedBytes, chunks] = [0, 0, 0]
  for (const piece of pieces) {
    await writer.write(piece)
    sentBytes += piece.length
    // The next piece waits until this one has arrived: else the kernel might well join the two.
    while (arrivedBytes < sentBytes) {
      const { chunk, frames, pending } = await server.link.expect('chunk')
      claim(Buffer.compare(chunk, bytes.subarray(arrivedBytes, arrivedBytes + chunk.length)) === 0, 'TCP keeps order')
      showChunk(screen, wire, { chunk, at: arrivedBytes, frames, firstFrame: received.length, pending })
      received.push(...frames.map((frame) => decode.decode(frame)))
      arrivedBytes += chunk.length
      chunks++
    }
    await screen.pause(260)
  }
  await writer.close()
  await socket.closed
  await server.link.expect('done')
  claim(received.join('|') === rule.messages.join('|'), 'the frames are the messages')
  screen.good(
    `${count(pieces.length, 'write')}, ${count(chunks, 'chunk')}, ${received.length} frames: the messages sent, each once, in order`,
  )
  return { bytes: sentBytes, frames: received.length, connections: 1 }
}

interface Arrival {
  chunk: Uint8Array
  at: number
  frames: Uint8Array[]
  firstFrame: number
  pending: number
}

const chunkColumns = 36

function showChunk(screen: Screen, wire: Wire, { chunk, at, frames, firstFrame, pending }: Arrival): void {
  const { dim } = screen.paint
  const shown = frames.map((frame, i) => wire.frame(frame, firstFrame + i)).join(' ')
  const kept = pending > 0 ? dim(`${count(pending, 'byte')} kept`) : ''
  const outcome = shown === '' ? dim('nothing yet, ') + kept : [shown, kept].filter(Boolean).join(dim(' + '))
  screen.line(`  ${dim('▸')} ${pad(wire.chunk(chunk, at), chunkColumns)} ${outcome}`)
}
