// What package.json's exports map offers, in the form that the checks need. Not a check itself.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * One public entry of the package.
 * @typedef {object} Entry
 * @property {string} subpath as in the exports map: '.', './socket'
 * @property {string} report name of its API report: 'framewright', 'framewright-socket'
 * @property {string} types the declarations, './dist/index.d.ts'
 * @property {string[]} targets every other file that a condition leads to
 */

/** The repository's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * @param {string} file relative to the repository
 * @returns {any}
 */
export const readJson = (file) => JSON.parse(readFileSync(root + file, 'utf8'))

/**
 * The source that a built file comes from: './dist/a.js' and './dist/a.d.ts' both come from './src/a.ts'.
 * @param {string} built
 */
export const sourceOf = (built) => built.replace(/^\.\/dist\//, './src/').replace(/(\.d\.ts|\.js)$/, '.ts')

/**
 * Every entry of the exports map but package.json itself.
 * @returns {Entry[]}
 */
export function entries() {
  const { name, exports } = readJson('package.json')
  return Object.entries(exports)
    .filter(([subpath]) => subpath !== './package.json')
    .map(([subpath, value]) => ({
      subpath,
      report: name + subpath.slice(1).replaceAll('/', '-'),
      types: value.types,
      targets: [...new Set(leaves(value))].filter((target) => target !== value.types),
    }))
}

/**
 * The files at the ends of nested conditions.
 * @param {any} value
 * @returns {string[]}
 */
function leaves(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves)
}
