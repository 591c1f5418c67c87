/**
 * UTF-8 to text by what Node's Buffer has for it, where that is quicker than `TextDecoder`: short text needs no view of its bytes, which costs
 * half as much as its decoding, and long text that is plain ASCII takes Node's own decoder several times as long before version 24.
 * Looked up and never imported, so that this file knows no runtime.
 */

type Slice = (this: Uint8Array, start: number, stop: number) => string

interface NodeGlobals {
  readonly process?: {
    getBuiltinModule?(
      name: 'node:buffer',
    ): { readonly isAscii?: (this: void, bytes: Uint8Array) => boolean } | undefined
  }
  readonly Buffer?: { readonly prototype?: { readonly utf8Slice?: Slice; readonly latin1Slice?: Slice } }
}

const { process, Buffer } = globalThis as NodeGlobals
// Deno's own `TextDecoder` is quicker for all but short text.
const isDeno = 'Deno' in globalThis
const isAscii = isDeno ? undefined : process?.getBuiltinModule?.('node:buffer')?.isAscii
const latin1Slice = Buffer?.prototype?.latin1Slice
const utf8Slice = agrees(Buffer?.prototype?.utf8Slice) ? Buffer?.prototype?.utf8Slice : undefined

/** Up to this many bytes are short, measured. */
const SHORT = isDeno ? 256 : 2048

/** The text of `bytes[start, stop)`, with U+FFFD where they are none, if there is a quick way for it; else undefined. */
export function nativeText(bytes: Uint8Array, start: number, stop: number): string | undefined {
  if (stop - start <= SHORT) return utf8Slice?.call(bytes, start, stop)
  if (isAscii === undefined || latin1Slice === undefined || !isAscii(bytes.subarray(start, stop))) return undefined
  return latin1Slice.call(bytes, start, stop)
}

// A `Buffer` that is somebody's polyfill may want a real Buffer as `this`, or see other characters in what is no UTF-8.
function agrees(candidate: Slice | undefined): boolean {
  const probe = [
    0x41, 0xef, 0xbb, 0xbf, 0xc3, 0xa4, 0xf0, 0x9f, 0x92, 0xff, 0xe2, 0x82, 0x42, 0xc0, 0x80, 0xed, 0xa0, 0xc3,
  ]
  try {
    const bytes = Uint8Array.from(probe)
    const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(1))
    return candidate?.call(bytes, 1, bytes.length) === expected
  } catch {
    return false
  }
}
