// What a user's compiler sees of ByteReader and ByteWriter.
import { expectAssignable, expectError, expectType } from 'tsd'
import {
  type ByteReadable,
  ByteReader,
  type ByteWritable,
  ByteWriter,
  type Codec,
  lengthPrefixed,
  lines,
  linesFramer,
} from 'framewright'
import * as polyfill from 'web-streams-polyfill'

declare const stream: ReadableStream<Uint8Array<ArrayBuffer>>
declare const anyStream: ReadableStream<Uint8Array>
declare const foreign: polyfill.ReadableStream<Uint8Array>
declare const sink: WritableStream<Uint8Array>
declare const foreignSink: polyfill.WritableStream<Uint8Array>
declare const numbers: Codec<number, string>

// ---- what can be read

expectAssignable<ByteReadable>(stream)
expectAssignable<ByteReadable>(anyStream)
expectAssignable<ByteReadable>(foreign)
expectAssignable<ByteReadable>(new Response('').body!)
expectError(new ByteReader(new ReadableStream<string>()))
expectError(new ByteReader())
const reader = new ByteReader(stream, { signal: AbortSignal.timeout(1000), frameTimeout: 500, streams: polyfill })
expectError(new ByteReader(stream, { timeout: 500 }))

expectType<Promise<Uint8Array | undefined>>(reader.read(5))
expectType<Promise<Uint8Array | undefined>>(reader.read())
expectType<Promise<Uint8Array>>(reader.readExactly(5, { signal: AbortSignal.timeout(5) }))
expectType<Promise<Uint8Array>>(reader.readUntil('\r\n', { maxLength: Infinity, signal: undefined }))
expectType<Promise<Uint8Array>>(reader.readUntil(new Uint8Array(2)))
expectType<Promise<string | undefined>>(reader.readLine({ maxLength: 100 }))
expectType<Promise<string | undefined>>(reader.readFrame(lines()))
expectType<Promise<Uint8Array | undefined>>(reader.readFrame(lengthPrefixed()))
expectType<Promise<number | undefined>>(reader.readFrame(numbers))
expectType<Promise<Uint8Array>>(reader.peek(5))
expectType<ReadableStream<Uint8Array>>(reader.detach())
expectType<Promise<void>>(reader.cancel('reason'))
expectType<number>(reader.offset)
expectType<number>(reader.buffered)
for await (const frame of reader.frames(numbers, { signal: AbortSignal.timeout(5) })) expectType<number>(frame)
expectError(reader.readUntil(10))
expectError(reader.readExactly(5, { maxLength: 5 }))
expectError((reader.offset = 5))

// ---- what can be written to

expectAssignable<ByteWritable>(sink)
expectAssignable<ByteWritable>(foreignSink)
expectError(new ByteWriter(new WritableStream<string>()))
const writer = new ByteWriter(sink)
expectType<Promise<void>>(writer.write('text'))
expectType<Promise<void>>(writer.write(new Uint8Array(1)))
expectType<Promise<void>>(writer.writeFrame(lines(), 'line'))
expectType<Promise<void>>(writer.writeFrame(numbers, 'in'))
expectType<Promise<void>>(writer.flush())
expectType<Promise<void>>(writer.detach())
expectError(writer.write(5))
expectError(writer.writeFrame(lines(), new Uint8Array(1)))
expectError(writer.writeFrame(numbers, 1))

// ---- the deadline of a framer

linesFramer({ frameTimeout: 1000, newline: 'crlf' })
expectError(linesFramer({ frameTimeout: '1s' }))
