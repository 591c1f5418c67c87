import { defineConfig } from 'vitest/config'

// .ci/run counts the tests from this file; nothing else sets it.
const report = process.env['FRAMEWRIGHT_TEST_REPORT']

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests that measure memory collect the garbage first.
    execArgv: ['--expose-gc'],
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    // Sockets and memory readings share the machine with the other files: a bound that only a hang exceeds.
    testTimeout: 30_000,
  },
})
