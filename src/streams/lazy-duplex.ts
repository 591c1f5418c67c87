/**
 * Duplexes that make their streams when somebody asks for them. Whoever takes both directions for good may never need them, and two streams
 * with a reader and a writer are several KiB of memory for as long as the connection lasts.
 *
 * What was taken so is locked: a stream that is asked for afterwards is made then, and is locked.
 */

import type { DirectSink, DirectSource } from './direct.ts'

/** Who is told how a direction that comes in has ended, a moment later, as the `closed` of a reader tells it. At most one is called. */
export interface TakenWatcher {
  ended(): void
  failed(error: unknown): void
}

/** A direction that comes in. It does what a reader does, and what the reader of a stream that is open and empty would see. */
export interface TakenReader {
  /** Where the bytes are. */
  readonly source: DirectSource
  watch(watcher: TakenWatcher): void
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}

/** A direction that goes out. It does what a writer does. */
export interface TakenWriter {
  /** Where the bytes go. */
  readonly sink: DirectSink
  /** Tells the failure a moment later, as the `closed` of a writer does. */
  watch(watcher: { failed(error: unknown): void }): void
  write(chunk: Uint8Array): Promise<void>
  close(): Promise<void>
  abort(reason?: unknown): Promise<void>
}

/** Both directions. */
export interface TakenDuplex {
  readonly reader: TakenReader
  readonly writer: TakenWriter
}

/** How to take a duplex; undefined: through its streams, which say why if that cannot be. */
type Way<Duplex> = (duplex: Duplex) => (() => TakenDuplex) | undefined

const wayOf: unique symbol = Symbol('framewright.take')

/** Tells how the objects of a class can be taken. */
export function offerDuplex<Duplex>(Class: { readonly prototype: Duplex }, way: Way<Duplex>): void {
  Object.defineProperty(Class.prototype, wayOf, { value: way })
}

/** How to take a duplex without its streams, as long as nobody else has anything to do with it. */
export function howToTake(duplex: object): (() => TakenDuplex) | undefined {
  return (duplex as { readonly [wayOf]?: Way<object> })[wayOf]?.(duplex)
}
