// Draws bytes so that one sees which frame they belong to: every frame has a colour, in the chunks and by itself.

import { encodeFrames } from 'framewright'
import type { Paint } from '../paint.ts'
import { printable } from '../text.ts'
import type { Rule } from './framing-rules.ts'

/** The bytes of one direction, and whose they are. */
export class Wire {
  /** For every byte: the number of its frame, and whether it is of the text or of the framing around it. */
  readonly #owners: { frame: number; isText: boolean }[] = []
  readonly #colors: ((text: string) => string)[]
  readonly #paint: Paint

  constructor(messages: Uint8Array[], rule: Rule, paint: Paint) {
    this.#paint = paint
    this.#colors = [paint.cyan, paint.magenta, paint.yellow, paint.green, paint.blue]
    messages.forEach((message, frame) => {
      const { length } = encodeFrames(rule.codec, [message])
      for (let i = 0; i < length; i++) {
        this.#owners.push({ frame, isText: i >= rule.head && i < rule.head + message.length })
      }
    })
  }

  /** A chunk that begins at byte `at`. */
  chunk(chunk: Uint8Array, at: number): string {
    let line = ''
    for (let from = 0, to = 1; from < chunk.length; from = to++) {
      while (to < chunk.length && this.#sameRun(at + from, at + to)) to++
      const { frame, isText } = this.#owner(at + from)
      const text = this.#color(frame)(printable(chunk.subarray(from, to)))
      line += isText ? this.#paint.bold(text) : text
    }
    return line
  }

  /** A frame that came out. */
  frame(frame: Uint8Array, index: number): string {
    const color = this.#color(index)
    return color('[') + color(this.#paint.bold(printable(frame))) + color(']')
  }

  #owner(at: number): { frame: number; isText: boolean } {
    return this.#owners[at] ?? { frame: 0, isText: false }
  }

  #sameRun(a: number, b: number): boolean {
    const [first, second] = [this.#owner(a), this.#owner(b)]
    return first.frame === second.frame && first.isText === second.isText
  }

  #color(frame: number): (text: string) => string {
    return this.#colors[frame % this.#colors.length] ?? this.#paint.cyan
  }
}
