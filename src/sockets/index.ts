// 'framewright/socket': conversations over TCP and unix-domain sockets.

export { connect } from './connect.ts'
export { duplexPair } from './duplex-pair.ts'
export { exchange, type ExchangeOptions, type Sending } from './exchange.ts'
export { fromDuplex } from './from-duplex.ts'
export { fromIngress, type IngressSocket } from './from-ingress.ts'
export { fromNodeSocket } from './from-node-socket.ts'
export { kernelQueues, type KernelQueues } from './kernel-queues.ts'
export { listen } from './listen.ts'
export { SocketError, type SocketErrorInit, type SocketPhase } from './socket-error.ts'
export type {
  ConnectTlsOptions,
  ListenTlsOptions,
  Pem,
  SecureTransport,
  StartTlsOptions,
  TlsIdentity,
  TlsOptions,
} from './tls-options.ts'
export { splice, type SpliceOptions, type SpliceResult } from './splice.ts'
export type { DuplexOptions, Transport } from './transport.ts'
export { StallError, type StalledFlow, type StallErrorInit } from './stall-error.ts'
export type {
  Listener,
  ListenerInfo,
  ListenerLimits,
  ListenerOptions,
  ListenerPath,
  ListenerPort,
  WhenFull,
} from './listener-types.ts'
export type {
  CloseOptions,
  ConnectOptions,
  FlowStats,
  HostAddress,
  KeepAlive,
  PathAddress,
  Socket,
  SocketAddress,
  SocketInfo,
  SocketOptions,
  SocketStats,
} from './types.ts'
