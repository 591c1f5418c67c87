/** Sends back what comes, in every conversation; tells when one is over. */
export async function echoAll(listener, over = () => {}) {
  for await (const socket of listener) {
    socket.readable.pipeTo(socket.writable).catch(() => {}) // that the peer has reset it is its own affair
    socket.closed.then(over, over)
  }
}
