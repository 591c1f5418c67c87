// What the rows measure with, and how a figure is shown: as a bound, so that the table is the same in the next run.

export const mebi = 2 ** 20

/** Thrown by a row: the contract is broken. `shown`: what the table shows of it. */
export class Broken extends Error {
  /** @param {string} message @param {string} [shown] */
  constructor(message, shown = 'no') {
    super(message)
    this.shown = shown
  }
}

/** @type {(condition: unknown, message: string, shown?: string) => asserts condition} */
export function check(condition, message, shown) {
  if (!condition) throw new Broken(message, shown)
}

const inBytes = (value) => (value >= mebi ? `${round(value / mebi)} MiB` : `${round(value / 1024)} KiB`)
const milliseconds = (value) => `${round(value)} ms`
const round = (value) => Math.round(value * 10) / 10

/**
 * A figure that must not be above the last of these bounds; the table shows the first that holds.
 *
 * @param {number} value
 * @param {number[]} bounds ascending
 * @param {string} what it is
 * @param {(value: number) => string} [format]
 */
function atMost(value, bounds, what, format = inBytes) {
  const bound = bounds.find((one) => value <= one)
  if (bound !== undefined) return { shown: `≤ ${format(bound)}`, measured: format(value) }
  const last = bounds.at(-1)
  let power = last
  while (value > power) power *= 4
  throw new Broken(`${what}: ${format(value)}, and not ${format(last)} at most`, `≤ ${format(power)}`)
}
export const bytesAtMost = (value, bounds, what) => atMost(Math.max(0, value), bounds, what)
export const timeAtMost = (value, bounds, what) => atMost(value, bounds, what, milliseconds)

export const sleep = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** What it comes to, in this time. @template T @param {Promise<T>} promise @returns {Promise<T>} */
export async function within(ms, promise, what, shown = 'no') {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Broken(`${what}: not in ${ms} ms`, shown)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The error with which it fails, in this time. @returns {Promise<any>} */
export async function failure(ms, promise, what) {
  const error = await within(
    ms,
    promise.then(
      () => undefined,
      (reason) => reason ?? new Error('nothing'),
    ),
    what,
  )
  check(error, `${what}: it did not fail`)
  return error
}

const isNot = () => false

/** Whether it has not settled after this time. */
export async function isPending(promise, ms) {
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(true), ms)
  })
  const result = await Promise.race([promise.then(isNot, isNot), late])
  clearTimeout(timer)
  return result
}

/** Asks for a number until it has stood still for so long, and returns it. */
export async function standing(ask, ms = 400) {
  let value = await ask()
  for (let since = performance.now(); performance.now() - since < ms;) {
    await sleep(25)
    const now = await ask()
    if (now !== value) [value, since] = [now, performance.now()]
  }
  return value
}

/** Waits for it. */
export async function until(isSo) {
  while (!isSo()) await sleep(5)
}

export async function elapsed(action) {
  const start = performance.now()
  await action()
  return performance.now() - start
}

const period = 251
const piece = 65_536
const table = Uint8Array.from({ length: piece + period }, (_, i) => i % period)

/** A piece of the pattern that peer.py sends and wants, in memory of its own. */
export function pattern(offset, length) {
  const out = new Uint8Array(length)
  for (let at = 0; at < length; at += piece) {
    const from = (offset + at) % period
    out.set(table.subarray(from, from + Math.min(piece, length - at)), at)
  }
  return out
}

/** Follows the pattern. */
export class Follow {
  received = 0

  take(chunk) {
    for (let at = 0; at < chunk.length;) {
      const from = this.received % period
      const length = Math.min(piece, chunk.length - at)
      for (let i = 0; i < length; i++) {
        if (chunk[at + i] !== table[from + i]) throw new Broken(`wrong byte at ${this.received + i}`, 'wrong bytes')
      }
      this.received += length
      at += length
    }
  }
}

/** Takes its time, so that no more than so many bytes come in a ms. */
export function pace(rate) {
  const start = performance.now()
  return async (bytes) => {
    const ahead = bytes / rate - (performance.now() - start)
    if (ahead > 5) await sleep(ahead)
  }
}

/**
 * Reads to the end: how much came, all of it the pattern, and with which error it ended, if with one.
 *
 * @returns {Promise<{ received: number, error: any }>}
 */
export async function readAll(readable, follow = new Follow()) {
  const reader = readable.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { received: follow.received, error: undefined }
      follow.take(value)
    }
  } catch (error) {
    if (error instanceof Broken) throw error
    return { received: follow.received, error }
  } finally {
    reader.releaseLock()
  }
}

/** Writes a piece of the pattern, chunk by chunk, each when the one before is with the kernel. */
export async function writeAll(writer, count, offset = 0, size = piece) {
  for (let at = 0; at < count; at += size) await writer.write(pattern(offset + at, Math.min(size, count - at)))
}

/** Writes chunks while the writer has room; returns how many bytes it took until it had none for so long. */
export async function writeWhileReady(writer, limit, ms = 400) {
  let written = 0
  while (!(await isPending(writer.ready, ms))) {
    check(written <= limit, `it took ${written} bytes and still has room`, `> ${inBytes(limit)}`)
    writer.write(pattern(written, piece)).catch(() => {})
    written += piece
  }
  return written
}

/** The same, but each write is awaited. */
export async function writeWhileTaken(writer, limit, ms = 400) {
  for (let written = 0; ; written += piece) {
    check(written <= limit, `the kernel took ${written} bytes, it seems`, `> ${inBytes(limit)}`)
    const write = writer.write(pattern(written, piece))
    write.catch(() => {})
    if (await isPending(write, ms)) return written
  }
}
