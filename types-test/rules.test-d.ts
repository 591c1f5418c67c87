// What the types of the framing rules offer, and what they refuse.
import { expectError, expectType } from 'tsd'
import {
  cobs,
  cobsFramer,
  contentLength,
  type DeclaredCodec,
  delimiter,
  framer,
  type FramePiece,
  type FramerStream,
  headerPrefixed,
  headerPrefixedFramer,
  jsonSequence,
  lengthPrefixed,
  lines,
  netstring,
  octetCounted,
  pieces,
  slip,
  startEnd,
  startEndFramer,
  varintPrefixed,
} from 'framewright'

// ---- a policy that makes no sense for a rule is not offered

expectError(cobs({ onTooLong: 'split' }))
expectError(slip({ onTooLong: 'truncate' }))
expectError(cobs({ onTrailing: 'emit' }))
expectError(lines({ copy: 'always' }))
expectError(jsonSequence({ onTooLong: 'split' }))
expectError(netstring({ onTrailing: 'emit' }))
expectError(netstring({ onMalformed: 'skip' }))
expectError(octetCounted({ onTrailing: 'emit' }))
expectError(contentLength({ onMalformed: 'skip' }))
expectError(varintPrefixed({ encoding: 'vlq' }))
expectError(varintPrefixed({ strip: 2 }))

// ---- what cannot be left out

expectError(startEnd({ start: '<' }))
expectError(startEnd())
expectError(headerPrefixed({ headerLength: 4 }))
expectError(headerPrefixed({ headerLength: 4, frameLength: () => '4' }))
expectError(headerPrefixedFramer())

// ---- what is taken

startEndFramer({ start: '<', end: new Uint8Array([1]), onTrailing: 'emit', streams: globalThis })
headerPrefixed({ headerLength: 2, frameLength: (header) => (header[0] === 1 ? header.length : { more: 2 }) })
varintPrefixed({ strip: 0, encoding: 'mqtt', offset: 1 })
expectType<FramerStream<Uint8Array>>(cobsFramer({ onMalformed: 'skip' }))

// ---- pieces are for frames that declare their length

expectType<DeclaredCodec>(lengthPrefixed())
expectType<FramerStream<FramePiece>>(framer(pieces(netstring())))
expectError(pieces(delimiter('\n')))
expectError(pieces(cobs()))
expectType<FramerStream<FramePiece>>(framer(pieces(octetCounted())))
expectError(pieces(octetCounted({ autoDetect: true })))
