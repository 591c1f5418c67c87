// Bytes in memory between a writer and a reader, as the kernel holds them between two sockets: up to so many, in order.
//
//   write ──► copied, as much as there is room for ──► chunks (≤ capacity bytes) ──► one per pull ──► reader
//               └── the rest waits, and its write with it

import { deferred, type Deferred } from './deferred.ts'
import { SocketError } from './socket-error.ts'

/** A pipe: its two ends are streams. */
export class MemoryPipe {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>
  readonly #chunks: Uint8Array<ArrayBuffer>[] = []
  #room: number
  #waiting: { rest: Uint8Array<ArrayBuffer>; taken: Deferred<void> } | undefined
  #wanted = false
  #end: { error: SocketError } | 'ended' | undefined
  #source!: ReadableByteStreamController
  #sink!: WritableStreamDefaultController

  /** A pipe that holds `capacity` bytes. `hasEnded`: whether its reader had ended its own direction before. */
  constructor(capacity: number, hasEnded: () => boolean) {
    this.#room = capacity
    this.readable = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#source = controller
        },
        pull: () => {
          this.#wanted = true
          this.#give()
        },
        // As TCP has it: a write to who has ended before is a broken pipe, and says nothing of a reset.
        cancel: () => this.#refuse(peerReset('write', hasEnded() ? 'EPIPE' : 'ECONNRESET')),
      },
      { highWaterMark: 0 },
    )
    this.writable = new WritableStream({
      start: (controller) => {
        this.#sink = controller
        controller.signal.addEventListener('abort', () => this.#breakOff())
      },
      write: (chunk) => this.#take(chunk),
      close: () => {
        this.#end ??= 'ended'
        this.#give()
      },
    })
  }

  /** Whether the writer has ended it. */
  get hasEnded(): boolean {
    return this.#end === 'ended'
  }

  /** The writer gave up: the reader gets what is in the pipe and then, unless the end was, too, an error. */
  #breakOff(): void {
    this.#end ??= { error: peerReset('read') }
    this.#refuse(this.#end)
    this.#give()
  }

  /** Nothing more goes in. */
  #refuse(reason: unknown): void {
    this.#waiting?.taken.reject(reason)
    this.#waiting = undefined
    if (!this.#sink.signal.aborted) this.#sink.error(reason)
  }

  #take(chunk: Uint8Array<ArrayBuffer>): Promise<void> | undefined {
    const rest = this.#hold(chunk)
    if (rest.byteLength === 0) return this.#give()
    this.#waiting = { rest, taken: deferred() }
    const { promise } = this.#waiting.taken
    this.#give()
    return promise
  }

  /** Copies what there is room for, as the memory is the writer's; returns the rest. */
  #hold(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const held = bytes.slice(0, this.#room)
    if (held.byteLength > 0) this.#chunks.push(held)
    this.#room -= held.byteLength
    return bytes.subarray(held.byteLength)
  }

  #give(): undefined {
    if (!this.#wanted) return
    const chunk = this.#chunks.shift()
    if (chunk) {
      this.#wanted = false
      this.#room += chunk.byteLength
      this.#goOn()
      this.#source.enqueue(chunk)
    } else if (this.#end === 'ended') this.#source.close()
    else if (this.#end) this.#source.error(this.#end.error)
  }

  #goOn(): void {
    if (!this.#waiting) return
    this.#waiting.rest = this.#hold(this.#waiting.rest)
    if (this.#waiting.rest.byteLength > 0) return
    this.#waiting.taken.resolve()
    this.#waiting = undefined
  }
}

function peerReset(phase: 'read' | 'write', code = 'ECONNRESET'): SocketError {
  return new SocketError('the peer has reset the connection', { code, phase })
}
