/**
 * Work as a number that is the same on every machine: how often the code of some files was entered, counted by the engine (every
 * function call, loop body and branch is one step), and how many bytes the native search looked at. No clock.
 */

import { Session } from 'node:inspector/promises'
import { setFlagsFromString } from 'node:v8'

/** Those that put one function into another. */
const compilers = ['opt', 'maglev'] as const

export interface Work {
  /** Functions, loop bodies and branches entered. */
  readonly steps: number
  /** Bytes that `Buffer.prototype.indexOf` looked at. */
  readonly searched: number
  /** How often each place was entered, by file and offsets. */
  places(): Map<string, number>
}

export interface WorkCounter<Modules> {
  /** The modules whose work is counted. */
  readonly modules: Modules
  /** The work that `action` does. */
  count(action: () => void | Promise<void>): Promise<Work>
  stop(): void
}

/**
 * Begins to count what happens in the files whose address matches. `load` imports them: only what is compiled after the counting began
 * is counted, so nothing may have imported them before.
 */
export async function startCounting<Modules>(
  files: RegExp,
  load: () => Promise<Modules>,
): Promise<WorkCounter<Modules>> {
  // Where a compiler has put a short function into its callers it is not counted any more.
  for (const tier of compilers) setFlagsFromString(`--no-${tier}`)
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

  const { indexOf } = Buffer.prototype
  let searched = 0
  // The library looks the native search up when it is loaded.
  Buffer.prototype.indexOf = function counted(this: Buffer, value: never, from = 0, ...rest: never[]): number {
    const found = indexOf.call(this, value, from, ...rest)
    searched += (found < 0 ? this.length : found + 1) - from
    return found
  }
  const modules = await load()

  return {
    modules,
    async count(action) {
      await session.post('Profiler.takePreciseCoverage')
      searched = 0
      await action()
      const { result } = await session.post('Profiler.takePreciseCoverage')
      const entered = result
        .filter(({ url }) => files.test(url))
        .flatMap(({ url, functions }) => functions.flatMap(({ ranges }) => ranges.map((range) => ({ url, ...range }))))
      return {
        steps: entered.reduce((sum, { count }) => sum + count, 0),
        searched,
        places: () =>
          new Map(
            entered.map(({ url, startOffset, endOffset, count }) => [`${url}:${startOffset}-${endOffset}`, count]),
          ),
      }
    },
    stop() {
      for (const tier of compilers) setFlagsFromString(`--${tier}`)
      Buffer.prototype.indexOf = indexOf
      session.disconnect()
    },
  }
}
