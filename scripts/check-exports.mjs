// package.json and jsr.json must offer the same entries, at the same version, and each must come from a file in src/.
import { existsSync } from 'node:fs'
import { entries, readJson, root, sourceOf } from './entries.mjs'

const npm = readJson('package.json')
const jsr = readJson('jsr.json')
/** @type {string[]} */
const problems = []

/**
 * @param {unknown} condition
 * @param {string} problem
 */
const need = (condition, problem) => condition || problems.push(problem)

need(npm.version === jsr.version, `version: package.json says ${npm.version}, jsr.json says ${jsr.version}`)
need(npm.license === jsr.license, `license: package.json says ${npm.license}, jsr.json says ${jsr.license}`)
need(npm.types === npm.exports['.']?.types, `package.json: "types" and exports["."].types differ`)
need(!npm.dependencies && !npm.peerDependencies, 'package.json: the library has no runtime dependencies')

for (const { subpath, types, targets } of entries()) {
  need(Object.keys(npm.exports[subpath])[0] === 'types', `package.json exports["${subpath}"]: "types" must come first`)
  for (const built of [types, ...targets]) {
    need(built.startsWith('./dist/'), `package.json exports["${subpath}"]: ${built} is not in ./dist/`)
    const source = sourceOf(built)
    need(
      existsSync(root + source),
      `package.json exports["${subpath}"]: ${built} would come from ${source}, which is missing`,
    )
  }
  const listed = jsr.exports[subpath]
  need(listed, `jsr.json: exports["${subpath}"] is missing`)
  need(
    !listed || targets.map(sourceOf).includes(listed),
    `jsr.json exports["${subpath}"]: ${listed} is not what package.json leads to`,
  )
}
for (const [subpath, source] of Object.entries(jsr.exports)) {
  need(npm.exports[subpath], `package.json: exports["${subpath}"] is missing, jsr.json has it`)
  need(existsSync(root + source), `jsr.json exports["${subpath}"]: ${source} is missing`)
}

for (const problem of problems) console.error(problem)
console.log(`${entries().length} entries, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
