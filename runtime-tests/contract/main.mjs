// Runs rows in a runtime, one after the other, and tells of each.
import * as sockets from 'framewright/socket'
import { Env } from './env.mjs'
import { Broken, within } from './measure.mjs'
import { Peer } from './peer.mjs'
import { rows, usualTime } from './rows/index.mjs'

/** @typedef {{ name: string, status: 'kept' | 'broken' | 'does not apply', shown: string, measured?: string, error?: string, ms: number }} Told */

/**
 * @param {string[]} names
 * @param {import('./env.mjs').Platform} platform
 * @param {import('./peer.mjs').Control} control
 * @param {(line: string) => void} say
 */
export async function runRows(names, platform, control, say) {
  const peer = new Peer(control)
  for (const name of names) {
    say(JSON.stringify({ start: name }))
    const row = rows.find((one) => one.name === name)
    say(JSON.stringify(await runRow(row, new Env(platform, peer, sockets))))
  }
  control.close()
}

/** @param {import('./rows/index.mjs').Row} row @param {Env} env @returns {Promise<Told>} */
async function runRow(row, env) {
  const { name, needs = [], time = usualTime } = row
  const lacks = needs.filter((one) => !env.platform.can.has(one))
  if (lacks.length > 0) return { name, status: 'does not apply', shown: '–', error: lacks.join(', '), ms: 0 }
  const start = performance.now()
  const ms = () => Math.round(performance.now() - start)
  try {
    const result = await within(time, row.run(env), 'the row', 'hangs')
    return { name, status: 'kept', ...(typeof result === 'string' ? { shown: result } : result), ms: ms() }
  } catch (error) {
    const shown = error instanceof Broken ? error.shown : 'no'
    return { name, status: 'broken', shown, error: `${error?.message}\n${error?.stack}`, ms: ms() }
  } finally {
    await within(5_000, env.clear(), 'clearing away').catch(() => {})
  }
}
