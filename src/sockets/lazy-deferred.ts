import { deferred, type Deferred, handled } from './deferred.ts'

/**
 * A Deferred whose promise is made when somebody asks for it: most connections are held without a look at most of theirs, and a promise
 * with its two functions is some 400 bytes.
 */
export class LazyDeferred<T> {
  #deferred: Deferred<T> | undefined
  #promise: Promise<T> | undefined
  #state: 'pending' | 'resolved' | 'rejected' = 'pending'
  #value: unknown

  get promise(): Promise<T> {
    if (this.#promise === undefined) {
      if (this.#state === 'resolved') this.#promise = Promise.resolve(this.#value as T)
      else if (this.#state === 'rejected') this.#promise = handled(Promise.reject<T>(this.#value))
      else this.#promise = (this.#deferred = deferred<T>()).promise
    }
    return this.#promise
  }

  /** Only the first call of this or of `reject` counts. */
  resolve(value: T): void {
    if (this.#state !== 'pending') return
    this.#state = 'resolved'
    this.#value = value
    this.#deferred?.resolve(value)
    this.#deferred = undefined
  }

  reject(reason: unknown): void {
    if (this.#state !== 'pending') return
    this.#state = 'rejected'
    this.#value = reason
    this.#deferred?.reject(reason)
    this.#deferred = undefined
  }
}
