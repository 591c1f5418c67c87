/** Protocols of one's own out of a rule and two functions: the files in examples/ show them whole, here they meet hostile bytes. */

import { describe, expect, it } from 'vitest'

import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { headerPrefixed } from '../../src/codec/header-prefixed.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { mapCodec } from '../../src/codec/map-codec.ts'
import { framingError, hex, utf8 } from '../support/bytes.ts'
import { verifyChunkInvariance } from '../support/chunk-invariance.ts'

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

describe('AMQP frames: headerPrefixed, a check of the last byte, and mapCodec', () => {
  interface AmqpFrame {
    type: number
    channel: number
    payload: Uint8Array
  }
  const amqp = mapCodec(
    headerPrefixed({
      headerLength: 7,
      frameLength: (header) => 7 + view(header).getUint32(3) + 1,
      check: (frame) => frame.at(-1) === 0xce,
      maxFrameLength: 9,
    }),
    {
      decode: (frame): AmqpFrame => ({
        type: frame[0]!,
        channel: view(frame).getUint16(1),
        payload: frame.subarray(7, -1),
      }),
      encode: ({ type, channel, payload }: AmqpFrame) =>
        Uint8Array.of(
          type,
          channel >> 8,
          channel & 255,
          0,
          0,
          payload.length >> 8,
          payload.length & 255,
          ...payload,
          0xce,
        ),
    },
  )
  const sent: AmqpFrame[] = [
    { type: 1, channel: 258, payload: hex('000a000b') },
    { type: 8, channel: 0, payload: hex('') },
    { type: 3, channel: 65_535, payload: hex('cececece00cececc') },
  ]

  it('come back as they were sent, under every cut', () => {
    const bytes = encodeFrames(amqp, sent)
    expect(bytes.slice(0, 12)).toEqual(hex('01 0102 00000004 000a000b ce'))
    expect(verifyChunkInvariance(() => amqp, bytes)).toMatchObject({ frames: sent, error: undefined })
  })

  it('with another end byte are malformed, behind the good ones', () => {
    const bytes = encodeFrames(amqp, sent)
    bytes[19] = 0xcf
    expect(verifyChunkInvariance(() => amqp, bytes)).toMatchObject({
      frames: sent.slice(0, 1),
      error: { code: 'ERR_FRAME_MALFORMED', offset: 12, frameIndex: 1 },
    })
  })

  it('are too long from their header alone, one of exactly the limit is not', () => {
    const parser = new FrameParser(amqp)
    expect([...parser.push(encodeFrames(amqp, sent.slice(2)))].length).toBe(1)
    expect(framingError('ERR_FRAME_TOO_LONG', () => [...parser.push(hex('01 0000 ffffffff'))])).toMatchObject({
      offset: 16,
      limit: 9,
      length: 2 ** 32,
    })
    expect(
      framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(amqp, [{ ...sent[1]!, payload: new Uint8Array(9) }])),
    ).toMatchObject({ limit: 9, length: 10 })
  })
})

