import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeTransport } from '../node/transport.js'
import { prepareRemote } from './remote-file.js'

let server: Server
let base: string
let sockets: Socket[]
/** Answers what is not the question for the size. */
let content: (response: ServerResponse) => void
const transport = nodeTransport()
beforeEach(async () => {
  sockets = []
  server = createServer((request, response) => {
    if (request.url!.startsWith('/empty')) return void response.writeHead(416, { 'content-range': 'bytes */0' }).end()
    if (request.headers.range === 'bytes=0-0') return void response.writeHead(206, { 'content-range': 'bytes 0-0/10', etag: '"1"' }).end('x')
    sockets.push(request.socket)
    content(response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  transport.close()
  server.closeAllConnections()
  server.close()
})

const prepared = (path = '/a.txt') => prepareRemote({ source: `${base}${path}?X-Signature=s3cr3t`, name: 'a.txt' }, transport, 200)
async function read(): Promise<string> {
  const { upload } = await prepared()
  let text = ''
  for await (const chunk of (upload as unknown as { stream(): AsyncIterable<Uint8Array> }).stream()) text += Buffer.from(chunk).toString()
  return text
}

describe('a file of an object store', () => {
  it('is sent on as it comes, however slowly it is taken', async () => {
    content = (response) => {
      response.writeHead(200, { etag: '"1"' }).write('01234')
      setTimeout(() => response.end('56789'), 50)
    }
    const { upload } = await prepared()
    let text = ''
    for await (const chunk of (upload as unknown as { stream(): AsyncIterable<Uint8Array> }).stream()) {
      text += Buffer.from(chunk).toString()
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(text).toBe('0123456789')
  })

  it('that comes to a halt is given up, without its signature being told', async () => {
    content = (response) => void response.writeHead(200, { etag: '"1"' }).write('01234')
    const error = await read().catch((failure: unknown) => failure as Error)
    expect(error).toMatchObject({ name: 'ItemProblem', code: 'SOURCE_STALLED', message: `${base}/a.txt: nothing came for 0.2 s` })
    if (!sockets[0]!.destroyed) await once(sockets[0]!, 'close')
  })

  it('that has another version now is not read, and its connection not left open', async () => {
    content = (response) => void response.writeHead(200, { etag: '"2"' }).write('01234')
    await expect(read()).rejects.toThrow('was changed while it was sent')
    if (!sockets[0]!.destroyed) await once(sockets[0]!, 'close')
  })

  it('that is empty is called so', async () => {
    await expect(prepared('/empty')).rejects.toMatchObject({ code: 'EMPTY_FILE' })
  })
})
