/** The cost of a byte must not depend on how many there are, nor on how they were cut. */

import { delimiter, FrameParser, lengthPrefixed, lines, type Codec } from 'framewright'
import { whole, type Benchmark } from './benchmark.ts'
import { median, share } from './compare.ts'
import { say } from './processes.ts'
import { recordVerdict } from './record.ts'

const MiB = 1024 * 1024
const ROUNDS = 6

export const linear: Benchmark = whole({ bytes: { measure } })

/** Nanoseconds a byte for one frame of `length` bytes that comes in chunks of 16 bytes. */
function dripped(codec: () => Codec<unknown>, head: Uint8Array, length: number, tail: Uint8Array): number {
  const chunk = new Uint8Array(16).fill(0x61)
  const start = process.hrtime.bigint()
  const parser = new FrameParser(codec())
  let frames = 0
  const push = (bytes: Uint8Array): void => {
    for (const _ of parser.push(bytes)) frames++
  }
  push(head)
  for (let i = 0; i < length; i += chunk.length) push(chunk)
  push(tail)
  if (frames !== 1) throw new Error(`${frames} frames instead of 1`)
  return Number(process.hrtime.bigint() - start) / length
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function measure(): void {
  const options = { maxFrameLength: 32 * MiB }
  const none = new Uint8Array(0)
  const lf = Uint8Array.of(0x0a)
  const rules: [name: string, codec: () => Codec<unknown>, head: (length: number) => Uint8Array, tail: Uint8Array][] = [
    ["delimiter('\\n')", () => delimiter('\n', options), () => none, lf],
    ["delimiter('\\r\\n')", () => delimiter('\r\n', options), () => none, Uint8Array.of(0x0d, 0x0a)],
    ['lines()', () => lines(options), () => none, lf],
    ['lengthPrefixed()', () => lengthPrefixed(options), bigEndian, none],
  ]
  say('Linear: one frame in chunks of 16 bytes, nanoseconds a byte at 1 MiB and at 16 MiB')
  for (const [name, codec, head, tail] of rules) {
    const small: number[] = []
    const large: number[] = []
    for (let round = 0; round < share(ROUNDS); round++) {
      // As many bytes in the small frames as in the large one.
      small.push(median(Array.from({ length: 8 }, () => dripped(codec, head(MiB), MiB, tail))))
      large.push(dripped(codec, head(16 * MiB), 16 * MiB, tail))
    }
    say(`  ${name.padEnd(20)} ${median(small).toFixed(2)} ns/byte, ${median(large).toFixed(2)} ns/byte`)
    recordVerdict(`${name}: 16 MiB against 1 MiB`, median(large) / median(small), 1.5, 'at most')
  }

  const one = Uint8Array.of(0x61)
  const start = process.hrtime.bigint()
  const parser = new FrameParser(delimiter('\n'))
  for (let i = 0; i < 200_000; i++) for (const _ of parser.push(one)) throw new Error('there is no delimiter')
  say(`  200,000 one-byte chunks without a delimiter: ${(Number(process.hrtime.bigint() - start) / 1e6).toFixed(1)} ms`)
}
