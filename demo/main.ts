// `npm run demo`: framing, half-close and the mutual-send deadlock, over real TCP between two processes.
//
//   this process                             the other process (server.ts)
//   main ─► conductor ─► steps: client ◄─── TCP, 127.0.0.1 ───► steps: server
//                └────────────────── IPC: orders, reports ──────────────┘
//
// IPC carries only what the server has to tell the person who watches; the messages themselves go over TCP.

import { conduct } from './conductor.ts'
import { Screen } from './screen.ts'

const help = `framewright demo: a client and a server in two processes talk over TCP on 127.0.0.1.

  npm run demo                 in colour, with moving bars where the terminal can
  npm run demo -- --plain      lines of text only: for logs
  npm run demo -- --help       this text

It ends by itself within 20 seconds. Everything it claims is checked: exit code 0 means that all of it was
true, 1 that something was not, and it says what. NO_COLOR and FORCE_COLOR are heeded.`

const options = process.argv.slice(2)
const unknown = options.find((option) => option !== '--plain' && option !== '--help' && option !== '-h')

if (unknown !== undefined) {
  console.error(`The demo does not know ${unknown}. Try --help.`)
  process.exitCode = 2
} else if (options.includes('--help') || options.includes('-h')) {
  console.log(help)
} else {
  const code = await conduct(new Screen(process.stdout, options.includes('--plain')))
  // A step that failed may have left timers and streams behind, which would keep this process alive.
  if (code !== 0) process.exit(code)
}
