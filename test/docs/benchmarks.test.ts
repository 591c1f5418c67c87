/** The report on speed: what stands in the pages, the chart and README is what was measured. */

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { publish, publishedName, readPublished, rounded, stringify, type Published } from '../../bench/published.ts'
import type { Measurement } from '../../bench/record.ts'
import { chart } from '../../bench/report-chart.ts'
import { overview, runtimePage } from '../../bench/report-pages.ts'
import { report } from '../../bench/report.ts'

const root = new URL('../../', import.meta.url)
const page = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const all = readPublished(new URL('docs/bench/', root))

describe('what is published', () => {
  test('is there: results of a runtime at least, with comparisons and targets', () => {
    expect(all.length).toBeGreaterThan(0)
    for (const { comparisons, verdicts } of all) {
      expect(comparisons.length).toBeGreaterThan(0)
      expect(verdicts.length).toBeGreaterThan(0)
    }
  })

  test('is exactly what the report makes of docs/bench/*.json: pages, charts and the section of README', () => {
    for (const [path, content] of report(all, page('README.md'))) expect(page(path), path).toBe(content)
  })

  test('has a page for each file of results and no other', () => {
    const expected = all.flatMap((one) => [`${publishedName(one)}.json`, `${publishedName(one)}.md`])
    expect(readdirSync(new URL('docs/bench/', root)).sort()).toEqual(expected.sort())
  })

  test('has numbers of four significant digits, and its files are as publishing writes them', () => {
    for (const one of all) {
      expect(page(`docs/bench/${publishedName(one)}.json`)).toBe(stringify(one))
      for (const { rows } of one.comparisons)
        for (const { perFrame, low, high } of rows)
          for (const number of [perFrame, low, high]) expect(number).toBe(rounded(number))
    }
  })

  test('says met of a target exactly where its figure meets it', () => {
    for (const { verdicts } of all) {
      for (const { ratio, target, better, met } of verdicts) {
        // Rounding moves a figure by less than that.
        if (Math.abs(ratio - target) < target * 1e-3) continue
        expect(met).toBe(better === 'at least' ? ratio > target : ratio < target)
      }
    }
  })

  test('README has no other figure of speed than those of its section', () => {
    const outside = page('README.md').replace(/<!-- speed:[^]*<!-- \/speed -->/, '')
    expect(outside).not.toMatch(
      /\d\s*(?:[kMG]\s*)?(?:frames|messages)?(?:\/s\b| a second| per second)|\d\s*ns\b|[\d.]+ times (?:as fast|faster)/,
    )
  })
})

