import { framed, lengthPrefixed, lines } from 'framewright'
import {
  connect,
  duplexPair,
  exchange,
  fromDuplex,
  kernelQueues,
  listen,
  SocketError,
  splice,
  StallError,
  type KernelQueues,
  type Listener,
  type Socket,
  type SocketInfo,
  type SpliceResult,
} from 'framewright/socket'
import { expectAssignable, expectError, expectType } from 'tsd'

const socket = connect('localhost:7000')
expectType<Socket>(socket)
expectType<Promise<SocketInfo>>(socket.opened)
expectAssignable<{ readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> }>(socket)

connect({ hostname: '::1', port: 7000 }, { secureTransport: 'on', alpn: ['h2'], sni: 'a.test', connectTimeout: 1_000 })
connect({ path: '/tmp/x' }, { stallTimeout: 30_000, allowHalfOpen: false })
expectError(connect({ hostname: 'localhost' }))
expectError(connect('localhost:7000', { secureTransport: 'tls' }))
expectError(connect('localhost:7000', { timeout: 1 }))

expectType<Listener>(listen({ port: 0, whenFull: 'hold', backlog: 16 }))
listen({ path: '/tmp/x', unlinkStale: true })
expectError(listen({ port: 0, whenFull: 'drop' }))
for await (const conversation of listen({ port: 0 })) expectType<Socket>(conversation)

const [a, b] = duplexPair({ highWaterMark: 1024 })
expectType<Socket>(a)
expectType<Promise<SpliceResult>>(splice(a, b))
expectType<Promise<KernelQueues | undefined>>(kernelQueues(socket))

// What `receive` gives is what the exchange gives, over bytes and over frames.
const bytes = new Uint8Array(1)
expectType<Promise<string>>(exchange(a, { send: [bytes], receive: (readable) => new Response(readable).text() }))
expectType<Promise<void>>(exchange(a, { send: [bytes], receive: new WritableStream<Uint8Array>() }))
expectType<Promise<number>>(
  exchange(framed(socket, lines()), {
    send: ['one', 'two'],
    receive: async (frames) => {
      let length = 0
      for await (const line of frames) length += line.length
      return length
    },
  }),
)
expectError(exchange(framed(socket, lengthPrefixed()), { send: ['text'], receive: () => 1 }))

const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
expectType<Socket>(fromDuplex({ readable, writable }, { idleTimeout: 1_000 }))
expectError(fromDuplex({ readable }))
expectError(fromDuplex({ readable, writable }, { noDelay: true }))

declare const failure: StallError
expectAssignable<SocketError>(failure)
expectType<'incoming' | 'outgoing' | 'both'>(failure.full)
expectType<'peer' | 'us' | 'both'>(failure.notReading)
