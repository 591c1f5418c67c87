/** A process that holds idle connections in one way, and says what it holds of memory when it is asked. */

import { idleWays } from './idle-ways.ts'
import { memoryUse } from './memory-use.ts'

const [wanted] = process.argv.slice(2)
const way = idleWays.find(({ name }) => name === wanted)
if (way === undefined) throw new Error(`There is no way '${wanted}' to hold a connection`)

process.on('message', () => void memoryUse().then((use) => process.send!(use)))
process.on('disconnect', () => process.exit())
process.send!({ port: await way.listen() })
