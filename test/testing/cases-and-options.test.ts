import { describe, expect, it } from 'vitest'

import type { Codec } from '../../src/codec/codec.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import { lines } from '../../src/codec/lines.ts'
import { CodecVerificationError, verifyCodec, type CodecCase } from '../../src/testing/index.ts'
import * as broken from './broken-codecs.ts'

type Lines = Codec<Uint8Array>

const two: CodecCase<Uint8Array> = { name: 'two lines', bytes: 'ab\ncd\n', frames: ['ab', 'cd'] }

describe('what a case and the options may say', () => {
  it('frames are compared by value, or as the caller says', () => {
    expect(() => verifyCodec(lines(), [{ bytes: 'A\n', frames: ['a'] }])).toThrow(CodecVerificationError)
    const equals = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
    verifyCodec(lines(), [{ bytes: 'A\n', frames: ['a'] }], { equals })
  })

  it('an error is compared by the facts that are given', () => {
    const bytes = 'ab\ncdef'
    const codec = (): Lines => delimiter('\n', { maxFrameLength: 3 })
    const facts = {
      name: 'FramingError',
      code: 'ERR_FRAME_TOO_LONG',
      offset: 6,
      frameIndex: 1,
      limit: 3,
      message: /longer/,
    } as const
    verifyCodec(codec, [{ bytes, frames: ['ab'], error: facts, errorAt: 7 }])
    expect(() => verifyCodec(codec, [{ bytes, error: { limit: 4 } }])).toThrow('This is not the error')
    expect(() => verifyCodec(codec, [{ bytes: 'ab\n', error: {} }])).toThrow('did not come')
    expect(() => verifyCodec(codec, [{ bytes, frames: ['ab'] }])).toThrow('An error came that the case does not know')
    expect(() => verifyCodec(codec, [{ bytes, errorAt: 6 }])).toThrow('the error came at 7, not at 6')
  })

  it('skip reports are part of what comes out', () => {
    let calls = 0
    const codec = (onSkip: (info: { offset: number; length: number; reason: 'sync' }) => void): Lines => ({
      ...broken.good,
      decoder() {
        const inner = broken.good.decoder()
        return {
          decode(bytes) {
            if (bytes.length === 1) onSkip({ offset: calls++, length: 1, reason: 'sync' })
            return inner.decode(bytes)
          },
        }
      },
    })
    expect(() => verifyCodec(codec as never, [{ bytes: 'ab\n' }])).toThrow(/skip {5}1 at \d+ \(sync\)/)
  })

  it('the seed and the number of random cuts', () => {
    const more = verifyCodec(lines(), [{ bytes: 'a\nb\n' }], { randomCuts: 100, seed: 7, linear: false })
    const none = verifyCodec(lines(), [{ bytes: 'a\nb\n' }], { randomCuts: 0, linear: false })
    expect(more.runs - none.runs).toBe(100)
    expect(() => verifyCodec(lines(), [{ bytes: 'a\n', frames: [] }], { seed: 7 })).toThrow('seed: 7')
  })

  it('long inputs are cut at so many places, spread evenly', () => {
    const bytes = 'x'.repeat(20_000)
    const report = verifyCodec(lines({ onTrailing: 'emit' }), [{ bytes }], {
      maxCuts: 10,
      randomCuts: 0,
      linear: false,
    })
    expect(report.runs).toBe(3 + 10 + 3)
  })

  it('an encoder is left alone where it is asked', () => {
    verifyCodec(broken.doesNotEscape, [{ ...two, encode: false }])
    verifyCodec(broken.doesNotEscape, [two], { encode: false })
    verifyCodec(broken.doesNotEscape, [two], { provoke: false })
    verifyCodec(broken.rescans, [two], { linear: false })
  })

  it.each([
    ['no cases', () => verifyCodec(lines(), []), 'at least one case'],
    ['an unknown option', () => verifyCodec(lines(), [{ bytes: '' }], { speed: 1 } as never), 'no option "speed"'],
    ['an unknown word in a case', () => verifyCodec(lines(), [{ bytes: '', frame: 1 } as never]), 'no option "frame"'],
    ['bytes that are none', () => verifyCodec(lines(), [{ bytes: 1 } as never]), 'Expected bytes'],
    ['a seed that is no number', () => verifyCodec(lines(), [{ bytes: '' }], { seed: 0.5 }), 'seed must be'],
  ])('%s: refused at once', (_, action, says) => {
    expect(action).toThrow(says)
  })
})