describe('the report', () => {
  const row = (
    subject: string,
    kind: Measurement['kind'],
    time: number,
    group = "delimiter '\\n': for await",
    frameBytes = 64,
  ): Measurement => ({
    group,
    fixture: '64 B frames, 64 KiB chunks',
    subject,
    kind,
    frameBytes,
    rounds: [[time * 1.1, time, time * 0.9]],
  })
  const made: Published = publish({
    runtime: 'node 20.0.0',
    machine: 'a machine',
    date: '2026-01-02',
    measurements: [
      row('ours, batch', 'ours', 90),
      row('ours, natural', 'ours', 200),
      row('other <1>', 'peer', 100),
      row('slow', 'peer', 800),
      row('the least', 'floor', 50),
      row('bare FrameParser loop', 'ours', 80, "delimiter '\\n': parser loop"),
      row('another language', 'compiled', 40, "compiled: delimiter '\\n'"),
      row('new Thing()', 'floor', 500, 'things: made', 0),
      row('new FrameParser', 'ours', 1000, 'things: made', 0),
    ],
    memory: [
      { group: 'idle', count: 7, subject: 'raw', kind: 'floor', rss: 5000, heap: 2000 },
      { group: 'idle', count: 7, subject: 'framed', kind: 'ours', rss: 6000, heap: 5214.7 },
    ],
    verdicts: [
      { what: 'missed by little', ratio: 0.74999, target: 0.75, better: 'at least', met: false },
      { what: 'held', ratio: 1.23111, target: 1, better: 'at least', met: true },
    ],
  })

  test('keeps the median and the middle half of the rounds', () => {
    const [, own] = made.comparisons[0]!.rows
    expect(own).toEqual({ subject: 'ours, natural', kind: 'ours', perFrame: 200, low: 190, high: 210 })
    expect(made.comparisons[0]).toMatchObject({ rounds: 3, processes: 1 })
  })

  test('says MISS where a target is missed, and counts it', () => {
    const text = overview([made])
    expect(text).toContain('| missed by little | at least 0.75 | **0.75 MISS** |')
    expect(text).toContain('| held | at least 1 | 1.23 |')
    expect(text).toContain('1 of 2 targets are met.')
  })

  test('says where another way is ahead of ours in its natural form', () => {
    expect(overview([made])).toContain('| 64 B frames, 64 KiB chunks | 5 M/s; **0.50 × other <1>** |')
  })

  test('shows the fastest row of a group that has none of ours', () => {
    expect(overview([made])).toContain('| 64 B frames, 64 KiB chunks | 25 M/s, another language |')
  })

  test('has frames a second, MB a second, and ratios to the bare loop of the same rule and to ours', () => {
    expect(runtimePage(made)).toContain('|  | other <1> | peer | 10 M | 640 | 0.80 | 2.00 | 5 % |')
  })

  test('counts what the name of a group begins with where it is not frames, and has no bytes of it', () => {
    const text = runtimePage(made)
    expect(text).toContain('|  | row | kind | things/s | of ours | ± |')
    expect(text).toContain('|  | **new FrameParser** | ours | 1 M | 1.00 | 5 % |')
    expect(overview([made])).toContain('| 64 B frames, 64 KiB chunks | 1 M/s; 0.50 × new Thing() |')
  })

  test('has what an idle connection holds beside raw node:net, where it was measured', () => {
    expect(runtimePage(made)).toContain('|  | **framed** | ours | 6 kB, 1.20 | 5.21 kB, 2.61 |')
    const text = overview([made, { ...made, runtime: 'bun 1.0.0', memory: [] }])
    expect(text).toContain('| framed | RSS 6 kB, 1.20; heap 5.21 kB, 2.61 |')
    expect(overview([{ ...made, memory: [] }])).not.toContain('idle connection holds')
  })

  test('says how a comparison was measured', () => {
    expect(runtimePage(made)).toContain('| 64 B frames, 64 KiB chunks; 3 rounds in 1 process | **ours, batch** |')
    const [first] = made.comparisons
    const dripped = {
      ...made,
      comparisons: [{ ...first!, processes: 3, readBytes: 21.46, clock: 'processor' as const }],
    }
    expect(runtimePage(dripped)).toContain('; 3 rounds in 3 processes; reads of 21.5 B; on processors |')
  })

  test('draws bars as long as the rows are fast, compiled programs among them and no floor', () => {
    const svg = chart([made])
    const widths = [...svg.matchAll(/class="(ours|peer|compiled)" x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="10"/g)]
    expect(widths.map(([, kind]) => kind)).toEqual(['compiled', 'ours', 'peer', 'ours', 'peer'])
    const [compiled, , peer, own, slow] = widths.map(([, , width]) => Number(width)) as [
      number,
      number,
      number,
      number,
      number,
    ]
    expect(compiled / peer).toBeCloseTo(100 / 40, 1)
    expect(peer / own).toBeCloseTo(2, 1)
    expect(own / slow).toBeCloseTo(4, 1)
    expect(svg).not.toContain('the least')
    expect(svg).toContain('node 20.0.0 · 2026-01-02 · a machine')
  })

  test('draws a chart that is well-formed whatever a row is called', () => {
    const svg = chart([made])
    expect(svg).toContain('other &lt;1&gt;')
    expect(svg.match(/<text/g)!.length).toBe(svg.match(/<\/text>/g)!.length)
  })

  test('takes the newest Node for the chart of one runtime', () => {
    const names = ['node 20.0.0', 'node 100.1.0', 'deno 2.0.0']
    const svg = chart(names.map((runtime) => ({ ...made, runtime })))
    expect(svg).toContain('node 100.1.0 ·')
  })
})
