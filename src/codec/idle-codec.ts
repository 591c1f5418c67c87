/** A codec that does nothing: for objects that are only there to keep their shape (see bytes/keep-shape.ts). */

import type { Codec } from './codec.ts'

export const idleCodec: Codec<never, never> = {
  decoder: () => ({ decode: () => undefined }),
  encoder: () => ({ encode() {} }),
}
