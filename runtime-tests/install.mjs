// Gets the runtimes: all but Chromium from npm, as package-lock.json has them; Chromium from Debian's packages.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { here, run } from './process.mjs'

const chromiums = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is, if it is there. */
export const chromium = () => chromiums.find((path) => path && existsSync(path))

/** Where a runtime from npm is: the packages are one for each platform, and only this platform's is there. */
const program = (name, path) => `${here}node_modules/${name}-${process.platform}-${process.arch}/${path}`
export const node = (major) => program(`node${major}`, 'bin/node')
export const deno = () => program('deno', 'deno')
export const bun = () => program('bun', 'bin/bun')
export const workerd = () => program('workerd', 'bin/workerd')

/** Installs what the lock file says, unless it is there. */
export async function installPackages() {
  const done = `${here}node_modules/.installed`
  const lock = readFileSync(`${here}package-lock.json`, 'utf8')
  if (existsSync(done) && readFileSync(done, 'utf8') === lock) return
  console.log('Installing the runtimes into runtime-tests/node_modules …')
  const { code, output } = await run('npm', ['ci'], { cwd: here, signal: AbortSignal.timeout(600_000) })
  if (code !== 0) throw new Error(`npm ci failed:\n${output}`)
  writeFileSync(done, lock)
}

/** Installs Chromium where that needs nobody's leave: as root of a Debian. Elsewhere, or if it fails, it stays missing. */
export async function installChromium() {
  if (chromium() || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  console.log("Installing Debian's Chromium …")
  const signal = AbortSignal.timeout(600_000)
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { code, output } = await run('apt-get', args, { signal, env: { DEBIAN_FRONTEND: 'noninteractive' } })
    if (code !== 0) return console.log(output)
  }
}
