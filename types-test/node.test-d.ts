// What a user's compiler sees of 'framewright/node'.
import { PassThrough, Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expectAssignable, expectError, expectType } from 'tsd'
import { type Codec, type FramingStats, lengthPrefixed, lines } from 'framewright'
import { type DecodeTransform, decodeTransform, encodeTransform, type TransformOptions } from 'framewright/node'

declare const numbers: Codec<number, string>

expectType<DecodeTransform<string>>(decodeTransform(lines()))
expectType<DecodeTransform<number>>(decodeTransform(numbers))
expectAssignable<Transform>(decodeTransform(lengthPrefixed()))
expectType<Transform>(encodeTransform(numbers))
expectType<FramingStats>(decodeTransform(lines()).stats)
expectType<Readable>(decodeTransform(lines()).rest)
for await (const line of decodeTransform(lines())) expectType<string>(line)
for await (const line of Readable.from(['a']).pipe(decodeTransform(lines()))) expectType<string>(line)
expectType<Promise<void>>(
  pipeline(Readable.from(['a']), decodeTransform(lines()), encodeTransform(lines()), new PassThrough()),
)
expectAssignable<TransformOptions>({ signal: undefined, readableHighWaterMark: 5 })
decodeTransform(lines(), { frameTimeout: 1000, writableHighWaterMark: 1024, signal: AbortSignal.timeout(5) })
expectError(decodeTransform(lines(), { highWaterMark: 5 }))
expectError(encodeTransform(lines(), { frameTimeout: 5 }))
expectError(decodeTransform('\n'))
