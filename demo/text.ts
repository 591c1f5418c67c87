// Numbers and bytes as people read them.

/** `512 B`, `64 KiB`, `3.73 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KiB`
  return `${(bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 2 : 1)} MiB`
}

/** Bytes on one line: CR and LF as `␍` and `␊`, what cannot be printed as hex in `‹ ›`. */
export function printable(bytes: Uint8Array): string {
  let line = ''
  let hex: string[] = []
  const endHex = (): void => {
    if (hex.length > 0) line += `‹${hex.join(' ')}›`
    hex = []
  }
  for (const byte of bytes) {
    const shown = byte === 13 ? '␍' : byte === 10 ? '␊' : byte > 32 && byte < 127 ? String.fromCharCode(byte) : ''
    if (shown === '') {
      hex.push(byte.toString(16).padStart(2, '0'))
      continue
    }
    endHex()
    line += shown
  }
  endHex()
  return line
}

/** `1 byte`, `2 bytes`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
