// Programs that a row starts in a process of their own. Each says a port on its first line and runs until its input ends.
import { listen } from 'framewright/socket'
import { echoAll } from './echo.mjs'

async function echo(say) {
  const listener = listen({ port: 0, hostname: '127.0.0.1' })
  const { localPort } = await listener.opened
  say(String(localPort))
  await echoAll(listener)
}

export const children = { echo }
