// For browsers: bundled, served beside the API on one origin, and its result is posted back.
import { NotFoundError, Orckai } from '@orkit/sdk/orckai'
import { constructEvent, signPayload, WebhookVerificationError } from '@orkit/sdk/webhooks'
import { scenario } from './scenario.mjs'

const settings = await (await fetch('/__settings')).json()
const result = await scenario({ Orckai, NotFoundError, signPayload, constructEvent, WebhookVerificationError }, { ...settings, baseUrl: location.origin + settings.path })
  .catch((error) => ({ failed: String(error?.stack ?? error) }))
await fetch('/__result', { method: 'POST', body: JSON.stringify(result) })
