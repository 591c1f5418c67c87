/** Cells and tables of Markdown. */

export function ratioText(ratio: number): string {
  return ratio < 0.1 ? ratio.toFixed(3) : ratio < 100 ? ratio.toFixed(2) : ratio.toFixed(0)
}

/** A pipe would end the cell. */
export function escaped(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** A table of Markdown: columns from `numbersFrom` on are aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], numbersFrom = Infinity): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i < numbersFrom ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
