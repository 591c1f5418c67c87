// The four places where bytes wait between two programs, measured and drawn.
//
//   program ─► [outgoing: process] ─► [outgoing: kernel] ─► [incoming: kernel] ─► [incoming: process] ─► program

import { kernelQueues, kernelSendLimit, type KernelQueues } from '../kernel-queues.ts'
import type { Paint } from '../paint.ts'
import { bar, pad, padLeft } from '../screen.ts'
import { formatBytes } from '../text.ts'
import type { Sample } from './side.ts'

/** One direction. */
export interface Flow {
  readonly written: number
  readonly outgoing: number
  readonly kernelOutgoing: number
  /** Undefined: this system does not show it, and it is part of `kernelOutgoing`. */
  readonly kernelIncoming: number | undefined
  readonly incoming: number
  readonly read: number
}

/** Client to server, and back. */
export type Flows = readonly [Flow, Flow]

/** Measures one connection. */
export class Gauges {
  readonly #client: number
  readonly #server: number
  readonly #seesKernel: boolean

  constructor(clientPort: number, serverPort: number) {
    this.#client = clientPort
    this.#server = serverPort
    this.#seesKernel = kernelQueues(clientPort, serverPort) !== undefined
  }

  read(client: Sample, server: Sample): Flows {
    if (!this.#seesKernel) return [flow(client, server), flow(server, client)]
    const atClient = kernelQueues(this.#client, this.#server) ?? gone
    const atServer = kernelQueues(this.#server, this.#client) ?? gone
    return [
      flow(client, server, atClient.outgoing, atServer.incoming),
      flow(server, client, atServer.outgoing, atClient.incoming),
    ]
  }
}

/** A connection that is over holds nothing. */
const gone: KernelQueues = { outgoing: 0, incoming: 0 }

function flow(from: Sample, to: Sample, kernelOutgoing?: number, kernelIncoming?: number): Flow {
  const ends = { written: from.written, incoming: Math.max(to.given - to.read, 0), read: to.read }
  const outgoing = from.written - from.taken
  if (kernelOutgoing === undefined || kernelIncoming === undefined) {
    return { ...ends, outgoing, kernelOutgoing: Math.max(from.taken - to.given, 0), kernelIncoming: undefined }
  }
  // Of a write under way the kernel may have taken a part already.
  const elsewhere = to.given + kernelIncoming + kernelOutgoing
  return {
    ...ends,
    outgoing: Math.min(outgoing, Math.max(from.written - elsewhere, 0)),
    kernelOutgoing,
    kernelIncoming,
  }
}

// Each bar has its own scale: about what that place can hold, so that a full bar is a full buffer.
const rows = [
  { label: "sender's program", key: 'outgoing', full: 96 * 1024 },
  { label: "sender's kernel", key: 'kernelOutgoing', full: kernelSendLimit() },
  { label: "receiver's kernel", key: 'kernelIncoming', full: 128 * 1024 },
  { label: "receiver's program", key: 'incoming', full: 160 * 1024 },
] as const

const labelColumns = 22
const barColumns = 15
const flowColumns = 27

/** The picture for a terminal. */
export function drawGauges(flows: Flows, paint: Paint, color: keyof Paint): string[] {
  const { bold, dim } = paint
  const columns = (label: string, cell: (flow: Flow) => string): string =>
    `  ${pad(label, labelColumns)}${flows.map((flow) => pad(cell(flow), flowColumns)).join('')}`.trimEnd()
  const amount = (bytes: number): string => padLeft(formatBytes(bytes), barColumns + 10)
  return [
    `  ${pad('', labelColumns)}${pad(bold('client ──► server'), flowColumns)}${bold('server ──► client')}`,
    columns('written', ({ written }) => amount(written)),
    ...rows.map(({ label, key, full }) =>
      columns(dim(`· ${label}`), ({ [key]: bytes }) =>
        bytes === undefined
          ? dim('  (in the bar above)')
          : `${bar(bytes / full, barColumns, paint[color], dim)} ${padLeft(formatBytes(bytes), 9)}`,
      ),
    ),
    columns('read', ({ read }) => amount(read)),
  ]
}

const cellColumns = 6

/** The same for a log: a table in KiB, one line a snapshot. */
export function gaugeTableHead(paint: Paint): string[] {
  const head = (cells: string[]): string => cells.map((cell) => padLeft(cell, cellColumns)).join('')
  const both = (cells: string): string => `${cells}  ${cells}`
  return [
    `${pad('', 16)}${pad(padLeft('client ──► server', 24), 32)}${padLeft('server ──► client', 24)}`,
    `${pad('', 16)}${both(pad(padLeft('sender', 12) + padLeft('receiver', 12), 30))}`,
    `${pad('  KiB in:', 16)}${both(head(['prog', 'kern', 'kern', 'prog', 'read']))}`,
  ].map((line) => paint.dim(line.trimEnd()))
}

/** A line of that table. */
export function gaugeTableRow(flows: Flows, when: string): string {
  const cells = ({ outgoing, kernelOutgoing, kernelIncoming, incoming, read }: Flow): string =>
    [outgoing, kernelOutgoing, kernelIncoming, incoming, read]
      .map((bytes) => padLeft(bytes === undefined ? '-' : String(Math.round(bytes / 1024)), cellColumns))
      .join('')
  return `${pad(`  ${when}`, 16)}${flows.map(cells).join('  ')}`
}
