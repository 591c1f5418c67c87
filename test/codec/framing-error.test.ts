import { describe, expect, it } from 'vitest'

import { FramingError, numberFrame } from '../../src/codec/framing-error.ts'
import { bin } from '../support/bytes.ts'

describe('FramingError', () => {
  it('is an Error with a name, a code and a message', () => {
    const error = new FramingError('ERR_FRAME_MALFORMED', 'not so')
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe('FramingError: not so')
    expect(error.code).toBe('ERR_FRAME_MALFORMED')
    expect(error.stack).toContain('framing-error.test.ts')
  })

  it('has the facts that were given, and undefined for the others', () => {
    const facts = { offset: 1, frameIndex: 2, limit: 3, length: 4, partial: bin('a') }
    expect(new FramingError('ERR_FRAME_TOO_LONG', '', facts)).toMatchObject(facts)
    const { offset, frameIndex, limit, length, partial } = new FramingError('ERR_FRAME_TOO_LONG', '')
    expect([offset, frameIndex, limit, length, partial]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('has a cause where one was given, even if that was undefined, and else none', () => {
    const cause = new Error('before')
    expect(new FramingError('ERR_FRAME_MALFORMED', '', { cause }).cause).toBe(cause)
    expect('cause' in new FramingError('ERR_FRAME_MALFORMED', '', { cause: undefined })).toBe(true)
    expect('cause' in new FramingError('ERR_FRAME_MALFORMED', '', {})).toBe(false)
  })
})

describe('numberFrame', () => {
  it('fills in the number of the frame, once', () => {
    const error = new FramingError('ERR_FRAME_MALFORMED', '')
    numberFrame(error, 0)
    numberFrame(error, 7)
    expect(error.frameIndex).toBe(0)
    const known = new FramingError('ERR_FRAME_MALFORMED', '', { frameIndex: 3 })
    numberFrame(known, 7)
    expect(known.frameIndex).toBe(3)
  })

  it('leaves other errors alone', () => {
    const error = new Error('other')
    numberFrame(error, 1)
    numberFrame(undefined, 1)
    expect(Object.keys(error)).toEqual([])
  })
})
