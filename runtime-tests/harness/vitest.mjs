// What test files get for `import … from 'vitest'` where vitest itself does not run: vitest's own runner and its own
// expect, which are plain JavaScript, put together as vitest does it. So names, matchers and hooks are the same.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  getState,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { getCurrentTest } from '@vitest/runner'
import { fakeTimers } from './fake-timers.cjs'

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFailed,
  onTestFinished,
  test,
} from '@vitest/runner'

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

export function expect(value, message) {
  setState({ assertionCalls: getState(expect).assertionCalls + 1 }, expect)
  const assertion = chai.expect(value, message)
  const test = getCurrentTest()
  return test ? assertion.withTest(test) : assertion
}
Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT], {
  getState: () => getState(expect),
  setState: (state) => setState(state, expect),
  extend: (matchers) => chai.expect.extend(expect, matchers),
  unreachable: (message) => chai.assert.fail(message ?? 'expected not to be reached'),
  hasAssertions: () => setState({ isExpectingAssertions: true }, expect),
  assertions: (count) => setState({ expectedAssertionsNumber: count }, expect),
})
globalThis[GLOBAL_EXPECT] = expect
forgetAssertions()

let clock

/** Of `vi` what needs no module loader and is in use. */
export const vi = {
  useFakeTimers() {
    clock?.uninstall()
    // As in vitest: what is already decided goes on.
    const { install, timers } = fakeTimers()
    const toFake = Object.keys(timers).filter((name) => name !== 'nextTick' && name !== 'queueMicrotask')
    clock = install({ now: Date.now(), toFake, ignoreMissingTimers: true })
  },
  useRealTimers() {
    clock?.uninstall()
    clock = undefined
  },
  advanceTimersByTime: (ms) => clock.tick(ms),
  advanceTimersByTimeAsync: (ms) => clock.tickAsync(ms),
  getTimerCount: () => clock.countTimers(),
}

/** Before every test: `hasAssertions` and `assertions` hold for one test only. */
export function forgetAssertions() {
  setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect)
}

/** After every test. */
export function checkAssertions() {
  const { assertionCalls, isExpectingAssertions, expectedAssertionsNumber } = getState(expect)
  if (isExpectingAssertions && assertionCalls === 0) throw new Error('Not one assertion was made')
  if (expectedAssertionsNumber !== null && expectedAssertionsNumber !== assertionCalls) {
    throw new Error(`${assertionCalls} assertions were made, not ${expectedAssertionsNumber}`)
  }
}
