// `node runtime-tests/faults/run.mjs`: framed transfers, both ways at once, over paths that fail. Of each is asked:
//
//   - every frame that is delivered is right and in its place
//   - an end without an error comes after the last frame, and not before: a transfer is complete, or says why not
//   - nothing hangs: every promise settles within the case's time
//   - memory does not follow what is transferred
//
// With arguments only the cases whose names have one of them in it. FAULTS_MIB: MiB each way, 64 by default. It uses dist/.
import { existsSync } from 'node:fs'
import { here } from '../process.mjs'
import { codecs } from './codecs.mjs'
import { Plan } from './plan.mjs'
import { overProxy } from './over-proxy.mjs'
import { overWire, whyNoWire } from './over-wire.mjs'

/**
 * @typedef {import('./process-lines.mjs').Report} Report
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {number} [bytes] each way
 * @property {string} [codec]
 * @property {object} [endpoints] options of both ends
 * @property {{ connect?: object, listen?: object }} [each] options of one end
 * @property {number} [seconds] that it may take
 * @property {object} [forth] see proxy.mjs
 * @property {object} [back]
 * @property {(reports: { connect: Report, listen: Report }) => (string | undefined)[]} expect what is wrong
 */

const mebi = 2 ** 20
const volume = Number(process.env['FAULTS_MIB'] ?? 64) * mebi
const memoryLimit = 8 * mebi

const within = (part, codec = 'lengthPrefixed', bytes = volume, seed = 1) =>
  new Plan(seed, bytes).offsetWithin(part, codecs[codec].overhead)

/** All came, and all promises say so. */
const complete = ({ connect, listen }) => [wholly('connect', connect), wholly('listen', listen)]
const wholly = (end, { sent, ended, closed }) =>
  [sent, ended, closed].every((outcome) => outcome === 'clean')
    ? undefined
    : `${end}: sent ${sent}, ended ${ended}, closed ${closed}`

/** A promise of one end came out as one of these. */
const is = (reports, end, what, ...codes) =>
  codes.includes(reports[end][what]) ? undefined : `${end}: ${what} is ${reports[end][what]}, not ${codes.join(' or ')}`

const TRUNCATED = 'ERR_FRAME_TRUNCATED'
const broken = ['ECONNRESET', 'EPIPE', 'ECONNABORTED']

