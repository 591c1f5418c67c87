/** The sockets that Deno and Bun have of their own, as far as the benchmark needs them; undefined where there are none. */

interface DenoConn {
  read(into: Uint8Array): Promise<number | null>
  write(bytes: Uint8Array): Promise<number>
  closeWrite(): Promise<void>
  close(): void
}

export interface BunSocket {
  write(bytes: Uint8Array, offset?: number): number
  shutdown(): void
  end(): void
}

interface BunHandlers {
  data(socket: BunSocket, bytes: Uint8Array): void
  drain?(socket: BunSocket): void
  open?(socket: BunSocket): void
  end?(socket: BunSocket): void
  close?(socket: BunSocket): void
  error?(socket: BunSocket, error: Error): void
}

const { Deno, Bun } = globalThis as {
  Deno?: { connect(to: { hostname: string; port: number }): Promise<DenoConn> }
  Bun?: {
    connect(to: { hostname: string; port: number; allowHalfOpen: boolean; socket: BunHandlers }): Promise<BunSocket>
  }
}

export const connectDeno: ((port: number) => Promise<DenoConn>) | undefined =
  Deno && ((port) => Deno.connect({ hostname: '127.0.0.1', port }))

export const connectBun: ((port: number, socket: BunHandlers) => Promise<BunSocket>) | undefined =
  Bun && ((port, socket) => Bun.connect({ hostname: '127.0.0.1', port, allowHalfOpen: true, socket }))

/** Writes all: a write may take only a part. */
export async function writeAll(conn: DenoConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(sent === 0 ? bytes : bytes.subarray(sent))
}
