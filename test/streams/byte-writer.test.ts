import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, delimiter, lengthPrefixed, lines, type Codec } from '../../src/index.ts'
import { bytes, implementations, rejection, settle, source, state, text } from './support.ts'

describe.each(implementations)('a ByteWriter over $name', (implementation) => {
  const { classes } = implementation

  /** A transport that takes chunks one by one, when the test lets it. */
  function transport(blocked = false) {
    const chunks: string[] = []
    const log: unknown[] = []
    const held: { resolve: () => void; reject: (error: unknown) => void }[] = []
    const stream = new classes.WritableStream<Uint8Array>({
      write(chunk) {
        chunks.push(text(chunk))
        return blocked ? new Promise<void>((resolve, reject) => void held.push({ resolve, reject })) : undefined
      },
      close: () => void log.push('close'),
      abort: (reason) => void log.push(['abort', reason]),
    })
    return {
      stream,
      chunks,
      log,
      take: () => held.shift()!.resolve(),
      fail: (error: unknown) => held.shift()!.reject(error),
    }
  }

  test('writes bytes, text and frames in the order of the calls, and ends', async () => {
    const { stream, chunks, log } = transport()
    const writer = new ByteWriter(stream)
    const codec = lengthPrefixed({ width: 1 })
    await writer.write('ä\r\n')
    await writer.write(bytes('raw').buffer)
    await writer.writeFrame(codec, bytes('x'))
    await writer.writeFrame(lines(), 'line')
    await writer.write('')
    expect(writer.offset).toBe(14)
    await writer.close()
    expect(chunks.join('')).toBe('ä\r\nraw\x01xline\n')
    expect(log).toEqual(['close'])
    expect(writer.buffered).toBe(0)
  })

  test('a ByteReader reads back what it wrote, rule by rule', async () => {
    const pipe = new classes.TransformStream<Uint8Array, Uint8Array>()
    const writer = new ByteWriter(pipe.writable)
    const reader = new ByteReader(pipe.readable)
    const binary = lengthPrefixed({ width: 2 })
    void writer.write('HELLO\r\n')
    void writer.writeFrame(binary, bytes('one'))
    void writer.writeFrame(binary, bytes(''))
    void writer.write('raw')
    void writer.writeFrame(binary, bytes('two'))
    void writer.close()
    expect(await reader.readLine()).toBe('HELLO')
    expect(text(await reader.readFrame(binary))).toBe('one')
    expect(text(await reader.readFrame(binary))).toBe('')
    expect(text(await reader.readExactly(3))).toBe('raw')
    expect(text(await reader.readFrame(binary))).toBe('two')
    expect(await reader.readFrame(binary)).toBeUndefined()
  })

  test('a lone write leaves at once; what comes while the stream is busy leaves as one chunk', async () => {
    const { stream, chunks, take } = transport(true)
    const writer = new ByteWriter(stream)
    await writer.write('a')
    await settle()
    expect(chunks).toEqual(['a'])
    await writer.write('b')
    await writer.writeFrame(lines(), 'c')
    await writer.write('d')
    expect(writer.buffered).toBe(5)
    await settle()
    expect(chunks).toEqual(['a'])
    take()
    await settle()
    expect(chunks).toEqual(['a', 'bc\nd'])
    expect(writer.buffered).toBe(4)
  })

  test("what was written is the caller's again", async () => {
    const { stream, chunks, take } = transport(true)
    const writer = new ByteWriter(stream)
    const memory = bytes('ab')
    void writer.write(memory)
    void writer.write(memory)
    memory.fill(0)
    await settle()
    take()
    await settle()
    expect(chunks).toEqual(['ab', 'ab'])
  })

  test('above 64 KiB a write waits until what has gathered has left', async () => {
    const { stream, take } = transport(true)
    const writer = new ByteWriter(stream)
    await writer.write('first')
    await writer.write('x'.repeat(65_535))
    const over = writer.write('y')
    const frame = writer.writeFrame(lines(), 'z')
    expect(await state(over)).toBe('pending')
    take()
    expect(await state(over)).toBe('fulfilled')
    expect(await state(frame)).toBe('fulfilled')
    expect(writer.buffered).toBe(65_538)
  })

  test('flush settles when all that was written before it has been taken, whatever is written after', async () => {
    const { stream, take } = transport(true)
    const writer = new ByteWriter(stream)
    await writer.flush()
    void writer.write('a')
    const first = writer.flush()
    void writer.write('b')
    const second = writer.flush()
    await settle()
    expect(await state(first)).toBe('pending')
    take()
    expect(await state(first)).toBe('fulfilled')
    expect(await state(second)).toBe('pending')
    void writer.write('c')
    take()
    expect(await state(second)).toBe('fulfilled')
    const third = writer.flush()
    expect(await state(third)).toBe('pending')
    take()
    expect(await state(third)).toBe('fulfilled')
  })

  test('a frame that would not be read back is refused, nothing of it is written, and the next one is', async () => {
    const { stream, chunks } = transport()
    const writer = new ByteWriter(stream)
    const codec = delimiter(';')
    await writer.writeFrame(codec, bytes('a'))
    await expect(writer.writeFrame(codec, bytes('b;'))).rejects.toMatchObject({
      code: 'ERR_FRAME_UNENCODABLE',
      frameIndex: 1,
    })
    await writer.writeFrame(codec, bytes('c'))
    await writer.close()
    expect(chunks.join('')).toBe('a;c;')
    expect(writer.offset).toBe(4)
  })

  test('what an encoder had written of a frame that it refuses in the end is taken back', async () => {
    const { stream, chunks } = transport()
    const writer = new ByteWriter(stream)
    const careless: Codec<never, string> = {
      decoder: () => ({ decode: () => undefined }),
      encoder: () => ({
        encode(frame, out) {
          out.text(`<${frame}`)
          if (frame === 'bad') throw new Error('refused')
          out.text('>')
        },
      }),
    }
    await writer.writeFrame(careless, 'a')
    await expect(writer.writeFrame(careless, 'bad')).rejects.toThrow('refused')
    await writer.writeFrame(careless, 'b')
    await writer.close()
    expect(chunks.join('')).toBe('<a><b>')
    expect(writer.offset).toBe(6)
  })

  test('an encoder is kept while its codec is, and ends where something else comes in between', async () => {
    const { stream, chunks } = transport()
    const writer = new ByteWriter(stream)
    const counted: Codec<never, string> = {
      decoder: () => ({ decode: () => undefined }),
      encoder() {
        let frames = 0
        return {
          encode: (frame, out) => out.text(`${++frames}${frame} `),
          end: (out) => out.text(`(${frames}) `),
        }
      },
    }
    for (const frame of 'ab') await writer.writeFrame(counted, frame)
    await writer.write('raw ')
    await writer.writeFrame(counted, 'c')
    await writer.writeFrame(lines(), 'line')
    await writer.writeFrame(counted, 'd')
    await writer.flush()
    expect(writer.offset).toBe(chunks.join('').length)
    await writer.close()
    expect(chunks.join('')).toBe('1a 2b (2) raw 1c (1) line\n1d (1) ')
    expect(writer.offset).toBe(chunks.join('').length)
  })

  test('what is no bytes and no text is refused, and the writer goes on', async () => {
    const { stream, chunks } = transport()
    const writer = new ByteWriter(stream)
    await expect(writer.write(5 as never)).rejects.toThrow(/Expected bytes/)
    await writer.write('ok')
    await writer.flush()
    expect(chunks).toEqual(['ok'])
  })

  test('close settles when the stream has closed, with everything written', async () => {
    const { stream, chunks, log, take } = transport(true)
    const writer = new ByteWriter(stream)
    void writer.write('a')
    void writer.write('b')
    const closed = writer.close()
    await expect(writer.write('c')).rejects.toThrow(/was closed/)
    await expect(writer.close()).rejects.toThrow(/was closed/)
    await settle()
    take()
    expect(await state(closed)).toBe('pending')
    expect(log).toEqual([])
    take()
    expect(await state(closed)).toBe('fulfilled')
    expect(chunks).toEqual(['a', 'b'])
    expect(log).toEqual(['close'])
  })

  test('detach hands the stream on, unlocked, when all is written', async () => {
    const { stream, chunks, log, take } = transport(true)
    const writer = new ByteWriter(stream)
    void writer.write('a')
    const detached = writer.detach()
    expect(await state(detached)).toBe('pending')
    expect(stream.locked).toBe(true)
    take()
    await detached
    expect(stream.locked).toBe(false)
    await expect(writer.write('b')).rejects.toThrow(/was detached/)
    await expect(writer.abort()).rejects.toThrow(/was detached/)
    await writer[Symbol.asyncDispose]()
    await writer.flush()
    void stream.getWriter().write(bytes('next'))
    await settle()
    expect(chunks).toEqual(['a', 'next'])
    expect(log).toEqual([])
  })

  test('abort drops what has gathered, breaks the stream off, and refuses those who wait', async () => {
    const { stream, chunks, log, take } = transport(true)
    const writer = new ByteWriter(stream)
    void writer.write('a')
    const big = rejection(writer.write('x'.repeat(70_000)))
    const flushed = rejection(writer.flush())
    await settle()
    const reason = new Error('gone')
    const aborted = writer.abort(reason)
    expect(await big).toBe(reason)
    expect(await flushed).toBe(reason)
    expect(await rejection(writer.write('b'))).toBe(reason)
    expect(await rejection(writer.close())).toBe(reason)
    take()
    await aborted
    await writer.abort('again')
    expect(chunks).toEqual(['a'])
    expect(log).toEqual([['abort', reason]])
    await writer[Symbol.asyncDispose]()
  })

  test('abort without a reason refuses with a TypeError', async () => {
    const writer = new ByteWriter(transport().stream)
    await writer.abort()
    await expect(writer.write('a')).rejects.toThrow(/was aborted/)
  })

  test('when the stream fails, those who wait and all later calls get its error', async () => {
    const { stream, fail } = transport(true)
    const writer = new ByteWriter(stream)
    void writer.write('a')
    const flushed = rejection(writer.flush())
    const big = rejection(writer.write('x'.repeat(70_000)))
    await settle()
    const reason = new Error('reset')
    fail(reason)
    expect(await big).toBe(reason)
    expect(await flushed).toBe(reason)
    expect(await rejection(writer.write('b'))).toBe(reason)
    expect(await rejection(writer.detach())).toBe(reason)
    await writer[Symbol.asyncDispose]()
  })

  test('await using closes it, once', async () => {
    const { stream, chunks, log } = transport()
    const writer = new ByteWriter(stream)
    void writer.write('a')
    await writer[Symbol.asyncDispose]()
    await writer[Symbol.asyncDispose]()
    expect(chunks).toEqual(['a'])
    expect(log).toEqual(['close'])
  })

  test('must be given a stream, and one that is not locked', () => {
    expect(() => new ByteWriter({} as never)).toThrow(/needs a WritableStream/)
    const { stream } = transport()
    stream.getWriter()
    expect(() => new ByteWriter(stream)).toThrow(TypeError)
    expect(() => new ByteWriter(source(implementation, []) as never)).toThrow(TypeError)
  })
})
