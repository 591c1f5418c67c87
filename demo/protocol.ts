// What the two processes say to each other over IPC.

import type { RuleName } from './steps/framing-rules.ts'
import type { Proofs, Sample } from './steps/side.ts'
import type { Moment } from './steps/timeline.ts'

/** From the conductor to the server. The first three announce what the next conversation is about. */
export type Order =
  | { type: 'framing'; rule: RuleName }
  | { type: 'half-close' }
  | { type: 'deadlock'; frames: number; bytesPerSecond: number }
  | { type: 'read' }
  | { type: 'stop' }

/** From the server to the conductor. */
export type Report =
  | { type: 'listening'; port: number }
  /** A chunk as it came from TCP, the frames that were whole with it, and how many bytes have to wait for more. */
  | { type: 'chunk'; chunk: Uint8Array; frames: Uint8Array[]; pending: number }
  | { type: 'moments'; moments: Moment[] }
  | { type: 'sample'; sample: Sample }
  | { type: 'proofs'; proofs: Proofs }
  | { type: 'done' }
  | { type: 'bye'; peakMemory: number }
