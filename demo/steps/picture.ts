// Shows the gauges as they move: in place on a terminal, as a table in a log.

import type { Screen } from '../screen.ts'
import { formatBytes } from '../text.ts'
import { drawGauges, gaugeTableHead, gaugeTableRow, type Flows } from './gauges.ts'

export type Phase = 'filling' | 'stuck' | 'draining' | 'empty'

const colors = { filling: 'yellow', stuck: 'red', draining: 'green', empty: 'green' } as const

/** Milliseconds between two lines of a log. */
const logInterval = 400

export class Picture {
  readonly #screen: Screen
  readonly #total: number
  readonly #begin: number = performance.now()
  #loggedAt = -Infinity
  #phase: Phase | undefined
  #unlogged: string | undefined

  /** `total`: the bytes that each side wants to send. */
  constructor(screen: Screen, total: number) {
    this.#screen = screen
    this.#total = total
    if (!screen.animated) for (const line of gaugeTableHead(screen.paint)) screen.line(line)
  }

  /** The newest state; `still`: milliseconds since a byte moved. */
  show(flows: Flows, phase: Phase, still = 0): void {
    const { animated, paint } = this.#screen
    const now = performance.now()
    const seconds = `${((now - this.#begin) / 1000).toFixed(1)} s`
    if (animated) {
      const status = paint[colors[phase]](`● ${phase}`) + this.#detail(flows, phase, still)
      this.#screen.redraw([...drawGauges(flows, paint, colors[phase]), `  ${paint.dim(seconds)} ${status}`])
      return
    }
    this.#unlogged = gaugeTableRow(flows, `${seconds} ${phase}`)
    if (phase === this.#phase && (phase === 'stuck' || now - this.#loggedAt < logInterval)) return
    this.#phase = phase
    this.#loggedAt = now
    this.#log()
  }

  /** Leaves the picture as it is now; the next one goes below it. */
  keep(): void {
    if (this.#screen.animated) this.#screen.keep()
    else this.#log()
  }

  #log(): void {
    if (this.#unlogged !== undefined) this.#screen.line(this.#unlogged)
    this.#unlogged = undefined
  }

  #detail(flows: Flows, phase: Phase, still: number): string {
    if (phase === 'stuck') return `: no byte has moved for ${(still / 1000).toFixed(2)} s, in or out, here or there`
    const [there, back] = flows.map(({ read }) => formatBytes(read))
    if (phase === 'draining') return `: ${there} and ${back} of ${formatBytes(this.#total)} read`
    return ''
  }
}
