// What a user's compiler sees of 'framewright/testing'.
import { expectAssignable, expectError, expectType } from 'tsd'
import { type Codec, delimiter, lines, mapCodec } from 'framewright'
import {
  type Arrival,
  type CodecCase,
  CodecVerificationError,
  type ExpectedFrame,
  verifyCodec,
  type VerifyCheck,
  type VerifyReport,
} from 'framewright/testing'

// ---- a codec, or what makes one

expectType<VerifyReport>(verifyCodec(lines(), [{ bytes: 'a\n', frames: ['a'], frameEnds: [2] }]))
expectType<VerifyReport>(verifyCodec(() => lines(), [{ bytes: new Uint8Array(1) }], { seed: 1, randomCuts: 0 }))
expectType<VerifyReport>(verifyCodec((onSkip) => delimiter('\n', { onTooLong: 'skip', onSkip }), [{ bytes: '' }]))
expectError(verifyCodec({ decoder: 1 }, [{ bytes: '' }]))
expectError(verifyCodec(lines()))

// ---- frames of bytes may be written as strings, others may not

verifyCodec(delimiter('\n'), [
  { bytes: 'a\nb\n', frames: ['a', new Uint8Array([98])], refuses: [new Uint8Array([10])] },
])
expectError(verifyCodec(delimiter('\n'), [{ bytes: 'a\n', frames: [1] }]))
expectError(verifyCodec(lines(), [{ bytes: 'a\n', frames: [new Uint8Array(1)] }]))
expectType<string | Uint8Array>({} as ExpectedFrame<Uint8Array>)
expectType<number>({} as ExpectedFrame<number>)

// ---- an encoder that takes something else

const lengths = mapCodec(delimiter('\n'), {
  decode: (bytes) => ({ length: bytes.length }),
  encode: (length: number) => new Uint8Array(length),
})
verifyCodec(lengths, [{ bytes: 'a\n', frames: [{ length: 1 }], encode: [1], refuses: [-1] }])
expectError(verifyCodec(lengths, [{ bytes: 'a\n', frames: [{ length: 1 }], encode: ['a'] }]))
declare const decodeOnly: Codec<string, never>
verifyCodec(decodeOnly, [{ bytes: 'a', encode: false }], { equals: (a, b) => a.length === b.length })

// ---- errors and facts

expectAssignable<CodecCase<string>>({
  bytes: 'a',
  error: { code: 'ERR_FRAME_TRUNCATED', offset: 1, partial: 'a' },
  errorAt: 'end',
})
expectError<CodecCase<string>>({ bytes: 'a', error: { code: 'ERR_FRAME' } })
expectType<number | 'end'>({} as Arrival)
declare const error: CodecVerificationError
expectType<VerifyCheck>(error.check)
expectType<readonly number[]>(error.cuts)
expectAssignable<Error>(error)
