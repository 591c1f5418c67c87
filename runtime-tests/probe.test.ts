// Runs first everywhere, and says by its name what executes the tests: whoever started them checks it against what they
// wanted to start.
import { expect, test } from 'vitest'
import { linesFramer } from '../src/index.ts'

interface Runtimes {
  readonly Deno?: { readonly version: { readonly deno: string } }
  readonly Bun?: { readonly version: string }
  readonly process?: { readonly versions?: { readonly node?: string } }
  readonly navigator?: { readonly userAgent?: string }
}

const { Deno, Bun, process, navigator } = globalThis as Runtimes
const agent = navigator?.userAgent ?? ''

// All of them can say that they are Node: it is asked last.
function runtime(): string {
  if (agent === 'Cloudflare-Workers') return 'workerd' // its version it does not tell
  if (agent.includes('Chrome/')) return agent.replace(/.*Chrome[/](\S+).*/, 'chromium $1')
  if (Deno) return `deno ${Deno.version.deno}`
  if (Bun) return `bun ${Bun.version}`
  if (process?.versions?.node) return `node ${process.versions.node}`
  return `what says that it is "${agent}"`
}

test(`runs on ${runtime()}`, () => {
  expect(linesFramer()).toBeInstanceOf(TransformStream)
  // Where nothing of Node is meant to be, nothing is.
  const ofNode = ['Buffer', 'process', 'require'].filter((name) => name in globalThis)
  if (/workerd|chromium/.test(runtime())) expect(ofNode).toEqual([])
})
