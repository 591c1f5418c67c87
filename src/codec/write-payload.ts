/** How encoders write what a frame brings. */

import type { CopyPolicy } from '../bytes/byte-queue.ts'
import type { ByteSink } from '../bytes/byte-sink.ts'

/** Writes the bytes of a frame: a large one may leave without being copied, unless the codec is to copy always. */
export function writePayload(out: ByteSink, bytes: Uint8Array, copy: CopyPolicy): void {
  if (copy === 'always') out.bytes(bytes)
  else out.pass(bytes)
}
