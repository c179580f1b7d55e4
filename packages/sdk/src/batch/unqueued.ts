import type { BatchClient } from './types.js'

/** The client without its own queue: the engine paces its requests itself, and waiting twice would slow it. They are counted all the same. */
export function unqueued(client: BatchClient): BatchClient {
  const request: BatchClient['request'] = (operation, input, options) => client.request(operation, input, { ...options, rateLimit: false })
  return Object.create(client, { request: { value: request } }) as BatchClient
}
