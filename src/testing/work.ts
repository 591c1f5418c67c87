/**
 * Does the cost grow with the bytes, or with their square? What a decoder does to its queue is counted: every call is one step, and so is
 * every byte that the call looks at or hands out. No clock: the numbers are the same on every machine.
 *
 * ```
 *   n bytes, one by one        1 1 1 1              n steps        grows as the bytes do
 *   4n bytes, one by one       1 1 1 1 1 1 1 …     4n steps
 *
 *   looks from the front       1 2 3 4             n²/2 steps      caught
 *   for every chunk            1 2 3 4 5 6 7 …     8n² steps
 * ```
 */

import type { ByteQueue } from '../bytes/byte-queue.ts'
import { ByteSink } from '../bytes/byte-sink.ts'
import type { Codec, Decoder } from '../codec/codec.ts'
import { FrameParser } from '../codec/frame-parser.ts'
import { CountingQueue } from './counting-queue.ts'
import { showBytes } from './show.ts'
import type { VerifyProblem } from './verification-error.ts'

const SMALL = 1024
/** Linear work costs 4 times as much for 4 times the bytes, quadratic work 16 times as much. */
const MOST = 8
/** What a run may cost whatever comes in. */
const FREE = 256
/** How many different bytes of a case are drawn out to a long run. */
const RUNS = 6

/** Something that grows: `size` bytes of it, or undefined where it cannot be had. */
interface Growing {
  readonly name: string
  bytes(size: number): Uint8Array | undefined
}

/** The first input under which the cost grows too fast. */
export function checkWork(
  make: () => Codec<unknown, never>,
  bytes: Uint8Array,
  frames: readonly unknown[],
): VerifyProblem | undefined {
  for (const growing of growings(make, bytes, frames)) {
    const small = growing.bytes(SMALL)
    const large = growing.bytes(4 * SMALL)
    if (small === undefined || large === undefined) continue
    const once = workOf(make(), small)
    const four = workOf(make(), large)
    if (four <= MOST * once + FREE) continue
    const times = (four / once).toFixed(1)
    return {
      check: 'work',
      title: 'The work grows faster than the bytes: something is looked at again for every chunk',
      detail: [
        `in chunks of one byte: ${growing.name}`,
        `  ${small.length} bytes cost ${once} steps`,
        `  ${large.length} bytes cost ${four} steps: ${times} times as much (4 is linear, 16 is quadratic)`,
      ].join('\n'),
    }
  }
  return undefined
}

function* growings(
  make: () => Codec<unknown, never>,
  bytes: Uint8Array,
  frames: readonly unknown[],
): Generator<Growing> {
  if (bytes.length === 0) return
  yield { name: `${showBytes(bytes)} again and again`, bytes: (size) => repeat(bytes, size) }
  for (const byte of [...new Set(bytes)].slice(0, RUNS)) {
    const one = Uint8Array.of(byte)
    const start = bytes.subarray(0, bytes.indexOf(byte))
    const name = `${showBytes(start)}, then ${showBytes(one)} again and again`
    yield { name, bytes: (size) => join(start, repeat(one, size)) }
  }
  const frame = frames.find((one) => (one instanceof Uint8Array || typeof one === 'string') && one.length > 0)
  if (frame !== undefined) {
    const name = `one long frame of ${typeof frame === 'string' ? JSON.stringify(frame) : showBytes(frame as Uint8Array)}`
    yield { name, bytes: (size) => encodeLong(make(), frame as string | Uint8Array, size) }
  }
}

/** A frame of that many bytes as the encoder writes it, if it does. */
function encodeLong(codec: Codec<unknown, never>, frame: string | Uint8Array, size: number): Uint8Array | undefined {
  const long = typeof frame === 'string' ? frame.repeat(Math.ceil(size / frame.length)) : repeat(frame, size)
  try {
    const sink = new ByteSink()
    codec.encoder().encode(long as never, sink)
    return sink.take()
  } catch {
    // It encodes nothing, or nothing as long as that.
    return undefined
  }
}

/** Whole repetitions, of at least that many bytes. */
function repeat(bytes: Uint8Array, size: number): Uint8Array {
  const times = Math.ceil(size / bytes.length)
  return Uint8Array.from({ length: times * bytes.length }, (_, i) => bytes[i % bytes.length]!)
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** Steps for the bytes in chunks of one, up to the first error. */
function workOf(codec: Codec<unknown, never>, bytes: Uint8Array): number {
  const counter = new Counter(codec.decoder())
  const parser = new FrameParser({
    decoder: () => counter,
    encoder: () => {
      throw new TypeError('This codec only decodes')
    },
  })
  try {
    for (let i = 0; i < bytes.length && !parser.done; i++) {
      parser.push(bytes.subarray(i, i + 1))
      while (parser.take() !== undefined);
    }
  } catch {
    // After an error there is no more work.
  }
  return counter.steps
}

class Counter implements Decoder<unknown> {
  readonly #decoder: Decoder<unknown>
  #counting: CountingQueue | undefined
  #calls = 0

  constructor(decoder: Decoder<unknown>) {
    this.#decoder = decoder
  }

  get steps(): number {
    return this.#calls + (this.#counting?.steps ?? 0)
  }

  get finished(): boolean {
    return this.#decoder.finished === true
  }

  decode(bytes: ByteQueue): unknown {
    this.#calls++
    this.#counting ??= new CountingQueue(bytes)
    return this.#decoder.decode(this.#counting)
  }
}
