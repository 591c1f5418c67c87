/**
 * Whether a long conversation at full speed makes the heap grow.
 *
 * A line is laid through the heap over the messages that have come back: its slope is the growth, in bytes a message. How far the points
 * lie from the line says how sure the slope is: its standard error. What is below three of them is noise, and three of them are what a leak
 * has to have to be noticed; that must be much less than the smallest thing that could be forgotten for each message, a pointer of 4 bytes.
 */

import { Child } from './child.ts'
import type { Sample } from './steady-conversation.ts'

/** Seconds in which programs are still compiled and buffers find their size. */
const WARM_UP = 10

export interface Growth {
  /** Bytes a message. */
  readonly slope: number
  /** Of the slope. */
  readonly standardError: number
  readonly messages: number
  readonly seconds: number
  /** The first and the last sample that counts, in bytes. */
  readonly heap: readonly [first: number, last: number]
}

/** Measures for so many seconds, and a few before. */
export async function steadiness(seconds: number): Promise<Growth> {
  const child = new Child('steady-conversation.js', [], ['--expose-gc', '--max-semi-space-size=1'])
  try {
    const samples: Sample[] = []
    for (let i = 0; i < WARM_UP + seconds; i++) samples.push(await child.answer<Sample>())
    return growth(samples.slice(WARM_UP))
  } finally {
    await child.stop()
  }
}

/** The line of least squares through samples, at least three. */
export function growth(samples: readonly Sample[]): Growth {
  const n = samples.length
  const [first, last] = [samples[0]!, samples[n - 1]!]
  if (n < 3 || last.messages <= first.messages) throw new Error('There was no conversation to measure')
  const meanX = samples.reduce((sum, { messages }) => sum + messages, 0) / n
  const meanY = samples.reduce((sum, { heap }) => sum + heap, 0) / n
  const xx = samples.reduce((sum, { messages }) => sum + (messages - meanX) ** 2, 0)
  const xy = samples.reduce((sum, { messages, heap }) => sum + (messages - meanX) * (heap - meanY), 0)
  const slope = xy / xx
  const left = samples.reduce((sum, { messages, heap }) => sum + (heap - meanY - slope * (messages - meanX)) ** 2, 0)
  return {
    slope,
    standardError: Math.sqrt(left / (n - 2) / xx),
    messages: last.messages - first.messages,
    seconds: n - 1,
    heap: [first.heap, last.heap],
  }
}
