/** docs/python-sockets.md: its TypeScript snippets are run, and every call has both languages and what differs. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

interface Section {
  readonly title: string
  readonly anchor: string
  readonly body: string
}

const page = readFileSync(new URL('../../docs/python-sockets.md', import.meta.url), 'utf8')
/** As deep in the repository as what scripts/check-docs.mjs compiles. */
const folder = new URL('../../build/python-sockets/ts/', import.meta.url)

const sections: Section[] = page
  .split(/^### /m)
  .slice(1)
  .map((part) => {
    const end = part.indexOf('\n')
    const title = part.slice(0, end)
    return { title, anchor: anchorOf(title), body: part.slice(end).split(/^## /m)[0]! }
  })

/** As GitHub makes it of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}

function fence(text: string, language: string): string | undefined {
  return new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(text)?.[1]
}

beforeAll(() => mkdirSync(folder, { recursive: true }))
afterAll(() => rmSync(folder, { recursive: true }))

test('the table has a line for every section, in their order, and no other', () => {
  const table = page.slice(0, page.indexOf('\n## '))
  const links = [...table.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor)
  expect(links).toEqual(sections.map(({ anchor }) => anchor))
  expect(links.length).toBeGreaterThan(30)
})

describe.each(sections)('$title', ({ title, anchor, body }) => {
  test('has a snippet in both languages, and says what differs', () => {
    expect(body, title).toMatch(/^Differs: [^]*\.$/m)
    expect(fence(body, 'python')).toBeDefined()
    expect(fence(body, 'ts')).toBeDefined()
  })

  test('its TypeScript snippet does what it says', async () => {
    const code = `${fence(page, 'ts prelude')}\n${fence(body, 'ts')}`
      .replaceAll(`'framewright/socket'`, `'../../../src/sockets/index.ts'`)
      .replaceAll(`'framewright'`, `'../../../src/index.ts'`)
    const file = new URL(`${anchor}.ts`, folder)
    writeFileSync(file, `${code}\nexport {}\n`)
    await import(file.href)
  })
})
