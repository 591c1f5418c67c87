// Unix-domain sockets: the file that one leaves behind, the names that are no files.

import { existsSync, readFileSync } from 'node:fs'
import { lstat, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, listen, type Listener } from '../../src/sockets/index.ts'
import { outcome, pattern, readAll, startPeer } from './peer.ts'

let folder = ''
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framewright-unix-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

function newPath(): string {
  return join(folder, `${count++}.sock`)
}

/** The file of a program that was killed. */
async function stalePath(): Promise<string> {
  const path = newPath()
  const peer = startPeer('listen', 'silent', path)
  await peer.next('listening')
  peer.stop()
  for (let isGone = false; !isGone;) {
    const probe = connect({ path })
    isGone = (await outcome(probe.opened)) instanceof Error
    probe.reset()
  }
  expect((await lstat(path)).isSocket()).toBe(true)
  return path
}

/** Whether a peer in another process gets its bytes back. */
async function echoes(listener: Listener, where: string): Promise<void> {
  const peer = startPeer('connect', where, 'read')
  const socket = await listener.accept()
  const piping = socket.readable.pipeTo(socket.writable)
  peer.tell('send 300000')
  peer.tell('end')
  expect(await peer.next('end', 'error')).toMatchObject({ event: 'end', received: 300_000, intact: true })
  await piping
}

describe('unlinkStale', () => {
  test('removes the file that a killed program has left, which is in the way without it', async () => {
    const path = await stalePath()
    expect(await outcome(listen({ path }).opened)).toMatchObject({ code: 'EADDRINUSE' })
    expect(existsSync(path)).toBe(true)
    const listener = listen({ path, unlinkStale: true })
    expect(await listener.opened).toMatchObject({ localAddress: path, localPort: 0 })
    await echoes(listener, path)
    await listener.close()
    expect(existsSync(path)).toBe(false)
  })

  test('does not touch the file of a program that lives', async () => {
    const path = newPath()
    const peer = startPeer('listen', 'echo', path)
    await peer.next('listening')
    const listener = listen({ path, unlinkStale: true })
    expect(await outcome(listener.opened)).toMatchObject({ code: 'EADDRINUSE', phase: 'accept' })
    expect(await outcome(listener.closed)).toMatchObject({ code: 'EADDRINUSE' })
    const socket = connect({ path })
    void socket.writable
      .getWriter()
      .write(pattern(0, 1_000))
      .then(() => socket.shutdown('write'))
    expect(await readAll(socket.readable)).toEqual({ received: 1_000, error: undefined })
  })

  test('does not touch a file that is no socket, or a link to one', async () => {
    const path = newPath()
    await writeFile(path, 'precious')
    expect(await outcome(listen({ path, unlinkStale: true }).opened)).toMatchObject({ code: 'EADDRINUSE' })
    expect(readFileSync(path, 'utf8')).toBe('precious')
    const link = newPath()
    const target = await stalePath()
    await symlink(target, link)
    expect(await outcome(listen({ path: link, unlinkStale: true }).opened)).toMatchObject({ code: 'EADDRINUSE' })
    expect(existsSync(target)).toBe(true)
  })

  test('of two that start at the same time one listens, and the other does not remove its file', async () => {
    const path = await stalePath()
    const listeners = [listen({ path, unlinkStale: true }), listen({ path, unlinkStale: true })]
    const outcomes = await Promise.all(listeners.map(({ opened }) => outcome(opened)))
    expect(outcomes.filter((one) => (one as { code?: string }).code === 'EADDRINUSE')).toHaveLength(1)
    const winner = listeners.find((_, i) => !(outcomes[i] instanceof Error))!
    await echoes(winner, path)
    await winner.close()
  })

  test('is no hindrance where there is no file, and can be given up before it listens', async () => {
    const path = newPath()
    const listener = listen({ path, unlinkStale: true })
    await listener.opened
    await listener.close()
    const other = listen({ path, unlinkStale: true })
    expect(await outcome(other.close())).toBe('done')
    expect(await outcome(other.opened)).toMatchObject({ code: 'ERR_LISTENER_CLOSED' })
    expect(existsSync(path)).toBe(false)
  })
})

test('the file is removed when the listener closes, and the path can be listened on again at once', async () => {
  const path = newPath()
  for (let round = 0; round < 3; round++) {
    const listener = listen({ path })
    await listener.opened
    expect(existsSync(path)).toBe(true)
    await echoes(listener, path)
    await listener.close()
    expect(existsSync(path)).toBe(false)
  }
})

describe.runIf(process.platform === 'linux')('an abstract name', () => {
  const name = `framewright-${process.pid}`

  test('is listened on, with nothing in the file system, and is free when the listener closes', async () => {
    for (let round = 0; round < 3; round++) {
      const listener = listen({ path: `\0${name}`, unlinkStale: true })
      expect(await listener.opened).toMatchObject({ localAddress: `\0${name}`, localPort: 0 })
      // Node 20 pads the name with zeros, which the kernel shows as @.
      expect(readFileSync('/proc/net/unix', 'utf8')).toMatch(new RegExp(`@${name}@*$`, 'm'))
      const second = listen({ path: `\0${name}` })
      expect(await outcome(second.opened)).toMatchObject({ code: 'EADDRINUSE' })
      await echoes(listener, `@${name}`)
      await listener.close()
    }
    expect(await outcome(connect({ path: `\0${name}` }).opened)).toMatchObject({
      code: 'ECONNREFUSED',
      phase: 'connect',
    })
  })

  test('is connected to', async () => {
    const peer = startPeer('listen', 'echo', `@${name}-peer`)
    await peer.next('listening')
    const socket = connect({ path: `\0${name}-peer` })
    expect(await socket.opened).toMatchObject({ remoteAddress: `\0${name}-peer`, remotePort: 0 })
    void socket.writable
      .getWriter()
      .write(pattern(0, 100_000))
      .then(() => socket.shutdown('write'))
    expect(await readAll(socket.readable)).toEqual({ received: 100_000, error: undefined })
  })
})
