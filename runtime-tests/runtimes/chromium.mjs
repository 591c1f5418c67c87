// A page in headless Chromium. Everything comes from a server on 127.0.0.1, which ends with the run.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { chromium as browsers } from 'playwright-core'
import { bundle } from '../bundle.mjs'
import { chromium } from '../install.mjs'

// What Chromium would do on its own, it does not: no requests but the page's.
const flags = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), // Chromium's sandbox does not take root
]

/** SharedArrayBuffer is there only where nothing of another origin can be. */
const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/**
 * @param {import('../run.mjs').Job} job
 * @returns {Promise<import('../harness/run-tests.mjs').Report>}
 */
export async function runInChromium({ files, folder, signal }) {
  const modules = new Set(await bundle(files, folder))
  const server = createServer(async ({ url = '/' }, response) => {
    const path = url.slice(1)
    if (path === '') response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end('<!doctype html>')
    else if (!modules.has(path)) response.writeHead(404).end()
    else
      response
        .writeHead(200, { ...headers, 'content-type': 'text/javascript' })
        .end(await readFile(`${folder}/${path}`))
  })
  let browser
  const end = () => browser?.close()
  signal.addEventListener('abort', end)
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    browser = await browsers.launch({ executablePath: chromium(), args: flags, timeout: 60_000 })
    signal.throwIfAborted()
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    return await page.evaluate(async () => {
      const { run } = await import('/main.js')
      return run()
    })
  } finally {
    signal.removeEventListener('abort', end)
    await browser?.close()
    server.closeAllConnections()
    server.close()
  }
}
