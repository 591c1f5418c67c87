import { describe, expect, it } from 'vitest'

import { FrameParser } from '../../src/codec/frame-parser.ts'
import { lengthPrefixed, type LengthPrefixedOptions } from '../../src/codec/length-prefixed.ts'
import type { SkipInfo } from '../../src/codec/policies.ts'
import { bin, decodeAll, hex } from '../support/bytes.ts'
import { verifyChunkInvariance } from '../support/chunk-invariance.ts'

/** Frames as hex, skip reports and the error, from bytes as hex, the same under every cut. */
function decode(options: LengthPrefixedOptions, wire: string): [string[], SkipInfo[], unknown] {
  const run = verifyChunkInvariance((onSkip) => lengthPrefixed({ ...options, onSkip }), hex(wire))
  const frames = run.frames.map((frame) => Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join(''))
  return [frames, [...run.skips], run.error]
}

/** A marker of two bytes, a length of one that counts itself. */
const marked: LengthPrefixedOptions = { width: 1, sync: hex('aabb'), adjust: -1, maxFrameLength: 3 }

describe('lengthPrefixed with sync and a header that cannot be', () => {
  it('ends the stream unless told otherwise, and reports what was left out before that', () => {
    expect(decode(marked, 'aabb02ff 0102 aabb00 aabb01')).toMatchObject([
      ['ff'],
      [{ offset: 4, length: 2, reason: 'sync' }],
      { code: 'ERR_FRAME_MALFORMED', offset: 8, frameIndex: 1, length: 0 },
    ])
  })

  it('looks for the next marker behind it under onMalformed: skip', () => {
    expect(decode({ ...marked, onMalformed: 'skip' }, 'aabb02ff aabb00 aabb0301ee')).toEqual([
      ['ff', '01ee'],
      [{ offset: 4, length: 3, reason: 'malformed' }],
      undefined,
    ])
  })

  it('finds a marker that begins within the false one, or within its header', () => {
    const options = { ...marked, onMalformed: 'skip' } as const
    // aa aa: the second is the marker of the frame.
    expect(decode({ ...options, sync: hex('aa'), offset: 2 }, 'aaaa00 01')).toEqual([
      [''],
      [{ offset: 0, length: 1, reason: 'malformed' }],
      undefined,
    ])
    expect(decode({ ...options, sync: hex('aaaa') }, 'aaaa00 aaaa02ff')).toMatchObject([
      ['ff'],
      [{ length: 3 }],
      undefined,
    ])
    expect(decode({ ...options, offset: 3 }, 'aabbaa 00 aabb0102ff')[0]).toEqual(['ff'])
    expect(decode({ ...options, offset: 4 }, 'aabbaabb 00 03 0102')[0]).toEqual([''])
    expect(decode({ ...options, offset: 4 }, 'aabbaabb 00 00 03 0102')[0]).toEqual(['0102'])
  })

  it('takes a frame with fewer bytes than strip for such a header too', () => {
    expect(decode({ ...marked, strip: 5, onMalformed: 'skip' }, 'aabb01 aabb03 0102 aabb04 010203')).toEqual([
      ['', '03'],
      [{ offset: 0, length: 3, reason: 'malformed' }],
      undefined,
    ])
  })

  it('is passed over however many there are, as one run', () => {
    expect(decode({ ...marked, onMalformed: 'skip' }, `${'aabb00'.repeat(50)} aabb02ff`)).toEqual([
      ['ff'],
      [{ offset: 0, length: 150, reason: 'malformed' }],
      undefined,
    ])
  })

  it('does not turn a length above 2^53-1 or over the limit into one: that is for onTooLong to say', () => {
    const options = { ...marked, onMalformed: 'skip' } as const
    expect(decode(options, 'aabb05 aabb02ff')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', offset: 2, length: 4 })
    expect(decode({ ...options, onTooLong: 'skip' }, 'aabb05 aabb02ff')).toEqual([
      ['ff'],
      [{ offset: 0, length: 3, reason: 'sync' }],
      undefined,
    ])
    expect(
      decode({ ...options, width: 8, onTooLong: 'skip' }, 'aabb ffffffffffffffff aabb 0000000000000002 ff')[0],
    ).toEqual(['ff'])
  })
})

// A run of bytes that were left out is reported once, when the frame behind it is certain, with the reason it began for.
describe('what is left out before a marker is one report', () => {
  const skipping = { ...marked, onTooLong: 'skip', onMalformed: 'skip' } as const

  it.each<[string, string, SkipInfo]>([
    ['garbage', '010203', { offset: 0, length: 3, reason: 'sync' }],
    ['a false marker whose length is over the limit', 'aabb99', { offset: 0, length: 3, reason: 'sync' }],
    ['a false marker whose length cannot be', 'aabb00', { offset: 0, length: 3, reason: 'malformed' }],
    ['garbage, then a false marker', '01 aabb99', { offset: 0, length: 4, reason: 'sync' }],
    ['garbage, then a false marker, then garbage', '01 aabb99 02', { offset: 0, length: 5, reason: 'sync' }],
    ['garbage, then a length that cannot be', '01 aabb00', { offset: 0, length: 4, reason: 'sync' }],
    ['a length that cannot be, then garbage', 'aabb00 01', { offset: 0, length: 4, reason: 'malformed' }],
    ['a length that cannot be, then a false marker', 'aabb00 aabb99', { offset: 0, length: 6, reason: 'malformed' }],
    ['a false marker, then a length that cannot be', 'aabb99 aabb00', { offset: 0, length: 6, reason: 'sync' }],
    ['two false markers', 'aabb99 aabb99', { offset: 0, length: 6, reason: 'sync' }],
    ['the start of a marker', 'aa', { offset: 0, length: 1, reason: 'sync' }],
  ])('%s', (_, wire, report) => {
    expect(decode(skipping, `${wire} aabb02ff`)).toEqual([['ff'], [report], undefined])
    // Just so behind a frame, and before the end.
    const behind = { ...report, offset: 4 }
    expect(decode(skipping, `aabb02ee ${wire} aabb02ff`)).toEqual([['ee', 'ff'], [behind], undefined])
    const end = wire === 'aa' ? [] : [report]
    expect(decode({ ...skipping, onTrailing: 'drop' }, wire)[1].slice(0, 1)).toEqual(
      end.length > 0 ? end : [{ offset: 0, length: 1, reason: 'trailing' }],
    )
  })

  it('a frame between them makes them two', () => {
    expect(decode(skipping, '01 aabb01 02 aabb01')[1]).toEqual([
      { offset: 0, length: 1, reason: 'sync' },
      { offset: 4, length: 1, reason: 'sync' },
    ])
  })

  it('comes before the frame, and before the error', () => {
    const order: string[] = []
    const onSkip = ({ length }: SkipInfo): number => order.push(`skipped ${length}`)
    const parser = new FrameParser(lengthPrefixed({ ...marked, onSkip }))
    for (const frame of parser.push(hex('0102 aabb02ff'))) order.push(`frame of ${frame.length}`)
    try {
      for (const _ of parser.push(hex('03 aabb99'))) order.push('a frame')
    } catch {
      order.push('error')
    }
    expect(order).toEqual(['skipped 2', 'frame of 1', 'skipped 1', 'error'])
  })

  it('and a cut frame at the end is another', () => {
    expect(decode({ ...skipping, onTrailing: 'drop' }, '0102 aabb0301')[1]).toEqual([
      { offset: 0, length: 2, reason: 'sync' },
      { offset: 2, length: 4, reason: 'trailing' },
    ])
    expect(decode(skipping, '0102 aabb03')).toMatchObject([
      [],
      [{ offset: 0, length: 2, reason: 'sync' }],
      { code: 'ERR_FRAME_TRUNCATED', offset: 5, partial: hex('aabb03'), length: 5 },
    ])
  })

  it('is counted in stats too, before it is reported', () => {
    const parser = new FrameParser(lengthPrefixed(marked))
    expect([...parser.push(hex('010203aa'))]).toEqual([])
    expect(parser.stats).toEqual({ bytesIn: 4, frames: 0, skipped: 3, pending: 1 })
  })

  it('ends the stream with what onSkip throws', () => {
    const onSkip = (): never => {
      throw new RangeError('enough')
    }
    const [frames, error] = decodeAll(lengthPrefixed({ ...marked, onSkip }), hex('aabb01 00 aabb01'))
    expect(frames).toEqual([''])
    expect(error).toMatchObject({ message: 'enough' })
  })
})

describe('lengthPrefixed with a marker it has to wait for', () => {
  it('keeps of garbage only what may be the start of a marker', () => {
    const parser = new FrameParser(lengthPrefixed({ width: 1, sync: 'abcd' }))
    for (let i = 0; i < 1000; i++) expect([...parser.push(bin('xyzabc'))]).toEqual([])
    expect(parser.pending).toBe(3)
    expect([...parser.push(bin('d\x01!'))]).toEqual([bin('!')])
  })

  it('a cut marker at the end is a cut frame, garbage is none', () => {
    const codec = lengthPrefixed({ width: 1, sync: 'abcd' })
    expect(decodeAll(codec, bin('xyz'))).toEqual([[]])
    expect(decodeAll(codec, bin('xyzab'))[1]).toMatchObject({
      code: 'ERR_FRAME_TRUNCATED',
      offset: 5,
      partial: bin('ab'),
      length: 5,
    })
  })

  it('skips over a marker in a payload, and one in what is left out of a long frame', () => {
    expect(decode({ width: 1, sync: 'a', maxFrameLength: 3 }, '6103 616161 6100')[0]).toEqual(['616161', ''])
    const long = { width: 1, sync: 'a', maxFrameLength: 3, onTooLong: 'truncate' } as const
    expect(decode(long, '6105 6161616161 6101ff')).toEqual([
      ['616161', 'ff'],
      [{ offset: 5, length: 2, reason: 'too-long' }],
      undefined,
    ])
  })

  it('onMalformed: skip needs one, and says so', () => {
    const make = (): unknown => lengthPrefixed({ onMalformed: 'skip' })
    expect(make).toThrow(TypeError)
    expect(make).toThrow("onMalformed 'skip' needs a sync marker")
  })
})

describe('lengthPrefixed with mask', () => {
  it('reads flags and length apart at every width and order', () => {
    for (let width = 1; width <= 8; width++) {
      const bits = BigInt(8 * width)
      const mask = (1n << (bits - 2n)) - 1n
      for (const endian of ['big', 'little'] as const) {
        const field = (3n << (bits - 2n)) | 2n
        const digits = field
          .toString(16)
          .padStart(2 * width, '0')
          .match(/../g)!
        const wire = (endian === 'big' ? digits : digits.reverse()).join('')
        expect(decode({ width, endian, mask }, `${wire}aabb`)).toEqual([['aabb'], [], undefined])
        expect(decode({ width, endian, mask, strip: 0 }, `${wire}aabb`)[0]).toEqual([`${wire}aabb`])
      }
    }
  })

  it('reads a length above 2^53-1 out of eight bytes as too long, and one that the mask makes small as small', () => {
    const full = { width: 8, maxFrameLength: Infinity, mask: 0xffff_ffff_ffff_ffffn }
    expect(decode(full, '0020000000000000')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', length: Infinity })
    expect(decode({ ...full, mask: 0xffn }, 'ffffffffffffff01 aa')[0]).toEqual(['aa'])
    expect(decode({ ...full, mask: 0xff00_0000_0000_00ffn }, '00ffffffffffff01 aa')[0]).toEqual(['aa'])
  })

  it('is applied before adjust and before the limit', () => {
    const options = { width: 1, mask: 0x0f, adjust: -1, maxFrameLength: 2 }
    expect(decode(options, 'f3 aabb')[0]).toEqual(['aabb'])
    expect(decode(options, 'f4')[2]).toMatchObject({ code: 'ERR_FRAME_TOO_LONG', length: 3 })
    expect(decode(options, 'f0')[2]).toMatchObject({ code: 'ERR_FRAME_MALFORMED', length: 0 })
  })

  it('works with a marker', () => {
    const options = { width: 2, sync: 'a', mask: 0xff, maxFrameLength: 2, onTooLong: 'skip' } as const
    expect(decode(options, '61 6103 61 8002 eeff')).toEqual([
      ['eeff'],
      [{ offset: 0, length: 3, reason: 'sync' }],
      undefined,
    ])
  })
})
