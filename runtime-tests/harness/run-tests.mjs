// Runs test files with vitest's runner on whatever this is: nothing here knows a runtime.
import { startTests } from '@vitest/runner'
import { getSuites, getTestName, getTests } from '@vitest/runner/utils'
import { setSafeTimers } from '@vitest/utils/timers'
import { checkAssertions, forgetAssertions } from './vitest.mjs'

/** As in vitest.config.ts: a bound that only a hang exceeds. */
const timeout = 30_000

/**
 * What every runtime reports. `errors` are those of no single test: a file that could not be loaded, a stray rejection.
 * `version` stands for what the probe test cannot find out.
 *
 * @typedef {{ file: string, name: string, status: 'passed' | 'failed' | 'skipped', error?: string }} Test
 * @typedef {{ tests: Test[], errors: string[], version?: string }} Report
 */

/**
 * Imports and runs the files, one after the other.
 *
 * @param {Record<string, () => Promise<unknown>>} files how to import each
 * @returns {Promise<Report>}
 */
export async function runTests(files) {
  const errors = []
  const onStray = (event) => errors.push(`outside of the tests: ${show(event?.reason ?? event)}`)
  globalThis.addEventListener?.('unhandledrejection', onStray)
  globalThis.process?.on?.('unhandledRejection', onStray)

  setSafeTimers() // the runner's own clock goes on where a test has a false one
  const ran = await startTests(Object.keys(files), {
    config: {
      root: '',
      setupFiles: [],
      name: undefined,
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: timeout,
      hookTimeout: timeout,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: (file) => files[file](),
    onBeforeTryTask: forgetAssertions,
    onAfterTryTask: checkAssertions,
  })
  await new Promise((resolve) => setTimeout(resolve, 50)) // what is rejected last is reported late

  const tests = ran.flatMap((file) =>
    getTests(file).map((test) => ({
      file: file.filepath,
      name: getTestName(test, ' > '),
      status: { pass: 'passed', fail: 'failed' }[test.result?.state] ?? 'skipped',
      error: errorsOf(test),
    })),
  )
  for (const suite of getSuites(ran)) {
    const error = errorsOf(suite)
    if (error) errors.push(`${suite.file.filepath}: ${error}`)
  }
  return { tests, errors }
}

const errorsOf = (task) => task.result?.errors?.map(show).join('\n')
/** An error, or what the runner has made of it. */
function show(error) {
  if (typeof error?.message !== 'string') return JSON.stringify(error) ?? typeof error
  return [error.message, error.diff, error.stack].filter((part) => typeof part === 'string').join('\n')
}
