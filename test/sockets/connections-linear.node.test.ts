/**
 * What the library does for many connections is what it does for one, so many times: counted as functions, loop bodies and branches
 * entered (test/support/count-work.ts), with no clock. Each place in the code is looked at by itself as well: a loop over all connections
 * that each of them runs would be lost in the sum of so few.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// Types alone: the code itself is loaded once the counting has begun.
import type { ListenerLimits } from '../../src/sockets/listener-types.ts'
import type { Socket } from '../../src/sockets/types.ts'
import { startCounting, type Work, type WorkCounter } from '../support/count-work.ts'
import { outcome } from './peer.ts'

const NUMBERS = [8, 16, 32, 64]
/** Each side says so many lines. */
const LINES = 8

interface Library {
  readonly frames: typeof import('../../src/index.ts')
  readonly sockets: typeof import('../../src/sockets/index.ts')
}

let counter: WorkCounter<Library>

beforeAll(async () => {
  counter = await startCounting(/\/src\/(bytes|codec|streams|sockets)\//, async () => ({
    frames: await import('../../src/index.ts'),
    sockets: await import('../../src/sockets/index.ts'),
  }))
  // What is done once in a process is done here.
  await talk(NUMBERS[0]!, {})
})

afterAll(() => counter.stop())

/** Opens so many connections at once, has the same conversation on each, and ends them all. */
async function talk(connections: number, limits: ListenerLimits): Promise<void> {
  const { connect, listen } = counter.modules.sockets
  const listener = listen({ port: 0, hostname: '127.0.0.1', ...limits })
  const { localPort } = await listener.opened
  const served = serve(listener)
  const heard = await Promise.all(
    Array.from({ length: connections }, () => converse(connect({ hostname: '127.0.0.1', port: localPort }))),
  )
  expect(heard).toEqual(Array.from({ length: connections }, () => LINES))
  await listener.close()
  expect(await served).toBe(connections)
}

/** Answers each line with the same one, and counts the connections. */
async function serve(listener: AsyncIterable<Socket>): Promise<number> {
  let connections = 0
  for await (const socket of listener) {
    connections++
    void outcome(echo(socket))
  }
  return connections
}

async function echo(socket: Socket): Promise<void> {
  const { framed, lines } = counter.modules.frames
  const { readable, writable } = framed(socket, lines())
  const writer = writable.getWriter()
  for await (const line of readable) await writer.write(line)
  await writer.close()
}

/** Says one line after the other, each when the one before has come back. */
async function converse(socket: Socket): Promise<number> {
  const { framed, lines } = counter.modules.frames
  const { readable, writable } = framed(socket, lines())
  const writer = writable.getWriter()
  let heard = 0
  await writer.write('line 0')
  for await (const line of readable) {
    expect(line).toBe(`line ${heard++}`)
    if (heard < LINES) await writer.write(`line ${heard}`)
    else await writer.close()
  }
  await socket.closed
  return heard
}

/** The slope of a line through logarithms: 1 is linear, 2 is quadratic. */
function slope(numbers: readonly number[], work: readonly number[]): number {
  const [x, y] = [numbers, work].map((values) => values.map(Math.log))
  const [meanX, meanY] = [x!, y!].map((values) => values.reduce((sum, value) => sum + value) / values.length)
  const above = x!.reduce((sum, value, i) => sum + (value - meanX!) * (y![i]! - meanY!), 0)
  return above / x!.reduce((sum, value) => sum + (value - meanX!) ** 2, 0)
}

/**
 * Places that are entered more and more often for each connection, and often: seldom is what the order of events may do. Each is compared
 * with the first time that it was counted: V8 12 and later begin to count short functions only when they have been called very often.
 */
function growing(works: readonly Work[]): string[] {
  const counts = works.map((work) => work.places())
  const many = NUMBERS.at(-1)!
  const found: string[] = []
  for (const [place, count] of counts.at(-1)!) {
    const first = counts.findIndex((places) => places.has(place))
    const few = NUMBERS[first]!
    const [early, late] = [counts[first]!.get(place)! / few, count / many]
    if (late >= 4 && late > early * (many / few) ** 0.1)
      found.push(`${place}: ${early} for each of ${few}, ${late} for each of ${many}`)
  }
  return found
}

describe('the work for connections grows as their number does', () => {
  test.each<[string, ListenerLimits]>([
    ['all at once', {}],
    ['of which most wait until others have ended', { maxConnections: 4, whenFull: 'hold' }],
  ])('%s', async (_, limits) => {
    const works: Work[] = []
    for (const connections of NUMBERS) works.push(await counter.count(() => talk(connections, limits)))
    const steps = works.map((work) => work.steps)
    // Something was counted: a frame alone is more than that, on each side.
    for (const [i, count] of steps.entries()) expect(count).toBeGreaterThan(NUMBERS[i]! * LINES * 2)
    expect(slope(NUMBERS, steps), `steps: ${steps.join(', ')}`).toBeLessThan(1.1)
    expect(growing(works)).toEqual([])
  })

  test('and a loop over all connections for each of them would be found', () => {
    const places = (n: number): Map<string, number> => new Map([['loop', (n * (n + 1)) / 2]]).set('line', 5 * n)
    const works = NUMBERS.map((n) => ({ steps: n * n, searched: 0, places: () => places(n) }))
    expect(growing(works)).toEqual([expect.stringContaining('loop: 4.5 for each of 8, 32.5 for each of 64')])
    const steps = works.map((work) => work.steps)
    expect(slope(NUMBERS, steps)).toBeCloseTo(2)
  })
})
