import type { ApiClient } from './client.js'
import { checkDuration } from './deadline.js'
import { IDLE_TIMEOUT, MAX_RETRIES } from './defaults.js'
import { InvalidArgumentError } from './errors/base.js'
import type { EventStream } from './event-stream.js'
import type { Operation } from './operation.js'
import type { RequestOptions } from './options.js'
import type { Reply } from './pipeline.js'
import { isRepeatable, retryDelay } from './retry.js'
import type { PathParams } from './url.js'

/** Characters. */
const MAX_EVENT = 16 * 1024 * 1024

/** The stream in an answer, and how it is opened anew when it breaks before its first event. */
export async function streamOf<E>(client: ApiClient, reply: Reply, op: Operation, path: PathParams, params: object | undefined, options: RequestOptions = {}): Promise<EventStream<E>> {
  const { events } = client._parts
  if (events === undefined) throw new InvalidArgumentError(`${client.profile.name} was built without streams`)
  const { _clock: clock } = client
  const again = async (retry: number, error: unknown): Promise<Reply> => {
    if (retry > (options.maxRetries ?? client._options.maxRetries ?? MAX_RETRIES)) throw error
    // Left in the pause: the call itself says so, with the caller's reason.
    await clock.sleep(retryDelay(retry, undefined, clock.random), options.signal).catch(() => undefined)
    return client._reply(op, path, params, reply.idempotencyKey === undefined ? options : { ...options, idempotencyKey: reply.idempotencyKey }, 'stream')
  }
  return events<E>(reply, {
    op, profile: client.profile, clock, idleTimeout: checkDuration('idleTimeout', options.idleTimeout ?? IDLE_TIMEOUT), maxEventSize: options.maxEventSize ?? MAX_EVENT,
    reopen: isRepeatable(op, reply.idempotencyKey, options.retryUnsafe) ? again : undefined,
  })
}
