import type { ApiClient } from './client.js'
import { errorFrom } from './errors/response.js'
import type { Reply } from './pipeline.js'

/** Throws the failure that a 2xx body reports. */
export function reportedIn(client: ApiClient, { op, status, response, text, attempts, idempotencyKey }: Reply): never {
  throw errorFrom({ profile: client.profile, op, status, headers: response.headers, text, attempts, idempotencyKey, now: client._clock.now(), clean: client._redactor.text })
}
