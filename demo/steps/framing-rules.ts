// Three framing rules, messages for each, and the awkward pieces that they are sent in.

import { delimiter, fixedLength, lengthPrefixed, type Codec } from 'framewright'

export interface Rule {
  readonly code: string
  readonly meaning: string
  readonly codec: Codec<Uint8Array>
  readonly messages: readonly string[]
  /** What goes into each write: the encoded messages, cut where it hurts. */
  readonly pieces: readonly string[]
  /** Bytes of an encoded message before its text. */
  readonly head: number
}

export type RuleName = 'delimiter' | 'fixedLength' | 'lengthPrefixed'

export const rules: Readonly<Record<RuleName, Rule>> = {
  delimiter: {
    code: String.raw`delimiter('\r\n')`,
    meaning: 'a frame ends where CR LF stands',
    codec: delimiter('\r\n'),
    messages: ['hello', 'one', 'two', 'three', '', 'bye'],
    // In the middle of a word, in the middle of the delimiter, and then much at once.
    pieces: ['hel', 'lo\r', '\none\r\ntw', 'o\r\nthree\r\n\r\nbye\r\n'],
    head: 0,
  },
  fixedLength: {
    code: 'fixedLength(4)',
    meaning: 'every frame is four bytes long',
    codec: fixedLength(4),
    messages: ['+018', '+021', '-003', '+000', '+007'],
    pieces: ['+0', '18+02', '1-003+000+', '007'],
    head: 0,
  },
  lengthPrefixed: {
    code: 'lengthPrefixed({ width: 2 })',
    meaning: 'two bytes say how many follow',
    codec: lengthPrefixed({ width: 2 }),
    messages: ['ping', 'get', '', 'hello', 'bye'],
    // In the middle of a length, of a text, between the two, and three frames at once.
    pieces: ['\0', '\u0004pi', 'ng\0\u0003', 'get\0\0\0\u0005hello\0\u0003b', 'ye'],
    head: 2,
  },
}
