import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeTransport } from './transport.js'

const whole = gzipSync(Buffer.alloc(50_000, 'ab'))
let server: Server
let origin: string
const transport = nodeTransport()
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/nothing-of-it') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.alloc(1_000, 7))
    response.writeHead(200, request.url === '/cut-plain' ? { 'content-length': 1_000 } : { 'content-encoding': 'gzip', 'content-length': whole.length })
    if (request.url === '/whole') return void response.end(whole)
    response.write(whole.subarray(0, 20))
    setTimeout(() => response.destroy(), 20)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  transport.close()
  server.closeAllConnections()
  server.close()
})

const get = (path: string) => transport(origin + path, { method: 'GET', headers: {}, signal: new AbortController().signal } as never)
const late = () => new Promise((resolve) => setTimeout(resolve, 120))

async function streamed(response: Response): Promise<string> {
  let text = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(chunk).toString()
  return text
}

describe('an answer that is read long after its headers came', () => {
  it.each([['text', (response: Response) => response.text()], ['stream', streamed]] as const)('as %s: whole, or with the error that it met meanwhile', async (_, read) => {
    for (const [path, error] of [['/nothing-of-it', /incorrect header check/], ['/cut-gzip', /aborted|closed|premature/i], ['/cut-plain', /aborted|closed|premature/i]] as const) {
      const response = await get(path)
      await late()
      await expect(read(response), path).rejects.toThrow(error)
    }
    const response = await get('/whole')
    await late()
    expect(await read(response)).toHaveLength(50_000)
  })
})
