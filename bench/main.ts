/** `npm run bench`: every number here is a ratio within this run; nothing is compared with another day or machine. */

import { framing } from './framing.ts'
import { linear } from './linear.ts'
import { nodeTransform } from './node-transform.ts'

console.log(`${process.release.name} ${process.version}, ${process.arch}`)
const met = [await framing(), await nodeTransform(), linear()]
if (!met.every(Boolean)) {
  console.log(
    '\nA target was missed. On a machine that does other things at the same time, run it again before believing it.',
  )
  process.exitCode = 1
}
