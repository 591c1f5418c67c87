// A report as a line of what a program prints.
const mark = 'report of the tests: '

/** @param {import('./run-tests.mjs').Report} report */
export const reportLine = (report) => mark + JSON.stringify(report)

/**
 * @param {string} output
 * @returns {import('./run-tests.mjs').Report}
 */
export function reportIn(output) {
  const line = output.split('\n').find((one) => one.includes(mark))
  if (line === undefined) throw new Error(`It ended without a report. It printed:\n${output.slice(-4000)}`)
  return JSON.parse(line.slice(line.indexOf(mark) + mark.length))
}
