import type { ApiClient } from './client.js'
import { callByName } from './fallback.js'
import { follow, type Started } from './follow.js'
import { platformWebSocket } from './socket-types.js'
import type { WaitOptions } from './wait.js'

/** Follows what a client has started to its end. */
export function followStarted<R>(client: ApiClient, started: Started, wait: WaitOptions): Promise<R> {
  const { waitIds: ids, watch } = client._parts
  return follow<R>({
    owner: client,
    profile: client.profile,
    clock: client._clock,
    ids,
    watch: watch === undefined || (client._options.webSocket ?? platformWebSocket()) === undefined ? undefined : {
      run: watch,
      open: (id, values, signal) => client._socket(client._operation(id), values, undefined, { signal, maxRetries: 0 }, false),
    },
    operation: (id) => client._operation(id),
    call: (poll, values, more) => callByName(client, poll, values, more),
    result: (answer) => client._result(answer),
  }, started, wait)
}
