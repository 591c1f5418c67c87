/**
 * The framing layer of TCP: bytes to whole messages and back, as composable streams.
 *
 * @module
 */

export { ByteQueue, type CopyPolicy } from './bytes/byte-queue.ts'
export { ByteSink } from './bytes/byte-sink.ts'
export type { ByteSource } from './bytes/bytes.ts'
export type { Endian } from './bytes/integers.ts'
export { readVarint, varintLength, writeVarint, type VarintEncoding } from './bytes/varint.ts'
export type { Codec, Decoder, Encoder } from './codec/codec.ts'
export { delimiter, type DelimiterCommonOptions, type DelimiterOptions, type Delimiters } from './codec/delimiter.ts'
export { fixedLength, type FixedLengthOptions } from './codec/fixed-length.ts'
export { encodeFrames, FrameParser, type FramingStats } from './codec/frame-parser.ts'
export { FramingError, type FramingErrorCode, type FramingErrorFacts } from './codec/framing-error.ts'
export { lengthPrefixed, type LengthPrefixedOptions } from './codec/length-prefixed.ts'
export { lines, type LinesCommonOptions, type LinesOptions } from './codec/lines.ts'
export type {
  CopyOptions,
  LimitOptions,
  SkipInfo,
  TooLongOptions,
  TooLongPolicy,
  TrailingPolicy,
} from './codec/policies.ts'
export { encoder, type EncoderStream } from './streams/encoder.ts'
export { framed, type ByteDuplex, type FramedDuplex, type FramedOptions } from './streams/framed.ts'
export type { FrameIterator, FrameIteratorOptions, FrameReadable } from './streams/frame-readable.ts'
export { framer, type FramerStream } from './streams/framer.ts'
export type {
  EncoderOptions,
  FramerOptions,
  StreamClass,
  StreamOptions,
  StreamsImplementation,
} from './streams/implementation.ts'
export {
  delimiterEncoder,
  delimiterFramer,
  fixedLengthEncoder,
  fixedLengthFramer,
  lengthPrefixedEncoder,
  lengthPrefixedFramer,
  linesEncoder,
  linesFramer,
} from './streams/named.ts'