/** @type {Case[]} */
const proxyCases = [
  ...Object.keys(codecs).map((codec) => ({
    name: `chunks cut at random places, ${codec}`,
    codec,
    forth: { cut: 'random' },
    back: { cut: 'random' },
    expect: complete,
  })),
  {
    name: 'chunks that are late, each by another time',
    forth: { cut: 'random', delay: 4 },
    back: { cut: 'random', delay: 4 },
    bytes: volume / 4,
    expect: complete,
  },
  ...Object.keys(codecs).map((codec) => ({
    name: `one byte at a time, ${codec}`,
    codec,
    bytes: 128 * 1024,
    forth: { cut: 'bytes' },
    back: { cut: 'bytes' },
    expect: complete,
  })),
  {
    name: 'two seconds of silence in the middle of a frame, both ways',
    forth: { after: within(0.5), action: 'pause' },
    back: { after: within(0.4, 'lengthPrefixed', volume, 2), action: 'pause' },
    expect: complete,
  },
  {
    name: 'one end begins to read three seconds late',
    each: { listen: { hold: 3_000 } },
    expect: complete,
  },
  ...Object.keys(codecs).map((codec) => ({
    name: `reset in the middle of a frame, ${codec}`,
    codec,
    forth: { cut: 'random', after: within(0.5, codec), action: 'reset' },
    // So that neither end has all when the reset comes.
    back: { after: within(0.3, codec, volume, 2), action: 'stop' },
    expect: (reports) => [
      is(reports, 'connect', 'ended', 'ECONNRESET'),
      is(reports, 'listen', 'ended', 'ECONNRESET'),
      is(reports, 'connect', 'closed', ...broken),
      is(reports, 'listen', 'closed', ...broken),
    ],
  })),
  ...Object.keys(codecs).map((codec) => ({
    name: `reset in the middle of a frame after our own FIN, ${codec}`,
    codec,
    bytes: mebi,
    back: { cut: 'random', delay: 100, after: within(0.5, codec, mebi, 2), action: 'reset' },
    expect: (reports) => [is(reports, 'connect', 'ended', 'ECONNRESET'), is(reports, 'connect', 'closed', ...broken)],
  })),
  {
    name: 'reset as soon as it is connected',
    forth: { after: 1, action: 'reset' },
    back: { after: 1, action: 'stop' },
    expect: (reports) => [
      is(reports, 'connect', 'ended', 'ECONNRESET'),
      is(reports, 'listen', 'ended', 'ECONNRESET', TRUNCATED),
    ],
  },
  ...['lengthPrefixed', 'delimiter'].map((codec) => ({
    name: `FIN in the middle of a frame, the other direction goes on, ${codec}`,
    codec,
    forth: { after: within(0.3, codec), action: 'fin' },
    expect: (reports) => [
      is(reports, 'listen', 'ended', TRUNCATED),
      // The direction back has nothing to do with it: all of it comes.
      is(reports, 'connect', 'ended', 'clean'),
      is(reports, 'listen', 'sent', 'clean'),
    ],
  })),
  {
    name: 'FIN in the header of a frame',
    forth: { after: 2, action: 'fin' },
    bytes: mebi,
    expect: (reports) => [is(reports, 'listen', 'ended', TRUNCATED), is(reports, 'connect', 'ended', 'clean')],
  },
  {
    name: 'FIN in the middle of a frame, both ways',
    forth: { after: within(0.5), action: 'fin' },
    back: { after: within(0.6, 'lengthPrefixed', volume, 2), action: 'fin' },
    expect: (reports) => [is(reports, 'connect', 'ended', TRUNCATED), is(reports, 'listen', 'ended', TRUNCATED)],
  },
  {
    name: 'silence for ever in the middle of a frame, frameTimeout 2 s',
    endpoints: { frameTimeout: 2_000 },
    forth: { after: within(0.5), action: 'stop' },
    back: { after: within(0.5, 'lengthPrefixed', volume, 2), action: 'stop' },
    expect: (reports) => [
      // Who gives up first resets, and the other may hear of it before its own time is over.
      is(reports, 'connect', 'ended', 'ERR_FRAME_TIMEOUT', 'ECONNRESET'),
      is(reports, 'listen', 'ended', 'ERR_FRAME_TIMEOUT', 'ECONNRESET'),
      Object.values(reports).some(({ ended }) => ended === 'ERR_FRAME_TIMEOUT') ? undefined : 'no ERR_FRAME_TIMEOUT',
    ],
  },
  {
    name: 'the program between is killed in the middle of a frame',
    forth: { cut: 'random', after: within(0.5), action: 'kill' },
    back: { after: within(0.3, 'lengthPrefixed', volume, 2), action: 'stop' },
    expect: (reports) => [
      is(reports, 'connect', 'ended', 'ECONNRESET', TRUNCATED),
      is(reports, 'listen', 'ended', 'ECONNRESET', TRUNCATED),
    ],
  },
  {
    // With nothing unread it would leave with a FIN, and between two frames that is a clean end: TCP cannot tell.
    name: 'the peer is killed in the middle of its sending, with bytes unread',
    each: { connect: { hold: 30_000, dieAfter: 20_000 } },
    expect: (reports) => [is(reports, 'listen', 'ended', 'ECONNRESET')],
  },
]

/** About half of the packets that so many bytes each way need. */
const packets = (bytes) => Math.floor(bytes / 1_340)

