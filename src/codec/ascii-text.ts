/**
 * Long text that is plain ASCII, the quick way of Node: its own decoder of UTF-8 takes several times as long before version 24.
 * Looked up and never imported, so that this file knows no runtime.
 */

interface NodeGlobals {
  readonly process?: {
    getBuiltinModule?(
      name: 'node:buffer',
    ): { readonly isAscii?: (this: void, bytes: Uint8Array) => boolean } | undefined
  }
  readonly Buffer?: {
    readonly prototype: { readonly latin1Slice?: (this: Uint8Array, start: number, end: number) => string }
  }
}

const { process, Buffer } = globalThis as NodeGlobals
const isAscii = process?.getBuiltinModule?.('node:buffer')?.isAscii
const latin1Slice = Buffer?.prototype.latin1Slice

/** Below this a call more costs what it saves. */
const LONG = 512

/** The text, if it is all ASCII, long enough to be worth a look, and the runtime can tell; else undefined. */
export function asciiText(bytes: Uint8Array): string | undefined {
  if (isAscii === undefined || latin1Slice === undefined || bytes.length < LONG) return undefined
  return isAscii(bytes) ? latin1Slice.call(bytes, 0, bytes.length) : undefined
}
