// Items that come on their own, takers that want one: whoever is there first waits for the other.

import { deferred, type Deferred } from './deferred.ts'

/** A bounded queue of items, and an unbounded one of those who wait for an item. */
export class AcceptQueue<Item> {
  readonly #limit: number
  #items: Item[] = []
  #takers: Deferred<Item | undefined>[] = []
  #isClosed = false

  /** `limit`: how many items may wait. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Gives an item to the first taker, or keeps it; false: there is no room, or the queue is closed. */
  offer(item: Item): boolean {
    if (this.#isClosed) return false
    const taker = this.#takers.shift()
    if (taker) taker.resolve(item)
    else if (this.#items.length < this.#limit) this.#items.push(item)
    else return false
    return true
  }

  /** The next item; undefined once the queue is closed. */
  take(): Promise<Item | undefined> {
    const taker = deferred<Item | undefined>()
    if (this.#isClosed) taker.resolve(undefined)
    else if (this.#items.length > 0) taker.resolve(this.#items.shift())
    else this.#takers.push(taker)
    return taker.promise
  }

  /** Ends it: whoever waits gets undefined. Returns the items that nobody took. */
  close(): Item[] {
    const [left, takers] = [this.#items, this.#takers]
    this.#isClosed = true
    this.#items = []
    this.#takers = []
    for (const taker of takers) taker.resolve(undefined)
    return left
  }
}
