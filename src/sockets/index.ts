// 'framewright/socket': conversations over TCP and unix-domain sockets.

export { connect } from './connect.ts'
export { fromNodeSocket } from './from-node-socket.ts'
export { listen } from './listen.ts'
export { SocketError, type SocketErrorInit, type SocketPhase } from './socket-error.ts'
export type { Listener, ListenerInfo, ListenerLimits, ListenerOptions } from './listener-types.ts'
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
