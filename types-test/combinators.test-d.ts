// What a user's compiler infers for codecs made of codecs.
import { expectAssignable, expectError, expectType } from 'tsd'
import {
  type Codec,
  cobs,
  cobsFramer,
  delimiter,
  encodeFrames,
  encoder,
  type EncoderStream,
  type FramePiece,
  framer,
  FrameParser,
  type FramerStream,
  json,
  jsonSequence,
  jsonSequenceFramer,
  lengthPrefixed,
  lines,
  mapCodec,
  netstring,
  pieces,
  slip,
  slipFramer,
  startEnd,
  startEndFramer,
  text,
} from 'framewright'

declare const source: ReadableStream<Uint8Array<ArrayBuffer>>

// ---- mapCodec: what comes out of decode and what goes into encode

const numbers = mapCodec(delimiter('\n'), {
  decode: (frame) => {
    expectType<Uint8Array>(frame)
    return frame.length
  },
  encode: (value: number) => new Uint8Array(value),
})
expectType<Codec<number, number>>(numbers)
expectType<FramerStream<number>>(framer(numbers))
expectType<EncoderStream<number>>(encoder(numbers))
expectType<ReadableStream<number>>(source.pipeThrough(framer(numbers)))
expectType<Uint8Array>(encodeFrames(numbers, [1, 2]))
expectError(encodeFrames(numbers, ['1']))
for (const value of new FrameParser(numbers).push(new Uint8Array(1))) expectType<number>(value)

// They may differ.
const uneven = mapCodec(lines(), { decode: (line) => line.length, encode: (value: boolean) => String(value) })
expectType<Codec<number, boolean>>(uneven)
expectType<Codec<string, boolean>>(mapCodec(uneven, { decode: String, encode: (value: boolean) => value }))

// The frames of lines are strings, those of pieces are pieces, and bytes go in.
mapCodec(lines(), { decode: (line) => expectType<string>(line), encode: (value: string) => value })
const sizes = mapCodec(pieces(lengthPrefixed()), {
  decode: (piece) => {
    expectType<FramePiece>(piece)
    return piece.bytes.length
  },
  encode: (value: Uint8Array) => value,
})
expectType<Codec<number, Uint8Array>>(sizes)

expectError(mapCodec(delimiter('\n'), { decode: (frame: string) => frame, encode: (value: string) => value }))
expectError(mapCodec(delimiter('\n'), { decode: (frame) => frame, encode: (value: string) => value }))
expectError(mapCodec(delimiter('\n'), { decode: (frame) => frame }))
expectError(mapCodec(delimiter('\n')))
expectError(pieces(cobs()))
expectError(pieces(numbers))

// ---- text and json

expectType<Codec<string>>(text(netstring()))
expectType<Codec<string>>(text(cobs(), { fatal: true }))
expectError(text(netstring(), { fatal: 'yes' }))
expectError(text(netstring(), { encoding: 'latin1' }))
expectError(text(lines()))

interface Message {
  id: number
}
expectType<Codec<unknown>>(json(slip()))
expectType<Codec<Message>>(json<Message>(jsonSequence()))
expectType<FramerStream<Message>>(framer(json<Message>(startEnd({ start: '<', end: '>' }))))
expectError(encodeFrames(json<Message>(netstring()), [{ id: '1' }]))
expectError(json(lines()))
for await (const message of source.pipeThrough(framer(json<Message>(cobs())))) expectType<number>(message.id)

// ---- options of the rules beneath

expectAssignable<Codec<Uint8Array>>(cobs({ onTooLong: 'skip', onMalformed: 'skip', onTrailing: 'drop' }))
expectAssignable<Codec<Uint8Array>>(cobs({ copy: 'always' }))
expectAssignable<Codec<Uint8Array>>(slip({ start: 1, escStart: 2, end: undefined, copy: 'never' }))
expectError(slip({ copy: true }))
expectAssignable<Codec<Uint8Array>>(startEnd({ start: new Uint8Array(1), end: '\r\n', onTooLong: 'split' }))
expectAssignable<Codec<Uint8Array>>(jsonSequence({ onTrailing: 'emit', copy: 'always' }))
expectError(cobs({ onTooLong: 'split' }))
expectError(cobs({ onTrailing: 'emit' }))
expectError(slip({ onTooLong: 'truncate' }))
expectError(slip({ end: '\n' }))
expectError(startEnd({ start: '<' }))
expectError(startEnd())
expectError(startEnd({ start: '<', end: '>', onMalformed: 'skip' }))
expectError(jsonSequence({ onTooLong: 'split' }))
expectType<ReadableStream<Uint8Array>>(source.pipeThrough(cobsFramer({ streams: globalThis })))
expectType<ReadableStream<Uint8Array>>(source.pipeThrough(slipFramer({ end: 0 })))
expectType<ReadableStream<Uint8Array>>(source.pipeThrough(startEndFramer({ start: '<', end: '>' })))
expectType<ReadableStream<Uint8Array>>(source.pipeThrough(jsonSequenceFramer({ onMalformed: 'skip' })))
