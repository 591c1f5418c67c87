// Everything that reaches the terminal.

import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { createPaint, wantsColor, type Paint } from './paint.ts'

/** Columns that are used: fits a terminal of 80, with a margin. */
const width = 76
/** Lines of the tallest block that is redrawn in place, and some. */
const leastRows = 12

export class Screen {
  readonly paint: Paint
  /** Whether the cursor may move: blocks are redrawn in place, and there are pauses for the eye. */
  readonly animated: boolean
  readonly #out: NodeJS.WriteStream
  #blockLines = 0

  constructor(out: NodeJS.WriteStream, plain: boolean) {
    this.#out = out
    this.paint = createPaint(!plain && wantsColor(out, process.env))
    // A terminal that does not know its size says 0.
    const isLargeEnough = (out.columns || 80) >= width && (out.rows || 24) >= leastRows
    this.animated = !plain && out.isTTY && process.env['TERM'] !== 'dumb' && isLargeEnough
  }

  line(text = ''): void {
    this.#out.write(`${text}\n`)
  }

  title(name: string, motto: string): void {
    const { bold, dim } = this.paint
    const text = pad(`  ${bold(name)}   ${motto}`, width - 2)
    this.line()
    this.line(dim(`╭${'─'.repeat(width - 2)}╮`))
    this.line(`${dim('│')}${text}${dim('│')}`)
    this.line(dim(`╰${'─'.repeat(width - 2)}╯`))
  }

  heading(number: number, text: string): void {
    const { bold, dim, cyan } = this.paint
    const rule = '━'.repeat(width - text.length - 6)
    this.line()
    this.line(`${dim('━━')} ${cyan(bold(String(number)))} ${bold(text)} ${dim(rule)}`)
  }

  /** A sentence or two. */
  say(text: string): void {
    for (const line of wrap(text, width - 2)) this.line(`  ${line}`)
  }

  /** The same, with a mark in front. */
  point(mark: string, text: string): void {
    wrap(text, width - 4).forEach((line, i) => this.line(`  ${i === 0 ? mark : ' '} ${line}`))
  }

  /** Something that was claimed and checked. */
  good(text: string): void {
    this.point(this.paint.green('✔'), text)
  }

  summary(parts: string[]): void {
    this.line()
    this.line(`${this.paint.green('✔')} ${parts.map(this.paint.bold).join(this.paint.dim(' · '))}`)
  }

  failed(where: string, error: unknown): void {
    this.keep()
    this.line()
    this.line(`${this.paint.red(`✘ ${where}`)}: ${error instanceof Error ? error.message : String(error)}`)
  }

  /** Draws a block over the one before. Only where `animated`. */
  redraw(lines: string[]): void {
    const up = this.#blockLines > 0 ? `\u001b[${this.#blockLines}A` : '\u001b[?25l'
    this.#out.write(up + lines.map((line) => `${line}\u001b[K\n`).join(''))
    this.#blockLines = lines.length
  }

  /** Leaves the block as it is; what follows goes below. */
  keep(): void {
    this.restore()
    this.#blockLines = 0
  }

  /** Gives the terminal its cursor back. */
  restore(): void {
    if (this.#blockLines > 0) this.#out.write('\u001b[?25h')
  }

  /** Time for the eye. A log needs none. */
  async pause(ms: number): Promise<void> {
    if (this.animated) await sleep(ms)
  }
}

/** Fills up with spaces on the right, not counting what only colours. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(columns - stripVTControlCharacters(text).length, 0))
}

/** The same on the left. */
export function padLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(columns - stripVTControlCharacters(text).length, 0)) + text
}

const partial = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar, filled from the left in eighths of a column. */
export function bar(
  fraction: number,
  columns: number,
  paint: (text: string) => string,
  paintRest: Paint['dim'],
): string {
  const eighths = Math.round(Math.min(Math.max(fraction, 0), 1) * columns * 8)
  const filled = '█'.repeat(eighths >> 3) + (partial[eighths & 7] ?? '')
  return paint(filled) + paintRest('░'.repeat(columns - filled.length))
}

function wrap(text: string, columns: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1] ?? ''
    if (last === '') lines[lines.length - 1] = word
    else if (stripVTControlCharacters(`${last} ${word}`).length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
