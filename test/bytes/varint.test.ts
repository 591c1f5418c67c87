import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteQueue, ByteSink, readVarint, varintLength, writeVarint, type VarintEncoding } from '../../src/index.ts'

function queueOf(...chunks: number[][]): ByteQueue {
  const queue = new ByteQueue()
  for (const chunk of chunks) queue.push(new Uint8Array(chunk))
  return queue
}

function written(value: number, encoding: VarintEncoding): Uint8Array {
  const sink = new ByteSink()
  writeVarint(sink, value, encoding)
  return sink.take()
}

/** The largest value of each encoding that a number can say. */
const largest = { leb128: Number.MAX_SAFE_INTEGER, mqtt: 268_435_455, quic: Number.MAX_SAFE_INTEGER } as const

describe.each(['leb128', 'mqtt', 'quic'] as const)('%s varints', (encoding) => {
  test('read back as they were written, byte by byte, and are known at their last byte and not before', () => {
    const values = fc.oneof(
      fc.maxSafeNat(),
      fc.nat(),
      fc.nat(300),
      fc.integer({ min: 0, max: 53 }).map((n) => 2 ** n - 1),
    )
    fc.assert(
      fc.property(values, (any) => {
        const value = Math.min(any, largest[encoding])
        const bytes = written(value, encoding)
        const queue = queueOf([0xff])
        for (const byte of bytes) {
          expect(varintLength(queue, 1, encoding)).toBe(0)
          queue.push(Uint8Array.of(byte))
        }
        expect(varintLength(queue, 1, encoding)).toBe(bytes.length)
        expect(readVarint(queue, 1, bytes.length, encoding)).toBe(value)
      }),
    )
  })

  test('a value that cannot be is refused', () => {
    for (const value of [-1, 1.5, Number.NaN, 2 ** 53, largest[encoding] + 1]) {
      expect(() => written(value, encoding)).toThrow(RangeError)
    }
  })
})

test('leb128 as Protocol Buffers and WebAssembly write it', () => {
  expect([...written(0, 'leb128')]).toEqual([0])
  expect([...written(127, 'leb128')]).toEqual([0x7f])
  expect([...written(128, 'leb128')]).toEqual([0x80, 0x01])
  expect([...written(624_485, 'leb128')]).toEqual([0xe5, 0x8e, 0x26])
})

test('the examples of MQTT 5.0, section 1.5.5', () => {
  const borders: [number, number[]][] = [
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [16_383, [0xff, 0x7f]],
    [16_384, [0x80, 0x80, 0x01]],
    [2_097_151, [0xff, 0xff, 0x7f]],
    [268_435_455, [0xff, 0xff, 0xff, 0x7f]],
  ]
  for (const [value, bytes] of borders) expect([...written(value, 'mqtt')]).toEqual(bytes)
  expect(varintLength(queueOf([0xff, 0xff, 0xff, 0xff]), 0, 'mqtt')).toBe(-1)
})

test('the examples of RFC 9000, appendix A.1', () => {
  // The first is 151,288,809,941,952,652: above 2^53-1.
  const examples: [number[], number][] = [
    [[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c], Infinity],
    [[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333],
    [[0x7b, 0xbd], 15_293],
    [[0x25], 37],
    [[0x40, 0x25], 37],
  ]
  for (const [bytes, value] of examples) {
    expect(varintLength(queueOf(bytes), 0, 'quic')).toBe(bytes.length)
    expect(readVarint(queueOf(bytes), 0, bytes.length, 'quic')).toBe(value)
  }
})

test('a varint that goes on too long is known at the last byte allowed, and no byte behind it is looked at', () => {
  const queue = queueOf([0x80, 0x80, 0x80], [0x80, 0x80])
  expect(varintLength(queue, 0, 'leb128', 5)).toBe(-1)
  expect(varintLength(queue, 0, 'leb128', 6)).toBe(0)
  expect(varintLength(queueOf([0xc0]), 0, 'quic', 4)).toBe(-1)
})

test('values above 2^53-1 read as Infinity, never rounded', () => {
  const ones = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
  expect(readVarint(queueOf([...ones, 0x0f]), 0, 8)).toBe(Number.MAX_SAFE_INTEGER)
  expect(readVarint(queueOf([...ones.map(() => 0x80), 0x10]), 0, 8)).toBe(Infinity)
  expect(readVarint(queueOf([...ones, 0xff, 0xff, 0x01]), 0, 10)).toBe(Infinity)
})

test('overlong forms read as what they say: whether they are allowed is for the rule that reads them', () => {
  expect(varintLength(queueOf([0x85, 0x80, 0x00]), 0)).toBe(3)
  expect(readVarint(queueOf([0x85, 0x80, 0x00]), 0, 3)).toBe(5)
})
