// No file of the project may name one machine's folders or the host that packages happened to come from.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { root } from './entries.mjs'

// Single characters stand in brackets so that this file does not find itself.
const forbidden =
  /(?<![\w.~-])[/](?:work|root|tmp[/]bash_jobs)[/]|registry[.](?:npmjs|npmmirror|yarnpkg)|npmjs[.](?:org|com)|deb[.]debian[.]org|npm[.]jsr[.]io|"resolved"[:]/

const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
const files = list.split('\0').filter((file) => file !== '' && existsSync(root + file))
let found = 0
for (const file of files) {
  const content = readFileSync(root + file, 'utf8')
  if (content.includes('\0')) continue // not text
  for (const [index, line] of content.split('\n').entries()) {
    const match = forbidden.exec(line)
    if (match === null) continue
    found++
    console.error(`${file}:${index + 1}: ${match[0]}`)
  }
}
console.log(`${files.length} files, ${found} found`)
process.exitCode = found > 0 ? 1 : 0
