/**
 * Keeps fast code fast over garbage collections.
 *
 * V8 describes the fields of alike objects once, in a hidden class that weak links lead to. When a collection finds no such object
 * alive, it drops the class; the next object gets a new one, and code that was optimised for the old one does not know it. After a few
 * such rounds (a server whose connections come and go, a job now and then) the code takes all objects for different ones, and a
 * frame costs 1.5 to 6 times as much for the rest of the process. One idle object that lives for ever prevents that.
 */

const kept: object[] = []

/** Keeps objects alive for their shapes. They must hold nothing but themselves: no bytes, and nothing that is the user's. */
export function keepShape(...idle: object[]): void {
  kept.push(...idle)
}
