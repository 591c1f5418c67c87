/** First in, first out, where a few items wait and many go through. */

/** What has gone out makes room again when there is so much of it. */
const GONE = 64

export class ItemQueue<Item> {
  #items: Item[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    const items = this.#items
    if (this.#first === items.length) return undefined
    const item = items[this.#first]
    items[this.#first++] = undefined as never
    if (this.#first === items.length) this.clear()
    else if (this.#first >= GONE && this.#first * 2 > items.length) {
      items.splice(0, this.#first)
      this.#first = 0
    }
    return item
  }

  clear(): void {
    this.#items.length = this.#first = 0
  }
}
