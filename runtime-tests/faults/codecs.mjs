// The framing rules that are tried, and how they are put on a socket.
import * as framewright from '../../dist/index.js'

const { delimiterEncoder, delimiterFramer, framed, lengthPrefixed, lines } = framewright

/**
 * `overhead`: bytes that the rule adds to a frame. `open`: frames in both directions over a socket.
 *
 * @type {Record<string, { overhead: number, isText?: boolean, open: (socket: any, options: object) => any }>}
 */
export const codecs = {
  lengthPrefixed: { overhead: 4, open: (socket, options) => framed(socket, lengthPrefixed(), options) },
  lines: { overhead: 1, isText: true, open: (socket, options) => framed(socket, lines(), options) },
  // The same put together by hand.
  delimiter: {
    overhead: 2,
    open(socket, options) {
      const encoder = delimiterEncoder('\r\n')
      encoder.readable.pipeTo(socket.writable).catch(() => {})
      return {
        readable: socket.readable.pipeThrough(delimiterFramer('\r\n', options)),
        writable: encoder.writable,
      }
    },
  },
}
