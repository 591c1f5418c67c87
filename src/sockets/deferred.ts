/** A promise, and its two ends in other hands. Nobody has to watch it: a rejection without a listener is no accident. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** Makes a Deferred. Only the first of its calls counts. */
export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = handled(
    new Promise<T>((yes, no) => {
      resolve = yes
      reject = no
    }),
  )
  return { promise, resolve, reject }
}

/** Marks a promise as handled: who waits for it still gets its rejection, who does not is not bothered. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
