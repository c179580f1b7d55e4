// Receives Klarefi's webhooks. KLAREFI_WEBHOOK_SECRET is the endpoint's secret; during a rotation, the new and the old one, with a comma between.
import { Klarefi, WebhookVerificationError } from '@orkit/sdk/klarefi'
import { KLAREFI_SIGNATURE_HEADER } from '@orkit/sdk/webhooks'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

const klarefi = new Klarefi()
const secrets = (process.env.KLAREFI_WEBHOOK_SECRET ?? '').split(',')
const LIMIT = 1024 * 1024

/** The body exactly as it came: parsed and written again, it would not fit its signature. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const server = createServer(async (request, response) => {
  const body = await bodyOf(request)
  if (body === undefined) return void response.writeHead(413).end()
  try {
    const event = await klarefi.webhooks.constructEvent(body, request.headers[KLAREFI_SIGNATURE_HEADER] as string | undefined, secrets)
    console.log(event.event_type)
    response.writeHead(204).end()
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error
    console.error(`refused: ${error.reason}`)
    response.writeHead(400).end(error.message)
  }
})
server.listen(Number(process.env.PORT ?? 4040), '127.0.0.1', () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
