import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import { isLoopback, isPrivate } from '../../effects/addresses.js'
import { refused } from '../../effects/webhooks.js'
import { rowId } from './environment.js'
import { payload } from './events.js'
import { orgOf } from './organisation.js'

export const webhookHelpers = defineResource({
  collections: {
    'webhooks.deliveries': {
      label: 'Delivery',
      present: ({ delivery_id, acknowledgement_id, acknowledged_at }) => ({ delivery_id, acknowledgement_id: acknowledgement_id ?? null, acknowledged_at }),
    },
  },
  behaviours: {
    'webhooks.test': async (c) => {
      const { endpoint_url: url, signing_secret: secret } = c.body as { endpoint_url: string; signing_secret: string }
      const { hostname, protocol } = addressOf(c, url)
      if (!isLoopback(hostname) && (protocol !== 'https:' || isPrivate(hostname))) c.fail('invalid_request', 'endpoint_url must be a public HTTPS address')
      return test(c, url, secret)
    },
    'webhooks.deliveries.ack': (c) => {
      const deliveries = c.store('webhooks.deliveries')
      const delivery = deliveries.need(rowId(c, c.path['deliveryId']!))
      // The first acknowledgement stands: a repeated one is answered with it.
      if (delivery['acknowledged_at']) return c.show('webhooks.deliveries', delivery)
      const acknowledgement_id = c.body?.acknowledgement_id ?? c.header('idempotency-key') ?? null
      return c.show('webhooks.deliveries', deliveries.update(delivery.id, { acknowledgement_id, acknowledged_at: c.now() }))
    },
  },
})

/** Posts the event once. Endpoints of the seed that may not be reached from here are played: they take what is signed with their secret. */
async function test(c: Context, url: string, secret: string): Promise<{ success: boolean; status_code: number }> {
  const delivery_id = c.id('webhooks.deliveries', 'whd_')
  const about = { org_id: orgOf(c), case_id: null, session_id: null, external_case_id: null, external_applicant_id: null, external_customer_id: null, idempotency_key: null, trace_id: null }
  const event_id = c.id('cases.events', 'evt_')
  const body = payload(c, { event_id, delivery_id, type: 'webhook.test', about, data: {} })
  c.store('webhooks.deliveries').insert({ id: rowId(c, delivery_id), delivery_id, acknowledgement_id: null, _event_id: event_id, _event_type: 'v1.webhook.test', _case_id: null, _endpoint_id: null })
  const registered = c.store('_webhookEndpoints').find((row) => row['url'] === url)
  const { send, webhookTargets } = c.world.options
  if (registered && (send === undefined || refused(url, webhookTargets) !== undefined)) {
    const right = registered['_secret'] === secret
    return { success: right, status_code: right ? 200 : 401 }
  }
  const { status = 0 } = await c.world.webhooks.once(url, 'v1.webhook.test', body, secret)
  return { success: status >= 200 && status < 300, status_code: status }
}

function addressOf(c: Context, url: string): URL {
  try {
    return new URL(url)
  } catch {
    return c.fail('invalid_request', 'endpoint_url is not an address')
  }
}
