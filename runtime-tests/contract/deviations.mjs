// Where a runtime keeps a row from being true, and what that comes from. A row that is listed here and keeps the contract all
// the same fails, so that the list cannot lie.

/**
 * `row`: the name of the row, or a pattern for several.
 *
 * @type {{ row: string | RegExp, on: string[], why: string }[]}
 */
export const deviations = [
  {
    row: /^allowHalfOpen: false, and the peer’s FIN comes while writes are stuck/,
    on: ['deno'],
    why:
      'When the peer’s FIN comes while a write waits for room in the kernel, Deno’s `node:net` peeks into the connection, takes ' +
      'the end of what comes for the end of what goes, and fails the write with EPIPE, whatever `allowHalfOpen` says. The writes ' +
      'that are lost reject; the peer, though, sees an end (FIN) behind what it got. Deno’s own `Deno.connect` does not do that.',
  },
  {
    row: /^An abstract socket of the peer/,
    on: ['node20'],
    why:
      'Node 20 pads the name of an abstract socket with zeros to 107 bytes. Those are part of the name, so that it is another ' +
      'one for every program that does not do the same. Node 20 itself does, on both sides.',
  },
  {
    row: /^TLS: a FIN without close_notify/,
    on: ['deno', 'bun'],
    why:
      'Its `node:tls` reports a FIN that no close_notify came before as an end like any other, and has nothing by which the two ' +
      'could be told apart. Frames that are cut off are still told by the framing layer.',
  },
  {
    row: /give(s)? RST at the peer, never an end$|and the other sees RST, never an end$/,
    on: ['workerd'],
    why:
      'workerd cannot reset a connection. What is reset is dropped: the peer sees nothing as long as the request lives, and an ' +
      'end (FIN) when it is over. Here, all settles at once and with the error.',
  },
  {
    row: /^The peer resets while nobody reads or writes: `closed` rejects/,
    on: ['workerd'],
    why:
      'workerd does not look at a connection that nobody reads from or writes to, and its own `closed` says nothing of a reset. ' +
      'The next read or write tells.',
  },
  {
    row: /^A name without an address/,
    on: ['workerd'],
    why: 'workerd says the same of a name without an address as of a port where nobody listens, and so the code is ECONNREFUSED.',
  },
  {
    row: /^`opened` knows both addresses/,
    on: ['workerd'],
    why: 'workerd does not tell the local address of a connection that a Worker has made: it is empty, and its port 0.',
  },
  {
    row: /StallError says that both are full/,
    on: ['workerd'],
    why:
      'workerd takes nothing from its kernel before it is read, and does not tell what waits there. A `StallError` knows of ' +
      'the outgoing direction only.',
  },
  {
    row: /^No file descriptor is left/,
    on: ['deno'],
    why:
      'Once accepting a connection has failed for want of a file descriptor, Deno’s `node:net` accepts nothing any more and ' +
      'says nothing. `maxConnections` below the limit (`ulimit -n`) keeps a listener from getting there.',
  },
]

/** What a row needs and a runtime lacks. @type {Record<string, string>} */
export const lacking = {
  listen: 'there are no listeners',
  unix: 'there are no unix-domain sockets',
  children: 'it cannot start programs',
  tls: 'TLS takes no certificates, keys or protocols (ALPN) of a program',
  'connect starttls': 'there is no TLS',
  kernelQueues: 'a program is not told of the kernel',
  processes: 'it is not one process',
  Linux: 'this is not Linux, whose kernel tells what the row needs to know',
}

export const isAbout = ({ row, on }, name, runtime) =>
  on.includes(runtime) && (typeof row === 'string' ? row === name : row.test(name))
