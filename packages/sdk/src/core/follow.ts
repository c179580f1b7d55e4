import type { Clock } from './clock.js'
import { idsOf } from './envelope.js'
import { InvalidArgumentError } from './errors/base.js'
import type { Operation } from './operation.js'
import type { RequestOptions } from './options.js'
import type { Reply } from './pipeline.js'
import { pathNames, type PathParams } from './url.js'
import { waitForAll, type Polled, type WaitOptions } from './wait.js'

/** What following needs of a client. */
export interface FollowContext {
  readonly clock: Clock
  readonly ids: ((op: Operation, payload: unknown) => readonly string[]) | undefined
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

/** From the answer of a start to what the work came to: one result, or all of them where the start names several ids. */
export async function follow<R>(context: FollowContext, { op, path, started, reply, options }: Started, wait: WaitOptions): Promise<R> {
  const info = op.wait
  if (info === undefined) throw new InvalidArgumentError(`${op.id} starts nothing that could be waited for`)
  const poll = context.operation(info.poll)
  const several = info.id.includes('*')
  const named = context.ids?.(op, started) ?? idsOf(started, info.id)
  const inPath = path[info.param]
  const ids = named.length > 0 || several || inPath === undefined ? named : [String(inPath)]
  if (ids.length === 0 && !several) throw new InvalidArgumentError(`${op.id}: the answer names nothing to wait for`)
  // An operation that is its own poll says by 202 that there is more to come.
  const itself = poll.id === op.id
  const polled = (answer: Reply, result: unknown): Polled => ({ result, complete: itself && answer.status !== 202 })
  // Path parameters of the start that the poll has too are used again.
  const shared = Object.fromEntries(pathNames(poll.path).filter((name) => path[name] !== undefined).map((name) => [name, path[name]]))
  const { timeout, headers } = options ?? {}
  const results = await waitForAll({
    operation: op.id, info, ids, clock: context.clock,
    ...(itself && reply !== undefined ? { first: polled(reply, started) } : {}),
    poll: async (id, signal) => {
      const answer = await context.call(poll, { ...shared, [info.param]: id }, { timeout, headers, signal })
      return polled(answer, context.result(answer))
    },
  }, { ...wait, signal: wait.signal ?? options?.signal })
  return (several ? results : results[0]) as R
}
