// Programs of this folder that print `N passed, N failed` at their end.
import { here, start } from './process.mjs'

/**
 * @param {string} script
 * @param {number} minutes that it may take
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function further(script, minutes) {
  console.log(`\n== runtime-tests/${script}`)
  const { ended, end } = start(process.execPath, [here + script], { onLine: (line) => console.log(line) })
  const timer = setTimeout(end, minutes * 60_000)
  const { code, output } = await ended
  clearTimeout(timer)
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? []
  if (passed !== undefined && (code === 0) === (Number(failed) === 0)) {
    return { passed: Number(passed), failed: Number(failed) }
  }
  // Nothing could be tried here, and it has said so.
  if (code === 0) return { passed: 0, failed: 0 }
  console.log(`\n${script} ended with ${code}:\n${output.slice(-2000)}`)
  return { passed: 0, failed: 1 }
}
