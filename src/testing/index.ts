/**
 * Tests for codecs of one's own: {@link verifyCodec} cuts bytes in every way that a transport may cut them, and shows where a codec is wrong.
 * Works under any test runner and with none.
 *
 * @module
 */

export type {
  Arrival,
  CodecCase,
  CodecMaker,
  ExpectedError,
  ExpectedFrame,
  VerifyOptions,
  VerifyReport,
} from './codec-case.ts'
export { CodecVerificationError, type VerifyCheck, type VerifyProblem } from './verification-error.ts'
export { verifyCodec } from './verify-codec.ts'
