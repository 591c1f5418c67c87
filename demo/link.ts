// One end of the IPC between the two processes: messages out, and in through a queue that one can await.

import type { ChildProcess } from 'node:child_process'

/** Speaks `Out`, hears `In`. */
export class Link<In extends { type: string }, Out> {
  readonly #end: NodeJS.Process | ChildProcess
  readonly #arrived: In[] = []
  #wake: (() => void) | undefined

  constructor(end: NodeJS.Process | ChildProcess) {
    this.#end = end
    end.on('message', (message) => {
      this.#arrived.push(message as In)
      this.#wake?.()
    })
  }

  send(message: Out): void {
    // The callback takes the error of a process that is gone: its end is noticed elsewhere, and says more.
    this.#end.send?.(message as object, undefined, undefined, () => {})
  }

  /** The next message, if there is one. */
  take(): In | undefined {
    return this.#arrived.shift()
  }

  /** The next message. One caller at a time. */
  async next(): Promise<In> {
    for (;;) {
      const message = this.take()
      if (message !== undefined) return message
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** The next message, which must be of this type. */
  async expect<Type extends In['type']>(type: Type): Promise<Extract<In, { type: Type }>> {
    const message = await this.next()
    if (message.type !== type) throw new Error(`expected the other process to say '${type}', not '${message.type}'`)
    return message as Extract<In, { type: Type }>
  }
}
