/**
 * The framing rules once more, as plainly as they can be said: the whole input as one string with a character for every byte, searched
 * from the front. Slow, and easy to see through: what the decoders give is compared with it.
 */

/** Runs of garbage right behind each other as one: whether a false marker between them ends a run is not for the rule to say. */
export function joinGarbage(reading: Reading): Reading {
  const skips: string[] = []
  for (const skip of reading.skips) {
    const [length, offset] = skip.match(/\d+/g)!.map(Number) as [number, number]
    const last = skips.at(-1)?.match(/^(\d+) at (\d+) \(sync\)$/)
    if (last && skip.endsWith('(sync)') && Number(last[1]) + Number(last[2]) === offset) {
      skips[skips.length - 1] = `${Number(last[1]) + length} at ${last[2]} (sync)`
    } else {
      skips.push(skip)
    }
  }
  return { ...reading, skips }
}

/** What an input comes to. */
export interface Reading {
  frames: string[]
  skips: string[]
  error?: { code: string; offset: number; partial?: string }
}

export interface DelimitedRules {
  disposition: 'discard' | 'suffix' | 'prefix'
  emitEmpty: boolean
  limit: number
  onTooLong: 'error' | 'skip' | 'split' | 'truncate'
  onTrailing: 'error' | 'emit' | 'drop'
}

/** Finds the end of a frame at or after `from`. */
export type Search = (input: string, from: number) => { at: number; length: number } | undefined

/** The leftmost of several delimiters, the longest where several start there. */
export function searchDelimiters(delimiters: readonly string[]): Search {
  const longestFirst = [...delimiters].sort((a, b) => b.length - a.length)
  return (input, from) => {
    for (let at = from; at < input.length; at++) {
      const found = longestFirst.find((one) => input.startsWith(one, at))
      if (found !== undefined) return { at, length: found.length }
    }
    return undefined
  }
}

export function searchNewlines(newline: 'lf' | 'crlf' | 'any'): Search {
  const pattern = { lf: /\r?\n/, crlf: /\r\n/, any: /\r\n|\r|\n/ }[newline]
  return (input, from) => {
    const match = pattern.exec(input.slice(from))
    return match === null ? undefined : { at: from + match.index, length: match[0].length }
  }
}

export function readDelimited(input: string, search: Search, rules: DelimitedRules, start = 0): Reading {
  const { disposition, emitEmpty, limit, onTooLong, onTrailing } = rules
  const reading: Reading = { frames: [], skips: [] }
  let from = start
  let lead = ''
  for (;;) {
    const found = search(input, from)
    const end = found?.at ?? input.length
    const delimiter = found === undefined ? '' : input.slice(end, end + found.length)
    const payload = input.slice(from, end)
    const mark = disposition === 'suffix' ? delimiter : ''

    if (found === undefined && payload === '' && lead === '') return reading
    if (payload.length > limit && onTooLong === 'error') {
      reading.error = { code: 'ERR_FRAME_TOO_LONG', offset: from + limit }
      return reading
    }
    const endsWell = found !== undefined || disposition === 'prefix'
    if (payload.length > limit && onTooLong !== 'split') {
      const kept = onTooLong === 'truncate' ? limit : 0
      if (kept > 0) reading.frames.push(lead + payload.slice(0, kept))
      reading.skips.push(`${payload.length - kept} at ${from + kept} (too-long)`)
      if (!endsWell && onTrailing === 'error') {
        reading.error = { code: 'ERR_FRAME_TRUNCATED', offset: input.length, partial: '' }
      }
    } else {
      let rest = payload
      let pieces = 0
      // At the end of the input nobody knows whether a full last piece was all: it has been delivered before.
      const most = !endsWell && disposition === 'discard' && onTooLong === 'split' ? limit - 1 : limit
      for (; rest.length > most; rest = rest.slice(limit)) {
        reading.frames.push((pieces++ === 0 ? lead : '') + rest.slice(0, limit))
      }
      if (endsWell) {
        if (disposition === 'prefix' && found !== undefined && from === start && payload === '' && lead === '') {
          // Nothing before the first delimiter is no frame.
        } else if (rest !== '' || (pieces === 0 && emitEmpty)) {
          reading.frames.push((pieces === 0 ? lead : '') + rest + mark)
        }
      } else if (onTrailing === 'error') {
        reading.error = { code: 'ERR_FRAME_TRUNCATED', offset: input.length, partial: rest }
      } else if (rest !== '') {
        if (onTrailing === 'emit') reading.frames.push(rest)
        else reading.skips.push(`${rest.length} at ${input.length - rest.length} (trailing)`)
      }
    }
    if (found === undefined) return reading
    from = end + found.length
    lead = disposition === 'prefix' ? delimiter : ''
  }
}

