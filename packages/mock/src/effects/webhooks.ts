import type { Json, Row } from '../kernel/types.js'
import { SystemContext } from '../kernel/system-context.js'
import type { SystemWorld } from '../world/system-world.js'

const LOG = '_deliveries'
const KEEP = 500

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

  private async attempt(row: Row, generation: number): Promise<void> {
    const { webhooks } = this.world.system.definition
    const { send, webhookTargets } = this.world.options
    const at = this.world.now()
    const result: { at: number; status?: number; error?: string } = { at }
    const refusal = refused(row['url'], webhookTargets)
    if (refusal) result.error = refusal
    else {
      const signed = webhooks!.sign({ id: String(row.id), event: row['event'], body: row['body'], secret: row['_secret'], at })
      const abort = new AbortController()
      const alarm = this.world.clock.at(at + (webhooks!.timeout ?? 10_000), () => abort.abort(), true)
      try {
        result.status = (await send!(row['url'], { method: 'POST', headers: { 'content-type': 'application/json', ...signed }, body: row['body'], signal: abort.signal })).status
      } catch (error) {
        result.error = abort.signal.aborted ? 'timeout' : (error as Error).message
      } finally {
        alarm.cancel()
      }
    }
    if (generation === this.generation) this.record(row, result)
  }

  private record(row: Row, result: { at: number; status?: number; error?: string }): void {
    const { webhooks } = this.world.system.definition
    const log = this.world.store.collection(LOG)
    const current = log.get(row.id)
    if (!current) return
    const attempts = [...current['attempts'], result]
    const delivered = result.status !== undefined && result.status >= 200 && result.status < 300
    const delay = webhooks!.retries[attempts.length - 1]
    const again = !delivered && delay !== undefined
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
    const parsed = new URL(url)
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return 'only http and https addresses are sent to'
    host = parsed.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  } catch {
    return 'not an address'
  }
  if (host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host) || host.endsWith('.localhost')) return undefined
  if (/^(?:10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|0)\.|^f[cd][0-9a-f]{2}:|^fe80:|^::(?:ffff:)?|\.(?:local|internal)$/.test(host)) return 'private addresses are not sent to'
  return targets === 'any' ? undefined : 'only loopback addresses are sent to'
}
