import { isLoopback, isPrivate } from './addresses.js'
import type { Json, Row } from '../kernel/types.js'
import { SystemContext } from '../kernel/system-context.js'
import type { SystemWorld } from '../world/system-world.js'

const LOG = '_deliveries'
const KEEP = 500
const PRIVATE = 'private addresses are not sent to'

/** Thrown by a sender that finds where an address really leads: there is no point in trying again. */
export class RefusedTarget extends Error {
  constructor() {
    super(PRIVATE)
  }
}

/** One try of a delivery. */
export interface Attempt {
  at: number
  status?: number
  error?: string
  /** The server does not send to this address at all. */
  refused?: boolean
}

interface Endpoint {
  id: string
  url: string
  secret: string
}

/**
 * Signed deliveries of one system. A delivery is a row of `_deliveries`: what was sent, every attempt, when the next is due.
 * Never in the way of an answer; first attempts of one endpoint go out in order.
 */
export class Webhooks {
  private due = new Map<string, number>()
  private tails = new Map<string, Promise<void>>()
  private generation = 0

  constructor(private readonly world: SystemWorld) {}

  /** Puts an event on its way and returns the id of the delivery. */
  send(owner: string, endpoint: Endpoint, event: string, payload: Json): string {
    if (!this.world.system.definition.webhooks) throw new Error(`${this.world.system.name} declares no webhooks`)
    const id = this.world.ids.prefixed('_delivery', 'dlv_', 16)
    const log = this.world.store.collection(LOG)
    log.insert({
      id, _owner: owner, endpoint: endpoint.id, url: endpoint.url, _secret: endpoint.secret, event, body: JSON.stringify(payload),
      state: 'pending', attempts: [], created_at: this.world.now(), next_at: this.world.now(),
    })
    this.due.set(id, this.world.now())
    const surplus = log.size - KEEP
    if (surplus > 0) for (const row of log.slice({ limit: surplus })) this.forget(row.row)
    return id
  }

  nextDue(): number {
    if (this.world.options.send === undefined) return Number.POSITIVE_INFINITY
    let next = Number.POSITIVE_INFINITY
    for (const at of this.due.values()) if (at < next) next = at
    return next
  }

  /** Sends what is due; the answers come later and are recorded then. */
  runDue(time: number): void {
    for (const [id, at] of this.due) {
      if (at > time) continue
      this.due.delete(id)
      const row = this.world.store.collection(LOG).get(id)
      if (!row) continue
      const generation = this.generation
      const attempt = (): Promise<void> => this.attempt(row, generation)
      const tail = (this.tails.get(row['endpoint']) ?? Promise.resolve()).then(attempt)
      this.tails.set(row['endpoint'], tail)
    }
  }

  /** Resolves when nothing is on the wire. */
  async idle(): Promise<void> {
    await Promise.all(this.tails.values())
  }

  /** Finds in the store again what is pending. */
  reset(): void {
    this.generation++
    this.tails.clear()
    this.due = new Map(this.world.store.collection(LOG).all((row) => row['state'] === 'pending').map((row) => [String(row.id), row['next_at']]))
  }

  private forget(row: Row): void {
    this.due.delete(String(row.id))
    this.world.store.collection(LOG).remove(row.id)
  }

  /** Sends one signed event now, beside the log and its retries, and tells what came of it. */
  once(url: string, event: string, payload: Json, secret: string): Promise<Attempt> {
    return this.post({ id: this.world.ids.prefixed('_delivery', 'dlv_', 16), url, event, body: JSON.stringify(payload), secret })
  }

  private async attempt(row: Row, generation: number): Promise<void> {
    // It waited for those before it, and the world has been reset meanwhile.
    if (generation !== this.generation) return
    const result = await this.post({ id: String(row.id), url: row['url'], event: row['event'], body: row['body'], secret: row['_secret'] })
    if (generation === this.generation) this.record(row, result)
  }

  private async post({ id, url, event, body, secret }: { id: string; url: string; event: string; body: string; secret: string }): Promise<Attempt> {
    const { webhooks } = this.world.system.definition
    const { send, webhookTargets } = this.world.options
    const at = this.world.now()
    const refusal = refused(url, webhookTargets) ?? (send === undefined ? 'there is no network' : undefined)
    if (refusal !== undefined) return { at, error: refusal, refused: true }
    const signed = webhooks!.sign({ id, event, body, secret, at })
    const abort = new AbortController()
    const alarm = this.world.clock.at(at + (webhooks!.timeout ?? 10_000), () => abort.abort(), true)
    try {
      return { at, status: (await send!(url, { method: 'POST', headers: { 'content-type': 'application/json', ...signed }, body, signal: abort.signal })).status }
    } catch (error) {
      return { at, error: abort.signal.aborted ? 'timeout' : (error as Error).message, ...(error instanceof RefusedTarget && { refused: true }) }
    } finally {
      alarm.cancel()
    }
  }

  private record(row: Row, result: Attempt): void {
    const { webhooks } = this.world.system.definition
    const log = this.world.store.collection(LOG)
    const current = log.get(row.id)
    if (!current) return
    const attempts = [...current['attempts'], result]
    const delivered = result.status !== undefined && result.status >= 200 && result.status < 300
    const delay = webhooks!.retries[attempts.length - 1]
    // An address that may not be sent to will not be allowed later either.
    const again = !delivered && !result.refused && delay !== undefined
    const next = again ? this.world.now() + delay : null
    const updated = log.update(row.id, { attempts, state: delivered ? 'delivered' : again ? 'pending' : 'failed', next_at: next })
    if (next !== null) this.due.set(String(row.id), next)
    webhooks!.attempted?.(new SystemContext(this.world, current['_owner']), updated)
    this.world.wake()
  }
}

/** Why an address may not be sent to: only loopback unless the world allows more, and never another private network. */
export function refused(url: string, targets: 'loopback' | 'any'): string | undefined {
  let host: string
  try {
    const { protocol, hostname } = new URL(url)
    if (protocol !== 'http:' && protocol !== 'https:') return 'only http and https addresses are sent to'
    host = hostname
  } catch {
    return 'not an address'
  }
  if (isLoopback(host)) return undefined
  if (isPrivate(host)) return PRIVATE
  return targets === 'any' ? undefined : 'only loopback addresses are sent to'
}
