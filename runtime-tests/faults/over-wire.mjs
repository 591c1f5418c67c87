// Two endpoints in network namespaces of their own, with a wire between them that loses packets (wire.py):
//
//   namespace a: connect, TUN device ── wire.py ── namespace b: TUN device, listen
//
// The namespaces are named after this process, and removed by those names.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { here } from '../process.mjs'
import { endpointOptions, Program, reportOf, startConnecting, startListening, stopAll } from './process-lines.mjs'

/** The two ends: addresses out of the block for benchmarks (RFC 2544). */
const sides = ['a', 'b'].map((side, i) => ({
  namespace: `framewright-${side}-${process.pid}`,
  device: `fw${side}${process.pid}`,
  address: `198.18.0.${i + 1}`,
  peer: `198.18.0.${2 - i}`,
}))

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] })
const inside = ({ namespace }) => ['ip', 'netns', 'exec', namespace]
const works = (file, ...args) => spawnSync(file, args, { stdio: 'ignore' }).status === 0

/** Why there can be no such wire on this machine; undefined: there can. */
export function whyNoWire() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can make one'
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun'
  if (!works('python3', '--version')) return 'there is no python3'
  const name = `framewright-probe-${process.pid}`
  if (!works('ip', 'netns', 'add', name)) return 'no network namespace can be made'
  works('ip', 'netns', 'del', name)
  return undefined
}

function lay() {
  for (const { namespace, device, address, peer } of sides) {
    ip('netns', 'add', namespace)
    ip('link', 'set', device, 'netns', namespace)
    ip('-n', namespace, 'address', 'add', address, 'peer', peer, 'dev', device)
    ip('-n', namespace, 'link', 'set', device, 'mtu', '1400', 'up')
    // TCP gives a silent peer up after some 15 minutes; here after some seconds, with the same error.
    ip('netns', 'exec', namespace, 'sh', '-c', 'echo 5 >/proc/sys/net/ipv4/tcp_retries2')
  }
}

function remove() {
  for (const { namespace } of sides) works('ip', 'netns', 'del', namespace)
}

/** @param {any} fault a case of run.mjs */
export async function overWire(fault) {
  const options = endpointOptions(fault)
  const [a, b] = sides
  if (!a || !b) throw new Error('a wire has two ends')
  process.on('exit', remove)
  const wire = new Program(['python3', `${here}faults/wire.py`, a.device, b.device, JSON.stringify(fault.wire)])
  try {
    if ((await wire.line()) !== 'ready') throw new Error('wire.py did not start')
    lay()
    const server = await startListening('endpoint.mjs', { ...options.listen, address: b.address }, inside(b))
    const client = startConnecting({ ...options.connect, address: b.address, port: server.port }, inside(a))
    const [connect, listen] = await Promise.all([reportOf(client, false), reportOf(server.program, false)])
    wire.endInput()
    return { connect, listen, wire: `packets ${await wire.line()}` }
  } finally {
    stopAll()
    remove()
    process.off('exit', remove)
  }
}
