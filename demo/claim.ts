/** Ends the demo, and fails it, if what it is about to say is not true. */
export function claim(isTrue: boolean, statement: string): void {
  if (!isTrue) throw new Error(`this should be true and is not: ${statement}`)
}
