/** Codecs that are wrong, each in a way that shipped software was: a line protocol of bytes, done badly. */

import type { ByteQueue } from '../../src/bytes/byte-queue.ts'
import type { ByteSink } from '../../src/bytes/byte-sink.ts'
import type { Codec, Decoder, Encoder } from '../../src/codec/codec.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { utf8 } from '../support/bytes.ts'

const LF = 0x0a

type Lines = Codec<Uint8Array>

function makeCodec(decoder: () => Decoder<Uint8Array>, encode: Encoder<Uint8Array>['encode'] = encodeLine): Lines {
  return { decoder, encoder: () => ({ encode }) }
}

function encodeLine(frame: Uint8Array, out: ByteSink): void {
  if (frame.includes(LF)) throw new FramingError('ERR_FRAME_UNENCODABLE', 'LF within a line')
  out.bytes(frame)
  out.byte(LF)
}

function decodeLine(bytes: ByteQueue, from = 0): Uint8Array | undefined {
  const at = bytes.indexOf(LF, from)
  if (at < 0) return undefined
  const line = bytes.take(at)
  bytes.skip(1)
  return line
}

/** The right one, which looks at a byte once: the others differ from it in one thing. */
function goodDecoder(): Decoder<Uint8Array> {
  let seen = 0
  return {
    decode(bytes) {
      const line = decodeLine(bytes, seen)
      seen = line === undefined ? bytes.length : 0
      return line
    },
  }
}

export const good: Lines = makeCodec(goodDecoder)

/** Looks for CRLF within what one chunk left, and forgets a CR at its end. */
export const delimiterLost: Lines = makeCodec(() => {
  let seen = 0
  return {
    decode(bytes) {
      const crlf = utf8('\r\n')
      for (; seen < bytes.length; seen++) {
        if (bytes.match(crlf, seen) !== 2) continue
        const line = bytes.take(seen)
        bytes.skip(2)
        seen = 0
        return line
      }
      return undefined
    },
  }
})

/** Begins again at the front for every chunk. */
export const rescans: Lines = makeCodec(() => ({ decode: (bytes) => decodeLine(bytes) }))

/** The same for a length in the header: looks at all that is there to see whether it is enough. */
export const peeksAll: Lines = {
  decoder: () => ({
    decode(bytes) {
      if (bytes.length < 2) return undefined
      const all = bytes.peek(0, bytes.length)
      const length = 2 + (all[0]! << 8) + all[1]!
      // Few bytes at random are a good length: what shows it must be a frame that the encoder wrote.
      if (length > 5000) throw new FramingError('ERR_FRAME_TOO_LONG', 'Frame too long', { offset: bytes.offset })
      return all.length < length ? undefined : bytes.take(length).subarray(2)
    },
  }),
  encoder: () => ({
    encode(frame, out) {
      out.uint(frame.length, 2)
      out.bytes(frame)
    },
  }),
}

/** Makes letters large where they lie. */
export const mutatesChunk: Lines = makeCodec(() => ({
  decode(bytes) {
    const line = decodeLine(bytes)
    if (line !== undefined) for (let i = 0; i < line.length; i++) line[i]! &= 0xdf
    return line
  },
}))

/** One buffer for all frames. */
export const viewChanges: Lines = makeCodec(() => {
  const shared = new Uint8Array(100)
  const inner = goodDecoder()
  return {
    decode(bytes) {
      const line = inner.decode(bytes)
      if (line === undefined) return undefined
      shared.set(line)
      return shared.subarray(0, line.length)
    },
  }
})

/** Waits for the next byte before it gives the line. */
export const deliversLate: Lines = makeCodec(() => ({
  decode(bytes) {
    const at = bytes.indexOf(LF)
    return at < 0 || bytes.length === at + 1 ? undefined : decodeLine(bytes)
  },
  end: (bytes) => decodeLine(bytes),
}))

/** Gives a line only when it is asked a second time: late under small chunks, in time for large ones. */
export const deliversLateInSmallChunks: Lines = makeCodec(() => {
  let calls = 0
  return {
    decode(bytes) {
      const at = bytes.indexOf(LF)
      if (at < 0) return undefined
      // A chunk is looked at when the one behind it has come.
      if (bytes.length <= 2 && calls++ % 2 === 0) return undefined
      return decodeLine(bytes)
    },
    end: (bytes) => decodeLine(bytes),
  }
})

/** The limit is looked at before the delimiter is searched, and only at the end of a chunk. */
export const errorDependsOnCut: Lines = makeCodec(() => ({
  decode(bytes) {
    if (bytes.length > 3 && bytes.indexOf(LF) < 0) {
      throw new FramingError('ERR_FRAME_TOO_LONG', 'Line too long', { offset: bytes.offset + bytes.length, limit: 3 })
    }
    return decodeLine(bytes)
  },
}))

/** Writes whatever it is given. */
export const doesNotEscape: Lines = makeCodec(goodDecoder, (frame, out) => {
  out.bytes(frame)
  out.byte(LF)
})

/** Leaves out the last line where it is empty. */
export const swallowsEmptyAtEnd: Lines = makeCodec(() => ({
  decode(bytes) {
    if (bytes.length === 1 && bytes.byteAt(0) === LF) return undefined
    return decodeLine(bytes)
  },
  end(bytes) {
    bytes.skip(bytes.length)
    return undefined
  },
}))

/** Takes all that has arrived into memory of its own. */
export const readsAhead: Lines = makeCodec(() => {
  let own: number[] = []
  return {
    decode(bytes) {
      own.push(...bytes.take(bytes.length))
      const at = own.indexOf(LF)
      if (at < 0) return undefined
      const line = Uint8Array.from(own.slice(0, at))
      own = own.slice(at + 1)
      return line
    },
  }
})

/** Takes a byte that has not come. */
export const takesTooMuch: Lines = makeCodec(() => ({
  decode(bytes) {
    if (bytes.length === 0) return undefined
    const at = bytes.indexOf(LF)
    return at < 0 ? undefined : bytes.take(at + 2)
  },
}))

/** State in the codec and not in the decoder. */
export function sharesState(): Lines {
  let own: number[] = []
  return makeCodec(() => ({
    decode(bytes) {
      while (bytes.length > 0) {
        const byte = bytes.byteAt(0)
        bytes.skip(1)
        if (byte !== LF) own.push(byte)
        else {
          const line = Uint8Array.from(own)
          own = []
          return line
        }
      }
      return undefined
    },
  }))
}

/** Tells a different story every time. */
export function errorChanges(): Lines {
  let times = 0
  return makeCodec(() => ({
    decode(bytes) {
      if (bytes.length === 0) return undefined
      throw new FramingError('ERR_FRAME_MALFORMED', `Attempt ${++times}`, { offset: 0 })
    },
  }))
}

/** Writes, and then has second thoughts. */
export const leavesBytesInSink: Lines = makeCodec(goodDecoder, (frame, out) => {
  out.bytes(frame)
  if (frame.includes(LF)) throw new FramingError('ERR_FRAME_UNENCODABLE', 'LF within a line')
  out.byte(LF)
})

/** Empties the sink of what others have written. */
export const emptiesSink: Lines = makeCodec(goodDecoder, (frame, out) => {
  if (frame.includes(LF)) {
    out.truncate(0)
    throw new FramingError('ERR_FRAME_UNENCODABLE', 'LF within a line')
  }
  encodeLine(frame, out)
})

/** Gives the same frame for ever. */
export const endless: Lines = makeCodec(() => ({
  decode: (bytes) => (bytes.length === 0 ? undefined : bytes.peek(0, 1)),
}))
