import type { ApiClient } from './client.js'
import { IDLE_TIMEOUT } from './defaults.js'
import { AuthenticationError } from './errors/api.js'
import { callByName } from './fallback.js'
import type { Operation } from './operation.js'
import type { RequestOptions } from './options.js'
import type { Call } from './pipeline.js'
import { at } from './pointer.js'
import { openSocket, type Connection, type SocketStream } from './socket.js'
import { platformWebSocket } from './socket-types.js'
import type { PathParams } from './url.js'
import { outcomeOf } from './waitable.js'

/** A client's sockets. Passed in, so that systems without sockets do not carry them. */
export type ClientSocket = <M>(client: ApiClient, op: Operation, path: PathParams, params: object | undefined, options: RequestOptions, polls: boolean) => SocketStream<M>

const RETRIES = 5

/** Sockets of a client: with its credential, opened again up to 5 times in a row (`maxRetries`), and polling the document's fallback where no socket can be had. */
export const clientSocket: ClientSocket = <M>(client: ApiClient, op: Operation, path: PathParams, params: object | undefined, options: RequestOptions, polls: boolean) => {
  const fallback = op.stream?.fallback
  const followed = fallback === undefined ? undefined : Object.values(client.operations).find((each) => each.wait?.poll === fallback)?.wait
  const look = fallback === undefined ? undefined : async () => client._result(await callByName(client, client._operation(fallback), { ...path, ...params }, { signal: options.signal, timeout: options.timeout }))
  const factory = client._options.webSocket ?? platformWebSocket()
  return openSocket<M>({
    system: client.profile.name,
    op,
    connect: factory === undefined ? undefined : () => connect(client, op, path, params, options),
    isOver: followed === undefined ? undefined : (polled) => outcomeOf(followed, String(at(polled, followed.status) ?? '')) !== 'running',
    poll: polls ? look : undefined,
    look,
    signal: options.signal,
    clock: client._clock,
    maxRetries: options.maxRetries ?? RETRIES,
    idleTimeout: options.idleTimeout ?? IDLE_TIMEOUT,
  })
}

async function connect(client: ApiClient, op: Operation, path: PathParams, params: object | undefined, options: RequestOptions): Promise<Connection> {
  const { url, headers } = client._prepare(op, path, params, options)
  const factory = (client._options.webSocket ?? platformWebSocket())!
  const auth = client._schemes.pick(op, headers)
  const sending = { ...headers }
  let target = url.replace(/^http/, 'ws')
  let used = ''
  if (factory.sendsHeaders !== false) used = await auth?.apply({ op } as Call, sending) ?? ''
  else if (auth?.token !== undefined) target += `${target.includes('?') ? '&' : '?'}token=${encodeURIComponent(used = await auth.token())}`
  return {
    socket: await factory(target, { headers: sending }),
    renew: async () => (await auth?.recover?.({ op } as Call, new AuthenticationError({ system: client.profile.name, operation: op.id, status: 401, message: 'the socket was refused' }), used)) ?? false,
  }
}
