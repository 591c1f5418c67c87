/** The line of frames that wait for a loop. */

import { describe, expect, test } from 'vitest'
import { FramesAhead } from '../../src/node/frames-ahead.ts'

describe('FramesAhead', () => {
  test('gives what came one by one and as a batch, in its order', () => {
    const ahead = new FramesAhead<number>()
    expect([ahead.length, ahead.shift()]).toEqual([0, undefined])
    ahead.push(1)
    ahead.push(2)
    expect([ahead.length, ahead.shift(), ahead.length]).toEqual([2, 1, 1])
    ahead.push(3)
    expect([ahead.shift(), ahead.shift(), ahead.shift(), ahead.length]).toEqual([2, 3, undefined, 0])
    ahead.adopt([4, 5])
    ahead.push(6)
    expect([ahead.length, ahead.shift(), ahead.shift(), ahead.shift(), ahead.shift()]).toEqual([3, 4, 5, 6, undefined])
  })

  test('gives frames that are empty, zero and false', () => {
    const ahead = new FramesAhead<unknown>()
    for (const frame of ['', 0, false]) ahead.push(frame)
    expect([ahead.shift(), ahead.shift(), ahead.shift(), ahead.length]).toEqual(['', 0, false, 0])
  })

  test('holds no more places than it needs, however long one comes for each that leaves', () => {
    const ahead = new FramesAhead<number>()
    const batch = [0, 1, 2]
    ahead.adopt(batch)
    let most = 0
    for (let i = 3; i < 10_000; i++) {
      ahead.push(i)
      expect(ahead.shift()).toBe(i - 3)
      most = Math.max(most, batch.length)
    }
    expect([ahead.length, most < 100]).toEqual([3, true])
  })

  test('lets go of what has left, and of all when it is cleared', () => {
    const ahead = new FramesAhead<object>()
    const batch = [{}, {}]
    ahead.adopt(batch)
    ahead.shift()
    expect(batch).toEqual([undefined, {}])
    ahead.clear()
    expect([ahead.length, ahead.shift()]).toEqual([0, undefined])
  })
})
