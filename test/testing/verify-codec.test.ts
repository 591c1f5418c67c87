import { describe, expect, it } from 'vitest'

import type { Codec } from '../../src/codec/codec.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import {
  CodecVerificationError,
  verifyCodec,
  type CodecCase,
  type VerifyCheck,
  type VerifyOptions,
} from '../../src/testing/index.ts'
import { bin } from '../support/bytes.ts'
import * as broken from './broken-codecs.ts'

type Lines = Codec<Uint8Array>

function failureOf(
  codec: Lines | (() => Lines),
  one: CodecCase<Uint8Array>,
  options?: VerifyOptions<Uint8Array>,
): CodecVerificationError {
  try {
    verifyCodec(codec, [one], options)
  } catch (error) {
    if (error instanceof CodecVerificationError) return error
    throw error
  }
  throw new Error('Nothing was found')
}

const two: CodecCase<Uint8Array> = { name: 'two lines', bytes: 'ab\ncd\n', frames: ['ab', 'cd'] }

describe('a codec that is wrong is caught, and the message says how', () => {
  const cases: [
    name: string,
    codec: Lines | (() => Lines),
    one: CodecCase<Uint8Array>,
    check: VerifyCheck,
    says: (string | RegExp)[],
  ][] = [
    [
      'a delimiter that is lost where it lies across chunks',
      broken.delimiterLost,
      { bytes: 'ab\r\nc\r\n', frames: ['ab', 'c'], encode: false },
      'cuts',
      [String.raw`cut: ab\r|\nc\r\n`, /≠ frame 0 {2}"ab" +frame 0 {2}"ab\\r\\nc"/],
    ],
    [
      'a decoder that begins again at the front',
      broken.rescans,
      two,
      'work',
      [/1\d\.\d times as much/, 'in chunks of one byte'],
    ],
    [
      'a decoder that looks at everything for every chunk',
      broken.peeksAll,
      { bytes: bin('\0\x02hi'), frames: ['hi'] },
      'work',
      ['one long frame of "hi"'],
    ],
    [
      'a decoder that writes into the chunk',
      broken.mutatesChunk,
      { ...two, frames: ['AB', 'CD'] },
      'chunk-changed',
      ['The bytes of a chunk were changed'],
    ],
    [
      'a frame whose memory is used again',
      broken.viewChanges,
      two,
      'frame-changed',
      ['Frame 0 changed after it was delivered'],
    ],
    [
      'a decoder that waits for one more byte',
      broken.deliversLate,
      { ...two, frameEnds: [3, 6] },
      'delivery',
      ['Byte by byte, frames came at [4, end], not at [3, 6]'],
    ],
    [
      'a decoder that is late under some cuts only, with nothing known of its rule',
      broken.deliversLateInSmallChunks,
      { bytes: 'ab\nc\n' },
      'delivery',
      ['one of them is late'],
    ],
    [
      'an error whose facts depend on the cut',
      broken.errorDependsOnCut,
      { bytes: 'abcdefg' },
      'cuts',
      ['cut: abcd|efg', /≠ +offset 7 +offset 4/],
    ],
    [
      'an encoder that does not escape',
      broken.doesNotEscape,
      two,
      'encoder',
      [
        'What the encoder wrote is not read back',
        /≠ frame 0 {2}"\\n" +frame 0 {2}""|≠ frame 0 {2}"ab\\ncd\\n" +frame 0 {2}"ab"/,
      ],
    ],
    [
      'an empty last line that is swallowed',
      broken.swallowsEmptyAtEnd,
      { bytes: 'ab\n\n', frames: ['ab', ''] },
      'expected',
      ['These are not the frames', '≠ frame 1  ""'],
    ],
    [
      'a decoder that keeps what comes behind the frame',
      broken.readsAhead,
      two,
      'read-ahead',
      ['With frame 0 the decoder has taken 6 bytes and not 3'],
    ],
    [
      'a decoder that takes what has not come',
      broken.takesTooMuch,
      { bytes: 'ab\n' },
      'expected',
      ['An error came that is no FramingError', 'RangeError'],
    ],
    [
      'two decoders that share their state',
      broken.sharesState(),
      two,
      'decoder-state',
      ['A second decoder at the same time'],
    ],
    [
      'an error that is another one the second time',
      broken.errorChanges(),
      { bytes: 'a' },
      'decoder-state',
      ['A second decoder for the same bytes', 'Attempt 1', /≠ +Attempt 1 +Attempt \d/],
    ],
    [
      'an encoder that leaves something of what it refuses',
      broken.leavesBytesInSink,
      { ...two, refuses: [bin('x\ny')] },
      'encoder-refusal',
      [/left \d bytes in the sink/],
    ],
    [
      'an encoder that takes away what others wrote',
      broken.emptiesSink,
      { ...two, refuses: [bin('x\ny')] },
      'encoder-refusal',
      ['changed what was in the sink'],
    ],
    ['frames without end', broken.endless, { bytes: 'ab' }, 'endless', ['Frames without end']],
  ]
  it.each(cases)('%s', (_, codec, one, check, says) => {
    const error = failureOf(codec, one)
    for (const text of says) expect(error.message).toMatch(text)
    expect(error.check).toBe(check)
    expect(error.message).toContain('seed: 24301')
  })

  it('and the right one is not', () => {
    const report = verifyCodec(broken.good, [
      { ...two, frameEnds: [3, 6], refuses: [bin('x\ny')] },
      { bytes: '' },
      { bytes: 'a\nb' },
    ])
    expect(report.cases).toBe(3)
    expect(report.cuts).toBeGreaterThan(report.runs)
  })
})

