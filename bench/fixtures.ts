/** The bytes that every row of a benchmark is given. */

export const CHUNK: number = 64 * 1024

/** `total` bytes of lines of `size` bytes each, their LF included, in chunks of `chunk` bytes. */
export function lineChunks(total: number, size: number, chunk: number = CHUNK): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let start = 0; start < total; start += chunk) {
    const bytes = new Uint8Array(Math.min(chunk, total - start)).fill(0x61)
    for (let i = size - 1 - (start % size); i < bytes.length; i += size) bytes[i] = 0x0a
    chunks.push(bytes)
  }
  return chunks
}

/** A native stream that gives the chunks when asked. */
export function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[next++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
}
