// The program that Bun runs: `bun run bun.mjs <files>`.
import { root } from '../process.mjs'
import { reportLine } from './report-line.mjs'
import { runTests } from './run-tests.mjs'
import * as vitest from './vitest.mjs'

Bun.plugin({ name: 'vitest', setup: (build) => build.module('vitest', () => ({ exports: vitest, loader: 'object' })) })

const files = process.argv.slice(2).map((file) => [file, () => import(root + file)])
console.log(reportLine(await runTests(Object.fromEntries(files))))
process.exit()