describe('a failure can be read', () => {
  it('names the case, shows the cut, and what came beside what was expected', () => {
    const error = failureOf(broken.errorDependsOnCut, { name: 'far too long', bytes: 'abcdefg' })
    expect(error.message).toBe(
      [
        "case 0, 'far too long': What comes out depends on where the bytes are cut",
        '',
        'cut: abcd|efg   (found with: cut at 4)',
        '',
        '  whole                      cut',
        '  -----                      ---',
        '  error    ERR_FRAME_TOO_LONG   error    ERR_FRAME_TOO_LONG',
        '    Line too long                 Line too long',
        '≠   offset 7                      offset 4',
        '    frameIndex 0                  frameIndex 0',
        '    limit 3                       limit 3',
        '',
        'seed: 24301',
      ]
        .join('\n')
        .replace('  whole                      cut', '  whole                         cut')
        .replace('  -----                      ---', '  -----                         ---'),
    )
    expect(error).toMatchObject({
      name: 'CodecVerificationError',
      caseIndex: 0,
      caseName: 'far too long',
      cuts: [4],
      seed: 24301,
    })
  })

  it('shows bytes that are no text in hex', () => {
    const error = failureOf(() => broken.errorDependsOnCut, { bytes: Uint8Array.of(0, 1, 2, 0xff, 0xfe) })
    expect(error.message).toContain('cut: 00 01 02 ff|fe')
  })

  it('leaves out every cut that is not needed', () => {
    // Wrong only where a chunk of one byte lies in the middle: no two-way cut shows it.
    const codec = (): Lines => ({
      ...broken.good,
      decoder() {
        let before = 0
        const inner = broken.good.decoder()
        return {
          decode(bytes) {
            const grown = bytes.length - before
            before = bytes.length
            if (grown === 1 && bytes.length > 3 && bytes.indexOf(0x0a) < 0) throw new Error('grown by one')
            return inner.decode(bytes)
          },
        }
      },
    })
    const error = failureOf(codec, { bytes: 'abcdefghij\n' })
    expect(error.check).toBe('cuts')
    expect(error.cuts.length).toBeLessThanOrEqual(2)
  })

  it('says what of an expected error is not so', () => {
    const wrong = { code: 'ERR_FRAME_TOO_LONG', offset: 9 } as const
    const error = failureOf(() => delimiter('\n', { maxFrameLength: 2 }), { bytes: 'abcd', error: wrong })
    expect(error.message).toMatch(/≠ +offset 9 +offset 2/)
    expect(error.message).toMatch(/ {4}limit 2 +limit 2/)
  })
})
