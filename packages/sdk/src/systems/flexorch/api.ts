import createClient, { type Client } from 'openapi-fetch'
import { apiOptions } from '../../core/api.js'
import type { FlexOrch } from './client.js'
import type { paths } from './types.gen.js'

export type { paths }

/** openapi-fetch for FlexOrch's paths, on the client's own pipeline: its sign-in, retries, time-outs and limits. Refusals come as `error`, as openapi-fetch has it. */
export function createApi(client: FlexOrch): Client<paths> {
  return createClient<paths>(apiOptions(client))
}
