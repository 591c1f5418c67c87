// WebSocket frames (RFC 6455, 5.2): a header of 2 to 14 bytes whose first two say how long it is.
//
//   +-----------------+-----------------+------------------+--------------+-----------+
//   | FIN RSV opcode  | MASK  length 7  |  length 16 or 64 | masking key  |  payload  |
//   +-----------------+-----------------+------------------+--------------+-----------+
//           1                 1             0, 2 or 8           0 or 4

import assert from 'node:assert/strict'
import { encodeFrames, FrameParser, headerPrefixed, mapCodec } from 'framewright'

interface WebSocketFrame {
  fin: boolean
  opcode: number
  mask?: Uint8Array
  payload: Uint8Array
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
function headerLength(header: Uint8Array): number {
  const length = header[1]! & 0x7f
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (header[1]! & 0x80 ? 4 : 0)
}
function payloadLength(header: Uint8Array): number {
  const length = header[1]! & 0x7f
  return length === 127 ? Number(view(header).getBigUint64(2)) : length === 126 ? view(header).getUint16(2) : length
}
const frames = headerPrefixed({
  headerLength: 2,
  frameLength(header) {
    const whole = headerLength(header)
    return header.length < whole ? { more: whole - header.length } : whole + payloadLength(header)
  },
})
const masked = (payload: Uint8Array, mask: Uint8Array) => payload.map((byte, i) => byte ^ mask[i % 4]!)
const webSocket = mapCodec(frames, {
  decode(frame): WebSocketFrame {
    const start = headerLength(frame)
    const head = { fin: frame[0]! >= 0x80, opcode: frame[0]! & 0x0f }
    if (frame[1]! < 0x80) return { ...head, payload: frame.subarray(start) }
    const mask = frame.slice(start - 4, start)
    return { ...head, mask, payload: masked(frame.subarray(start), mask) }
  },
  encode({ fin, opcode, mask, payload }: WebSocketFrame) {
    const { length } = payload
    const short = length < 126 ? length : length < 65_536 ? 126 : 127
    const first = Uint8Array.of((fin ? 0x80 : 0) | opcode, (mask ? 0x80 : 0) | short)
    const start = headerLength(first)
    const frame = new Uint8Array(start + length)
    frame.set(first)
    if (short === 126) view(frame).setUint16(2, length)
    if (short === 127) view(frame).setBigUint64(2, BigInt(length))
    if (mask) frame.set(mask, start - 4)
    frame.set(mask ? masked(payload, mask) : payload, start)
    return frame
  },
})

// "Hello" with a mask, as in RFC 6455, 5.7; then lengths on both sides of each border.
const hello = {
  fin: true,
  opcode: 1,
  mask: Uint8Array.of(0x37, 0xfa, 0x21, 0x3d),
  payload: new TextEncoder().encode('Hello'),
}
assert.deepEqual(
  encodeFrames(webSocket, [hello]),
  Uint8Array.of(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58),
)
const sent: WebSocketFrame[] = [0, 125, 126, 65_535, 65_536].map((length) => ({
  fin: false,
  opcode: 2,
  payload: new Uint8Array(length).fill(length),
}))
assert.deepEqual([...new FrameParser(webSocket).push(encodeFrames(webSocket, [hello, ...sent]))], [hello, ...sent])
console.log('WebSocket frames: headers of 2, 4, 6 and 10 bytes written and read back')
