/** Characters of an event that is not yet whole; what is longer is passed on without being looked at. */
const MOST = 1024 * 1024

/** The bytes as they are; the data of each whole event goes to `look`. */
export async function* watched(body: ReadableStream<Uint8Array>, look: (data: string) => void): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of body) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop()!.slice(-MOST)
    for (const block of blocks) {
      const data = block.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).replace(/^ /, '')).join('\n')
      if (data !== '') look(data)
    }
    yield piece
  }
}
