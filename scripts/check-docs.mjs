// The examples are true: every ```ts fence in the doc comments of src/, in README.md and in docs/ is type-checked and run.
// A fence marked ```ts no-run is type-checked only; one marked ```ts prelude goes before each later one of its file. They
// run in the folder of the repository.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { root } from './entries.mjs'

const TIMEOUT = 30_000
const temp = `${root}build/docs`

/**
 * One fence, and the file that it is written to.
 * @typedef {object} Example
 * @property {string} file where it stands
 * @property {number} line of its opening fence
 * @property {string} id its name in build/docs, without an extension
 * @property {string} code
 * @property {number} before lines of the prelude in it
 * @property {boolean} run
 */

/** @type {Map<string, string[]>} what went wrong, by 'file:line' of the fence */
const failures = new Map()
const examples = sources().flatMap((file) => fences(file, readFileSync(root + file, 'utf8')))

rmSync(temp, { recursive: true, force: true })
mkdirSync(temp, { recursive: true })
for (const { id, code } of examples) writeFileSync(`${temp}/${id}.ts`, code)
if (examples.length > 0) typeCheck()
const runnable = examples.filter((example) => example.run && !failures.has(at(example)))
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work))

for (const [where, what] of failures) console.error(`${where}\n${what.join('\n').replace(/^/gm, '    ')}`)
const passed = examples.length - failures.size
mkdirSync(`${root}build/reports`, { recursive: true })
writeFileSync(`${root}build/reports/docs.json`, JSON.stringify({ passed, failed: failures.size }))
console.log(`${examples.length} examples, ${failures.size} failed`)
process.exitCode = failures.size > 0 || examples.length === 0 ? 1 : 0

/** Every file that may hold an example, relative to the repository. */
function sources() {
  return ['README.md', ...filesIn('docs', '.md'), ...filesIn('src', '.ts')].filter((file) => existsSync(root + file))
}

/**
 * @param {string} folder
 * @param {string} extension
 */
function filesIn(folder, extension) {
  if (!existsSync(root + folder)) return []
  const files = readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith(extension)).map((file) => `${folder}/${file}`)
}

/**
 * @param {string} file
 * @param {string} content
 * @returns {Example[]}
 */
function fences(file, content) {
  // In a doc comment every line starts with ` * `, in Markdown a fence may be indented under a list item.
  const prefix = file.endsWith('.ts') ? '[ \\t]*\\*[ \\t]?' : '[ \\t]*'
  const fence = new RegExp(`^${prefix}\`\`\`ts([^\\S\\n][^\\n]*)?\\n([^]*?)^${prefix}\`\`\`[ \\t]*$`, 'gm')
  let prelude = ''
  return [...content.matchAll(fence)].flatMap((match) => {
    const line = content.slice(0, match.index).split('\n').length
    const code = (match[2] ?? '').replace(new RegExp(`^${prefix}`, 'gm'), '').replaceAll('*\\/', '*/')
    if (/\bprelude\b/.test(match[1] ?? '')) {
      prelude = code
      return []
    }
    const id = `${file.replace(/\.(ts|md)$/, '').replaceAll('/', '.')}.${line}`
    const before = prelude.split('\n').length - 1
    return { file, line, id, code: prelude + code, before, run: !/\bno-run\b/.test(match[1] ?? '') }
  })
}

/** @param {Example} example */
function at({ file, line }) {
  return `${file}:${line}`
}

/**
 * @param {Example} example
 * @param {string} problem
 */
function fail(example, problem) {
  failures.set(at(example), [...(failures.get(at(example)) ?? []), problem])
}

/** All examples in one compilation, with the package's own settings; the output goes to build/docs/js. */
function typeCheck() {
  const compilerOptions = { noEmit: false, rootDir: '.', outDir: 'js' }
  writeFileSync(
    `${temp}/tsconfig.json`,
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }),
  )
  const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', temp, '--pretty', 'false'], {
    cwd: temp,
    encoding: 'utf8',
  })
  let known = 0
  for (const [, id, line, problem] of tsc.stdout.matchAll(/^(.+?)\.ts\((\d+),\d+\): (error .*(?:\n .*)*)/gm)) {
    const example = examples.find((candidate) => candidate.id === id)
    if (example === undefined) continue
    known++
    fail(example, `${example.file}:${example.line + Number(line) - example.before}: ${problem}`)
  }
  if (tsc.status !== 0 && known === 0) throw new Error(`tsc failed\n${tsc.stdout}${tsc.stderr}`)
}

/** Takes one example after the other, each in a process of its own. */
async function work() {
  for (let example = runnable.shift(); example !== undefined; example = runnable.shift()) {
    const { id } = example
    /** @type {string} */
    const problem = await new Promise((resolve) => {
      execFile(
        process.execPath,
        [`${temp}/js/${id}.js`],
        { cwd: root, timeout: TIMEOUT, killSignal: 'SIGKILL' },
        (error, _, stderr) => {
          if (error === null) resolve('')
          else resolve(error.killed ? `did not end within ${TIMEOUT} ms` : stderr.trim() || error.message)
        },
      )
    })
    if (problem !== '') fail(example, problem)
  }
}