export interface LengthRules {
  width: number
  endian: 'big' | 'little'
  offset: number
  adjust: number
  strip: number
  mask: bigint | undefined
  sync: string
  limit: number
  onTooLong: 'error' | 'skip' | 'split' | 'truncate'
  onTrailing: 'error' | 'drop'
}

export function readField(input: string, rules: LengthRules, from = 0): bigint {
  const bytes = Array.from(input.slice(from + rules.offset, from + rules.offset + rules.width))
  if (rules.endian === 'little') bytes.reverse()
  const field = bytes.reduce((sum, char) => sum * 256n + BigInt(char.charCodeAt(0)), 0n)
  return rules.mask === undefined ? field : field & rules.mask
}

export function readLengthPrefixed(input: string, rules: LengthRules): Reading {
  const { width, offset, adjust, strip, sync, limit, onTooLong, onTrailing } = rules
  const head = offset + width
  const reading: Reading = { frames: [], skips: [] }
  let from = 0
  let garbage = 0
  const passGarbage = (): void => {
    if (garbage > 0) reading.skips.push(`${garbage} at ${from - garbage} (sync)`)
    garbage = 0
  }
  const trail = (partial: string): Reading => {
    passGarbage()
    if (partial === '') return reading
    if (onTrailing === 'drop') reading.skips.push(`${partial.length} at ${from} (trailing)`)
    else reading.error = { code: 'ERR_FRAME_TRUNCATED', offset: input.length, partial }
    return reading
  }
  for (;;) {
    // What may still become a marker counts as one.
    while (from < input.length && !sync.startsWith(input.slice(from, from + sync.length))) {
      from++
      garbage++
    }
    if (from + sync.length > input.length) return trail(input.slice(from))
    passGarbage()
    if (input.length - from < head) return trail(input.slice(from))
    const payload = readField(input, rules, from) + BigInt(adjust)
    if (payload < 0n || BigInt(head) + payload < BigInt(strip)) {
      reading.error = { code: 'ERR_FRAME_MALFORMED', offset: from + offset }
      return reading
    }
    const uncountable = payload + BigInt(head) > BigInt(Number.MAX_SAFE_INTEGER)
    if (payload > limit || uncountable) {
      if (onTooLong === 'skip' && sync !== '') {
        from++
        garbage++
        continue
      }
      if (onTooLong === 'error' || uncountable) {
        reading.error = { code: 'ERR_FRAME_TOO_LONG', offset: from + offset }
        return reading
      }
      const end = from + head + Number(payload)
      let at = from
      if (onTooLong !== 'skip') {
        for (let first = true; at < end && (first || onTooLong === 'split'); first = false) {
          const size = Math.min(end - at, first ? head + limit : limit)
          if (input.length - at < size) break
          reading.frames.push(input.slice(at + (first ? strip : 0), at + size))
          at += size
        }
      }
      const dropping = onTooLong === 'skip' || (onTooLong === 'truncate' && at > from)
      if (dropping && Math.min(end, input.length) > at) {
        reading.skips.push(`${Math.min(end, input.length) - at} at ${at} (too-long)`)
        at = Math.min(end, input.length)
      }
      from = at
      if (at < end) {
        const partial = input.slice(at)
        if (partial !== '' && onTrailing === 'drop') return trail(partial)
        if (onTrailing === 'error') reading.error = { code: 'ERR_FRAME_TRUNCATED', offset: input.length, partial }
        return reading
      }
      continue
    }
    const end = from + head + Number(payload)
    if (end > input.length) return trail(input.slice(from))
    reading.frames.push(input.slice(from + strip, end))
    from = end
  }
}
