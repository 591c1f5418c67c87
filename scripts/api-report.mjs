// One report of the public types per entry, in etc/: a change of the API shows up in review, and only there.
// Fails when a report differs, when a public symbol has no doc comment, when a function or class has no @example,
// and when a public signature uses a type that no entry exports. `--accept` writes the reports anew.
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { mkdirSync, readdirSync } from 'node:fs'
import { entries, readJson, root } from './entries.mjs'

const accept = process.argv.includes('--accept')
const temp = `${root}build/api`
mkdirSync(temp, { recursive: true })
mkdirSync(`${root}etc`, { recursive: true })

const silent = { logLevel: ExtractorLogLevel.None }
/** @type {string[]} */
const problems = []
/** @type {Set<string>} */
const exported = new Set()
/** Types that a public signature uses and its own entry does not export. @type {Map<string, string>} */
const borrowed = new Map()

for (const entry of entries()) {
  const apiJson = `${temp}/${entry.report}.api.json`
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: `${root}package.json`,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: root + entry.types.slice(2),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: { extends: `${root}tsconfig.json`, include: [], files: [root + entry.types.slice(2)] },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${entry.report}.api.md`,
        reportFolder: `${root}etc`,
        reportTempFolder: temp,
      },
      docModel: { enabled: true, apiJsonFilePath: apiJson },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { 'ae-missing-release-tag': silent, 'ae-undocumented': silent },
        tsdocMessageReporting: { default: silent },
      },
    },
  })
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: accept,
    printApiReportDiff: !accept,
    messageCallback(message) {
      if (message.messageId === 'ae-forgotten-export') {
        const type = /"(.+?)"/.exec(message.text)?.[1] ?? message.text
        borrowed.set(type, `${entry.subpath}: ${type} is used by a public signature and no entry exports it`)
      }
      const isReport = message.messageId === 'console-api-report-diff'
      if (!isReport && message.logLevel !== ExtractorLogLevel.Error) message.handled = true
    },
  })
  if (apiReportChanged && !accept)
    problems.push(`etc/${entry.report}.api.md differs: npm run api:accept, and review the change`)
  const model = readJson(apiJson.slice(root.length))
  undocumented(entry.subpath, model.members[0].members)
}

for (const [type, problem] of borrowed) if (!exported.has(type)) problems.push(problem)
const reports = new Set(entries().map(({ report }) => `${report}.api.md`))
for (const file of readdirSync(`${root}etc`)) {
  if (file.endsWith('.api.md') && !reports.has(file)) problems.push(`etc/${file} belongs to no entry: delete it`)
}

for (const problem of problems) console.error(problem)
console.log(`${entries().length} entries, ${exported.size} symbols, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

/**
 * @param {string} subpath
 * @param {any[]} symbols of one entry, in api-extractor's doc model
 */
function undocumented(subpath, symbols) {
  const names = new Set(symbols.map(({ name }) => name))
  for (const name of names) {
    // The overloads of one function count as one symbol: one of them has the comment.
    const overloads = symbols.filter((symbol) => symbol.name === name)
    const comment = overloads.map(({ docComment }) => docComment).join('')
    exported.add(name)
    if (comment === '') problems.push(`${subpath}: ${name} has no doc comment`)
    const wantsExample = overloads.some(({ kind }) => kind === 'Function' || kind === 'Class')
    if (wantsExample && !comment.includes('@example')) problems.push(`${subpath}: ${name} has no @example`)
    const members = overloads.flatMap((symbol) => symbol.members ?? [])
    for (const member of new Set(members.map((m) => m.name))) {
      if (member === undefined || member.startsWith('[Symbol.')) continue // constructors, and what the language documents
      const own = members.filter((m) => m.name === member)
      if (own.every(({ docComment }) => docComment === ''))
        problems.push(`${subpath}: ${name}.${member} has no doc comment`)
    }
  }
}
