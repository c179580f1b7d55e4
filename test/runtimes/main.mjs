// For runtimes with a command line: the settings come as the argument, the result goes to stdout.
import { NotFoundError, Orckai } from '@orkit/sdk/orckai'
import { constructEvent, signPayload, WebhookVerificationError } from '@orkit/sdk/webhooks'
import { scenario } from './scenario.mjs'

const { transport, ...settings } = JSON.parse(process.argv[2])
if (transport === 'node') {
  const { nodeTransport } = await import('@orkit/sdk/node')
  settings.fetch = nodeTransport()
}
if (transport === 'fetch') settings.fetch = globalThis.fetch
const result = await scenario({ Orckai, NotFoundError, signPayload, constructEvent, WebhookVerificationError }, settings)
process.stdout.write(`${JSON.stringify(result)}\n`)
