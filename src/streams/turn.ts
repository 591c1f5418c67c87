/**
 * When what gathers leaves: at the end of the turn in which it was written.
 *
 * ```
 *   turn   | write | write write write ... |
 *          +-> sent +---- one chunk --------+-> sent
 * ```
 *
 * A socket's kernel nearly always takes a write at once, so it is never busy, and each frame would be a system call of its own. A turn ends
 * before anything else can happen (no I/O, no timer), so nobody has to wait; a program that never ends one is held to the size of the
 * buffer.
 */

type Later = (run: () => void, progress: () => number) => void

/** A stream takes the next write a few microtasks after the one before: when so many bring none, the turn has nothing more. */
const MICROTASKS = 8

function whenNothingComes(run: () => void, progress: () => number): void {
  let seen = progress()
  let left = MICROTASKS
  function look(): void {
    const now = progress()
    left = now === seen ? left - 1 : MICROTASKS
    seen = now
    if (left === 0) run()
    else queueMicrotask(look)
  }
  queueMicrotask(look)
}

// Looked up and never imported, so that this file knows no runtime. It runs when no microtask is left.
const { process } = globalThis as { process?: { nextTick?: (run: () => void) => void } }

/** Calls `run` at the end of the turn; where the runtime does not tell that, when `progress` has not moved for some microtasks. */
export const atEndOfTurn: Later =
  typeof process?.nextTick === 'function' ? (run) => process.nextTick!(run) : whenNothingComes
