// The rows of the table, in its order.
import * as sending from './sending.mjs'
import * as receiving from './receiving.mjs'
import * as ending from './ending.mjs'
import * as resetting from './resetting.mjs'
import * as connecting from './connecting.mjs'
import * as listening from './listening.mjs'
import * as securing from './securing.mjs'
import * as composing from './composing.mjs'
import * as many from './many.mjs'

/**
 * A sentence of the contract. `run` proves it and returns what the table shows, or throws. `needs`: what a runtime must
 * have for it; `time`: what it may take in ms, if not `usualTime`.
 *
 * @typedef {{
 *   name: string, needs?: string[], time?: number,
 *   run: (env: import('../env.mjs').Env) => Promise<string | { shown: string, measured?: string }>
 * }} Row
 */

export const usualTime = 15_000

/** @type {{ title: string, rows: Row[] }[]} */
export const groups = [sending, receiving, ending, resetting, connecting, listening, securing, composing, many]

export const rows = groups.flatMap((group) => group.rows)
