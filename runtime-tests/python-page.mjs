// `node runtime-tests/python-page.mjs`: runs the Python snippets of docs/python-sockets.md, each in a process of its own and
// with the page's prelude before it. The TypeScript snippets beside them are run by test/docs/python-sockets.test.ts.
import { readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { root, run } from './process.mjs'

const page = 'docs/python-sockets.md'
const seconds = 20

if (spawnSync('python3', ['--version']).status !== 0) {
  console.log(`!! THERE IS NO python3: the Python snippets of ${page} were not run.`)
  const isWrong = Boolean(process.env['CI'])
  console.log(`\n0 passed, ${isWrong ? 1 : 0} failed`)
  process.exit(isWrong ? 1 : 0)
}

const content = readFileSync(root + page, 'utf8')
let prelude = ''
let passed = 0
let failed = 0
for (const { 1: isPrelude, 2: code = '', index } of content.matchAll(/^```python( prelude)?\n([^]*?)^```$/gm)) {
  if (isPrelude) {
    prelude = code
    continue
  }
  const before = content.slice(0, index)
  const title = /^### (.*)$(?![^]*^### )/m.exec(before)?.[1]
  const where = `${page}:${before.split('\n').length} ${title}`
  let output
  try {
    const result = await run('python3', ['-W', 'error::DeprecationWarning', '-c', `${prelude}\n${code}`], {
      signal: AbortSignal.timeout(seconds * 1_000),
    })
    output = result.code === 0 ? undefined : result.output || `It ended with ${result.code}`
  } catch (error) {
    output = error.message
  }
  console.log(`${output === undefined ? 'ok    ' : 'FAILED'} ${where}`)
  if (output === undefined) passed++
  else {
    failed++
    console.log(output.trimEnd().replace(/^/gm, '       '))
  }
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
