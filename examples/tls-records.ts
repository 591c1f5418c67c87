// TLS records (RFC 8446, 5.1): a type, a version, and two bytes of length.
//
//   +------+---------+--------+------------+
//   | type | version | length |  fragment  |
//   +------+---------+--------+------------+
//      1        2        2      length, 2^14 + 256 at the most

import assert from 'node:assert/strict'
import { encodeFrames, FrameParser, FramingError, lengthPrefixed, mapCodec } from 'framewright'

const TYPES = { 20: 'change_cipher_spec', 21: 'alert', 22: 'handshake', 23: 'application_data' } as const
interface TlsRecord {
  type: (typeof TYPES)[keyof typeof TYPES]
  version: number
  fragment: Uint8Array
}

const records = lengthPrefixed({ offset: 3, width: 2, strip: 0, maxFrameLength: 2 ** 14 + 256 })
const tls = mapCodec(records, {
  decode(record): TlsRecord {
    const type = TYPES[record[0] as keyof typeof TYPES]
    if (type === undefined) throw new TypeError(`No content type is ${record[0]}`)
    return { type, version: record[1]! * 256 + record[2]!, fragment: record.subarray(5) }
  },
  encode({ type, version, fragment }: TlsRecord) {
    const number = Number(Object.entries(TYPES).find(([, name]) => name === type)![0])
    const { length } = fragment
    return Uint8Array.of(number, version >> 8, version & 255, length >> 8, length & 255, ...fragment)
  },
})

const sent: TlsRecord[] = [
  { type: 'handshake', version: 0x0301, fragment: new Uint8Array(512).fill(1) },
  { type: 'alert', version: 0x0303, fragment: Uint8Array.of(1, 0) },
]
const bytes = encodeFrames(tls, sent)
const parser = new FrameParser(tls)
// However TCP cuts them.
const received = [bytes.subarray(0, 3), bytes.subarray(3, 518), bytes.subarray(518)].flatMap((chunk) => [
  ...parser.push(chunk.slice()),
])
assert.deepEqual(received, sent)

// A server that answers in plain HTTP is known by its first five bytes.
assert.throws(
  () => [...new FrameParser(tls).push(new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n'))],
  (error) => error instanceof FramingError && error.code === 'ERR_FRAME_TOO_LONG',
)
console.log('TLS records: written, read back, and told from HTTP')
