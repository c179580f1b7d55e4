import type { WebhookDefinition } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Members, Row } from '../../kernel/types.js'
import { hmacHex } from '../../world/hash.js'
import { rowId } from './environment.js'

/** Types that the vendor lists for the feed and not for webhooks. */
const FEED_ONLY = new Set(['document.uploaded'])

/** What a case tells: an event of its feed, and a delivery to every endpoint that wants it. */
export function emit(c: SystemContext, subject: Row, type: string, data: Members = { case_status: subject['status'] }): void {
  const events = c.store('cases.events')
  const id = c.id('cases.events', 'evt_')
  const cursor = events.count((row) => row['_case_id'] === subject['case_id']) + 1
  events.insert({ id: rowId(c, id), event_id: id, event_type: type, cursor, created_at: c.now(), _case_id: subject['case_id'] })
  if (!FEED_ONLY.has(type)) notify(c, { event_id: id, type, about: aboutCase(subject), data })
}

interface Notice {
  event_id: string
  type: string
  about: Members
  data: Members
  /** Endpoint that is not told. */
  except?: string
}

/** Puts a delivery on its way to each registered endpoint that wants this type. */
export function notify(c: SystemContext, { event_id, type, about, data, except }: Notice): void {
  const versioned = `v1.${type}`
  for (const endpoint of c.store('_webhookEndpoints').all((row) => row.id !== except && row['active'] !== false && (row['event_types'].includes('*') || row['event_types'].includes(versioned)))) {
    const delivery_id = c.id('webhooks.deliveries', 'whd_')
    c.store('webhooks.deliveries').insert({
      id: rowId(c, delivery_id), delivery_id, acknowledgement_id: null, _event_id: event_id, _event_type: versioned, _case_id: about['case_id'], _endpoint_id: endpoint.id,
    })
    c.deliver({ id: String(endpoint.id), url: endpoint['url'], secret: endpoint['_secret'] }, versioned, payload(c, { event_id, delivery_id, type, about, data }))
  }
}

/** The body of a delivery. */
export function payload(c: SystemContext, { event_id, delivery_id, type, about, data }: { event_id: string; delivery_id: string; type: string; about: Members; data: Members }): Members {
  return { event_id, delivery_id, event_type: `v1.${type}`, semantic_event_type: type, schema_version: 'v1', created_at: c.now(), occurred_at: c.now(), ...about, data }
}

function aboutCase(row: Row): Members {
  return {
    org_id: row['org_id'], case_id: row['case_id'], session_id: row['_session_id'] ?? null, external_case_id: row['external_case_id'] ?? null,
    external_applicant_id: row['_external_applicant_id'] ?? null, external_customer_id: row['_external_customer_id'] ?? null,
    idempotency_key: row['_idempotency_key'] ?? null, trace_id: row['trace_id'] ?? null,
  }
}

/** `t=<unix seconds>,v1=<hex>` over the time, a full stop and the body. The vendor gives no schedule of retries: this one is ours. */
export const webhooks: WebhookDefinition = {
  sign: ({ body, secret, at }) => {
    const time = Math.floor(at / 1000)
    return { 'x-klarefi-signature': `t=${time},v1=${hmacHex(secret, `${time}.${body}`)}` }
  },
  retries: [5_000, 30_000, 300_000, 1_800_000, 7_200_000],
  timeout: 30_000,
  attempted(c, delivery) {
    if (delivery['state'] !== 'failed' || delivery['event'] === 'v1.webhook.delivery_failed' || delivery['attempts'].at(-1)?.refused) return
    const { event_id: _e, delivery_id, event_type, semantic_event_type: _s, schema_version: _v, created_at: _c, occurred_at: _o, data: _d, ...about } = JSON.parse(delivery['body']) as Members
    notify(c, { event_id: c.id('cases.events', 'evt_'), type: 'webhook.delivery_failed', about, data: { failed_delivery_id: delivery_id, failed_event_type: event_type, attempts: delivery['attempts'].length }, except: delivery['endpoint'] })
  },
}
