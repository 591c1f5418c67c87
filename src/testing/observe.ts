/**
 * One run of a decoder over bytes that were cut in one way, and all that came out: frames, skip reports, the error, each with the
 * moment it came. What every codec promises whatever its rule is watched on the way.
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import type { Codec, Decoder, Encoder } from '../codec/codec.ts'
import { FrameParser } from '../codec/frame-parser.ts'
import { FramingError } from '../codec/framing-error.ts'
import type { SkipInfo } from '../codec/policies.ts'
import type { Arrival } from './codec-case.ts'
import type { Way } from './cuts.ts'
import { deepEqual, equalBytes, snapshot } from './equality.ts'

/** Makes the codec under test. */
export type Make<Frame> = (onSkip: (info: SkipInfo) => void) => Codec<Frame, never>

/** One thing that came out; `taken`: how many bytes the decoder had taken off the queue by then. */
export type Happening<Frame> =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly arrival: Arrival; readonly taken: number }
  | { readonly kind: 'skip'; readonly info: SkipInfo }
  | { readonly kind: 'error'; readonly error: unknown; readonly arrival: Arrival }

/** A promise that was broken whatever else came out. */
export interface Breach {
  readonly check: 'chunk-changed' | 'frame-changed' | 'error-final' | 'endless'
  readonly title: string
}

/** All that came out of one run. */
export interface Outcome<Frame> {
  readonly events: readonly Happening<Frame>[]
  readonly frames: readonly Frame[]
  readonly failed: boolean
  readonly error: unknown
  /** Bytes that were skipped, in all. */
  readonly skipped: number
  /** What followed after the decoder had finished; undefined if it did not. */
  readonly rest: Uint8Array | undefined
  readonly breach: Breach | undefined
}

/** Runs a new decoder over the bytes. */
export function observe<Frame>(make: Make<Frame>, bytes: Uint8Array, way: Way): Outcome<Frame> {
  const events: Happening<Frame>[] = []
  const drive = new Drive(make(reporter(events)), bytes, events)
  let from = 0
  for (const to of [...way.cuts, bytes.length]) {
    drive.push(from, to)
    from = to
    if (!way.late || to === bytes.length) drive.drain(to)
  }
  return drive.end()
}

/** Runs two decoders of one codec side by side, one byte to each in turn: what the first gave. */
export function observeBesideAnother<Frame>(make: Make<Frame>, bytes: Uint8Array): Outcome<Frame> {
  // The codec's reports could come from either: here they go nowhere.
  const codec = make(() => undefined)
  const drives = [new Drive(codec, bytes, []), new Drive(codec, bytes, [])] as const
  for (let from = 0; from < bytes.length; from++) {
    for (const drive of drives) {
      drive.push(from, from + 1)
      drive.drain(from + 1)
    }
  }
  const outcome = drives[0].end()
  drives[1].end()
  return outcome
}

function reporter<Frame>(events: Happening<Frame>[]): (info: SkipInfo) => void {
  return ({ offset, length, reason }) => events.push({ kind: 'skip', info: { offset, length, reason } })
}

/** Do two errors say the same? */
export function sameError(a: unknown, b: unknown): boolean {
  if (!(a instanceof FramingError && b instanceof FramingError)) return String(a) === String(b)
  return (
    a.code === b.code &&
    a.message === b.message &&
    a.offset === b.offset &&
    a.frameIndex === b.frameIndex &&
    a.limit === b.limit &&
    // A header may answer NaN.
    Object.is(a.length, b.length) &&
    deepEqual(a.partial, b.partial)
  )
}

/** A parser, the memory that its chunks lie in, and the notes of what came out. */
class Drive<Frame> {
  readonly #bytes: Uint8Array
  readonly #memory: Uint8Array
  readonly #probe: Probe<Frame>
  readonly #parser: FrameParser<Frame>
  readonly #events: Happening<Frame>[]
  readonly #frames: Frame[] = []
  readonly #delivered: unknown[] = []
  #failed = false
  #error: unknown
  #breach: Breach | undefined

  constructor(codec: Codec<Frame, never>, bytes: Uint8Array, events: Happening<Frame>[]) {
    this.#bytes = bytes
    this.#memory = bytes.slice()
    this.#probe = new Probe(codec)
    this.#parser = new FrameParser(this.#probe)
    this.#events = events
  }

  push(from: number, to: number): void {
    this.#parser.push(this.#memory.subarray(from, to))
  }

  drain(arrival: Arrival): void {
    if (this.#failed || this.#breach !== undefined) return
    try {
      for (let frame = this.#parser.take(); frame !== undefined; frame = this.#parser.take()) {
        this.#frames.push(frame)
        this.#delivered.push(snapshot(frame))
        this.#events.push({ kind: 'frame', frame, arrival, taken: this.#probe.queue!.offset })
        // Every rule has a byte for a frame; a few have several frames in a byte.
        if (this.#frames.length > 64 * this.#bytes.length + 1024) {
          this.#breach = { check: 'endless', title: `Frames without end: ${this.#frames.length} of them so far` }
          return
        }
      }
    } catch (error) {
      this.#failed = true
      this.#error = error
      this.#events.push({ kind: 'error', error, arrival })
      if (!this.#throwsAgain(error)) this.#breach = { check: 'error-final', title: 'The first error was not final' }
    }
  }

  end(): Outcome<Frame> {
    this.#parser.end()
    this.drain('end')
    const { finished, stats } = this.#parser
    return {
      events: this.#events,
      frames: this.#frames,
      failed: this.#failed,
      error: this.#error,
      skipped: stats.skipped,
      rest: finished && !this.#failed ? this.#parser.rest() : undefined,
      breach: this.#breach ?? this.#changes(),
    }
  }

  #throwsAgain(error: unknown): boolean {
    try {
      this.#parser.take()
      return false
    } catch (again) {
      return again === error
    }
  }

  #changes(): Breach | undefined {
    if (!equalBytes(this.#memory, this.#bytes)) {
      return { check: 'chunk-changed', title: 'The bytes of a chunk were changed' }
    }
    const changed = this.#frames.findIndex((frame, i) => !deepEqual(frame, this.#delivered[i]))
    if (changed < 0) return undefined
    return { check: 'frame-changed', title: `Frame ${changed} changed after it was delivered` }
  }
}

/** Stands between the parser and the decoder under test, and sees the queue that they share. */
class Probe<Frame> implements Codec<Frame, never>, Decoder<Frame> {
  readonly #decoder: Decoder<Frame>
  queue: ByteQueue | undefined

  constructor(codec: Codec<Frame, never>) {
    this.#decoder = codec.decoder()
  }

  decoder(): Decoder<Frame> {
    return this
  }

  encoder(): Encoder<never> {
    throw new TypeError('This codec only decodes')
  }

  decode(bytes: ByteQueue): Frame | undefined {
    this.queue = bytes
    return this.#decoder.decode(bytes)
  }

  end(bytes: ByteQueue): Frame | undefined {
    return this.#decoder.end?.(bytes)
  }

  get finished(): boolean {
    return this.#decoder.finished === true
  }

  get skipped(): number {
    return this.#decoder.skipped ?? 0
  }
}
