/** Peers that ship no types: no more of them than the tests use. */

declare module 'binary-split' {
  import type { Transform } from 'node:stream'
  export default function binarySplit(delimiter?: string): Transform
}

declare module 'length-prefixed-stream' {
  import type { Transform } from 'node:stream'
  export function decode(options?: { limit?: number; allowEmpty?: boolean }): Transform
  export function encode(): Transform
}

declare module 'cobs' {
  import type { Duplex } from 'node:stream'
  export function encode(bytes: Buffer, zeroFrame?: boolean): Buffer
  export function decode(bytes: Buffer): Buffer
  export function decodeStream(): Duplex
}

declare module 'slip' {
  export function encode(bytes: Uint8Array): Uint8Array
  export class Decoder {
    constructor(options: {
      onMessage: (message: Uint8Array) => void
      onError?: (message: Uint8Array, error: string) => void
      maxMessageSize?: number
      bufferSize?: number
    })
    decode(bytes: Uint8Array): Uint8Array | undefined
  }
}
