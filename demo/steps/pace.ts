// Slow motion: loopback fills a buffer of 4 MiB in a few milliseconds, and nobody would see it.

import { setTimeout as sleep } from 'node:timers/promises'

/** Holds a loop back to so many bytes a second. Time that the loop was stuck is not made up for. */
export class Pace {
  readonly #bytesPerMs: number
  #due: number = performance.now()

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  async spend(bytes: number): Promise<void> {
    const now = performance.now()
    this.#due = Math.max(this.#due, now - 50) + bytes / this.#bytesPerMs
    if (this.#due > now) await sleep(this.#due - now)
  }
}
