/** Fast code stays fast over garbage collections: of everything that frames and chunks go through, one object lives for ever. */

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const source = new URL('../../src/', import.meta.url)

/** Classes whose objects may all go away, and why. */
const exempt: Record<string, readonly string[]> = {
  'measured: what Node itself does for such a stream costs half as much again where one is kept': ['Encoding'],
  'errors are rare': ['FramingError', 'SocketError', 'StallError'],
  'a stream of the platform, or its source or sink: has a hidden class of its own, or hands on to an object that is kept':
    ['#Pulled', '#Written', 'FrameReadable', 'FrameWritable', 'Pair', 'ReadableStream'],
  'in the way of no frame: limits, deadlines, what follows the last frame': [
    'FrameDeadline',
    'RawRest',
    'SocketWatch',
    'Steady',
  ],
  'once for a listener or a connection': ['AcceptQueue', 'AcceptTls', 'NodeListener', 'Overflow', 'SecureConnection'],
  'the sides of a connection that has no streams yet': ['TakenReadable', 'TakenWritable'],
  "over somebody else's streams, which cost more": ['DuplexReadable', 'DuplexSocket', 'DuplexWritable', 'MemoryPipe'],
}

function classesOfTheSource(): string[] {
  const names: string[] = []
  for (const folder of ['bytes', 'codec', 'streams', 'node', 'sockets']) {
    for (const file of readdirSync(new URL(`${folder}/`, source))) {
      const text = readFileSync(new URL(`${folder}/${file}`, source), 'utf8')
      for (const [, inner, name] of text.matchAll(/^\s*(?:static readonly (#\w+) = |export |return )?class (\w*)/gm)) {
        names.push(inner ?? name!)
      }
    }
  }
  return names
}

describe('shapes', () => {
  it('of all classes that frames and chunks go through are kept when nobody uses them any more', async () => {
    const script = fileURLToPath(new URL('kept-shapes.mjs', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script], {
      timeout: 60_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    const kept = new Set(JSON.parse(stdout) as string[])
    const mayGo = new Set(Object.values(exempt).flat())
    const classes = classesOfTheSource()
    expect(classes.length).toBeGreaterThan(60)
    expect(classes.filter((name) => !mayGo.has(name) && !kept.has(name))).toEqual([])
    // An exemption that is none any more goes.
    expect([...mayGo].filter((name) => !classes.includes(name))).toEqual([])
  })
})
