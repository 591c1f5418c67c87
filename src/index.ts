/**
 * The framing layer of TCP: bytes to whole messages and back, as composable streams.
 *
 * @module
 */

export { ByteQueue, type CopyPolicy } from './bytes/byte-queue.ts'
export { ByteSink, type ByteSinkOptions, type SinkMemory } from './bytes/byte-sink.ts'
export type { ByteSource } from './bytes/bytes.ts'
export type { Endian } from './bytes/integers.ts'
export { readVarint, varintLength, writeVarint, type VarintEncoding } from './bytes/varint.ts'
export { cobs, type CobsOptions } from './codec/cobs.ts'
export type { Codec, Decoder, Encoder } from './codec/codec.ts'
export { contentLength, type ContentLengthOptions } from './codec/content-length.ts'
export { delimiter, type DelimiterCommonOptions, type DelimiterOptions, type Delimiters } from './codec/delimiter.ts'
export { fixedLength, type FixedLengthOptions } from './codec/fixed-length.ts'
export { encodeFrames, FrameParser, type FramingStats } from './codec/frame-parser.ts'
export { FramingError, type FramingErrorCode, type FramingErrorFacts } from './codec/framing-error.ts'
export { headerPrefixed, type HeaderPrefixedOptions } from './codec/header-prefixed.ts'
export { jsonSequence, type JsonSequenceOptions } from './codec/json-sequence.ts'
export { lengthPrefixed, type LengthPrefixedOptions } from './codec/length-prefixed.ts'
export { lines, type LinesCommonOptions, type LinesOptions } from './codec/lines.ts'
export { mapCodec, type CodecMapping } from './codec/map-codec.ts'
export { netstring, type NetstringOptions } from './codec/netstring.ts'
export { octetCounted, type OctetCountedOptions } from './codec/octet-counted.ts'
export { pieces, type DeclaredCodec, type FramePiece } from './codec/pieces.ts'
export type {
  CopyOptions,
  LimitOptions,
  MalformedPolicy,
  SkipInfo,
  TooLongOptions,
  TooLongPolicy,
  TrailingPolicy,
} from './codec/policies.ts'
export { slip, type SlipOptions } from './codec/slip.ts'
export { startEnd, type StartEndOptions } from './codec/start-end.ts'
export { json, text, type TextOptions } from './codec/text.ts'
export type { UnescapingOptions } from './codec/unescaping.ts'
export { varintPrefixed, type VarintPrefixedOptions } from './codec/varint-prefixed.ts'
export type { ByteReadable, ByteReadableReader } from './streams/byte-intake.ts'
export { ByteReader, type ByteReaderOptions, type ReadOptions, type ReadUntilOptions } from './streams/byte-reader.ts'
export { ByteWriter, type ByteWritable, type ByteWritableWriter } from './streams/byte-writer.ts'
export { encoder, type EncoderStream } from './streams/encoder.ts'
export { framed, type ByteDuplex, type FramedDuplex, type FramedOptions } from './streams/framed.ts'
export type { FrameIterator } from './streams/frame-iterator.ts'
export type { FrameIteratorOptions, FrameReadable } from './streams/frame-readable.ts'
export { framer, type FramerStream } from './streams/framer.ts'
export type {
  EncoderOptions,
  FramerOptions,
  StreamClass,
  StreamOptions,
  StreamsImplementation,
} from './streams/implementation.ts'
export {
  contentLengthEncoder,
  contentLengthFramer,
  fixedLengthEncoder,
  fixedLengthFramer,
  headerPrefixedEncoder,
  headerPrefixedFramer,
  lengthPrefixedEncoder,
  lengthPrefixedFramer,
  netstringEncoder,
  netstringFramer,
  octetCountedEncoder,
  octetCountedFramer,
  varintPrefixedEncoder,
  varintPrefixedFramer,
} from './streams/named-declared.ts'
export {
  cobsEncoder,
  cobsFramer,
  delimiterEncoder,
  delimiterFramer,
  jsonSequenceEncoder,
  jsonSequenceFramer,
  linesEncoder,
  linesFramer,
  slipEncoder,
  slipFramer,
  startEndEncoder,
  startEndFramer,
} from './streams/named-delimited.ts'
