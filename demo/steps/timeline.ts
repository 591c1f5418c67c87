// What happened when, in two processes.

import type { Paint } from '../paint.ts'
import { pad, padLeft } from '../screen.ts'

/** Something that one side did. */
export interface Moment {
  readonly side: 'client' | 'server'
  /** Milliseconds on the machine's monotonic clock, which both processes share. */
  readonly at: number
  readonly what: string
}

/** Notes what its side does. A deed is noted before it is done, an observation after: so causes come before effects. */
export class Timeline {
  readonly moments: Moment[] = []
  readonly #side: Moment['side']

  constructor(side: Moment['side']) {
    this.#side = side
  }

  note(what: string): void {
    this.moments.push({ side: this.#side, at: Number(process.hrtime.bigint()) / 1e6, what })
  }
}

const columns = 32

/** A line for every moment: the client's on the left, the server's on the right. */
export function drawTimeline(moments: Moment[], paint: Paint): string[] {
  const begin = moments[0]?.at ?? 0
  const rows = moments.map(({ side, at, what }) => {
    const time = paint.dim(padLeft((at - begin).toFixed(1), 7))
    const isFin = what.endsWith('FIN')
    if (side === 'server')
      return `${time}  ${pad('', columns)}${paint.dim('│')}${highlight(isFin ? `◄─ ${what}` : ` ${what}`, paint)}`
    const arrow = isFin ? ` ${'─'.repeat(columns - what.length - 2)}►` : ''
    return `${time}  ${pad(highlight(what + arrow, paint), columns)}${paint.dim('│')}`
  })
  return [paint.dim(`     ms  ${pad('client', columns)}│ server`), ...rows]
}

/** Only the ends of a direction are in colour: they are what this is about. */
function highlight(text: string, paint: Paint): string {
  if (text.includes('FIN')) return paint.yellow(text)
  return text.includes('the end') ? paint.green(text) : text
}
