// One side of the deadlock. Both processes run this same code.

import { framed, lengthPrefixed, type FramedDuplex } from 'framewright'
import type { Socket } from 'framewright/socket'
import { createHash } from 'node:crypto'
import { Pace } from './pace.ts'

/** Where one side stands. */
export interface Sample {
  /** Bytes of the frames that the program has written, their length fields included. */
  readonly written: number
  /** Bytes of those that its kernel has taken. */
  readonly taken: number
  /** Bytes from the peer that its kernel has given to the program's process. */
  readonly given: number
  /** Bytes of those that the program has read, as frames. */
  readonly read: number
  /** Milliseconds since a byte last moved, in or out. */
  readonly stillFor: number
  /** Memory of V8's heap and of all buffers, in bytes: the resident set also counts pages of files, which come and go on their own. */
  readonly memory: number
}

/** What was sent, or what was received: if the two are equal, nothing was lost, added or changed. */
export interface Proof {
  readonly frames: number
  readonly bytes: number
  readonly sha256: string
}

/** Of both directions of one side. */
export interface Proofs {
  readonly sent: Proof
  readonly received: Proof
}

const lengthField = 4

export class Side {
  readonly #socket: Socket
  readonly #frames: FramedDuplex<Uint8Array>
  readonly #bytesPerSecond: number
  #written = 0
  #read = 0

  constructor(socket: Socket, bytesPerSecond: number) {
    this.#socket = socket
    this.#frames = framed(socket, lengthPrefixed({ width: lengthField }))
    this.#bytesPerSecond = bytesPerSecond
  }

  /**
   * Sends everything, and reads only when it may: that is the mistake. From then on it does both at the same time, and
   * that is the way out.
   */
  async run(messages: Iterable<Uint8Array>, mayRead: Promise<unknown>): Promise<Proofs> {
    const receiving = mayRead.then(() => this.#receiveAll())
    const [sent, received] = await Promise.all([this.#sendAll(messages), receiving])
    return { sent, received }
  }

  sample(): Sample {
    const { incoming, outgoing } = this.#socket.stats
    const { heapTotal, external } = process.memoryUsage()
    return {
      written: this.#written,
      taken: outgoing.bytes,
      given: incoming.bytes,
      read: this.#read,
      stillFor: performance.now() - Math.max(incoming.progressAt, outgoing.progressAt),
      memory: heapTotal + external,
    }
  }

  /** Writes frames, then ends this direction. Each write waits for room in the outgoing buffer. */
  async #sendAll(messages: Iterable<Uint8Array>): Promise<Proof> {
    const writer = this.#frames.writable.getWriter()
    const pace = new Pace(this.#bytesPerSecond)
    const prover = new Prover()
    for (const message of messages) {
      prover.add(message)
      this.#written += lengthField + message.length
      await writer.write(message)
      await pace.spend(message.length)
    }
    await writer.close()
    return prover.proof
  }

  /** Reads frames until the peer ends: twice as fast as they are sent, so that the buffers run empty. */
  async #receiveAll(): Promise<Proof> {
    const pace = new Pace(2 * this.#bytesPerSecond)
    const prover = new Prover()
    for await (const message of this.#frames.readable) {
      prover.add(message)
      this.#read += lengthField + message.length
      await pace.spend(message.length)
    }
    return prover.proof
  }
}

/** Frames of 8 to 24 KiB, 16 KiB on average, of noise that is another for each side. */
export function* makeMessages(frames: number, from: 'client' | 'server'): Generator<Uint8Array> {
  let noise = from === 'client' ? 1 : 2
  for (let i = 0; i < frames; i++) {
    const words = new Uint32Array(6 * 1024)
    for (let w = 0; w < words.length; w++) words[w] = noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0
    yield new Uint8Array(words.buffer, 0, 8 * 1024 + ((i * 5_003) % (16 * 1024 + 1)))
  }
}

/** Counts and hashes frames, their borders included. */
class Prover {
  readonly #hash = createHash('sha256')
  #frames = 0
  #bytes = 0

  add(message: Uint8Array): void {
    this.#frames++
    this.#bytes += message.length
    this.#hash.update(`${message.length}:`).update(message)
  }

  get proof(): Proof {
    return { frames: this.#frames, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') }
  }
}
