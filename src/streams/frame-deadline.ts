/**
 * How long a frame may take to arrive, from its first byte to its last.
 *
 * ```
 *   |  first byte      more ...       last byte |
 *   |<------------- frameTimeout ------------->|
 * ```
 *
 * The clock runs only while somebody waits for bytes: a frame that waits for its reader is not late. There is one timer, armed where a
 * decoder says "need more" and not for every frame.
 */

import { describe } from '../bytes/bytes.ts'
import { FramingError } from '../codec/framing-error.ts'

/** The longest time that a timer can be set to; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1

/** Checks `frameTimeout`. */
export function checkFrameTimeout(timeout: number | undefined): number | undefined {
  if (timeout === undefined || (typeof timeout === 'number' && timeout > 0 && timeout <= LONGEST)) return timeout
  throw new RangeError(`frameTimeout must be a number of milliseconds above 0, up to 2^31-1, not ${describe(timeout)}`)
}

/** A frame that took too long: `waited` bytes of it have arrived; byte `offset` of the stream is the one that did not. */
export function frameTimedOut(timeout: number, waited: number, offset: number): FramingError {
  return new FramingError(
    'ERR_FRAME_TIMEOUT',
    `Frame is not whole after ${timeout} ms: ${waited} bytes of it wait for the rest (at byte ${offset})`,
    { offset, length: waited },
  )
}

export class FrameDeadline {
  readonly #timeout: number
  readonly #late: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #startedAt = 0
  /** Where the frame begins that the clock was stopped for while it was not whole, and what it has used up. */
  #frame = -1
  #spent = 0

  /** `late` is called when a frame's time is over. */
  constructor(timeout: number, late: () => void) {
    this.#timeout = timeout
    this.#late = late
  }

  /** The frame that begins at byte `start` of the stream waits for bytes. */
  start(start: number): void {
    if (this.#timer !== undefined) return
    if (start !== this.#frame) {
      this.#frame = start
      this.#spent = 0
    }
    this.#startedAt = performance.now()
    // A process that was busy itself must not blame the peer: one more turn, in which bytes that lie ready are read.
    this.#timer = setTimeout(
      () => {
        this.#timer = setTimeout(() => {
          this.stop()
          this.#late()
        }, 0)
      },
      Math.max(0, this.#timeout - this.#spent),
    )
  }

  /** Whoever waited has given up; the same frame goes on with the time that is left. */
  pause(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#spent += performance.now() - this.#startedAt
  }

  /** The frame is whole, or there is none: the next one has all the time. */
  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
    this.#frame = -1
  }
}
