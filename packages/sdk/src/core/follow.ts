import type { Clock } from './clock.js'
import { idsOf } from './envelope.js'
import { InvalidArgumentError } from './errors/base.js'
import { lookIn } from './listed.js'
import type { Operation, SystemProfile } from './operation.js'
import type { RequestOptions } from './options.js'
import type { Reply } from './pipeline.js'
import { pathNames, type PathParams } from './url.js'
import { WAIT_TIMEOUT, waitForAll, type Polled, type WaitOptions } from './wait.js'
import type { Watcher } from './watch.js'

/** The ids in a start's answer, where the vendor has more shapes than the document shows. Some have to be asked for. */
export type WaitIds = (op: Operation, payload: unknown, ask: { readonly owner: object; readonly path: PathParams; readonly reply: Reply | undefined; readonly clock: Clock; readonly wait: WaitOptions; readonly list: (operation: string, params: Readonly<Record<string, unknown>>) => Promise<unknown> }) => readonly string[] | Promise<readonly string[]>

/** What following needs of a client. */
export interface FollowContext {
  /** The client: what is remembered from one wait to the next is remembered for it. */
  readonly owner: object
  readonly profile: SystemProfile
  readonly clock: Clock
  readonly ids: WaitIds | undefined
  /** Waits by a socket, where one can be had. */
  readonly watch: { readonly run: Watcher; readonly open: (operation: string, path: PathParams, signal: AbortSignal) => AsyncIterable<unknown> } | undefined
  readonly operation: (id: string) => Operation
  readonly call: (op: Operation, values: Readonly<Record<string, unknown>>, options: RequestOptions) => Promise<Reply>
  readonly result: (reply: Reply) => unknown
}

export interface Started {
  readonly op: Operation
  readonly path: PathParams
  readonly started: unknown
  readonly reply: Reply | undefined
  readonly options: RequestOptions | undefined
}

/** Milliseconds. The wait may be longer than a timer can; one look may not. */
const LAST_LOOK = 1_000
const LONGEST_LOOK = 86_400_000

/** From the answer of a start to what the work came to: one result, or all of them where the start names several ids. */
export async function follow<R>(context: FollowContext, { op, path, started, reply, options }: Started, wait: WaitOptions): Promise<R> {
  const info = op.wait
  if (info === undefined) throw new InvalidArgumentError(`${op.id} starts nothing that could be waited for`)
  const poll = context.operation(info.poll)
  const several = info.id.includes('*')
  const { timeout, headers } = options ?? {}
  const signal = wait.signal ?? options?.signal
  const { clock } = context
  const system = context.profile.name
  const endsAt = clock.now() + (wait.timeout ?? WAIT_TIMEOUT)
  const left = () => Math.max(0, endsAt - clock.now())
  /** A server that stalls must not hold the wait up; a socket that took all the time leaves enough for the look that says what the work came to. */
  const look = () => ({ timeout, headers, deadline: Math.min(LONGEST_LOOK, Math.max(LAST_LOOK, left())) })
  const list = async (id: string, params: Readonly<Record<string, unknown>>) => (await context.call(context.operation(id), { ...path, ...params }, { ...look(), signal })).json()
  const named = (await context.ids?.(op, started, { owner: context.owner, path, reply, clock, wait: { ...wait, signal, timeout: left() }, list })) ?? idsOf(started, info.id)
  const { param = '', find } = info
  const inPath = path[param]
  const ids = named.length > 0 || several || inPath === undefined ? named : [String(inPath)]
  if (ids.length === 0 && !several) throw new InvalidArgumentError(`${op.id}: the answer names nothing to wait for`)
  // An operation that is its own poll says by 202 that there is more to come.
  const itself = poll.id === op.id
  const polled = (answer: Reply, result: unknown): Polled => ({ result, complete: itself && answer.status !== 202 })
  // Path parameters of the start that the poll has too are used again.
  const shared = Object.fromEntries(pathNames(poll.path).filter((name) => path[name] !== undefined).map((name) => [name, path[name]]))
  const { socket } = info
  if (socket !== undefined && context.watch !== undefined && !itself) {
    const { run, open } = context.watch
    await Promise.all(ids.map((id) => run({
      system, operation: op.id, info, id, clock, signal, timeout: left(), open: (stop) => open(socket, { ...shared, [param]: id } as PathParams, stop),
      onProgress: wait.onProgress === undefined ? undefined : (progress) => wait.onProgress!({ ...progress, done: 0, total: ids.length }),
    })))
  }
  const ask = (values: Readonly<Record<string, unknown>>, stop: AbortSignal | undefined) => context.call(poll, { ...shared, ...values }, { ...look(), signal: stop })
  const results = await waitForAll({
    system, operation: op.id, info, ids, clock,
    ...(itself && reply !== undefined ? { first: polled(reply, started) } : {}),
    poll: find !== undefined ? lookIn({ operation: op.id, poll, profile: context.profile, info: { ...info, find }, started, ask }) : async (id, stop) => {
      const answer = await ask({ [param]: id }, stop)
      return polled(answer, await context.result(answer))
    },
  }, { ...wait, signal, endsAt })
  return (several ? results : results[0]) as R
}
