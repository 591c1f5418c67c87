/** The table of framing rules in README and docs/framings.md: every word of it is tried. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as framewright from '../../src/index.ts'
import type { Codec } from '../../src/index.ts'

const page = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

interface Row {
  readonly rule: string
  readonly onTooLong: string
  readonly onTrailing: string
  readonly onMalformed: string
  readonly copy: string
  readonly pieces: string
}

/** The table's lines, as they stand. */
function tableOf(text: string): string[] {
  const lines = text.split('\n')
  const head = lines.findIndex((line) => line.startsWith('| rule | on the wire'))
  return lines.slice(head, head + lines.slice(head).findIndex((line) => !line.startsWith('|')))
}

const table = tableOf(page('README.md'))
const rows: Row[] = table.slice(2).map((line) => {
  const [, rule, , , onTooLong, onTrailing, onMalformed, copy, pieces] = line.split('|').map((cell) => cell.trim())
  return {
    rule: rule!.replaceAll('`', ''),
    onTooLong: onTooLong!,
    onTrailing: onTrailing!,
    onMalformed: onMalformed!,
    copy: copy!,
    pieces: pieces!,
  }
})

/** What each rule cannot do without; for `lengthPrefixed` the marker that `onMalformed: 'skip'` goes with. */
const makers: Record<string, (options: object) => Codec<unknown, never>> = {
  delimiter: (options) => framewright.delimiter('\n', options),
  lines: (options) => framewright.lines(options),
  startEnd: (options) => framewright.startEnd({ start: '<', end: '>', ...options }),
  fixedLength: (options) => framewright.fixedLength(4, options),
  lengthPrefixed: (options) => framewright.lengthPrefixed({ sync: 'M', ...options }),
  varintPrefixed: (options) => framewright.varintPrefixed(options),
  headerPrefixed: (options) =>
    framewright.headerPrefixed({ headerLength: 1, frameLength: (head) => head[0]!, ...options }),
  netstring: (options) => framewright.netstring(options),
  octetCounted: (options) => framewright.octetCounted(options),
  contentLength: (options) => framewright.contentLength(options),
  jsonSequence: (options) => framewright.jsonSequence(options),
  cobs: (options) => framewright.cobs(options),
  slip: (options) => framewright.slip(options),
}

/** The words of a policy that the rule takes. */
function taken(rule: string, option: string, words: readonly unknown[]): unknown[] {
  return words.filter((word) => {
    try {
      makers[rule]!({ [option]: word })
      return true
    } catch {
      return false
    }
  })
}

const wordsIn = (cell: string): string[] =>
  cell === '–'
    ? []
    : cell
        .replace(/\(.*\)/, '')
        .trim()
        .split(' ')

test('octetCounted has pieces only without autoDetect, as its row says', () => {
  const detecting = framewright.octetCounted({ autoDetect: true })
  expect(() => framewright.pieces(detecting as never)).toThrow(TypeError)
})

test('README and docs/framings.md have the same table', () => {
  expect(tableOf(page('docs/framings.md'))).toEqual(table)
})

test('the table has every rule: all that has a framer and an encoder of its own name', () => {
  const named = Object.keys(framewright)
    .filter((name) => name.endsWith('Framer'))
    .map((name) => name.slice(0, -'Framer'.length))
  expect(rows.map(({ rule }) => rule).sort()).toEqual([...named].sort())
  const exports = framewright as unknown as Record<string, unknown>
  for (const name of named) {
    expect(exports[name], name).toBeTypeOf('function')
    expect(exports[`${name}Encoder`], name).toBeTypeOf('function')
  }
})

describe.each(rows)('the row of $rule', (row) => {
  const { rule } = row

  test('says which words each policy takes', () => {
    const tooLong = ['error', 'skip', 'split', 'truncate']
    expect(taken(rule, 'onTooLong', tooLong)).toEqual(wordsIn(row.onTooLong))
    expect(taken(rule, 'onTrailing', ['error', 'emit', 'drop'])).toEqual(wordsIn(row.onTrailing))
    // 'error' where nothing else is offered is no policy.
    const malformed = taken(rule, 'onMalformed', ['error', 'skip'])
    expect(malformed).toEqual(wordsIn(row.onMalformed))
    expect(taken(rule, 'copy', ['auto', 'always', 'never'])).toHaveLength(row.copy === 'yes' ? 3 : 0)
    expect(taken(rule, 'onSkip', [() => {}])).toHaveLength(1)
  })

  test('says whether its frames can be read in pieces', () => {
    const codec = makers[rule]!({}) as never
    if (row.pieces.startsWith('yes')) expect(() => framewright.pieces(codec).decoder()).not.toThrow()
    else expect(() => framewright.pieces(codec)).toThrow(TypeError)
  })
})