describe('WebSocket frames: headerPrefixed with a header of 2 to 14 bytes', () => {
  interface WebSocketFrame {
    first: number
    masked: boolean
    payload: Uint8Array
  }
  const headerLength = (header: Uint8Array): number => {
    const length = header[1]! & 0x7f
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (header[1]! >= 0x80 ? 4 : 0)
  }
  const KEY = hex('37fa213d')
  const mask = (payload: Uint8Array, key: Uint8Array): Uint8Array => payload.map((byte, i) => byte ^ key[i % 4]!)
  const webSocket = mapCodec(
    headerPrefixed({
      headerLength: 2,
      frameLength(header) {
        const whole = headerLength(header)
        if (header.length < whole) return { more: whole - header.length }
        const length = header[1]! & 0x7f
        if (length < 126) return whole + length
        return whole + (length === 126 ? view(header).getUint16(2) : Number(view(header).getBigUint64(2)))
      },
      maxFrameLength: 70_000,
    }),
    {
      decode(frame): WebSocketFrame {
        const start = headerLength(frame)
        const masked = frame[1]! >= 0x80
        const payload = frame.subarray(start)
        return { first: frame[0]!, masked, payload: masked ? mask(payload, frame.subarray(start - 4, start)) : payload }
      },
      encode({ first, masked, payload }: WebSocketFrame) {
        const { length } = payload
        const short = length < 126 ? length : length < 65_536 ? 126 : 127
        const start = headerLength(Uint8Array.of(first, short + (masked ? 128 : 0)))
        const frame = new Uint8Array(start + length)
        frame.set([first, short + (masked ? 128 : 0)])
        if (short === 126) view(frame).setUint16(2, length)
        if (short === 127) view(frame).setBigUint64(2, BigInt(length))
        if (masked) frame.set(KEY, start - 4)
        frame.set(masked ? mask(payload, KEY) : payload, start)
        return frame
      },
    },
  )

  it('are on the wire what RFC 6455, 5.7 shows', () => {
    const payload = utf8('Hello')
    expect(encodeFrames(webSocket, [{ first: 0x81, masked: false, payload }])).toEqual(hex('810548656c6c6f'))
    expect(encodeFrames(webSocket, [{ first: 0x81, masked: true, payload }])).toEqual(hex('818537fa213d7f9f4d5158'))
  })

  it('come back as they were sent, with every length of header, under every cut', () => {
    const sent = [0, 5, 125, 126, 200].flatMap((length) =>
      [false, true].map((masked) => ({ first: 0x82, masked, payload: new Uint8Array(length).fill(length) })),
    )
    expect(verifyChunkInvariance(() => webSocket, encodeFrames(webSocket, sent), { randomRuns: 10 })).toMatchObject({
      frames: sent,
      error: undefined,
    })
  })

  it('of 64-bit length come back wherever the header was cut', () => {
    const sent = [65_535, 65_536].map((length) => ({ first: 2, masked: true, payload: new Uint8Array(length).fill(9) }))
    const bytes = encodeFrames(webSocket, sent)
    const second = 8 + 65_535
    expect(bytes.slice(second, second + 10)).toEqual(hex('02 ff 0000000000010000'))
    for (let cut = second; cut <= second + 15; cut++) {
      const parser = new FrameParser(webSocket)
      const frames = [bytes.slice(0, cut), bytes.slice(cut)].flatMap((chunk) => [...parser.push(chunk)])
      expect(frames.map(({ payload }) => payload.length)).toEqual([65_535, 65_536])
    }
  })

  it('that declare 2^63 bytes, or one over the limit, are too long from their header alone', () => {
    const tooLong = (wire: string): unknown =>
      framingError('ERR_FRAME_TOO_LONG', () => [...new FrameParser(webSocket).push(hex(wire))])
    expect(tooLong('827f 8000000000000000')).toMatchObject({ offset: 0, limit: 70_000 })
    expect(tooLong('827f 0000000000011171')).toMatchObject({ length: 70_001 })
  })
})

describe('TLS records: lengthPrefixed that keeps the header', () => {
  const tls = mapCodec(lengthPrefixed({ offset: 3, width: 2, strip: 0, maxFrameLength: 2 ** 14 + 256 }), {
    decode(record) {
      if (record[0]! < 20 || record[0]! > 23) throw new TypeError(`No content type is ${record[0]}`)
      return { type: record[0]!, version: record[1]! * 256 + record[2]!, fragment: record.subarray(5) }
    },
    encode: ({ type, version, fragment }: { type: number; version: number; fragment: Uint8Array }) =>
      Uint8Array.of(type, version >> 8, version & 255, fragment.length >> 8, fragment.length & 255, ...fragment),
  })

  it('come back as they were sent, under every cut', () => {
    const sent = [
      { type: 22, version: 0x0301, fragment: utf8('client hello') },
      { type: 20, version: 0x0303, fragment: hex('01') },
      { type: 23, version: 0x0303, fragment: hex('') },
    ]
    expect(verifyChunkInvariance(() => tls, encodeFrames(tls, sent))).toMatchObject({ frames: sent, error: undefined })
  })

  it('have a limit that is met exactly, both ways', () => {
    const record = (length: number) => ({ type: 23, version: 0x0303, fragment: new Uint8Array(length) })
    const [back] = new FrameParser(tls).push(encodeFrames(tls, [record(16_640)]))
    expect(back?.fragment.length).toBe(16_640)
    expect(framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(tls, [record(16_641)]))).toMatchObject({
      limit: 16_640,
    })
    expect(framingError('ERR_FRAME_TOO_LONG', () => [...new FrameParser(tls).push(hex('17 0303 4101'))])).toMatchObject(
      {
        offset: 3,
        length: 16_641,
      },
    )
  })

  it('are told from an answer in HTTP by the first five bytes, and from an unknown type by decode', () => {
    const error = (bytes: Uint8Array): unknown => verifyChunkInvariance(() => tls, bytes).error
    expect(error(utf8('HTTP/1.1 400 Bad Request'))).toMatchObject({
      code: 'ERR_FRAME_TOO_LONG',
      offset: 3,
      length: 0x502f,
    })
    expect(error(hex('16 0301 0000 ff 0301 0001 00'))).toMatchObject({
      code: 'ERR_FRAME_MALFORMED',
      offset: 5,
      frameIndex: 1,
      cause: { message: 'No content type is 255' },
    })
  })
})
