// A figure that is published must not depend on one process: some are slower than others from their start to their end.

import { afterEach, describe, expect, it } from 'vitest'

import { limits, share } from '../../bench/compare.ts'
import { Recorded, time } from '../../bench/judge.ts'
import { merge } from '../../bench/processes.ts'
import { publish } from '../../bench/published.ts'
import { judged, type Measurement, type Recording } from '../../bench/record.ts'

const work = { group: 'lines: for await', fixture: '64 B frames, 64 KiB chunks', frameBytes: 64 }
const row = (subject: string, kind: Measurement['kind'], ...rounds: number[]): Measurement => ({
  ...work,
  subject,
  kind,
  rounds: [rounds],
})
const recording = (measurements: Measurement[], more: Partial<Recording> = {}): Recording => ({
  measurements,
  memory: [],
  verdicts: [],
  ...more,
})

/** Two quiet processes, and between them one in which ours is a third slower all the time. */
const three = merge([
  recording([row('ours', 'ours', 100, 104, 96), row('theirs', 'peer', 200, 208, 192)]),
  recording([row('ours', 'ours', 133, 135, 131), row('theirs', 'peer', 200, 202, 198)]),
  recording([row('ours', 'ours', 98, 102), row('theirs', 'peer', 196, 204)]),
])
const recorded = new Recorded(three.measurements)

describe('what several processes have measured', () => {
  it('is put together row by row, the rounds of each process by themselves', () => {
    expect(three.measurements).toEqual([
      {
        ...row('ours', 'ours'),
        rounds: [
          [100, 104, 96],
          [133, 135, 131],
          [98, 102],
        ],
      },
      {
        ...row('theirs', 'peer'),
        rounds: [
          [200, 208, 192],
          [200, 202, 198],
          [196, 204],
        ],
      },
    ])
  })

  it("has as a row's time the median over the processes of the median of each, so that a slow one does not count", () => {
    expect(three.measurements.map(time)).toEqual([100, 200])
  })

  it('has as a ratio the median over the processes of the ratio in each, round by round', () => {
    expect(recorded.ratio(work.group, work.fixture, ['theirs'], 'ours')).toBe(2)
    expect(recorded.ratio(work.group, work.fixture, ['theirs', 'ours'], 'ours')).toBe(3)
  })

  it('has a ratio even where the machine changes its speed between rounds, and none where a row was not measured', () => {
    const uneven = new Recorded(
      merge([
        recording([row('ours', 'ours', 10, 1000, 20), row('theirs', 'peer', 30, 3000, 60)]),
        recording([row('ours', 'ours', 500, 5), row('theirs', 'peer', 1500, 15)]),
      ]).measurements,
    )
    expect(uneven.ratio(work.group, work.fixture, ['theirs'], 'ours')).toBe(3)
    expect(uneven.ratio(work.group, work.fixture, ['nobody'], 'ours')).toBeUndefined()
    expect(uneven.ratio(work.group, 'another fixture', ['theirs'], 'ours')).toBeUndefined()
  })

  it('is published with how many processes there were, and a spread that reaches the slow one', () => {
    const [comparison] = publish({ runtime: 'node 20.0.0', machine: '', date: '', ...three }).comparisons
    expect(comparison).toMatchObject({ rounds: 8, processes: 3 })
    const [own] = comparison!.rows
    expect(own).toEqual({ subject: 'ours', kind: 'ours', perFrame: 100, low: 99, high: 133 })
  })

  it('has the median of figures that the processes have found out themselves, and judges that', () => {
    const figure = (ratio: number): Recording => recording([], { verdicts: [judged('growth', ratio, 1.5, 'at most')] })
    expect(merge([figure(1), figure(9), figure(1.2)]).verdicts).toEqual([
      { what: 'growth', ratio: 1.2, target: 1.5, better: 'at most', met: true },
    ])
    expect(merge([figure(9), figure(9), figure(1)]).verdicts).toMatchObject([{ ratio: 9, met: false }])
  })

  it('has how long the reads of a socket were, and what the times are', () => {
    const reads = (readBytes: number): Recording =>
      recording([{ ...row('ours', 'ours', 1), readBytes, clock: 'processor' }])
    expect(merge([reads(20), reads(90), reads(30)]).measurements).toEqual([
      { ...row('ours', 'ours'), rounds: [[1], [1], [1]], readBytes: 30, clock: 'processor' },
    ])
  })
})

describe('verdicts', () => {
  const other = { ...work, fixture: '1 KiB frames, 64 KiB chunks' }
  const both = new Recorded([
    ...three.measurements,
    { ...other, subject: 'ours', kind: 'ours', rounds: [[10], [10], [40]] },
    { ...other, subject: 'theirs', kind: 'peer', rounds: [[9], [9], [400]] },
  ])

  it('on a peer are of the fixture where it does best, each the median over the processes', () => {
    const rows = [{ name: 'ours' }, { name: 'theirs', kind: 'peer' }, { name: 'left out', kind: 'peer' }] as const
    const what = 'lines: for await: ours against theirs, worst of all fixtures'
    expect(both.aheadOfPeers(work.group, rows)).toEqual([
      { what, ratio: 0.9, target: 1, better: 'at least', met: false },
    ])
  })

  it('on a loop by hand are not made', () => {
    expect(
      both.aheadOfPeers(work.group, [{ name: 'ours' }, { name: 'theirs', kind: 'peer', isUnjudged: true }]),
    ).toEqual([])
  })

  it('on a claim are there if both of its rows were measured', () => {
    const claim = { what: 'twice as fast', ...work, row: { name: 'ours' }, than: { name: 'theirs' }, atLeast: 2 }
    expect(both.verdicts([claim, { ...claim, than: { name: 'nobody' } }])).toEqual([
      { what: 'twice as fast', ratio: 2, target: 2, better: 'at least', met: true },
    ])
  })
})

describe('the rounds of a comparison', () => {
  afterEach(() => Object.assign(limits, { rounds: Infinity, processes: 1 }))

  it('are divided among the processes, at least one for each', () => {
    expect(share(9)).toBe(9)
    limits.processes = 3
    expect([share(9), share(3), share(7), share(1)]).toEqual([3, 1, 3, 1])
  })

  it('are as many as a first look takes', () => {
    limits.rounds = 2
    expect([share(9), share(1)]).toEqual([2, 1])
  })
})
