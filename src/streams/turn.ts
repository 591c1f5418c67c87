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

type Later = (run: () => void) => void

/** A stream of ours takes the next write a few microtasks after the one before. */
const MICROTASKS = 8

function afterMicrotasks(run: () => void, left: number = MICROTASKS): void {
  queueMicrotask(left === 0 ? run : () => afterMicrotasks(run, left - 1))
}

// Looked up and never imported, so that this file knows no runtime. It runs when no microtask is left.
const { process } = globalThis as { process?: { nextTick?: Later } }

/** Calls `run` at the end of the turn; where the runtime does not tell that, some microtasks later. */
export const atEndOfTurn: Later =
  typeof process?.nextTick === 'function' ? (run) => process.nextTick!(run) : (run) => afterMicrotasks(run)
