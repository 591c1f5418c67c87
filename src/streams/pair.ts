/** Two halves that are one `TransformStream`: `instanceof` holds, and it is taken wherever one is. */

import type { Streams } from './implementation.ts'

type PairClass = new <R, W>(readable: ReadableStream<R>, writable: WritableStream<W>) => TransformStream<W, R>

/**
 * The class of such pairs over one implementation of the streams. It inherits the prototype and not the constructor: a native
 * `TransformStream` makes its own two halves and its own queue between them, which are just what must not be there.
 */
export function pairClass(streams: Streams, name: string): PairClass {
  class Pair {
    readonly #readable: ReadableStream
    readonly #writable: WritableStream

    constructor(readable: ReadableStream, writable: WritableStream) {
      this.#readable = readable
      this.#writable = writable
    }

    get readable(): ReadableStream {
      return this.#readable
    }

    get writable(): WritableStream {
      return this.#writable
    }

    get [Symbol.toStringTag](): string {
      return name
    }

    // Node's own look into a TransformStream reads its internals, which are not here.
    [Symbol.for('nodejs.util.inspect.custom')](): object {
      return { [name]: { readable: this.#readable, writable: this.#writable } }
    }
  }
  Object.defineProperty(Pair, 'name', { value: name })
  Object.setPrototypeOf(Pair.prototype, streams.TransformStream.prototype)
  return Pair
}
