// workerd: the worker that runs the rows. What Node, Deno and Bun get as arguments is bound to it.
import { connect } from 'cloudflare:sockets'
import { runRows } from './main.mjs'

/** @returns {import('./peer.mjs').Control} */
function openControl(port) {
  const socket = connect({ hostname: '127.0.0.1', port })
  const writer = socket.writable.getWriter()
  const encoder = new TextEncoder()
  return {
    send: (line) => void writer.write(encoder.encode(`${line}\n`)).catch(() => {}), // its end says enough
    lines: lines(socket.readable),
    close: () => void writer.close().catch(() => {}),
  }
}

async function* lines(readable) {
  let rest = ''
  for await (const text of readable.pipeThrough(new TextDecoderStream())) {
    const all = (rest + text).split('\n')
    rest = all.pop()
    yield* all
  }
}

export default {
  async test(_, { PORT, ROWS, LINUX }) {
    const can = ['processes', 'connect starttls', ...(LINUX ? ['Linux'] : [])]
    const { gc } = globalThis
    await runRows(ROWS, { runtime: 'workerd', can: new Set(can), gc }, openControl(PORT), (line) => console.log(line))
  },
}
