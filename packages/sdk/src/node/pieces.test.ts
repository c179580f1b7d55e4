import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { borrow, giveBack, PIECE, readPieces } from './pieces.js'
import { nodeTransport } from './transport.js'

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let folder: string
let server: Server
let origin: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orkit-pieces-'))
  // Reads in fits and starts, so that much waits in every buffer between here and there.
  server = createServer(async (request, response) => {
    const hash = createHash('sha256')
    let read = 0
    for await (const chunk of request) {
      hash.update(chunk as Buffer)
      read += (chunk as Buffer).length
      if (read > 500_000) {
        read = 0
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    response.end(hash.digest('hex'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

function file(name: string, size: number): { path: string; sha256: string } {
  const bytes = randomBytes(size)
  writeFileSync(join(folder, name), bytes)
  return { path: join(folder, name), sha256: sha(bytes) }
}

describe('pieces of files', () => {
  it('arrive whole through the transport that gives them back, many at a time, from few buffers', async () => {
    const memory = new Set<ArrayBufferLike>()
    let pieces = 0
    async function* watched(path: string) {
      for await (const piece of readPieces(path)) {
        pieces++
        memory.add(piece.buffer)
        yield piece
      }
    }
    const transport = nodeTransport()
    const files = Array.from({ length: 8 }, (_, index) => file(`f${index}`, 6_000_000 + index))
    await Promise.all(files.map(async ({ path, sha256 }) => {
      const response = await transport(`${origin}/`, { method: 'POST', headers: {}, body: watched(path) as never, signal: new AbortController().signal } as never)
      expect(await response.text()).toBe(sha256)
    }))
    transport.close()
    expect(pieces).toBeGreaterThan(700)
    expect(memory.size).toBeLessThan(120)
  })

  it('are nobody else\'s where nothing gives them back', async () => {
    const { path, sha256 } = file('kept', 3_000_000)
    const pieces: Uint8Array[] = []
    for await (const piece of readPieces(path)) pieces.push(piece)
    const others: Uint8Array[] = []
    for await (const piece of readPieces(file('other', 3_000_000).path)) others.push(piece)
    expect(sha(Buffer.concat(pieces))).toBe(sha256)
  })

  it('come back once', () => {
    const piece = borrow()
    giveBack(piece.subarray(0, 10))
    giveBack(piece)
    const [first, second] = [borrow(), borrow()]
    expect(first.buffer).not.toBe(second.buffer)
    expect(first.byteLength).toBe(PIECE)
    giveBack(new Uint8Array(3))
  })

  it('are not read of a file that is not there', async () => {
    await expect(readPieces(join(folder, 'gone')).next()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
