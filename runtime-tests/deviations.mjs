// Where a runtime does not run a test that Node 20 runs, and why. Everything else must run, and pass, everywhere.
import { readdirSync } from 'node:fs'
import { root } from './process.mjs'

const withoutNode = ['workerd', 'chromium']

/** Folders that are no part of the framing layer: sockets, processes, node:stream and the peers are Node's, documents are read once. */
const notPortable = ['test/sockets/', 'test/node/', 'test/cli/', 'test/peers/', 'test/docs/']

/**
 * A file alone: the runtimes do not run it. A file and a test: they run it, and it fails; when it passes, the entry has to go.
 *
 * @type {{ file: string | RegExp, test?: string | RegExp, on: string[], why: string }[]}
 */
const deviations = [
  {
    file: /[.]node[.]test[.]ts$/,
    on: ['bun', ...withoutNode],
    why: 'says by its name that it needs what only Node has, and Deno as Node has it: the heap of V8, node:vm',
  },
  {
    file: /[/](byte-)?linear(-[a-z]+)?[.]test[.]ts$/,
    on: ['bun', ...withoutNode],
    why: "counts steps with V8's coverage through node:inspector, and bytes in Buffer's search",
  },
  {
    file: 'test/streams/memory.test.ts',
    on: ['bun', ...withoutNode],
    why: 'measures the heap after a collection, with --expose-gc and process.memoryUsage() as V8 fills it in',
  },
  {
    file: 'test/bytes/scan.test.ts',
    on: ['bun', ...withoutNode],
    why: 'loads a module anew after it has changed a global: that takes a module loader that forgets',
  },
  {
    file: 'test/streams/interop.test.ts',
    on: withoutNode,
    why: 'is about node:stream and node:util',
  },
  {
    file: 'test/streams/interop.test.ts',
    test: 'it can be inspected',
    on: ['deno'],
    why: "Deno's node:util does not show the classes of streams",
  },
  {
    file: 'test/streams/interop.test.ts',
    test: 'pipeline() takes it between node streams',
    on: ['bun'],
    why: "Bun's pipeline() takes a TransformStream that it did not make itself for any pair of streams, and hangs: with native ones too",
  },
  {
    file: 'test/streams/interop.test.ts',
    test: 'its readable side can be transferred to another context',
    on: ['bun'],
    why: 'Bun cannot transfer streams',
  },
  {
    file: 'test/streams/pipe.test.ts',
    test: /'native streams, plain pipes' > a pipe from .* > (cancels the source with the destination's error, |with preventCancel leaves the source as it is |a signal ends both, |with preventCancel and preventAbort a signal )/,
    on: ['workerd'],
    why: "workerd's own pipe does not look at its destination, nor at its signal, while it waits for the source; ours does",
  },
  {
    file: 'test/streams/pipe.test.ts',
    test: "over 'native streams, plain pipes' > a strategy of the user counts as in any stream",
    on: ['workerd'],
    why: "workerd's own pipe writes one item at a time, whatever the strategy lets wait",
  },
  {
    file: 'test/streams/byte-reader.test.ts',
    test: /over 'native streams' > (readUntil > stops at the first byte over the limit|a signal > given up while it waits, |detach > pulls only when it is read|cancel > cancels the source, )/,
    on: ['workerd'],
    why: 'workerd pulls a second time for a read that waits, with a highWaterMark of 0 too; the tests count pulls',
  },
]

const isFor = (/** @type {string | RegExp | undefined} */ wanted, /** @type {string} */ name) =>
  wanted instanceof RegExp ? wanted.test(name) : wanted === name

/** Listed once: every runtime runs the same, whatever is written meanwhile. */
const portable = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.test.ts') && !notPortable.some((folder) => path.startsWith(folder)))
  .sort()

/**
 * The test files that a runtime runs.
 *
 * @param {string} runtime
 */
export const filesFor = (runtime) =>
  portable.filter((file) => !deviations.some((one) => !one.test && isFor(one.file, file) && one.on.includes(runtime)))

/**
 * Is a test known to fail there?
 *
 * @param {{ file: string, name: string }} test
 * @param {string} runtime
 */
export const isKnownToFail = ({ file, name }, runtime) =>
  deviations.some((one) => isFor(one.file, file) && isFor(one.test, name) && one.on.includes(runtime))
