/** What a peer makes of some chunks, and what the library makes of them, in the same words. */

import type { Duplex } from 'node:stream'

import type { Codec } from '../../src/codec/codec.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { bin, decodeAll } from '../support/bytes.ts'

/** The frames as text, a character for a byte, and what was thrown. */
export type Outcome = [frames: unknown[], error?: string]

/** Writes the chunks to a stream of Node and ends it; gives what came out until it ended, failed or closed. */
export async function theirs(stream: Duplex, ...chunks: readonly string[]): Promise<Outcome> {
  const frames: unknown[] = []
  const error = await new Promise<Error | undefined>((resolve) => {
    stream.on('data', (frame: unknown) => frames.push(frame instanceof Uint8Array ? latin1(frame) : frame))
    stream.once('end', () => resolve(undefined))
    stream.once('close', () => resolve(undefined))
    stream.once('error', resolve)
    for (const chunk of chunks) stream.write(Buffer.from(chunk, 'latin1'))
    stream.end()
  })
  return error === undefined ? [frames] : [frames, error.message]
}

/** The library's frames of the same chunks; of an error its code. */
export function ours(codec: Codec<unknown, never>, ...chunks: readonly string[]): Outcome {
  const [frames, error] = decodeAll(codec, ...chunks.map(bin))
  if (error === undefined) return [frames]
  if (!(error instanceof FramingError)) throw error
  return [frames, error.code]
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
