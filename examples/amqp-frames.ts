// AMQP 0-9-1 frames (2.3.5): type, channel, size, payload, and a byte that must be 0xCE.
//
//   +------+---------+----------+-----------+------+
//   | type | channel |   size   |  payload  |  CE  |
//   +------+---------+----------+-----------+------+
//     1       2          4         size        1

import assert from 'node:assert/strict'
import { encodeFrames, FrameParser, FramingError, headerPrefixed, mapCodec } from 'framewright'

interface AmqpFrame {
  type: number
  channel: number
  payload: Uint8Array
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const frames = headerPrefixed({
  headerLength: 7,
  frameLength: (header) => 7 + view(header).getUint32(3) + 1,
  check: (frame) => frame.at(-1) === 0xce,
  maxFrameLength: 131_072,
})
const amqp = mapCodec(frames, {
  decode: (frame): AmqpFrame => ({
    type: frame[0]!,
    channel: view(frame).getUint16(1),
    payload: frame.subarray(7, -1),
  }),
  encode({ type, channel, payload }: AmqpFrame) {
    const frame = new Uint8Array(8 + payload.length)
    view(frame).setUint8(0, type)
    view(frame).setUint16(1, channel)
    view(frame).setUint32(3, payload.length)
    frame.set(payload, 7)
    frame[frame.length - 1] = 0xce
    return frame
  },
})

const sent: AmqpFrame[] = [
  { type: 1, channel: 258, payload: Uint8Array.of(0, 10, 0, 11) },
  { type: 8, channel: 0, payload: new Uint8Array(0) }, // a heartbeat
]
const bytes = encodeFrames(amqp, sent)
assert.deepEqual([...new FrameParser(amqp).push(bytes.slice())], sent)

bytes[11] = 0xcf
assert.throws(
  () => [...new FrameParser(amqp).push(bytes)],
  (error) => error instanceof FramingError && error.code === 'ERR_FRAME_MALFORMED' && error.offset === 0,
)
console.log('AMQP frames: written, read back, and a wrong end byte found')
