import { describe, expect, it } from 'vitest'

import type { Codec, Decoder } from '../../src/codec/codec.ts'
import { delimiter } from '../../src/codec/delimiter.ts'
import { encodeFrames, FrameParser } from '../../src/codec/frame-parser.ts'
import { FramingError } from '../../src/codec/framing-error.ts'
import { lengthPrefixed } from '../../src/codec/length-prefixed.ts'
import { lines } from '../../src/codec/lines.ts'
import { bin, framingError, unbin } from '../support/bytes.ts'

/** A codec of somebody's own: nothing but a decoder. */
function own<Frame>(decoder: () => Decoder<Frame>): Codec<Frame> {
  return {
    decoder,
    encoder: () => ({
      encode: () => {
        throw new FramingError('ERR_FRAME_UNENCODABLE', 'read only')
      },
    }),
  }
}

const pairs = own(() => ({ decode: (bytes) => (bytes.length < 2 ? undefined : unbin(bytes.take(2))) }))

describe('FrameParser', () => {
  it('yields the frames that are whole, and goes on with the next chunk', () => {
    const parser = new FrameParser(lines())
    expect([...parser.push(bin('one\ntw'))]).toEqual(['one'])
    expect([...parser.push(bin(''))]).toEqual([])
    expect([...parser.push(bin('o\nthree\nfour'))]).toEqual(['two', 'three'])
    expect([...parser.end()]).toEqual(['four'])
    expect([...parser.end()]).toEqual([])
  })

  it('decodes nothing that nobody asks for', () => {
    let decoded = 0
    const parser = new FrameParser(
      own(() => ({
        decode(bytes) {
          if (bytes.length === 0) return undefined
          decoded++
          return bytes.take(1)
        },
      })),
    )
    const frames = parser.push(new Uint8Array(1_000_000))
    expect(decoded).toBe(0)
    frames.next()
    frames.next()
    expect(decoded).toBe(2)
    expect(parser.pending).toBe(999_998)
  })

  it('loses nothing if a loop is left early, or if frames are not taken before the next chunk', () => {
    const parser = new FrameParser(lines())
    for (const line of parser.push(bin('a\nb\nc\n'))) {
      expect(line).toBe('a')
      break
    }
    expect(parser.take()).toBe('b')
    parser.push(bin('d\n'))
    expect([...parser.push(bin('e'))]).toEqual(['c', 'd'])
    parser.push(bin('\nf'))
    expect([...parser.end()]).toEqual(['e', 'f'])
  })

  it('delivers the good frames before an error, and after it the same error for ever', () => {
    const parser = new FrameParser(delimiter('#', { maxFrameLength: 2 }))
    const frames = parser.push(bin('a#bb#ccc#d#'))
    expect([frames.next().value, frames.next().value]).toEqual([bin('a'), bin('bb')])
    const error = framingError('ERR_FRAME_TOO_LONG', () => frames.next())
    expect(error.frameIndex).toBe(2)
    for (const again of [
      () => parser.take(),
      () => [...parser.push(bin('e#'))],
      () => [...parser.end()],
      () => parser.takeMany(5),
    ]) {
      expect(again).toThrow(error)
    }
    expect([parser.done, parser.stats.frames]).toEqual([true, 2])
  })

  it('makes an error of any kind final', () => {
    let calls = 0
    const parser = new FrameParser(
      own(() => ({
        decode() {
          calls++
          throw new RangeError('broken codec')
        },
      })),
    )
    parser.push(bin('a'))
    expect(() => parser.take()).toThrow('broken codec')
    expect(() => parser.take()).toThrow('broken codec')
    expect(calls).toBe(1)
  })

  it('calls a decoder without end cut off where bytes are left, and done where none are', () => {
    const cut = new FrameParser(pairs)
    expect([...cut.push(bin('abc'))]).toEqual(['ab'])
    expect(framingError('ERR_FRAME_TRUNCATED', () => [...cut.end()])).toMatchObject({
      offset: 3,
      frameIndex: 1,
      partial: bin('c'),
    })
    const clean = new FrameParser(pairs)
    expect([...clean.push(bin('ab')), ...clean.end()]).toEqual(['ab'])
    expect([clean.done, clean.ended, clean.finished]).toEqual([true, true, false])
  })

  it('asks the end of a decoder again until it has no more', () => {
    const parser = new FrameParser(
      own(() => ({
        decode: () => undefined,
        end: (bytes) => (bytes.length > 0 ? unbin(bytes.take(1)) : undefined),
      })),
    )
    expect([...parser.push(bin('abc'))]).toEqual([])
    expect([...parser.end()]).toEqual(['a', 'b', 'c'])
  })

  it('stops where the decoder has finished, and leaves what follows as it is', () => {
    const first = own(() => {
      let finished = false
      return {
        get finished() {
          return finished
        },
        decode(bytes) {
          if (finished) throw new Error('a finished decoder was asked again')
          if (bytes.length < 2) return undefined
          finished = true
          return unbin(bytes.take(2))
        },
      }
    })
    const parser = new FrameParser(first)
    expect([...parser.push(bin('abcd'))]).toEqual(['ab'])
    expect([parser.finished, parser.done, parser.pending]).toEqual([true, true, 2])
    expect(parser.rest()).toEqual(bin('cd'))
    parser.push(bin('e'))
    expect([...parser.end()]).toEqual([])
    expect(parser.rest()).toEqual(bin('e'))
  })

  it('does not ask a decoder again that finished with the end of the input', () => {
    const parser = new FrameParser(
      own(() => {
        const decoder = {
          finished: false,
          decode() {
            if (decoder.finished) throw new Error('a finished decoder was asked again')
            return undefined
          },
          end() {
            decoder.finished = true
            return 'last'
          },
        }
        return decoder
      }),
    )
    parser.push(bin('raw'))
    expect([...parser.end()]).toEqual(['last'])
    expect(parser.rest()).toEqual(bin('raw'))
  })

  it('takes many frames at once, and no more than asked for', () => {
    const parser = new FrameParser(lines())
    parser.push(bin('a\nb\nc\nd'))
    expect(parser.takeMany(3, 'before')).toEqual(['before', 'a', 'b'])
    expect(parser.takeMany(10)).toEqual(['c'])
    expect(parser.stats.frames).toBe(3)
    expect(parser.takeMany(10)).toEqual([])
    parser.end()
    expect(parser.takeMany(10)).toEqual(['d'])
    expect(parser.stats.frames).toBe(4)
  })

  it('gives the good frames before an error, and the error when asked again', () => {
    const parser = new FrameParser(delimiter('#', { maxFrameLength: 2 }))
    parser.push(bin('a#bb#ccc#'))
    expect(parser.takeMany(10).map(unbin)).toEqual(['a', 'bb'])
    for (let i = 0; i < 2; i++) {
      expect(framingError('ERR_FRAME_TOO_LONG', () => parser.takeMany(10)).frameIndex).toBe(2)
    }
  })

  it('counts bytes in, frames, bytes skipped and bytes pending', () => {
    const parser = new FrameParser(delimiter('#', { maxFrameLength: 2, onTooLong: 'skip' }))
    expect([...parser.push(bin('a#bbb#cc#d'))].length).toBe(2)
    expect(parser.stats).toEqual({ bytesIn: 10, frames: 2, skipped: 3, pending: 1 })
    expect(new FrameParser(pairs).stats).toEqual({ bytesIn: 0, frames: 0, skipped: 0, pending: 0 })
  })

  it('refuses chunks after the end, and what is no bytes', () => {
    const parser = new FrameParser(lines())
    expect(() => parser.push('abc' as never)).toThrow(/^Expected bytes/)
    parser.end()
    expect(() => parser.push(bin('a'))).toThrow(
      new TypeError('push() after end(): a parser serves one stream of bytes'),
    )
  })

  it('keeps the streams of one codec apart', () => {
    const codec = lines({ newline: 'any' })
    const [one, two] = [new FrameParser(codec), new FrameParser(codec)]
    expect([...one.push(bin('a\r'))]).toEqual(['a'])
    expect([...two.push(bin('\n'))]).toEqual([''])
    expect([...one.push(bin('\nb\n'))]).toEqual(['b'])
  })
})

describe('encodeFrames', () => {
  it('gives the bytes of all frames, from any iterable', () => {
    expect(unbin(encodeFrames(lines(), new Set(['one', 'two'])))).toBe('one\ntwo\n')
    expect(encodeFrames(lines(), []).length).toBe(0)
  })

  it('writes what the encoder puts at the end', () => {
    const codec: Codec<never, string> = {
      decoder: () => ({ decode: () => undefined }),
      encoder: () => ({ encode: (frame, out) => out.text(frame), end: (out) => out.text('.') }),
    }
    expect(unbin(encodeFrames(codec, ['a', 'b']))).toBe('ab.')
  })

  it('says which frame was refused', () => {
    const codec = lengthPrefixed({ maxFrameLength: 1 })
    expect(framingError('ERR_FRAME_TOO_LONG', () => encodeFrames(codec, [bin('a'), bin('bb')])).frameIndex).toBe(1)
  })
})
