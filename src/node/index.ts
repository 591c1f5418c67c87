/**
 * Every codec as a `node:stream`: for `pipeline()`, `pipe()`, `compose()` and all that takes Node's streams.
 *
 * @module
 */

export {
  decodeTransform,
  type DecodeTransform,
  type DecodeTransformOptions,
  type TransformFrames,
} from './decode-transform.ts'
export { encodeTransform, type EncodeTransformOptions } from './encode-transform.ts'
export type { TransformOptions } from './transform-base.ts'
