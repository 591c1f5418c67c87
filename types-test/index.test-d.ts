// What a user's compiler sees: tsd checks dist/*.d.ts with its own, older TypeScript.
import { expectAssignable, expectError, expectNotAssignable, expectType } from 'tsd'
import {
  type ByteQueue,
  type ByteSink,
  type ByteSource,
  type Codec,
  delimiter,
  delimiterEncoder,
  delimiterFramer,
  encodeFrames,
  encoder,
  type EncoderStream,
  fixedLength,
  fixedLengthFramer,
  framed,
  framer,
  FrameParser,
  type FramerStream,
  FramingError,
  type FramingErrorCode,
  lengthPrefixed,
  lengthPrefixedFramer,
  lines,
  linesEncoder,
  linesFramer,
} from 'framewright'
import * as polyfill from 'web-streams-polyfill'

declare const source: ReadableStream<Uint8Array<ArrayBuffer>>
declare const anySource: ReadableStream<Uint8Array>
declare const duplex: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> }

// ---- what a framer yields

expectType<ReadableStream<Uint8Array>>(source.pipeThrough(delimiterFramer('\r\n')))
expectType<ReadableStream<string>>(source.pipeThrough(linesFramer()))
expectType<ReadableStream<string>>(anySource.pipeThrough(linesFramer()))
expectType<ReadableStream<Uint8Array>>(source.pipeThrough(fixedLengthFramer(4)))
expectType<ReadableStream<Uint8Array>>(source.pipeThrough(lengthPrefixedFramer({ width: 2 })))
expectType<FramerStream<string>>(framer(lines()))
expectAssignable<TransformStream<ByteSource, string>>(linesFramer())
expectAssignable<ReadableWritablePair<string, Uint8Array>>(linesFramer())
for await (const line of source.pipeThrough(linesFramer())) expectType<string>(line)
for await (const line of linesFramer().readable) expectType<string>(line)
for await (const batch of linesFramer().readable.values({ batch: true })) expectType<string[]>(batch)
for await (const line of linesFramer().readable.values({ preventCancel: true })) expectType<string>(line)
expectType<ReadableStream<Uint8Array>>(linesFramer().rest)
expectType<number>(linesFramer().stats.pending)

// ---- what an encoder takes

expectType<EncoderStream<string>>(linesEncoder())
expectType<EncoderStream<Uint8Array>>(delimiterEncoder('\n'))
expectError(linesEncoder().writable.getWriter().write(new Uint8Array(1)))
expectError(delimiterEncoder('\n').writable.getWriter().write('text'))
expectType<Uint8Array>(encodeFrames(lines(), ['a', 'b']))
expectError(encodeFrames(lines(), [1]))

// ---- framed

const chat = framed(duplex, lines())
expectAssignable<ReadableStream<string>>(chat.readable)
expectType<WritableStream<string>>(chat.writable)
for await (const line of chat.readable) expectType<string>(line)
expectError(framed({ readable: duplex.readable }, lines()))
expectError(framed({ readable: new ReadableStream<string>(), writable: duplex.writable }, lines()))

// ---- a codec of the user's own: what it yields and what it takes may differ

interface Message {
  id: number
}
const own = {
  decoder: () => ({
    decode: (bytes: ByteQueue): Message | undefined => (bytes.length < 4 ? undefined : { id: bytes.uint(0, 4) }),
  }),
  encoder: () => ({ encode: (frame: number, out: ByteSink): void => out.uint(frame, 4) }),
}
expectAssignable<Codec<Message, number>>(own)
expectType<FramerStream<Message>>(framer(own))
expectType<EncoderStream<number>>(encoder(own))
const ownPair = framed(duplex, own)
expectAssignable<ReadableStream<Message>>(ownPair.readable)
expectType<WritableStream<number>>(ownPair.writable)
for (const message of new FrameParser(own).push(new Uint8Array(4))) expectType<Message>(message)
expectType<Message | undefined>(new FrameParser(own).take())
// A decoder that promises cannot be a decoder.
expectError(framer({ decoder: () => ({ decode: async () => undefined }) }))
expectNotAssignable<Codec<string>>(delimiter('\n'))

// ---- options that must be refused

expectError(delimiter())
expectError(delimiter(10))
expectError(delimiter('\n', { disposition: 'keep' }))
expectError(delimiter('\n', { disposition: 'prefix', onTrailing: 'emit' }))
expectError(delimiter('\n', { maxframelength: 10 }))
expectError(delimiter('\n', { onTooLong: 'ignore' }))
expectError(lines({ newline: 'cr' }))
expectError(lines({ newline: 'lf', rejectBareLF: true }))
expectError(lines({ rejectBareLF: true }))
expectError(lines({ copy: 'always' }))
expectError(fixedLength())
expectError(fixedLength(4, { onTooLong: 'split' }))
expectError(lengthPrefixed({ onTrailing: 'emit' }))
expectError(lengthPrefixed({ endian: 'middle' }))
expectError(linesFramer({ newline: 'lf', rejectBareLF: true }))
expectError(linesFramer({ streams: {} }))

// ---- options that must be taken: those of the rule and of the stream beside each other, and undefined for "not given"

delimiter(['\r\n', new Uint8Array([0]), new ArrayBuffer(1)])
lines({ newline: 'crlf', rejectBareLF: true })
lengthPrefixed({ mask: 0x7fffn, sync: '\u00aa', width: undefined })
linesFramer({ newline: 'any', maxFrameLength: Infinity, streams: globalThis, readableStrategy: { highWaterMark: 4 } })
linesFramer({ streams: polyfill })
delimiterFramer('\n', { writableStrategy: new ByteLengthQueuingStrategy({ highWaterMark: 1024 }) })

// ---- errors

declare const error: unknown
if (error instanceof FramingError) {
  expectType<FramingErrorCode>(error.code)
  expectType<number | undefined>(error.offset)
  expectType<Uint8Array | undefined>(error.partial)
  expectError((error.code = 'ERR_FRAME_TOO_LONG'))
}
