import { InvalidArgumentError } from '../core/errors/base.js'
import type { GivenLimit } from './adapters.js'
import { Budget } from './budget.js'
import type { SendHost } from './send-host.js'

/** What the server says about the account: what it may do, and what it has used. */

/** The ceiling of a batch; undefined without one. Throws `InvalidArgumentError` where the system has no meter. */
export function budgetOf(host: Pick<SendHost, 'adapter' | 'client' | 'permit' | 'stopSignal'>, max: number | undefined): Budget | undefined {
  if (max === undefined) return undefined
  const { meter, system } = host.adapter
  if (meter === undefined) throw new InvalidArgumentError(`${system} has no meter of credits: maxCredits cannot be kept`)
  return new Budget(max, async () => {
    await host.permit(meter.operation, host.stopSignal)
    const used = meter.used(await host.client.request<PromiseLike<unknown>>(meter.operation, {}, { signal: host.stopSignal }))
    if (used === undefined) throw new InvalidArgumentError(`${system} does not say how many credits were used: maxCredits cannot be kept`)
    return used
  })
}

/** The documented limit is the smallest plan's; who can be asked knows this account's. Undefined when nobody says. */
export async function givenLimit({ adapter, client, stopSignal }: Pick<SendHost, 'adapter' | 'client' | 'stopSignal'>): Promise<GivenLimit | undefined> {
  const { limits } = adapter
  if (limits === undefined || stopSignal.aborted) return undefined
  try {
    return limits.read(await client.request<PromiseLike<unknown>>(limits.operation, {}, { signal: stopSignal, timeout: 10_000, maxRetries: 1 }))
  } catch {
    // Who does not say is taken at the documented word; what is wrong shows with the first item.
    return undefined
  }
}
