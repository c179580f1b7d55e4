// For workerd: a worker that runs the scenario when asked.
import { NotFoundError, Orckai } from '@orkit/sdk/orckai'
import { constructEvent, signPayload, WebhookVerificationError } from '@orkit/sdk/webhooks'
import { scenario } from './scenario.mjs'

export default {
  async fetch(request) {
    const settings = JSON.parse(new URL(request.url).searchParams.get('settings'))
    const result = await scenario({ Orckai, NotFoundError, signPayload, constructEvent, WebhookVerificationError }, settings).catch((error) => ({ failed: String(error?.stack ?? error) }))
    return Response.json(result)
  },
}
