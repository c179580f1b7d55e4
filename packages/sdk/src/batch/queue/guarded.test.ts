import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeTransport } from '../../node/transport.js'
import { Orckai } from '../../systems/orckai/index.js'
import { guarded } from './guarded.js'

const pieces = ['one', 'two', 'three'].map((text) => new TextEncoder().encode(text))
/** Passes so many times, then throws. */
const passes = (times: number) => {
  let left = times
  return () => {
    if (left-- <= 0) throw new Error('taken for dead')
  }
}
const upload = (check: () => void) => guarded({ name: 'a.txt', size: 11, stream: async function* () { yield* pieces } }, check)

/** A look before the first piece, one before each, and one before the end. */
const LOOKS = pieces.length + 2

describe('an upload of a worker that may be taken for dead', () => {
  const whole: string[] = []
  const server = createServer((request, response) => void take(request).then((text) => {
    whole.push(text)
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"success":true,"data":{"id":"d1"}}')
  }, () => {}))
  async function take(request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }
  let client: Orckai
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    client = new Orckai({ apiKey: 'oak_test', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, fetch: nodeTransport(), maxRetries: 0 })
  })
  afterAll(() => void server.close())

  it('arrives as it is while the worker is sure of itself', async () => {
    await client.knowledgeBases.documents.upload('kb', { file: upload(passes(LOOKS)) })
    expect(whole.splice(0)).toEqual([expect.stringContaining('onetwothree')])
  })

  it.each(Array.from({ length: LOOKS }, (_, looks) => looks))('never arrives whole when it is not, after %i looks', async (looks) => {
    await expect(client.knowledgeBases.documents.upload('kb', { file: upload(passes(looks)) })).rejects.toThrow(/taken for dead/)
    // Whatever had left has arrived by the time another request has.
    await client.knowledgeBases.documents.upload('kb', { file: upload(passes(LOOKS)) })
    expect(whole.splice(0)).toHaveLength(1)
  })
})
