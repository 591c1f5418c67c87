/** Bytes, frames and errors as text that a terminal shows as it is. */

import { FramingError } from '../codec/framing-error.ts'
import type { Happening, Outcome } from './observe.ts'

const LONGEST = 72

/** Bytes as one line, with a bar at every cut: `ab|c\r|\n`, or in hex where they are not text: `00 02|61`. */
export function showCuts(bytes: Uint8Array, cuts: readonly number[]): string {
  const asHex = !isText(bytes)
  const ends = [...cuts, bytes.length]
  const parts = ends.map((end, i) => {
    const part = bytes.subarray(i === 0 ? 0 : ends[i - 1], end)
    return asHex ? hex(part) : escapeBytes(part).replaceAll('|', String.raw`\x7c`)
  })
  // A part that is long says nothing in its middle: what matters is beside the cuts.
  const room = parts.length > 12 ? 12 : 48
  const short = parts.map((part) => elide(part, room))
  const line =
    short.length <= 40 ? short : [...short.slice(0, 20), ` … ${short.length - 40} more … `, ...short.slice(-20)]
  return line.join('|') || '(no bytes)'
}

/** Bytes as text in quotes or as hex in angle brackets, whichever can be read. */
export function showBytes(bytes: Uint8Array): string {
  return isText(bytes) ? `"${elide(escapeBytes(bytes), LONGEST)}"` : `<${elide(hex(bytes), LONGEST)}>`
}

/** Any frame as text. */
export function showValue(value: unknown): string {
  if (value instanceof Uint8Array) return showBytes(value)
  if (typeof value === 'string') return elide(escapeText(JSON.stringify(value)), LONGEST)
  let text: string | undefined
  try {
    text = JSON.stringify(value, (_, one: unknown) => {
      // Within other text quotes would be escaped.
      if (one instanceof Uint8Array) return `⟨${isText(one) ? escapeBytes(one) : hex(one)}⟩`
      return typeof one === 'bigint' ? `${one}n` : one
    })
  } catch {
    // A frame that refers to itself.
  }
  return elide(escapeText(text ?? String(value)), LONGEST)
}

/** What came out, a line for each thing. */
export function showOutcome<Frame>({ events, failed, rest, skipped }: Outcome<Frame>): string[] {
  let frames = 0
  const lines = events.flatMap((event) => showHappening(event, () => frames++))
  if (rest !== undefined) lines.push(`then     ${showBytes(rest)}`)
  if (skipped > 0) lines.push(`skipped  ${skipped} bytes in all`)
  if (!failed && rest === undefined) lines.push('end')
  return lines
}

function showHappening<Frame>(event: Happening<Frame>, number: () => number): string[] {
  switch (event.kind) {
    case 'frame':
      return [`frame ${number()}  ${showValue(event.frame)}`]
    case 'skip':
      return [`skip     ${event.info.length} at ${event.info.offset} (${event.info.reason})`]
    case 'error':
      return showError(event.error)
  }
}

/** An error with all its facts, a line for each. */
export function showError(error: unknown): string[] {
  if (!(error instanceof FramingError)) return [`error    ${escapeText(String(error))}`]
  const { code, message, offset, frameIndex, limit, length, partial } = error
  const facts = { offset, frameIndex, limit, length, partial: partial && showBytes(partial) }
  const known = Object.entries(facts).filter(([, fact]) => fact !== undefined)
  return [`error    ${code}`, `  ${escapeText(message)}`, ...known.map(([name, fact]) => `  ${name} ${fact}`)]
}

/** Two lists of lines beside each other, those that differ marked. Long agreement is left out. */
export function sideBySide(
  left: readonly [string, readonly string[]],
  right: readonly [string, readonly string[]],
): string {
  const length = Math.max(left[1].length, right[1].length)
  const differs = (i: number): boolean => left[1][i] !== right[1][i]
  const first = Array.from({ length }, (_, i) => i).findIndex(differs)
  const from = first < 0 ? 0 : Math.max(0, first - 2)
  const to = Math.min(length, from + 12)
  const width = Math.max(left[0].length, ...left[1].slice(from, to).map((line) => line.length))
  const row = (mark: string, a: string, b: string): string => `${mark} ${a.padEnd(width)}   ${b}`.trimEnd()
  const rows = [row(' ', left[0], right[0]), row(' ', '-'.repeat(left[0].length), '-'.repeat(right[0].length))]
  if (from > 0) rows.push(row(' ', `(${from} the same)`, ''))
  for (let i = from; i < to; i++) rows.push(row(differs(i) ? '≠' : ' ', left[1][i] ?? '', right[1][i] ?? ''))
  if (to < length) rows.push(row(' ', `(${length - to} more)`, ''))
  if (first < 0) rows.push(row(' ', '(they differ in what is left out here, or in what has no text)', ''))
  return rows.join('\n')
}

/** Mostly letters and what stands between them. */
function isText(bytes: Uint8Array): boolean {
  let plain = 0
  for (const byte of bytes)
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09) plain++
  return plain * 3 >= bytes.length * 2
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

function escapeBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  text = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
  return escapeText(text.replaceAll('\t', String.raw`\t`)).replaceAll(/[\x80-\xff]/g, escapeOne)
}

/** A terminal's control characters as escapes. */
function escapeText(text: string): string {
  return text.replaceAll(/[^ -~\u00a0-\uffff]/g, escapeOne)
}

function escapeOne(char: string): string {
  return String.raw`\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function elide(text: string, room: number): string {
  if (text.length <= room + 12) return text
  const half = Math.floor(room / 2)
  return `${text.slice(0, half)}…(${text.length - 2 * half} more)…${text.slice(-half)}`
}
