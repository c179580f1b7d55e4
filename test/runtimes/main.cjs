// The same through require().
const { NotFoundError, Orckai } = require('@orkit/sdk/orckai')
const { constructEvent, signPayload, WebhookVerificationError } = require('@orkit/sdk/webhooks')

const run = async () => {
  const { scenario } = await import('./scenario.mjs')
  return scenario({ Orckai, NotFoundError, signPayload, constructEvent, WebhookVerificationError }, JSON.parse(process.argv[2]))
}
run().then((result) => process.stdout.write(`${JSON.stringify(result)}\n`))