/** @type {(Case & { wire: object })[]} */
const wireCases = [
  {
    name: 'late, lost and out of order (3 to 5 ms, 0.5 % lost, 2 % overtake), lengthPrefixed',
    wire: { delay: 3, jitter: 2, loss: 0.005, reorder: 0.02 },
    seconds: 90,
    expect: complete,
  },
  {
    name: 'late, lost and out of order, the wire is cut for two seconds in the midst of it, lines',
    codec: 'lines',
    bytes: volume / 4,
    wire: { delay: 3, jitter: 2, loss: 0.005, reorder: 0.02, cutAfter: packets(volume / 4), mendAfter: 2_000 },
    seconds: 60,
    expect: complete,
  },
  {
    name: 'the wire is cut for good in the midst of it',
    wire: { delay: 3, jitter: 2, loss: 0, reorder: 0, cutAfter: packets(volume) },
    seconds: 60,
    expect: (reports) => [
      is(reports, 'connect', 'ended', 'ETIMEDOUT', 'EHOSTUNREACH'),
      is(reports, 'listen', 'ended', 'ETIMEDOUT', 'EHOSTUNREACH'),
      is(reports, 'connect', 'closed', 'ETIMEDOUT', 'EHOSTUNREACH'),
    ],
  },
]

/** What is asked of every transfer. */
function always({ connect, listen }, bytes) {
  const problems = []
  const ends = [
    ['connect', connect, 2],
    ['listen', listen, 1],
  ]
  for (const [end, report, seed] of ends) {
    const { wrong, receivedFrames, ended, memory } = report
    const { count } = new Plan(seed, bytes)
    if (report.killed) continue
    if (wrong) problems.push(`${end}: ${wrong}`)
    for (const what of ['sent', 'ended', 'closed']) if (report[what] === 'hangs') problems.push(`${end}: ${what} hangs`)
    if (ended === 'clean' && receivedFrames !== count) {
      problems.push(`${end}: SILENTLY SHORT: a clean end after ${receivedFrames} of ${count} frames`)
    }
    if (ended !== 'clean' && receivedFrames >= count) problems.push(`${end}: ${ended}, but all frames had come`)
    if (memory > memoryLimit) problems.push(`${end}: held ${(memory / mebi).toFixed(1)} MiB`)
  }
  // Nobody gets what nobody sent.
  if (!connect.killed && listen.receivedFrames > connect.sentFrames) problems.push('more came than was sent')
  return problems
}

const show = (end, report, total) =>
  report.killed
    ? `${end} killed`
    : `${end} ${report.receivedFrames}/${total} ${report.ended} ${(report.memory / mebi).toFixed(1)} MiB held`

if (!existsSync(`${here}../dist/sockets/index.js`)) throw new Error('There is no dist/: run `npm run build`')
let passed = 0
let failed = 0
const asked = process.argv.slice(2)
const started = performance.now()

async function tryCase(fault, run) {
  const { name, codec = 'lengthPrefixed', bytes = volume, seconds = 30 } = fault
  if (asked.length > 0 && !asked.some((word) => name.includes(word))) return
  const start = performance.now()
  let problems
  let figures = ''
  try {
    const reports = await run({ ...fault, codec, bytes, seconds })
    problems = [...always(reports, bytes), ...fault.expect(reports).filter((problem) => problem !== undefined)]
    const parts = [
      `${(bytes / mebi).toFixed(bytes < mebi ? 2 : 0)} MiB each way`,
      show('connect', reports.connect, new Plan(2, bytes).count),
      show('listen', reports.listen, new Plan(1, bytes).count),
      ...(reports.wire ? [reports.wire] : []),
    ]
    figures = parts.join('; ')
  } catch (error) {
    problems = [error.stack]
  }
  const took = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${took} s: ${figures})`)
  for (const problem of problems) console.log(`       ${problem}`)
  if (problems.length === 0) passed++
  else failed++
}

for (const fault of proxyCases) await tryCase(fault, overProxy)
const without = whyNoWire()
if (without === undefined) for (const fault of wireCases) await tryCase(fault, overWire)
else console.log(`!! NOT TRIED: ${wireCases.length} cases over a wire that loses packets: ${without}`)

console.log(`\n${Math.round((performance.now() - started) / 1000)} s`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
